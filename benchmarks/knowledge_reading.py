"""How fast documents are read and cut: generated files through the real child process.

python benchmarks/knowledge_reading.py
"""

import asyncio
import resource
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.knowledge.documents import excel, pdf, word
from ticketyard.knowledge.reading.chunking import cut
from ticketyard.knowledge.reading.extracted import extract
from ticketyard.knowledge.reading.kinds import Kind
from ticketyard.knowledge.reading.running import read_file

LINE = (
    "To reset router {n} of rack {m}, press the red button for ten seconds and wait for the lamp."
)
PAGES, LINES = 500, 45
ROUNDS = 3


def files() -> list[tuple[Kind, str, bytes]]:
    """What is read: kind, what it is in words, bytes."""
    pages = [[LINE.format(n=n, m=page) for n in range(LINES)] for page in range(PAGES)]
    paragraphs = [" ".join(page[:10]) for page in pages]
    rows = [[n, f"Router {n}", "Rack 7", n * 1.5, LINE.format(n=n, m=7)] for n in range(10_000)]
    markdown = "\n\n".join(f"## Section {n}\n\n{each}" for n, each in enumerate(paragraphs))
    return [
        ("pdf", f"{PAGES} pages", pdf(pages)),
        ("pdf", "1 page", pdf(pages[:1])),
        ("word", f"{PAGES} paragraphs", word(*paragraphs)),
        ("excel", f"{len(rows)} rows", excel(Routers=rows)),
        ("markdown", f"{PAGES} sections", markdown.encode()),
    ]


async def main() -> None:
    """Print the table."""
    print(f"{'kind':<9}{'what':<18}{'kB':>7}{'read s':>9}{'cut s':>8}{'chunks':>8}{'chunks/s':>10}")
    for kind, words, content in files():
        best_read = best_cut = float("inf")
        chunks = 0
        for _ in range(ROUNDS):
            begun = _spent()
            blocks = await read_file(kind, _whole(content), len(content))
            read = _spent()
            chunks = len(cut(extract(blocks)))
            best_read, best_cut = min(best_read, read - begun), min(best_cut, _spent() - read)
        rate = chunks / (best_read + best_cut)
        print(
            f"{kind:<9}{words:<18}{len(content) / 1024:>7.0f}{best_read:>9.2f}{best_cut:>8.3f}"
            f"{chunks:>8}{rate:>10.0f}"
        )


def _spent() -> float:
    child = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + child.ru_utime + child.ru_stime


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


if __name__ == "__main__":
    asyncio.run(main())
