"""The child that reads one stranger's file and then is gone: `python -m ticketyard.knowledge.reading`.

It is told on its standard input what to expect (a line of JSON) and then the bytes; it answers in
lines of JSON: parts done, blocks, and at last `end` or a `problem`. Before the first byte of the file
is looked at, it has given away everything it could do harm with: it can open no file and no socket,
write none, start nothing, and has so much memory and time. (docs/decisions/0121)
"""

import encodings
import importlib
import json
import os
import resource
import signal
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pkgutil import iter_modules
from typing import Any

from ticketyard.knowledge.reading.blocks import BLOCKS_MAX, TEXT_MAX, Block, Part
from ticketyard.knowledge.reading.kinds import CannotRead

Reader = Callable[[bytes], Iterator[Block | Part]]

READERS = {
    "pdf": "pdf",
    "word": "word",
    "excel": "sheets",
    "markdown": "marked",
    "html": "hypertext",
    "text": "plain",
}
_BATCH = 200
# What zip archives and XML are written in.
_CODECS = ("cp437", "ascii", "latin_1", "cp1252", "utf_8_sig", "utf_16", "utf_16_le", "utf_16_be")


def main() -> None:
    """Read what is told, answer, end."""
    given = json.loads(sys.stdin.buffer.readline(4_096))
    read = _load(given["kind"])
    _give_everything_away(given["memory_bytes"], given["cpu_seconds"], given["wall_seconds"])
    content = sys.stdin.buffer.read(given["bytes"])
    if len(content) < given["bytes"]:
        # Whoever sent it died in the middle; nobody is left to answer.
        return
    try:
        for answer in _answers(read(content)):
            _say(answer)
        _say({"end": True})
    except CannotRead as refusal:
        _say({"problem": refusal.problem})
    except (MemoryError, RecursionError):
        _say({"problem": "needs_too_much"})
    # Where a library falls over the file, this falls with it, and its words reach nobody.


def _load(kind: str) -> Reader:
    """Everything that will be needed: nothing can be imported afterwards."""
    # openpyxl would load it for numbers that no file holds: half a second, and more to attack.
    sys.modules["numpy"] = None  # type: ignore[assignment]
    module = importlib.import_module(f"ticketyard.knowledge.reading.{READERS[kind]}")
    is_text = kind in ("markdown", "html", "text")
    _load_codecs([each.name for each in iter_modules(encodings.__path__)] if is_text else _CODECS)
    warnings.simplefilter("ignore")
    read: Reader = module.read
    return read


def _load_codecs(names: Iterable[str]) -> None:
    for name in names:
        # Some are for one system alone.
        with suppress(ImportError):
            importlib.import_module(f"encodings.{name}")


def _give_everything_away(memory_bytes: int, cpu_seconds: int, wall_seconds: int) -> None:
    # Also where whoever started it was killed, and nobody else would end it.
    signal.alarm(wall_seconds)
    _limit("RLIMIT_CORE", 0)
    _limit("RLIMIT_FSIZE", 0)
    _limit("RLIMIT_NPROC", 0)
    # The first says which limit it was, the second ends whoever does not listen.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    if sys.platform != "darwin":
        # macOS knows this limit and refuses it.
        _limit("RLIMIT_AS", memory_bytes)
    # The three that are open stay open; no other file and no socket can be had from here on.
    _limit("RLIMIT_NOFILE", 0)


def _limit(name: str, value: int) -> None:
    resource.setrlimit(getattr(resource, name), (value, value))


def _answers(read: Iterator[Block | Part]) -> Iterator[dict[str, Any]]:
    characters = blocks = 0
    while batch := list(islice(read, _BATCH)):
        told = [each for each in batch if isinstance(each, Block)]
        parts = [each for each in batch if isinstance(each, Part)]
        characters += sum(len(each.text) for each in told)
        blocks += len(told)
        if characters > TEXT_MAX or blocks > BLOCKS_MAX:
            raise CannotRead("too_long")
        if told:
            yield {"blocks": [each.told() for each in told]}
        if parts:
            yield {"done": parts[-1].done, "total": parts[-1].total}


def _say(answer: dict[str, Any]) -> None:
    line = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    # Whoever listens is gone: so is this.
    with suppress(BrokenPipeError):
        main()
    os._exit(0)
