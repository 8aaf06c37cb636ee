"""How fast alerts are taken in: sustained, in a burst, and all repeats of ONE alert at once.

Starts the real server with its worker on a database of its own (fsync on) and loads it from this process,
on the same cores. Sustained: so many alerts a second over 200 fingerprints, one in fifty new, sent at
their time whether or not the ones before were answered. Burst: 30,000 over 200 fingerprints in 60 seconds,
while people read and answer; then 200 tickets and a sum of 30,000 are expected. One: sixteen connections
repeat one alert as fast as they can.

Usage: python benchmarks/alerts.py [sustained seconds] [rate] [burst alerts] [burst seconds]
"""

import asyncio
import itertools
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import psycopg

from kit.load import load
from kit.machine import about
from kit.server import database, folder, serving

KEY = "a-key-for-the-benchmark-only"
FINGERPRINTS = 200
CONNECTIONS = 64
_numbers = itertools.count(1)


def request(path: str, body: dict[str, object]) -> bytes:
    """A POST of this body."""
    raw = orjson.dumps(body)
    return (
        f"POST {path} HTTP/1.1\r\nHost: desk\r\nX-API-Key: {KEY}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
    ).encode() + raw


def alarm(fingerprint: object, provider: str) -> bytes:
    """One report of an alarm; each has an id of its own."""
    return request(
        "/api/tickets/alarm",
        {
            "alarm_type": f"type {fingerprint}",
            "event_id": f"{provider}-{next(_numbers)}",
            "provider_id": provider,
            # An alarm of a camera is one, whoever reports it: each load has a camera of its own.
            "camera_id": len(provider),
            "severity": "high",
            "title": f"Alarm {fingerprint}",
            "alert_data": {"zone": "north gate", "confidence": 0.93, "frame": 10_000},
        },
    )


@dataclass
class Tally:
    """What was seen of open-loop load: seconds from when a request was due to its answer."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    took: float = 0.0

    def row(self, name: str) -> str:
        """One line of the table."""
        ordered = sorted(self.seconds) or [0.0]
        at = " | ".join(
            f"{ordered[int((len(ordered) - 1) * share)] * 1000:7.1f}" for share in (0.5, 0.95, 0.99)
        )
        rate = len(self.seconds) / self.took if self.took else 0
        return f"| {name:<34} | {rate:8.0f} | {at} | {self.refused:7} |"


async def pour(
    host: str, port: int, make: Callable[[int], bytes], *, rate: float, seconds: float,
    connections: int = CONNECTIONS,
) -> Tally:  # fmt: skip
    """Send `rate` requests a second for so long, each due at its time; waits for all answers."""
    tally, due = Tally(), asyncio.Queue[tuple[int, float]]()
    began = time.perf_counter() + 0.2

    async def send() -> None:
        reader, writer = await asyncio.open_connection(host, port)
        while True:
            number, at = await due.get()
            try:
                writer.write(make(number))
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r")[0])
                await reader.readexactly(length)
                tally.refused += not head.startswith(b"HTTP/1.1 2")
                tally.seconds.append(time.perf_counter() - at)
            finally:
                due.task_done()

    senders = [asyncio.create_task(send()) for _ in range(connections)]
    for number in range(int(rate * seconds)):
        at = began + number / rate
        if (early := at - time.perf_counter()) > 0.002:
            await asyncio.sleep(early)
        due.put_nowait((number, at))
    await due.join()
    tally.took = time.perf_counter() - began
    for each in senders:
        each.cancel()
    return tally


def new_and_old(provider: str) -> Callable[[int], bytes]:
    """One in fifty is an alarm nobody heard of; the rest repeat 200."""
    return lambda n: alarm(f"new {n}" if n % 50 == 0 else n % FINGERPRINTS, provider)


def person(number: int) -> bytes:
    """What a person sends in the meantime."""
    return request(
        "/api/tickets/glpi",
        {"ticket_data": {"id": f"person-{number}-{time.time_ns()}", "title": "My printer is stuck",
                         "requester_email": f"person{number % 50}@example.com"}},
    )  # fmt: skip


async def burst(host: str, port: int, alerts: int, seconds: float) -> tuple[Tally, Tally, Tally]:
    """People alone, then people and the burst: (people before, people meanwhile, alerts)."""
    before = await pour(host, port, person, rate=5, seconds=min(15, seconds), connections=4)
    meanwhile, poured = await asyncio.gather(
        pour(host, port, person, rate=5, seconds=seconds, connections=4),
        pour(host, port, lambda n: alarm(n % FINGERPRINTS, "burst"), rate=alerts / seconds,
             seconds=seconds),
    )  # fmt: skip
    return before, meanwhile, poured


def books(url: str, provider: str) -> tuple[int, int, int]:
    """Tickets, sum of counts, and occurrences of a provider, once the repeats are added up."""
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("select set_config('app.company_id', '1', false)")
        until = time.monotonic() + 30
        while time.monotonic() < until:
            row = owner.execute("select count(*) from alert_uncounted").fetchone()
            if row == (0,):
                break
            time.sleep(0.5)
        row = owner.execute(
            "select count(distinct ticket_id), sum(count),"
            " (select count(*) from alert_occurrence o join alert b on b.id = o.alert_id"
            "  where b.provider_id = %s) from alert where provider_id = %s",
            (provider, provider),
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1] or 0), int(row[2])


def main() -> None:
    """Measure, and print the table."""
    given = [float(each) for each in sys.argv[1:]]
    usual = (600.0, 500.0, 30_000.0, 60.0)
    seconds, rate, alerts, span = (*given, *usual[len(given) :])
    print(f"Alerts, fsync on, web and worker; {about()}\n")
    print(
        "| load                               | alerts/s |  p50 ms |  p95 ms |  p99 ms | refused |"
    )
    print(
        "| ---------------------------------- | -------: | ------: | ------: | ------: | ------: |"
    )
    with (
        folder() as place,
        database(place) as url,
        serving(Path(place), DATABASE_URL=url, INTEGRATION_API_KEY=KEY) as server,
    ):
        host, port = server.host, server.port
        # Known by name, and warm.
        asyncio.run(pour(host, port, lambda n: alarm("warm", ("sustained", "burst", "one")[n % 3]),
                         rate=50, seconds=3))  # fmt: skip
        tally = asyncio.run(pour(host, port, new_and_old("sustained"), rate=rate, seconds=seconds))
        print(tally.row(f"{rate:g}/s for {seconds:g} s, one in 50 new"), flush=True)
        before, meanwhile, poured = asyncio.run(burst(host, port, int(alerts), span))
        print(poured.row(f"{alerts:,.0f} over 200 in {span:g} s"), flush=True)
        print(before.row("people before the burst"), flush=True)
        print(meanwhile.row("people meanwhile"), flush=True)
        one = load(host, port, lambda: alarm("warm", "one"), connections=16, seconds=10)
        tally = Tally(one.seconds, one.refused, one.took)
        print(tally.row("repeats of one alert, 16 at once"), flush=True)
        tickets, count, occurrences = books(url, "burst")
        print(f"\nburst: {tickets - 1} tickets and the one to warm up, counts sum to {count}, "
              f"{occurrences} occurrences kept")  # fmt: skip


if __name__ == "__main__":
    main()
