"""Promises 1, 3 and 11 for alerts: accepted means kept, sent twice is counted once, after any kill.

Alarms are sent from several sides, many of them repeats of few, while web and worker are killed without a
word, and PostgreSQL with them. In the end every report that was answered is counted exactly once, and each
alarm has one ticket. ALERT_CHAOS_KILLS and ALERT_CHAOS_SECONDS make it longer.
"""

import os
import random
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psycopg
import pytest

from tests.journeys.running import Program
from ticketyard.core.embedded import EmbeddedPostgres
from ticketyard.migrations.running import upgrade

SENDERS = 4
ALARMS = 7
KILLS = int(os.environ.get("ALERT_CHAOS_KILLS", "2"))
PAUSE = float(os.environ.get("ALERT_CHAOS_SECONDS", "0.7"))


@dataclass
class Ground:
    """A PostgreSQL of the test's own, that waits for the disk, and the program over it."""

    postgres: EmbeddedPostgres
    url: str
    program: Program

    def kill_postgres(self) -> None:
        """End the database without a word, all of its processes with it."""
        pid = int((self.postgres.data / "postmaster.pid").read_text().split()[0])
        group = [pid, *_children(pid)]
        for each in group:
            os.kill(each, signal.SIGKILL)
        until = time.monotonic() + 10
        while any(_lives(each) for each in group) and time.monotonic() < until:
            time.sleep(0.02)
        self.postgres.start()


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(each) for each in listed]


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    # On the disk and not in memory: what is kept must be there after a kill.
    folder = tempfile.TemporaryDirectory(prefix="ty-alerts-")
    os.chmod(folder.name, 0o711)
    postgres = EmbeddedPostgres(Path(folder.name) / "pg")
    url = postgres.start()
    upgrade(url)
    program = Program(
        url=url, data_dir=tmp_path, environment={"INTEGRATION_API_KEY": "journey-key"}
    )
    program.start()
    yield Ground(postgres, url, program)
    program.stop()
    postgres.stop()
    folder.cleanup()


@dataclass
class Sender(threading.Thread):
    """Reports numbered events; repeats one until it is answered, as a careful client does."""

    program: Program
    label: str
    stopping: threading.Event = field(default_factory=threading.Event)
    accepted: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        client = httpx2.Client(timeout=5, headers={"x-api-key": "journey-key"})
        ordinal = 0
        while not self.stopping.is_set():
            ordinal += self._send(client, f"{self.label}-{ordinal}", ordinal % ALARMS)

    def _send(self, client: httpx2.Client, event_id: str, alarm: int) -> bool:
        body = {"alarm_type": f"alarm {alarm}", "event_id": event_id, "camera_id": 0}
        try:
            answer = client.post(f"{self.program.address}/api/tickets/alarm", json=body)
        except httpx2.HTTPError:
            time.sleep(0.05)
            return False
        if answer.status_code >= 500:
            time.sleep(0.05)
            return False
        if answer.status_code not in (200, 201):
            self.refused.append(answer.text)
            return False
        self.accepted[event_id] = answer.json()["ticket_number"]
        return True


def test_no_alert_is_lost_or_counted_twice_when_everything_is_killed(ground: Ground) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    senders = [Sender(ground.program, f"s{index}") for index in range(SENDERS)]
    for sender in senders:
        sender.start()
    for _ in range(KILLS):
        time.sleep(dice.uniform(0.5, 1.5) * PAUSE)
        ground.program.kill()
        ground.program.start()
        time.sleep(dice.uniform(0.5, 1.5) * PAUSE)
        ground.kill_postgres()
    time.sleep(PAUSE)
    for sender in senders:
        sender.stopping.set()
        sender.join(30)

    assert not [text for sender in senders for text in sender.refused]
    accepted = {event: number for sender in senders for event, number in sender.accepted.items()}
    assert len(accepted) > 50
    with psycopg.connect(ground.url, autocommit=True) as owner:
        owner.execute("select set_config('app.company_id', '1', false)")
        _wait_until_counted(owner)
        raw = owner.execute(
            "select convert_from(m.raw, 'UTF8')::jsonb ->> 'event_id', t.number"
            " from inbound_message m"
            " join alert_occurrence o on o.inbound_id = m.id join alert a on a.id = o.alert_id"
            " join ticket t on t.id = a.ticket_id where m.source = 'alert'"
        ).fetchall()
        counts = owner.execute("select alarm_type, count, ticket_id from alert").fetchall()
        tickets = owner.execute("select count(*) from ticket").fetchone()

    assert max(Counter(event for event, _ in raw).values()) == 1, "a report is counted twice"
    assert accepted.items() <= dict(raw).items(), "a report that was answered is lost"
    assert len(counts) == len({ticket for _, _, ticket in counts}) == ALARMS
    assert tickets == (ALARMS,)
    assert sum(count for _, count, _ in counts) == len(raw)
    # At most one report of each sender was kept without that it heard of it.
    assert len(raw) - len(accepted) <= SENDERS


def _wait_until_counted(owner: psycopg.Connection) -> None:
    until = time.monotonic() + 60
    while owner.execute("select count(*) from alert_uncounted").fetchone() != (0,):
        assert time.monotonic() < until, "repeats are left uncounted"
        time.sleep(0.2)
