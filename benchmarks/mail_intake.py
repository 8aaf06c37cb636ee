"""From a mailbox to visible tickets: how many a second, how soon, in how much memory.

A real Dovecot holds 10,000 mails of 30 KB mean, delivered as files; `ticketyard serve` runs with its
worker and its mail process beside it. Then single mails arrive by IDLE while all is quiet, and at
last one of 60 MB; those in a mailbox of their own, since Dovecot walks through 10,000 new files for
each new one.

Usage: python benchmarks/mail_intake.py [messages]
"""

import base64
import itertools
import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kit.generate import SYLLABLES
from kit.machine import about
from kit.server import database, folder, serving
from tests.mailboxes.dovecot import PASSWORD, Dovecot, is_installed

MEAN_BYTES = 30 * 1024
SINGLE_MAILS = 40
LARGE_BYTES = 60 * 1024 * 1024
WORDS = [
    "printer", "network", "password", "account", "access", "vpn", "screen", "invoice", "order",
    "delivery", "broken", "slow", "error", "login", "update", "server", "mailbox", "quota",
    "license", "laptop", "phone", "please", "thanks", "since", "yesterday", "again",
]  # fmt: skip
# Most words of a mail say nothing of what it is about.
FILLERS = ["".join(pair) for pair in itertools.product(SYLLABLES[:24], SYLLABLES[24:])]


def _words(chance: random.Random, count: int) -> str:
    return " ".join(
        chance.choice(WORDS if chance.random() < 0.15 else FILLERS) for _ in range(count)
    )


def make_mail(number: int, chance: random.Random) -> bytes:
    """A question of some words; every third brings a file, which is most of the bytes."""
    text = "\r\n".join(_words(chance, 12) for _ in range(chance.randrange(4, 30)))
    head = (
        f"Received: from mx.customer.example by mail.desk.example; Fri, 20 Nov 2026 09:30:00 +0100\r\n"
        f"From: Rita {number} <rita{number}@customer{number % 400}.example>\r\n"
        f"To: desk@desk.example\r\nSubject: {_words(chance, 5)} {number}\r\n"
        f"Message-ID: <{number}.{chance.getrandbits(64):x}@customer.example>\r\n"
        "Date: Fri, 20 Nov 2026 09:30:00 +0100\r\nMIME-Version: 1.0\r\n"
    )
    if number % 3:
        return f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n".encode()
    body = chance.randbytes(int(chance.uniform(0.4, 1.6) * 3 * MEAN_BYTES * 0.72))
    return _with_file(head, text, base64.encodebytes(body).replace(b"\n", b"\r\n"))


