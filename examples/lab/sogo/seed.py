#!/usr/bin/env python3
"""Write test mail straight into a folder of a lab user: seed.py USER [COUNT [FOLDER]]

FOLDER is INBOX, or a folder that is there. COUNT messages (220) in 22 shapes, then one of ten megabytes. The same user gets the same messages every time, and a
second call adds nothing. The messages appear in the Maildir all at once, as a bulk delivery does: Dovecot gives them
one MODSEQ, on which SOGo's paging depends. Needs root or the user `mail`; the lab's folder is read from AIRLIFT_LAB.
"""
import base64
import email.utils
import os
import pwd
import quopri
import random
import sys

BEGIN = 1704067200  # 2024-01-01, a message every six hours from there
STEP = 6 * 3600
LOREM = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor".split()


def lines(*parts):
    """The parts as lines with CRLF; text becomes UTF-8."""
    return b"".join((p.encode() if isinstance(p, str) else p) + b"\r\n" for p in parts)


def encoded(data):
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def quoted(text):
    return quopri.encodestring(text.encode()).replace(b"\n", b"\r\n")


class Message:
    def __init__(self, user, number, rnd):
        self.user, self.number, self.rnd = user, number, rnd
        self.date = BEGIN + number * STEP
        self.boundary = f"----=_B{number}"

    def head(self, subject, *fields):
        date = email.utils.formatdate(self.date)
        sender = f"x{self.number}@remote.example"
        if isinstance(subject, str):
            subject = subject.encode()
        return lines(
            f"Return-Path: <{sender}>",
            f"Received: from mx.remote.example by lab.example; {date}",
            f"From: Sender {self.number} <{sender}>",
            f"To: {self.user}@lab.example",
            b"Subject: " + subject,
            f"Date: {date}",
            f"Message-ID: <m{self.number}.{self.user}@remote.example>",
            "MIME-Version: 1.0",
            *fields,
        )

    def simple(self, subject, content_type, body, *fields):
        return self.head(subject, f"Content-Type: {content_type}", *fields) + b"\r\n" + body

    def multipart(self, subject, kind, *parts):
        """parts: (header lines, body) each."""
        out = self.head(subject, f'Content-Type: multipart/{kind}; boundary="{self.boundary}"') + b"\r\n"
        for fields, body in parts:
            out += lines("--" + self.boundary, *fields, "") + body
            if not body.endswith(b"\r\n"):
                out += b"\r\n"
        return out + lines(f"--{self.boundary}--")

    def words(self, n):
        return " ".join(self.rnd.choice(LOREM) for _ in range(n))

    def text(self, n):
        return lines(*(self.words(11) for _ in range(n)))

    def file(self, name, data, content_type="application/octet-stream"):
        return (
            f'Content-Type: {content_type}; name="{name}"',
            "Content-Transfer-Encoding: base64",
            f'Content-Disposition: attachment; filename="{name}"',
        ), encoded(data)


def plain(m):
    return m.simple(f"plain {m.number}", "text/plain; charset=us-ascii", m.text(20))


def utf8_8bit(m):
    body = "Grüße aus Köln – naïve café ☃ 漢字 𝄞 😀\r\n".encode() * 10
    return m.simple(f"=?utf-8?q?Gr=C3=BC=C3=9Fe_?={m.number}", "text/plain; charset=utf-8", body, "Content-Transfer-Encoding: 8bit")


def latin1_8bit(m):
    body = "Café crème, naïve, Straße ¿qué?\r\n".encode("latin-1") * 8
    return m.simple("=?iso-8859-1?Q?caf=E9?=", "text/plain; charset=iso-8859-1", body, "Content-Transfer-Encoding: 8bit")


def raw_utf8_header(m):
    return m.simple("Käse ungekürzt Ωμέγα", "text/plain; charset=utf-8", m.text(4))


def raw_latin1_header(m):
    return m.simple("Käse".encode("latin-1"), "text/plain", m.text(4))


def alternative(m):
    return m.multipart(
        "alternative",
        "alternative",
        (("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable"), quoted("Zażółć gęślą jaźń\n" * 5)),
        (("Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: base64"), encoded("<p>Zażółć <b>gęślą</b></p>".encode() * 5)),
    )


