#!/usr/bin/env python3
"""Put message files into a folder of a lab mailbox by IMAP, as a delivery would.

usage: load.py [--quiet] USER FOLDER [FILE.eml...]

FOLDER is INBOX or a path such as Archive/2024; it is made if it is missing. Prints how many messages and bytes went in.
The lab must be up; its folder is read from AIRLIFT_LAB as in up.sh.
"""
import imaplib
import os
import re
import sys


def settings():
    lab = os.environ.get("AIRLIFT_LAB") or os.path.join(os.environ.get("TMPDIR", "/tmp"), "airlift-lab")
    with open(os.path.join(lab, "lab.env"), encoding="utf-8") as f:
        return dict(line.rstrip("\n").split("=", 1) for line in f)


def main(args):
    quiet = args[:1] == ["--quiet"]
    user, folder, *files = args[quiet:]
    host, port = settings()["LAB_IMAP"].split(":")
    imap = imaplib.IMAP4(host, int(port))
    imap.login(user, "secret-" + user)
    quoted = '"%s"' % folder
    if folder != "INBOX":
        imap.create(quoted)  # answers NO if it is there
        imap.subscribe(quoted)
    # Dovecot reports no HIGHESTMODSEQ for a folder until CONDSTORE was enabled on it once, and SOGo then answers every
    # EAS Sync of that folder with "no changes".
    imap._simple_command("SELECT", quoted, "(CONDSTORE)")
    imap.state = "SELECTED"
    count = size = 0
    for name in files:
        with open(name, "rb") as f:
            message = re.sub(rb"\r?\n", b"\r\n", f.read())  # as SMTP carries it
        status, why = imap.append(quoted, None, None, message)
        if status != "OK":
            print(f"{name}: refused: {why}", file=sys.stderr)
            continue
        count += 1
        size += len(message)
    imap.logout()
    if not quiet:
        print(count, "messages", size, "bytes")


main(sys.argv[1:])
