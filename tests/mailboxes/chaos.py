"""Kill the mail process and cut its connections at random while mail arrives; then check the books.

The real `ticketyard mail run`, three at once as on three machines, reads a real Dovecot through a proxy
that cuts. Afterwards: nothing lost, nothing doubled, every byte as it was sent, the ledger balanced.

Usage: python -m tests.mailboxes.chaos [--messages 10000] [--kills 30] [--cuts 40] [--seed 7]
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.mailboxes.dovecot import PASSWORD, Dovecot
from tests.mailboxes.letters import letter
from tests.mailboxes.proxy import CutAt, Proxy
from ticketyard.core.embedded import EmbeddedPostgres
from ticketyard.migrations.running import upgrade

# Where a connection may break: who speaks, what is said, how many bytes later.
CUT_POINTS = [
    (side, pattern, after)
    for side, pattern, afters in (
        ("from_client", "AUTHENTICATE", (0, 10, 60)),
        ("from_client", "EXAMINE", (0, 40, 90)),
        ("from_client", r"UID FETCH \d+:", (0, 60, 200)),
        ("from_client", r"BODY\.PEEK", (0, 100, 600)),
        ("from_client", "IDLE", (0, 20, 90)),
        ("from_client", "DONE", (0, 60, 150)),
        ("from_server", r"\* OK", (0, 200, 900)),
        ("from_server", "UIDVALIDITY", (0, 100, 600)),
        ("from_server", "INTERNALDATE", (0, 300, 3_000)),
        ("from_server", r"BODY\[\]", (0, 1_000, 10_000, 100_000)),
        ("from_server", "idling", (0, 60, 900)),
        ("from_server", "EXISTS", (0, 60, 900)),
        ("from_server", "Fetch completed", (0, 60, 900)),
    )
    for after in afters
]


@dataclass(frozen=True)
class Plan:
    """How much of what. Everything random comes from the seed."""

    seed: int
    messages: int
    kills: int
    cuts: int
    patience_seconds: float = 60


@dataclass
class Outcome:
    """What was found afterwards."""

    seed: int
    messages: int
    kills: int = 0
    cuts: Counter[str] = field(default_factory=Counter)
    lost: list[int] = field(default_factory=list)
    doubled: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    books: dict[str, int] = field(default_factory=dict)
    wanted: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def points(self) -> int:
        """At how many protocol points a connection was cut."""
        return len(set(self.cuts) - {"just so"})

    @property
    def went_well(self) -> bool:
        """0 lost, 0 doubled, hash-equal, and the books say what was sent."""
        return not (self.lost or self.doubled or self.changed) and self.books == self.wanted

    def __str__(self) -> str:
        return (
            f"seed {self.seed}: {self.messages:,} messages, {self.kills} kills, "
            f"{sum(self.cuts.values())} cuts at {self.points} points, {self.seconds:.0f} s: "
            f"{len(self.lost)} lost, {len(self.doubled)} doubled, {len(self.changed)} changed; "
            f"books {self.books}, sent {self.wanted}"
        )


def make_letters(plan: Plan, chance: random.Random) -> tuple[list[bytes], dict[str, int]]:
    """What is sent: new questions, answers to them, and deliveries of the same mail again."""
    letters: list[bytes] = []
    questions: list[int] = []
    sent: Counter[str] = Counter(tickets=0, replies=0, duplicates=0)
    for number in range(plan.messages):
        die = chance.random()
        size = int(min(chance.paretovariate(1.2) * 600, 60_000))
        if die < 0.7 or not questions:
            letters.append(letter(number, size=size))
            questions.append(number)
            sent["tickets"] += 1
        elif die < 0.93:
            before = chance.choice(questions)
            letters.append(
                letter(
                    f"{number}.answer",
                    size=size,
                    subject=f"Re: Printer {before} is on fire",
                    sender=f"rita{before}@customer.example",
                    In_Reply_To=f"<{before}@customer.example>",
                    References=f"<{before}@customer.example>",
                )
            )
            sent["replies"] += 1
        else:
            letters.append(chance.choice(letters))
            sent["duplicates"] += 1
    return letters, dict(sent)


class Chaos:
    """One run over a database, a Dovecot and a user of its own."""

    def __init__(self, plan: Plan, *, url: str, place: Path, dovecot: Dovecot, user: str) -> None:
        self._plan = plan
        self._url = url
        self._place = place
        self._dovecot = dovecot
        self._user = user
        self._chance = random.Random(plan.seed)
        self._letters, sent = make_letters(plan, self._chance)
        self.outcome = Outcome(plan.seed, plan.messages)
        self.outcome.wanted = {"received": plan.messages, "refused": 0, "waiting": 0, **sent}
        self._proxy = Proxy(dovecot.port)
        self._done = threading.Event()
        self._started = 0

    def run(self) -> Outcome:
        """Deliver, kill, cut; let it come to rest; look."""
        began = time.monotonic()
        self._proxy.start()
        helpers = [threading.Thread(target=each) for each in (self._deliver, self._cut)]
        for each in helpers:
            each.start()
        try:
            self._kill()
        finally:
            self._done.set()
            for each in helpers:
                each.join()
        self._proxy.from_client = self._proxy.from_server = lambda piece: piece
        self._come_to_rest()
        self._proxy.stop()
        self._look()
        self.outcome.seconds = time.monotonic() - began
        return self.outcome

    # -- what goes on meanwhile ----------------------------------------------------------------

    def _deliver(self) -> None:
        chance = random.Random(self._plan.seed + 1)
        left = list(self._letters)
        while left:
            burst = min(len(left), chance.randrange(5, 60))
            self._dovecot.deliver(self._user, *left[:burst])
            del left[:burst]
            if not self._done.is_set():
                time.sleep(chance.uniform(0.1, 0.5))

    def _cut(self) -> None:
        """At each point in turn; one at which nothing is said for a while gets another turn."""
        chance = random.Random(self._plan.seed + 2)
        points = chance.sample(CUT_POINTS, len(CUT_POINTS))
        while not self._done.is_set() and points:
            side, pattern, after = points.pop(0)
            cutting = CutAt(pattern, after)
            setattr(self._proxy, side, cutting)
            self._until(cutting.is_done, chance.uniform(0.5, 1))
            if not cutting.is_done():
                # A new connection is heard out from its greeting on.
                self._proxy.cut()
                self.outcome.cuts["just so"] += 1
                self._until(cutting.is_done, 2)
            if not cutting.is_done():
                points.append((side, pattern, after))
            else:
                self.outcome.cuts[f"{side} {pattern} +{after}"] += 1
            setattr(self._proxy, side, lambda piece: piece)
            self._done.wait(chance.uniform(0.05, 0.3))

    def _until(self, what: Callable[[], bool], seconds: float) -> None:
        until = time.monotonic() + seconds
        while not what() and time.monotonic() < until and not self._done.is_set():
            time.sleep(0.01)

    def _has_cut_enough(self) -> bool:
        return self.outcome.points >= self._plan.cuts

    def _kill(self) -> None:
        """Three at once, as on three machines; the oldest is killed at some instant of its work."""
        running = [self._start() for _ in range(3)]
        while self.outcome.kills < self._plan.kills:
            oldest = running.pop(0)
            running.append(self._start())
            self._until_at_work(oldest)
            time.sleep(self._chance.uniform(0, 1.0))
            oldest.kill()
            self.outcome.kills += 1
        self._until(self._has_cut_enough, 5 * self._plan.cuts)
        for each in running:
            each.kill()

    def _start(self) -> "_MailProcess":
        mailbox = {
            "username": self._user, "password": PASSWORD, "imap_server": "127.0.0.1",
            "imap_port": self._proxy.port, "imap_security": "none",
            "address": "desk@desk.example", "poll_seconds": 5,
        }  # fmt: skip
        self._started += 1
        return _MailProcess(
            self._place / f"mail-{self._started}.log",
            {
                "PATH": os.environ["PATH"], "HOME": str(self._place), "DATABASE_URL": self._url,
                "DATA_DIR": str(self._place), "LOG_LEVEL": "INFO", "COLUMNS": "200",
                "EMAIL_CREDENTIALS": json.dumps([mailbox]), "PYTHONUNBUFFERED": "1",
            },
        )  # fmt: skip

    @staticmethod
    def _until_at_work(process: "_MailProcess") -> None:
        """To kill it while it loads would be no news."""
        until = time.monotonic() + 30
        while time.monotonic() < until and not process.is_at_work():
            time.sleep(0.02)

    # -- afterwards ----------------------------------------------------------------------------

    def _come_to_rest(self) -> None:
        with self._owner() as owner:
            # As if a minute had passed: what the killed had taken is free again.
            owner.execute("update mail_message set claimed_until = null, ready_at = now()"
                          " where outcome = 'waiting' and ready_at < 'infinity'")  # fmt: skip
            process = self._start()
            until = time.monotonic() + self._plan.patience_seconds
            while time.monotonic() < until:
                found = self._books(owner)
                if found["received"] >= self._plan.messages and not found["waiting"]:
                    break
                time.sleep(0.2)
            process.stop()

    def _owner(self) -> psycopg.Connection[dict[str, Any]]:
        owner = psycopg.connect(self._url, autocommit=True, row_factory=dict_row)
        owner.execute("select set_config('app.company_id', '1', false)")
        return owner

    @staticmethod
    def _books(owner: psycopg.Connection[dict[str, Any]]) -> dict[str, int]:
        row = owner.execute(
            "select (select count(*) from inbound_message) as received,"
            " count(*) filter (where outcome = 'ticket') as tickets,"
            " count(*) filter (where outcome = 'reply') as replies,"
            " count(*) filter (where outcome = 'duplicate') as duplicates,"
            " count(*) filter (where outcome = 'refused') as refused,"
            " count(*) filter (where outcome = 'waiting') as waiting from mail_message"
        ).fetchone()
        assert row
        return dict(row)

    def _look(self) -> None:
        """The messages as they lie in the database, against what was sent; and what became of it,
        counted where it lies and not only where it is noted."""
        outcome = self.outcome
        with self._owner() as owner:
            found: Counter[int] = Counter()
            for row in owner.execute(
                "select m.uid, i.raw, i.raw_key, i.sha256 from mail_message m"
                " join inbound_message i on i.id = m.inbound_id"
            ):
                found[row["uid"]] += 1
                raw = row["raw"]
                if row["raw_key"]:
                    raw = (self._place / "blobs" / row["raw_key"]).read_bytes()
                sent = self._letters[row["uid"] - 1]
                if raw != sent or row["sha256"] != sha256(sent).hexdigest():
                    outcome.changed.append(row["uid"])
            outcome.lost = [uid for uid in range(1, self._plan.messages + 1) if uid not in found]
            outcome.doubled = [uid for uid, count in found.items() if count > 1]
            outcome.books = self._books(owner)
            tickets = owner.execute("select count(*) as n from ticket").fetchone()
            comments = owner.execute("select count(*) as n from comment").fetchone()
            assert tickets
            assert comments
            outcome.books |= {"tickets stored": tickets["n"], "comments stored": comments["n"]}
            outcome.wanted |= {
                "tickets stored": outcome.wanted["tickets"],
                "comments stored": outcome.wanted["replies"],
            }


class _MailProcess:
    """`ticketyard mail run`, as a process that can be killed."""

    def __init__(self, log: Path, environment: dict[str, str]) -> None:
        self._log = log
        output = log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ticketyard.cli.mail_run"],
            env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def is_at_work(self) -> bool:
        """Whether it has said so, or is no more."""
        return "Ctrl-C" in self._log.read_text() or self._process.poll() is not None

    def kill(self) -> None:
        """Without a word (kill -9)."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Politely, and then not."""
        self._process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(20)
        if self._process.poll() is None:
            self.kill()


def main() -> None:
    """Run it over a PostgreSQL and a Dovecot of its own, and print what was found."""
    asked = argparse.ArgumentParser(description="Kill and cut while mail arrives.")
    asked.add_argument("--messages", type=int, default=10_000)
    asked.add_argument("--kills", type=int, default=30)
    asked.add_argument("--cuts", type=int, default=40)
    asked.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000))
    given = asked.parse_args()
    plan = Plan(given.seed, given.messages, given.kills, given.cuts, patience_seconds=300)
    print(f"seed {plan.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="ty-chaos-") as folder:
        place = Path(folder)
        place.chmod(0o711)
        (place / "dovecot").mkdir()
        (place / "dovecot").chmod(0o755)
        dovecot = Dovecot(place / "dovecot").start()
        postgres = EmbeddedPostgres(place / "pg")
        url = postgres.start()
        try:
            upgrade(url)
            outcome = Chaos(plan, url=url, place=place, dovecot=dovecot, user="chaos").run()
        finally:
            postgres.stop()
            dovecot.stop()
    print(outcome)
    sys.exit(not outcome.went_well)


if __name__ == "__main__":
    main()
