"""How fast tickets come in: POST /api/tickets/unified over kept-alive connections, to disk.

Starts the real server on a database of its own (fsync on), alone and with its worker, and loads it
from this process, on the same cores. Every ticket is new: own id, one of 500 requesters.

Usage: python benchmarks/intake_speed.py [connections] [seconds]
"""

import itertools
import os
import sys

import orjson

from kit.load import Tally, load
from kit.machine import about
from kit.server import folder, serving

KEY = "a-key-for-the-benchmark-only"
_numbers = itertools.count(1)


def request() -> bytes:
    """The next ticket."""
    number = next(_numbers)
    body = orjson.dumps(
        {
            "source": "GLPI",
            "data": {
                "id": f"{os.getpid()}-{number}",
                "title": f"Software installation request {number}",
                "description": "Need an office suite installed on my new laptop. It is the one "
                f"by the window in room {number % 90}; the old one went back to the store.",
                "requester_email": f"person{number % 500}@example.com",
                "requester_name": f"Person {number % 500}",
                "category": "Software",
                "priority": "Medium",
            },
            "api_key": KEY,
        }
    )
    return (
        b"POST /api/tickets/unified HTTP/1.1\r\nHost: desk\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    )


def row(name: str, tally: Tally) -> str:
    """One line of the table."""
    at = " | ".join(f"{tally.ms(share):6.1f}" for share in (0.5, 0.95, 0.99))
    return f"| {name:<16} | {tally.rate:9.0f} | {at} | {tally.refused:7} |"


def main() -> None:
    """Measure, and print the table."""
    connections = int(sys.argv[1]) if len(sys.argv) > 1 else 16
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 15
    print(f"POST /api/tickets/unified, {connections} connections, {seconds:g} s, fsync on")
    print(f"{about()}\n")
    print("| server           | tickets/s | p50 ms | p95 ms | p99 ms | refused |")
    print("| ---------------- | --------: | -----: | -----: | -----: | ------: |")
    for name, arguments in (("web alone", ["--no-worker"]), ("web and worker", [])):
        with folder() as place, serving(place, *arguments, INTEGRATION_API_KEY=KEY) as server:
            tally = load(
                server.host,
                server.port,
                request,
                connections=connections,
                seconds=seconds,
                warm_up=3,
            )
            print(row(name, tally), flush=True)


if __name__ == "__main__":
    main()
