"""How soon /rag/chat says its first word: of a server that has just started, and then."""

import argparse
import http.client
import json
import time

import numpy as np
from rich.console import Console

from kit.machine import about
from kit.server import Server, folder, serving

KEY = "a-key-of-this-benchmark-alone-0123456789"
QUESTIONS = (
    "How do I reset my password?",
    "How do I clear a paper jam in the printer?",
    "Where is my invoice for March?",
    "Who may open the meeting room on Sundays?",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=40)
    arguments = parser.parse_args()
    console = Console(width=130)
    console.print(about())
    with folder() as place, serving(place, RAG_API_KEY=KEY) as server:
        taken = np.array(
            [_ask(server, QUESTIONS[n % len(QUESTIONS)]) for n in range(arguments.questions)]
        )
    console.print(_line("The first question", taken[:1]))
    console.print(_line(f"{len(taken) - 1} more", taken[1:]))


def _ask(server: Server, message: str) -> tuple[float, float]:
    """Milliseconds to the first byte of the stream, and to its last."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=60)
    body = json.dumps({"message": message, "company_id": 1})
    began = time.perf_counter()
    connection.request(
        "POST", "/rag/chat", body, {"Content-Type": "application/json", "X-RAG-API-KEY": KEY}
    )
    answer = connection.getresponse()
    answer.read(1)
    first = time.perf_counter() - began
    answer.read()
    return first * 1000, (time.perf_counter() - began) * 1000


def _line(name: str, taken: np.ndarray) -> str:
    first, last = np.percentile(taken, 95, axis=0)
    return f"{name}: first byte {first:.0f} ms, all of it {last:.0f} ms (p95)."


if __name__ == "__main__":
    main()