def attachment(m):
    size = m.rnd.choice([2_000, 40_000, 300_000])
    fields, body = m.file(f"f{m.number}.bin", m.rnd.randbytes(size))
    fields = (*fields[:2], f"Content-Disposition: attachment; filename*=utf-8''%C3%BCber{m.number}.bin; filename=\"uber.bin\"")
    return m.multipart(f"attachment of {size}", "mixed", (("Content-Type: text/plain",), m.text(3)), (fields, body))


def latin1_multipart(m):
    text = ("Content-Type: text/plain; charset=iso-8859-1", "Content-Transfer-Encoding: 8bit")
    return m.multipart("latin1 in a part", "mixed", (text, "Café\r\n".encode("latin-1") * 5), m.file("i.png", m.rnd.randbytes(1500), "image/png"))


def binary(m):
    body = bytes(b for b in m.rnd.randbytes(3000) if b not in (0, 13))
    return m.simple("binary body", "application/octet-stream", body, "Content-Transfer-Encoding: binary")


def control_characters(m):
    body = b"bell \x07 vt \x0b ff \x0c esc \x1b[31m del \x7f c1\x01\x02 end\r\nxml <&>]]> &amp;\r\n"
    return m.simple("control characters", "text/plain", body)


def bare_lf(m):
    return m.simple("bare LF", "text/plain", m.text(5)).replace(b"\r\n", b"\n")


def long_line(m):
    return m.simple("long line", "text/plain", b"x" * 5000 + b"\r\n")


def embedded(m):
    inner = Message(m.user, 9000 + m.number, m.rnd).simple("inner", "text/plain", m.text(3))
    fields = ("Content-Type: message/rfc822", 'Content-Disposition: attachment; filename="forwarded.eml"')
    return m.multipart("forward", "mixed", (fields, inner))


def empty_body(m):
    return m.head("empty body") + b"\r\n"


def signed(m):
    signature = m.file("smime.p7s", m.rnd.randbytes(800), "application/pkcs7-signature")
    kind = 'signed; protocol="application/pkcs7-signature"; micalg=sha-256'
    return m.multipart("signed", kind, (("Content-Type: text/plain",), m.text(2)), signature)


def odd_space(m):
    body = b"trailing spaces   \r\ntab\t\r\nbare cr \r in line\r\nno final newline"
    return m.simple("folded\r\n\tsubject  with   spaces ", "text/plain", body)


def html(m):
    body = quoted(f"<p>é &amp; {m.words(60)}</p>\n" * 30)
    return m.simple("html", "text/html; charset=utf-8", body, "Content-Transfer-Encoding: quoted-printable")


def ten_megabytes(m):
    return m.multipart("ten megabytes", "mixed", (("Content-Type: text/plain",), m.text(3)), m.file("big.bin", m.rnd.randbytes(7_400_000)))


SHAPES = (
    *[plain] * 4, utf8_8bit, latin1_8bit, raw_utf8_header, raw_latin1_header, alternative, *[attachment] * 3, latin1_multipart,
    binary, control_characters, bare_lf, long_line, embedded, empty_body, signed, odd_space, html,
)  # fmt: skip


def main(user, count=220, folder="INBOX"):
    lab = os.environ.get("AIRLIFT_LAB") or os.path.join(os.environ.get("TMPDIR", "/tmp"), "airlift-lab")
    below = "" if folder == "INBOX" else "." + folder.replace("/", ".")  # Maildir++
    folder = os.path.join(lab, "mail", user, "Maildir", below, "cur")
    owner = pwd.getpwnam("mail")
    rnd = random.Random(user)
    size = 0
    for number in range(count + 1):
        shape = SHAPES[number % len(SHAPES)] if number < count else ten_megabytes
        message = Message(user, number, rnd)
        data = shape(message)
        size += len(data)
        flags = "" if number % 7 == 0 else "S"
        path = os.path.join(folder, f"{message.date}.M{number}P1.lab,S={len(data)}")
        if any(name.startswith(os.path.basename(path)) for name in os.listdir(folder)):
            continue  # Dovecot renames a file when its flags change
        with open(path + ":2," + flags, "wb") as f:
            f.write(data)
        os.chown(f.name, owner.pw_uid, owner.pw_gid)
        os.utime(f.name, (message.date, message.date))
    print(count + 1, "messages", size, "bytes")


main(sys.argv[1], *map(int, sys.argv[2:3]), *sys.argv[3:4])
