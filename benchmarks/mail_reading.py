"""How many messages a second one core reads, and what a message of 60 MB costs in memory.

The mix is made here: short answers with quotes, German and Russian in four encodings, HTML with
tables and inline images, files of 10 to 120 KB, delivery reports; 30 KB in the mean.

Usage: python benchmarks/mail_reading.py [--messages 2000]
"""

import argparse
import base64
import quopri
import random
import subprocess
import sys
import time
from pathlib import Path

from kit.machine import about
from ticketyard.mail.reading import read_mail

MEGABYTE = 1_000_000
LARGE_BYTES = 60 * MEGABYTE
WORDS = {
    "utf-8": "der Drucker im zweiten Stock meldet Papierstau obwohl kein Papier klemmt bitte prüfen",
    "windows-1251": "принтер на втором этаже сообщает о замятии бумаги прошу проверить срочно",
    "koi8-r": "не открывается личный кабинет после обновления пароля помогите пожалуйста",
    "iso-8859-1": "l'imprimante du deuxième étage ne répond plus depuis ce matin merci",
}


def sentences(random_: random.Random, charset: str, lines: int) -> str:
    """Some lines of a language."""
    return "\n".join(
        " ".join(random_.choices(WORDS[charset].split(), k=random_.randint(4, 11))) + "."
        for _ in range(lines)
    )


def headers(random_: random.Random, charset: str, number: int) -> bytes:
    """As many headers as a message has when it arrives."""
    subject = base64.b64encode(
        sentences(random_, charset, 1)[:40].encode(charset, "replace")
    ).decode()
    received = "".join(
        f"Received: from mx{hop}.example.net (mx{hop}.example.net [192.0.2.{hop}])\r\n"
        f"\tby mx{hop + 1}.example.net (Postfix) with ESMTPS id {random_.getrandbits(40):X}\r\n"
        f"\tfor <desk@example.com>; Mon, 5 Jan 2026 10:0{hop}:00 +0100\r\n"
        for hop in range(4)
    )
    signature = "\r\n ".join(f"{random_.getrandbits(300):x}" for _ in range(4))
    return (
        f"Return-Path: <rita{number}@example.com>\r\n{received}"
        f"DKIM-Signature: v=1; a=rsa-sha256; d=example.com; b={signature}\r\n"
        f"From: =?{charset}?B?{subject}?= <rita{number}@example.com>\r\n"
        f'To: "Desk, First" <desk@example.com>, team@example.com\r\n'
        f"Subject: =?{charset}?B?{subject}?=\r\n"
        f"Date: Mon, 5 Jan 2026 10:00:00 +0100\r\nMessage-ID: <{number}@example.com>\r\n"
        f"References: <{number - 1}@example.com>\r\n <{number - 2}@example.com>\r\n"
        "MIME-Version: 1.0\r\n"
    ).encode()


