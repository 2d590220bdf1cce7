#!/usr/bin/env python3
"""An SMTP server that delivers nothing and keeps what it is given: smtpsink.py PORT FOLDER

SOGo sends invitations and the like through it. A test that expects none looks into FOLDER: one file a message, the
recipients in its first line.
"""
import asyncio
import os
import sys

port, folder = int(sys.argv[1]), sys.argv[2]
count = 0


async def serve(reader, writer):
    global count
    recipients = []

    def say(line):
        writer.write(line.encode() + b"\r\n")

    say("220 lab.example ESMTP")
    while line := await reader.readline():
        verb = line.strip().upper()
        if verb.startswith(b"EHLO"):
            say("250-lab.example")
            say("250-8BITMIME")
            say("250 SMTPUTF8")
        elif verb.startswith(b"MAIL"):
            recipients = []
            say("250 ok")
        elif verb.startswith(b"RCPT"):
            recipients.append(line.split(b"<", 1)[1].split(b">", 1)[0])
            say("250 ok")
        elif verb == b"DATA":
            say("354 go on")
            data = [b" ".join(recipients) + b"\n"]
            while (line := await reader.readline()) not in (b"", b".\r\n"):
                data.append(line[1:] if line.startswith(b".") else line)
            count += 1
            with open(os.path.join(folder, f"{os.getpid()}-{count}.eml"), "wb") as f:
                f.write(b"".join(data))
            say("250 kept")
        elif verb == b"QUIT":
            say("221 bye")
            break
        else:
            say("250 ok")
        await writer.drain()
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", port, limit=1 << 26)
    await server.serve_forever()


asyncio.run(main())
