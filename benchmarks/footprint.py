"""How soon the desk is open, and how much memory it takes.

Loads the sample company once, then starts the desk again over it, as on any morning: the time from
the command to the first answer, and the resident memory of web and worker at rest.

Usage: python benchmarks/footprint.py
"""

import time
import urllib.request
from pathlib import Path

from kit.machine import about
from kit.server import Server, folder, serving

REST_SECONDS = 20


def answered_after(server: Server) -> float:
    """Seconds from the command to its first answered request."""
    began = time.perf_counter()
    with urllib.request.urlopen(f"http://{server.host}:{server.port}/health", timeout=30) as answer:
        answer.read()
    return server.started_in + time.perf_counter() - began


def resident_mb(pid: int) -> float:
    """The resident memory of one process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def children(pid: int) -> list[int]:
    """The processes it started."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(each) for each in found]


def is_ours(pid: int) -> bool:
    """Whether it is Python and not PostgreSQL."""
    return b"ticketyard" in Path(f"/proc/{pid}/cmdline").read_bytes()


def main() -> None:
    """Measure, and print the table."""
    print(f"{about()}\n")
    with folder() as place:
        with serving(place, command="demo") as server:
            first = answered_after(server)
        with serving(place, command="demo") as server:
            again = answered_after(server)
            time.sleep(REST_SECONDS)
            web = resident_mb(server.pid)
            worker = sum(resident_mb(each) for each in children(server.pid) if is_ours(each))
    print("| What                                            |        |")
    print("| ---                                             |   ---: |")
    print(f"| first start, sample company of ten days played  | {first:4.1f} s |")
    print(f"| start over a database that is there             | {again:4.1f} s |")
    print(f"| web at rest                                     | {web:3.0f} MB |")
    print(f"| worker at rest                                  | {worker:3.0f} MB |")
    print(f"| both                                            | {web + worker:3.0f} MB |")


if __name__ == "__main__":
    main()
