"""A message made to keep us busy is read within a second like any other."""

import time

import pytest

from ticketyard.mail.reading import read_mail

TOP = b"From: a@example.com\r\nSubject: x\r\n"
HTML = TOP + b"Content-Type: text/html\r\n\r\n"
MIXED = TOP + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
M = 1_000_000


def parts(part: bytes, count: int) -> bytes:
    return MIXED + (b"--b\r\n" + part + b"\r\n") * count + b"--b--\r\n"


def nested(depth: int) -> bytes:
    lines = (
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(depth)
    )
    return TOP + b"".join(lines) + b"\r\nhi"


HOSTILE = {
    "body of <": TOP + b"\r\n" + b"<" * M,
    "html of <": HTML + b"<" * M,
    "html of &": HTML + b"&" * M,
    "html nested": HTML + b"<div>" * (M // 5),
    "html formatting": HTML + b"".join(b"<b id=%d>" % n for n in range(400)) + b"<p>x" * 100_000,
    "html attributes": HTML + b"<a " + b" ".join(b"x%d=1" % n for n in range(100_000)) + b">",
    "html quoted attributes": HTML + b"<a " + b" ".join(b'x%d="<"' % n for n in range(60_000)) + b">",
    "addresses of <": b"From: " + b"<" * M + b"\r\n\r\n",
    "addresses of (": b"From: " + b"(," * M + b"\r\n\r\n",
    "addresses of quotes": b"From: " + b'"\\' * M + b"\r\n\r\n",
    "addresses of a": b"From: " + b"a" * M + b"\r\n\r\n",
    "addresses of blanks": b"From: a" + b" " * M + b"@b\r\n\r\n",
    "subject of =?": b"Subject: " + b"=?" * M + b"\r\n\r\n",
    "subject of openings": b"Subject: " + b"=?a?q?" * (M // 6) + b"\r\n\r\n",
    "subject of charsets": b"Subject: " + b"".join(b"=?x-%d?q?=e4?= " % n for n in range(60_000)) + b"\r\n\r\n",
    "ids of a": b"References: " + b"a" * M + b"\r\n\r\n",
    "many headers": b"".join(b"X-A%d: y\r\n" % n for n in range(100_000)) + b"\r\nhi",
    "many senders": b"From: a@b\r\n" * 100_000 + b"\r\nhi",
    "raw headers": b"".join(b"X-%d: \xe4\xf6\xfc \xcf\xf0\r\n" % n for n in range(50_000)) + b"\r\nhi",
    "folds": b"Subject: a\r\n" + b" b\r\n" * (M // 4) + b"\r\nhi",
    "lost folds": b"Subject: a\r\n" + b"junk\r\n" * (M // 6) + b"From: a@b\r\n\r\nhi",
    "lost folds of one letter": (b"Subject: a\n" + b"j\n" * 9_000) * 50 + b"From: a@b\n\nhi",
    "blank folds": b"Subject: a\r\n" + b" \r\n" * (M // 3) + b"hi",
    "many texts": parts(b"Content-Type: text/plain\r\n\r\nhi", 10_000),
    "many files": parts(b"Content-Type: a/b; name=x\r\n\r\nhi", 10_000),
    "many messages": parts(b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\n" + b"--q\r\n" * 200, 900),
    "nested deeply": nested(5_000),
    "boundaries missing": parts(b"Content-Type: multipart/mixed; boundary=zz\r\n\r\nhi", 9_000),
    "boundaries only": MIXED + b"--b\n" * (M // 4),
    "dashes": MIXED + b"\n--" * (M // 3),
    "parameters": TOP + b"Content-Type: text/plain; " + b"a=b;" * M + b"\r\n\r\nhi",
    "parameters of (": TOP + b"Content-Type: text/plain " + b";(" * M + b"\r\n\r\nhi",
    "quoted-printable of =": TOP + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=" * M,
    "base64 in pieces": TOP + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"QQ==\r\n" * (M // 6),
    "flowed": TOP + b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"> \n" * (M // 3),
    "uuencoded openings": TOP + b"\r\n" + b"begin 644 a\n" * (M // 12),
    "uuencoded lines": TOP + b"\r\n" + (b"begin 644 a\nM" + b"A" * 60 + b"\n") * (M // 75) + b"end\n",
    "html of blanks": HTML + b"<p>&nbsp;" * 55_000,
    "line ends": TOP + b"\r\n" + b"\n" * M,
    "letters of no charset": TOP + b"\r\n" + bytes(range(128, 256)) * (M // 128),
    "forward of *": b"Subject: Fwd: x\r\n\r\n" + b"From:" + b"*" * M,
    "forward of a rule and blanks": b"Subject: Fwd: x\r\n\r\n--" + b" " * M + b"x",
    "dated lines": TOP + b"\r\n" + b"12.11.12:11 9 Nov 2026, 5.1.4.12: [ 12:12:12:\n" * (M // 50),
    "lines of labels": TOP + b"\r\n" + (b"a: " * 40 + b"\n") * (M // 120),
    "introductions that never end": TOP + b"\r\n" + b"On 9 Nov 2026 12:00 a@b.example [[[[[[[:\n" * (M // 44),
    "forward of blanks": b"Subject: Fwd: x\r\n\r\n" + b" " * M + b"x",
}  # fmt: skip


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_nothing_takes_time_by_the_square_of_its_size(raw: bytes) -> None:
    began = time.process_time()
    mail = read_mail(raw)
    # A good half second at the most on a quiet machine; what grows by the square takes minutes.
    assert time.process_time() - began < 5.0
    assert not [each for each in mail.problems if each.endswith("Error")]


def test_limits_are_told() -> None:
    assert "parts: too many parts" in read_mail(HOSTILE["many texts"]).problems
    assert "parts: nested too deeply" in read_mail(HOSTILE["nested deeply"]).problems
    assert "parts: too many headers" in read_mail(HOSTILE["many senders"]).problems
    assert "body: cut" in read_mail(TOP + b"\r\n" + b"words " * M).problems