def text_part(text: str, charset: str, kind: str = "plain") -> bytes:
    """A text as quoted-printable."""
    body = quopri.encodestring(text.encode(charset, "replace"))
    return (
        f"Content-Type: text/{kind}; charset={charset}\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode() + body


def html_of(text: str) -> str:
    """A page as mail programs write it."""
    rows = "".join(
        f'<tr><td style="padding:4px;color:#333" class="x{n % 7}"><p>{line}</p></td>'
        f'<td><a href="https://example.com/{n}"><img src="https://example.com/{n}.png" alt=""></a></td></tr>'
        for n, line in enumerate(text.split("\n"))
    )
    return (
        f"<html><head><style>p{{margin:0}}</style></head><body><table>{rows}</table></body></html>"
    )


def file_part(random_: random.Random, size: int) -> bytes:
    """A file as base64."""
    return (
        b'Content-Type: application/pdf; name="plan.pdf"\r\nContent-Transfer-Encoding: base64\r\n'
        b"Content-Disposition: attachment; filename*=utf-8''pl%C3%A4ne.pdf\r\n\r\n"
        + base64.encodebytes(random_.randbytes(size)).replace(b"\n", b"\r\n")
    )


def multipart(kind: str, parts: list[bytes], boundary: str) -> bytes:
    """The parts between boundary lines."""
    line = f"--{boundary}".encode()
    body = b"".join(line + b"\r\n" + part + b"\r\n" for part in parts)
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    return head + body + line + b"--\r\n"


def message(random_: random.Random, number: int) -> bytes:
    """One of the mix."""
    charset = random_.choice(list(WORDS))
    text = sentences(random_, charset, random_.randint(5, 40))
    top = headers(random_, charset, number)
    quoted = "\n".join("> " + line for line in sentences(random_, charset, 20).split("\n"))
    answer = f"{text}\n\nOn Mon, 5 Jan 2026 at 09:00, Desk <desk@example.com> wrote:\n{quoted}\n"
    both = multipart(
        "alternative",
        [text_part(answer, charset), text_part(html_of(text), charset, "html")],
        f"alt{number}",
    )
    kind = random_.random()
    if kind < 0.3:
        return top + text_part(answer, charset)
    if kind < 0.65:
        return top + both
    if kind < 0.95:
        size = random_.choice((10_000, 25_000, 50_000, 120_000))
        return top + multipart("mixed", [both, file_part(random_, size)], f"mix{number}")
    return top + multipart(
        "mixed", [text_part(text, charset), b"Content-Type: message/rfc822\r\n\r\n" + top], "m"
    )


def resident_peak_mb() -> float:
    """The most memory this process ever held."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def large() -> None:
    """In a process of its own: read a message of 60 MB and decode its file."""
    read_mail(b"From: a@example.com\r\n\r\nhello")
    path = Path(sys.argv[2])
    before = resident_peak_mb()
    raw = path.read_bytes()
    began = time.perf_counter()
    mail = read_mail(raw)
    took = time.perf_counter() - began
    decoded = sum(len(file.read()) for file in mail.files)
    print(f"{before:.0f} {resident_peak_mb():.0f} {took:.3f} {decoded}")


def measured_large() -> tuple[float, float, float]:
    """MB before, MB at the peak, seconds."""
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "large.eml"
        random_ = random.Random(1)
        file = file_part(random_, LARGE_BYTES * 36 // 50)
        parts = [text_part("hello", "utf-8"), file]
        path.write_bytes(headers(random_, "utf-8", 1) + multipart("mixed", parts, "big"))
        answer = subprocess.run(
            [sys.executable, __file__, "--large", str(path)],
            capture_output=True,
            check=True,
            text=True,
        ).stdout.split()
    return float(answer[0]), float(answer[1]), float(answer[2])


def main() -> None:
    """Measure, and print the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--messages", type=int, default=2_000)
    count = asked.parse_args().messages
    random_ = random.Random(7)
    mix = [message(random_, number) for number in range(count)]
    mean = sum(map(len, mix)) / count
    slowest = 0.0
    read_mail(mix[0])
    began = time.process_time()
    for raw in mix:
        start = time.process_time()
        read_mail(raw)
        slowest = max(slowest, time.process_time() - start)
    rate = count / (time.process_time() - began)
    before, peak, seconds = measured_large()
    print(f"{about()}\n")
    print("| What                                               |          |")
    print("| ---                                                |     ---: |")
    print(f"| messages read a second on one core, mean {mean / 1000:4.1f} KB   | {rate:8.0f} |")
    print(f"| slowest of {count:5d}                                   | {slowest * 1000:5.1f} ms |")
    print(f"| a message of 60 MB: to read                        | {seconds:6.2f} s |")
    print(f"| memory above a bare process, its file decoded      | {peak - before:5.0f} MB |")


if __name__ == "__main__":
    large() if sys.argv[1:2] == ["--large"] else main()
