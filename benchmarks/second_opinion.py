"""Whether a language model, well or ill, is felt where tickets come in and are read.

For each behaviour of the model's server: the real desk with its worker on a PostgreSQL of its own
(fsync on), tickets that no local engine is sure of at a steady rate, so that every one is asked about.
Measured: the answer to the POST, and from there to the stored analysis. The rows must not differ.

Usage: python benchmarks/second_opinion.py [tickets a second] [seconds] [rounds]
"""

import http.client
import os
import sys
import time
from collections.abc import Callable

import orjson
import psycopg

from kit.machine import about
from kit.model_server import modelling
from kit.server import database, folder, serving

KEY = "a-key-for-the-benchmark-only"
PATIENCE_SECONDS = 120
BEHAVIOURS = ("none", "fine", "down", "slow", "lying", "endless")


def main() -> None:
    """Measure, and print the table."""
    rate = float(sys.argv[1]) if len(sys.argv) > 1 else 15
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 15
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    print(f"{rate:g} unsure tickets a second for {seconds:g} s, {rounds} round(s), fsync on")
    print(f"{about()}\n")
    print(
        "| model server | intake p50 ms | p95 ms | read after p50 ms | p95 ms | asked | answered |"
    )
    print(
        "| ------------ | ------------: | -----: | ----------------: | -----: | ----: | -------: |"
    )
    for _ in range(rounds):
        for behaviour in BEHAVIOURS:
            print(measure(behaviour, rate, seconds), flush=True)


def measure(behaviour: str, rate: float, seconds: float) -> str:
    """One line of the table."""
    with folder() as place, modelling(behaviour) as model, database(place) as url:
        given = {"INTEGRATION_API_KEY": KEY, "DATABASE_URL": url, "OPENAI_MODEL": "m"}
        if behaviour != "none":
            given["OPENAI_BASE_URL"] = f"http://127.0.0.1:{model.port}/v1"
        with serving(place, **given) as server:
            post(server.host, server.port, 0)
            # The worker starts, and the client is imported: that is no ticket's waiting.
            wait_for(lambda: len(look(url)[0]) == 1)
            wait_for(lambda: behaviour == "none" or tried(url))
            time.sleep(3)
            intake = load(server.host, server.port, rate, seconds)
            wait_for(lambda: len(look(url)[0]) == 1 + len(intake))
            read, answered = look(url)
    numbers = [*shares(intake), *shares(read[1:])]
    cells = " | ".join(f"{each:.1f}" for each in numbers)
    return f"| {behaviour} | {cells} | {model.asked} | {answered} |"


def load(host: str, port: int, rate: float, seconds: float) -> list[float]:
    """How long each POST took, in milliseconds, sent at a steady rate."""
    began, took = time.perf_counter(), []
    for place in range(1, int(rate * seconds)):
        time.sleep(max(0.0, began + place / rate - time.perf_counter()))
        sent = time.perf_counter()
        post(host, port, place)
        took.append((time.perf_counter() - sent) * 1000)
    return took


def post(host: str, port: int, place: int) -> None:
    """One ticket that says nothing of what it is about."""
    connection = http.client.HTTPConnection(host, port, timeout=30)
    body = orjson.dumps(
        {
            "source": "GLPI",
            "data": {
                "id": f"{os.getpid()}-{time.time_ns()}",
                "title": f"It does not do what it did yesterday, number {place}",
                "description": "It was well and now it is not. Please look at it.",
                "requester_email": f"person{place % 50}@example.com",
            },
            "api_key": KEY,
        }
    )
    connection.request("POST", "/api/tickets/unified", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status >= 300:
        raise SystemExit(f"The desk answers {answer.status}.")


def wait_for(is_so: Callable[[], bool]) -> None:
    """Until it is so; a worker that does not get there in two minutes is measured as it is."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_so() and time.monotonic() < until:
        time.sleep(0.2)


def look(url: str) -> tuple[list[float], int]:
    """From opening to the first analysis, in milliseconds; how many second opinions came."""
    with psycopg.connect(url) as connection:
        connection.execute("select set_config('app.company_id', '1', false)")
        rows = connection.execute(
            "select extract(epoch from min(e.happened_at) - t.created_at) * 1000 from ticket t"
            " join event e on e.ticket_id = t.id and e.type = 'ticket.triaged'"
            " group by t.id order by t.id"
        ).fetchall()
        done = connection.execute(
            "select count(*) from second_opinion where state = 'done'"
        ).fetchone()
    return [float(row[0]) for row in rows], done[0] if done else 0


def tried(url: str) -> bool:
    """Whether the first question was asked."""
    with psycopg.connect(url) as connection:
        connection.execute("select set_config('app.company_id', '1', false)")
        found = connection.execute("select from second_opinion where attempts > 0").fetchone()
        return found is not None


def shares(values: list[float]) -> tuple[float, float]:
    """The middle one, and the one that 5 % are slower than."""
    ordered = sorted(values) or [float("nan")]
    return ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)]


if __name__ == "__main__":
    main()
