#!/usr/bin/env python3
"""An SMTP server that lets nothing out and keeps what it is given: smtpsink.py PORT FOLDER MAIL

SOGo sends invitations and the like through it. A test that expects none looks into FOLDER: one file a message, the
recipients in its first line. Mail of senders elsewhere (@remote.example) is delivered to the lab's users instead: into the
Maildir below MAIL, as a mail server does.
"""
import asyncio
import os
import sys
import time

port, folder, mail = int(sys.argv[1]), sys.argv[2], sys.argv[3]
count = 0


def deliver(recipient, data):
    box = os.path.join(mail, os.path.basename(recipient.split("@")[0]), "Maildir")
    name = f"{int(time.time())}.M{time.time_ns()}P{os.getpid()}_{count}.lab.example"
    with open(os.path.join(box, "tmp", name), "wb") as f:
        f.write(data)
    os.rename(os.path.join(box, "tmp", name), os.path.join(box, "new", name))


async def serve(reader, writer):
    global count
    recipients, remote = [], False

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
            recipients, remote = [], b"@REMOTE.EXAMPLE>" in verb
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
            if remote:
                for recipient in recipients:
                    deliver(recipient.decode(), b"".join(data[1:]))
                say("250 delivered")
            else:
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
