"""Have a stranger's file read by a child process that can harm nobody but itself.

The child gets the bytes and nothing else: no environment, no open file, no network; memory, processor
time and time are limited. What it answers is checked as if the file itself had written it.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, get_args

from ticketyard.knowledge.reading.blocks import (
    BLOCKS_MAX,
    TEXT_MAX,
    BadBlock,
    Block,
    Part,
    block_of,
)
from ticketyard.knowledge.reading.kinds import CannotRead, Kind, Problem

_LINE_MAX_BYTES = 32 * 1024 * 1024
_ANSWER_MAX_BYTES = 96 * 1024 * 1024
_GRACE_SECONDS = 0.5


@dataclass(frozen=True)
class Limits:
    """What one reading may take."""

    memory_bytes: int = 1024 * 1024 * 1024
    cpu_seconds: int = 60
    wall_seconds: int = 120


class ReaderDied(Exception):
    """The child ended without an answer; it may go better another time. `problem` says how."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem: Problem = problem


OnPart = Callable[[Part], Awaitable[None]]


async def read_file(
    kind: Kind,
    content: AsyncIterator[bytes],
    size_bytes: int,
    *,
    on_part: OnPart | None = None,
    limits: Limits | None = None,
) -> list[Block]:
    """The file's blocks in their order.

    Raises CannotRead where it cannot be read, ReaderDied where the child broke off.
    """
    limits = limits or Limits()
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-m", "ticketyard.knowledge.reading"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=_LINE_MAX_BYTES,
        env={"LC_ALL": "C.UTF-8"},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(limits.wall_seconds):
            return await _talk(child, kind, content, size_bytes, on_part, limits)
    except TimeoutError:
        raise ReaderDied("took_too_long") from None
    finally:
        await _end(child)


async def _end(child: asyncio.subprocess.Process) -> None:
    """Let it end by itself for a moment: one that has ended is not to be killed, for its id may be
    another's by then."""
    try:
        async with asyncio.timeout(_GRACE_SECONDS):
            await child.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def _talk(
    child: asyncio.subprocess.Process,
    kind: Kind,
    content: AsyncIterator[bytes],
    size_bytes: int,
    on_part: OnPart | None,
    limits: Limits,
) -> list[Block]:
    told = {
        "kind": kind,
        "bytes": size_bytes,
        "memory_bytes": limits.memory_bytes,
        "cpu_seconds": limits.cpu_seconds,
        "wall_seconds": limits.wall_seconds,
    }
    sending = asyncio.create_task(_send(child, json.dumps(told).encode() + b"\n", content))
    try:
        blocks = await _listen(child, on_part)
    finally:
        sending.cancel()
        with suppress(asyncio.CancelledError, ConnectionError):
            await sending
    if blocks is None:
        raise _how_it_ended(await child.wait())
    return blocks


async def _send(
    child: asyncio.subprocess.Process, head: bytes, content: AsyncIterator[bytes]
) -> None:
    stdin = child.stdin
    if stdin is None:
        raise ConnectionError("The child has no standard input.")
    try:
        stdin.write(head)
        async for piece in content:
            stdin.write(piece)
            await stdin.drain()
    finally:
        # Also where the bytes could not be had: the child would wait for them.
        stdin.close()


async def _listen(child: asyncio.subprocess.Process, on_part: OnPart | None) -> list[Block] | None:
    """What the child says until its end; None where it broke off."""
    blocks: list[Block] = []
    heard = characters = 0
    while line := await _next_line(child):
        heard += len(line)
        answer = _answer(line)
        if heard > _ANSWER_MAX_BYTES or answer is None:
            return None
        if "end" in answer:
            return blocks
        if (problem := answer.get("problem")) is not None:
            raise CannotRead(problem if problem in get_args(Problem) else "broken")
        new = _blocks(answer)
        characters += sum(len(each.text) for each in new)
        if characters > TEXT_MAX or len(blocks) + len(new) > BLOCKS_MAX:
            raise CannotRead("too_long")
        blocks += new
        if on_part and (part := _part(answer)):
            await on_part(part)
    return None


async def _next_line(child: asyncio.subprocess.Process) -> bytes:
    if child.stdout is None:
        return b""
    try:
        return await child.stdout.readline()
    except ValueError:
        # Longer than any line of ours.
        return b""


def _answer(line: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _blocks(answer: dict[str, Any]) -> list[Block]:
    told = answer.get("blocks", [])
    try:
        return [block_of(each) for each in told] if isinstance(told, list) else []
    except BadBlock:
        raise CannotRead("broken") from None


def _part(answer: dict[str, Any]) -> Part | None:
    match answer:
        case {"done": int(done), "total": int(total)} if 0 <= done <= total < 2**31:
            return Part(done, total)
    return None


# An uncaught error of a library; what it was is nobody's business.
_FELL = 1
_OUT_OF_TIME = (-24, -14)  # SIGXCPU, SIGALRM


def _how_it_ended(code: int) -> Exception:
    if code == _FELL:
        return CannotRead("broken")
    return ReaderDied("took_too_long" if code in _OUT_OF_TIME else "reader_died")