def _with_file(head: str, text: str, encoded: bytes) -> bytes:
    return (
        f'{head}Content-Type: multipart/mixed; boundary="=cut="\r\n\r\n'
        f"--=cut=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
        "--=cut=\r\nContent-Type: application/pdf\r\n"
        'Content-Disposition: attachment; filename="scan.pdf"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    ).encode() + encoded + b"--=cut=--\r\n"  # fmt: skip


class Desk:
    """The database behind the running desk, watched from outside."""

    def __init__(self, url: str) -> None:
        self._owner = psycopg.connect(url, autocommit=True)
        self._owner.execute("select set_config('app.company_id', '1', false)")

    def count(self, query: str) -> int:
        """One number."""
        row = self._owner.execute(query).fetchone()
        return int(row[0]) if row else 0

    def wait(self, query: str, wanted: int, seconds: float) -> float:
        """Until the number is reached; gives the seconds it took."""
        began = time.perf_counter()
        while self.count(query) < wanted:
            if time.perf_counter() - began > seconds:
                raise SystemExit(f"{query} did not reach {wanted} within {seconds} s")
            time.sleep(0.005 if wanted < 2 else 0.05)
        return time.perf_counter() - began


class Peak(threading.Thread):
    """The highest resident memory of the mail process, in MB."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.mb, self.done = pid, 0.0, False
        self.start()

    def run(self) -> None:
        """Look every 10 ms."""
        while not self.done:
            self.mb = max(self.mb, resident_mb(self.pid))
            time.sleep(0.01)

    def stop(self) -> float:
        """The highest so far."""
        self.done = True
        self.join()
        return self.mb


def resident_mb(pid: int) -> float:
    """The resident memory of one process."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))
    return 0.0


def cpu_seconds(pid: int) -> float:
    """The processor time of one process."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def mail_process(parent: int) -> int:
    """The mail process beside `serve`."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        for each in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
            if b"mail_run" in Path(f"/proc/{each}/cmdline").read_bytes():
                return int(each)
        time.sleep(0.05)
    raise SystemExit("There is no mail process.")


def worker_cpu(parent: int) -> float:
    """The processor time of the worker beside `serve`."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return sum(
        cpu_seconds(int(each))
        for each in children
        if b"worker" in Path(f"/proc/{each}/cmdline").read_bytes()
    )


TICKETS = "select count(*) from ticket"


def measure(count: int, place: Path, say: Callable[[str, str], None]) -> None:
    """All three figures."""
    chance = random.Random(11)
    dovecot = Dovecot(place / "dovecot")
    dovecot.base.mkdir(mode=0o755)
    dovecot.start()
    sizes = 0
    for number in range(count):
        mail = make_mail(number, chance)
        sizes += len(mail)
        dovecot.drop("bench", f"{1_790_000_000 + number}.M{number}.bench", mail)
    # Dovecot gives the files their UIDs, which is not what is measured.
    assert len(dovecot.uids("bench")) == count
    dovecot.deliver("live", make_mail(-3, chance))
    mailboxes: list[dict[str, Any]] = [
        {
            "username": user, "password": PASSWORD, "imap_server": "127.0.0.1",
            "imap_port": dovecot.port, "imap_security": "none", "address": f"{user}@desk.example",
            "look_back_hours": hours,
        }
        for user, hours in (("bench", 24 * 3650), ("live", 0))
    ]  # fmt: skip
    given = {"EMAIL_CREDENTIALS": json.dumps(mailboxes)}
    with database(place) as url, serving(place, DATABASE_URL=url, **given) as server:
        desk = Desk(url)
        try:
            pid = mail_process(server.pid)
            desk.wait("select count(*) from mail_message", 1, 60)
            rest, cpu, beside = resident_mb(pid), cpu_seconds(pid), worker_cpu(server.pid)
            took = desk.wait(TICKETS, count, 600)
            cpu = cpu_seconds(pid) - cpu
            say("mails of", f"{sizes / count / 1024:.0f} KB mean, {count:,}")
            say("from the first mail kept to the last ticket", f"{took:.1f} s")
            say("mails to visible tickets", f"{count / took:.0f}/s")
            say("processor time of the mail process, a mail", f"{cpu / count * 1000:.1f} ms")
            beside = worker_cpu(server.pid) - beside
            say("processor time of the worker meanwhile, a mail", f"{beside / count * 1000:.1f} ms")
            say("mail process, resident at the start", f"{rest:.0f} MB")
            say("mail process, resident afterwards", f"{resident_mb(pid):.0f} MB")
            desk.wait("select count(*) from analysis where state = 'done'", count, 900)
            say("and until the worker had triaged all", f"{_triaged(desk):.0f}/s")
            _singles(desk, dovecot, count, say)
            _large(desk, dovecot, count + SINGLE_MAILS, pid, say)
        finally:
            dovecot.stop()


def _triaged(desk: Desk) -> float:
    return desk.count(
        "select count(*) / greatest(1, extract(epoch from max(analysed_at) - min(analysed_at)))"
        " from analysis"
    )


def _singles(desk: Desk, dovecot: Dovecot, before: int, say: Callable[[str, str], None]) -> None:
    time.sleep(3)
    seconds = []
    for number in range(SINGLE_MAILS):
        mail = make_mail(1_000_001 + number * 3, random.Random(number))
        began = time.perf_counter()
        dovecot.drop("live", f"{1_800_000_000 + number}.M{number}.bench", mail)
        desk.wait(TICKETS, before + number + 1, 30)
        seconds.append(time.perf_counter() - began)
        time.sleep(random.Random(number).uniform(0.2, 1.2))
    seconds.sort()
    middle, late = seconds[len(seconds) // 2], seconds[int(len(seconds) * 0.95)]
    say(f"one mail by IDLE to visible ticket, n={SINGLE_MAILS}, p50", f"{middle:.2f} s")
    say("the same, p95", f"{late:.2f} s")


def _large(
    desk: Desk, dovecot: Dovecot, before: int, pid: int, say: Callable[[str, str], None]
) -> None:
    head = (
        "From: Rita <rita@customer.example>\r\nTo: desk@desk.example\r\nSubject: A large file\r\n"
        "Message-ID: <large@customer.example>\r\nMIME-Version: 1.0\r\n"
    )
    line = base64.encodebytes(os.urandom(57)).replace(b"\n", b"\r\n")
    mail = _with_file(head, "See the file.", line * (LARGE_BYTES // len(line)))
    peak = Peak(pid)
    began = time.perf_counter()
    dovecot.drop("live", "1900000000.M1.bench", mail)
    desk.wait(TICKETS, before + 1, 120)
    say(
        f"one mail of {len(mail) / 2**20:.0f} MB to visible ticket",
        f"{time.perf_counter() - began:.1f} s",
    )
    say("mail process, peak resident meanwhile", f"{peak.stop():.0f} MB")


def main() -> None:
    """Measure, and print the table."""
    if not is_installed():
        print("No Dovecot here (Debian: apt-get install dovecot-imapd): skipped.")
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print(f"{about()}\n")
    print(f"| {'What':<52} | {'':>22} |\n| {'---':<52} | {'---:':>22} |")
    with folder() as place:
        measure(
            count, place, lambda what, figure: print(f"| {what:<52} | {figure:>22} |", flush=True)
        )


if __name__ == "__main__":
    main()
