"""The main job on real input: 3,080 customer questions from a CSV file to their people.

The sample company's desk runs, as `ticketyard demo` starts it; `ticketyard triage train` teaches it
the categories of Banking77's training set, `ticketyard import --tickets … --map title=text` brings
the test set; then what was filed is compared with the truth. Without the data: skipped.

Usage: python benchmarks/main_job.py [folder of banking77]
"""

import csv
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psycopg

from kit.machine import about
from kit.server import folder, serving
from ticketyard.core.embedded import EmbeddedPostgres

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "triage" / "banking77"
FOUND = """
    select t.description, t.category, a.category as guess, s.agent_id, o.name as office
    from ticket t
    join analysis a on a.ticket_id = t.id
    left join lateral (select agent_id, office_id from assignment s
                       where s.ticket_id = t.id order by s.id desc limit 1) s on true
    left join office o on o.id = s.office_id
    where t.source = 'csv' and t.segment is null
"""


def run(place: Path, *arguments: str) -> tuple[float, str]:
    """One command over the same data directory; gives its seconds and what it said."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "ticketyard.cli.main", *arguments],
        env={**os.environ, "DATA_DIR": str(place), "LOG_LEVEL": "WARNING", "NO_COLOR": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{arguments} failed:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - began, done.stdout


def main() -> None:
    """Do the job, and print the table."""
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    if not (data / "test.csv").is_file():
        print(f"No data in {data}: skipped.")
        return
    with (data / "test.csv").open(encoding="utf-8", newline="") as file:
        truth = {" ".join(row["text"].split()): row["category"] for row in csv.DictReader(file)}
    print(f"{about()}\n")
    with folder() as place, serving(place, command="demo"):
        training, _ = run(place, "triage", "train", str(data / "train.csv"))
        arguments = ("import", "--tickets", str(data / "test.csv"), "--map", "title=text")
        importing, _ = run(place, *arguments)
        again, told = run(place, *arguments)
        with psycopg.connect(EmbeddedPostgres(place / "postgres").start()) as owner:
            owner.execute("select set_config('app.company_id', '1', false)")
            rows = owner.execute(FOUND).fetchall()
    filed = [row for row in rows if row[1]]
    right = sum(truth.get(" ".join(row[0].split())) == row[2] for row in rows)
    filed_right = sum(truth.get(" ".join(row[0].split())) == row[1] for row in filed)
    agents = Counter(row[3] for row in rows if row[3])
    print("| What                                   | Figure |")
    print("| ---                                    |   ---: |")
    print(f"| taught 10,003 texts, 77 categories in  | {training:.0f} s |")
    print(f"| stored, triaged and given out in       | {importing:.0f} s |")
    print(f"| tickets                                | {len(rows):,} |")
    print(f"| category right                         | {right / len(rows):.1%} |")
    print(f"| category filled in                     | {len(filed) / len(rows):.1%} |")
    print(f"| right among those filled in            | {filed_right / len(filed):.1%} |")
    print(f"| given to an agent                      | {sum(agents.values()):,} |")
    print(f"| agents, tickets each                   | {len(agents)}, {min(agents.values())} to "
          f"{max(agents.values())} |")  # fmt: skip
    print(f"| imported a second time in              | {again:.0f} s |")
    print(f"\nThe second import: {' '.join(told.strip().splitlines()[-2:])}")


if __name__ == "__main__":
    main()
