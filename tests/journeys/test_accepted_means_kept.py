"""Promise 1 and 11: an answered request is on disk, and the program gets up by itself.

Tickets are sent from several sides while the whole program (web and worker) is killed without a
word, again and again. In the end every ticket that was answered exists exactly once, nothing that
was sent twice exists twice, and no work is left behind.
"""

import random
import threading
import time
from collections.abc import Iterator

import httpx2
import psycopg
import pytest

from tests.journeys.running import Program

SENDERS = 4
KILLS = 3


class Sender(threading.Thread):
    """Sends numbered tickets; repeats one until it is answered, as a careful client does."""

    def __init__(self, program: Program, name: str) -> None:
        super().__init__(daemon=True)
        self._program = program
        self._label = name
        self.stopping = threading.Event()
        self.accepted: dict[str, str] = {}
        self.refused: list[str] = []
        self._client = httpx2.Client(timeout=5)

    def run(self) -> None:
        ordinal = 0
        while not self.stopping.is_set():
            reference = f"{self._label}-{ordinal}"
            if self._send(reference):
                ordinal += 1

    def _send(self, reference: str) -> bool:
        body = {
            "source": "GLPI",
            "api_key": "journey-key",
            "data": {"id": reference, "title": f"Ticket {reference}", "description": "VPN is down"},
        }
        try:
            answer = self._client.post(f"{self._program.address}/api/tickets/unified", json=body)
        except httpx2.HTTPError:
            time.sleep(0.05)
            return False
        if answer.status_code != 200:
            self.refused.append(answer.text)
            return False
        self.accepted[reference] = answer.json()["ticket_number"]
        return True


@pytest.fixture
def owner(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def test_nothing_accepted_is_lost_or_doubled_when_the_program_is_killed(
    program: Program, owner: psycopg.Connection
) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    senders = [Sender(program, f"s{index}") for index in range(SENDERS)]
    for sender in senders:
        sender.start()
    for _ in range(KILLS):
        time.sleep(dice.uniform(0.3, 1.0))
        program.kill()
        program.start()
    time.sleep(0.5)
    for sender in senders:
        sender.stopping.set()
        sender.join(20)

    assert not [text for sender in senders for text in sender.refused]
    accepted = {ref: number for sender in senders for ref, number in sender.accepted.items()}
    assert len(accepted) > 100
    owner.execute("select set_config('app.company_id', '1', false)")
    stored = owner.execute("select source_reference, number from ticket").fetchall()
    assert len(stored) == len(dict(stored)), "a reference exists twice"
    assert accepted.items() <= dict(stored).items()
    assert len(set(dict(stored).values())) == len(stored), "a number was given twice"

    until = time.monotonic() + 90
    while owner.execute("select count(*) from job_item").fetchone() != (0,):
        assert time.monotonic() < until, "work is left behind"
        time.sleep(0.2)
