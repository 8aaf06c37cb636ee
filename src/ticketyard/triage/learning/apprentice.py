"""A lesson in a process of its own, so that nobody waits behind it.

What goes in and out is JSON and the model's bytes, over pipes; the child knows no database. Vectors that
a server gives are asked of the parent, which alone knows the server and its key. The child ends when
its parent does, however that ended, and gives all its memory back.
"""

import asyncio
import os
import struct
import sys
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from queue import SimpleQueue
from typing import Any, BinaryIO

import numpy as np
import orjson

from ticketyard.ai.embedding import Embedder, NoEmbedder, Vectors, open_embedder
from ticketyard.ai.training import Tell
from ticketyard.triage.errors import CannotTrain
from ticketyard.triage.learning.examples import Example
from ticketyard.triage.learning.gate import Figures, Verdict
from ticketyard.triage.learning.teaching import AsideNote, Assignment, Outcome, teach

NICENESS = 5
"""Below the worker it belongs to: new tickets are read first."""

_LENGTH = struct.Struct(">Q")


class LessonBroke(Exception):
    """The process that taught ended without an outcome: killed, out of memory, or a fault of ours."""


async def teach_aside(assignment: Assignment, embedder: Embedder, tell: Tell) -> Outcome:
    """Run the lesson in a child process; cancelling this ends the child.

    An embedder that a child cannot open by itself answers it from here.
    Raises CannotTrain, LessonBroke, EmbedderAway.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ticketyard.triage.learning.apprentice",
        embedder.name,
        str(embedder.dimensions),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        return await _conversation(child, assignment, embedder, tell)
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise LessonBroke(f"The process that taught ended with {await child.wait()}.") from error
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def _conversation(
    child: asyncio.subprocess.Process, assignment: Assignment, embedder: Embedder, tell: Tell
) -> Outcome:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(_framed(_written(assignment)))
    child.stdin.write(_framed(assignment.champion))
    child.stdin.write(_framed(assignment.vectors))
    await child.stdin.drain()
    while True:
        said = orjson.loads(await _frame(child.stdout))
        if "stage" in said:
            tell(said["stage"], said["share"])
        elif "embed" in said:
            vectors = await asyncio.to_thread(embedder.embed, said["embed"])
            child.stdin.write(_framed(vectors.astype(np.float32).tobytes()))
            await child.stdin.drain()
        elif "refused" in said:
            raise CannotTrain(said["refused"])
        else:
            return _outcome(said, await _frame(child.stdout), await _frame(child.stdout))


async def _frame(stream: asyncio.StreamReader) -> bytes:
    (length,) = _LENGTH.unpack(await stream.readexactly(_LENGTH.size))
    return await stream.readexactly(length)


# -- in the child ----------------------------------------------------------------------------------


def main() -> None:
    """Read an assignment, teach, answer. Whatever else is printed here goes to the log."""
    os.nice(NICENESS)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    questions = os.fdopen(os.dup(0), "rb")
    assignment = _read(_next(questions), _next(questions), _next(questions))
    told: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(questions, told), daemon=True).start()

    def say(message: Mapping[str, Any], *more: bytes) -> None:
        answers.write(_framed(orjson.dumps(message)) + b"".join(map(_framed, more)))
        answers.flush()

    embedder = _embedder(sys.argv[1], int(sys.argv[2]), say, told)
    try:
        outcome = teach(
            assignment, embedder, lambda stage, share: say({"stage": stage, "share": share})
        )
    except CannotTrain as refusal:
        say({"refused": refusal.detail})
        return
    apart = {"model": None, "vectors": None, "learned": b64encode(outcome.learned).decode()}
    say(asdict(outcome) | apart, outcome.model, outcome.vectors)


def _embedder(
    name: str, dimensions: int, say: Callable[[Mapping[str, Any]], None], told: SimpleQueue[bytes]
) -> Embedder:
    if name == NoEmbedder.name:
        return NoEmbedder()
    here = open_embedder()
    return here if here.name == name else _Asking(name, dimensions, say, told)


class _Asking:
    """Asks the parent for every vector; of several threads one at a time."""

    def __init__(
        self,
        name: str,
        dimensions: int,
        say: Callable[[Mapping[str, Any]], None],
        told: SimpleQueue[bytes],
    ) -> None:
        self.name, self.dimensions = name, dimensions
        self._say, self._told = say, told
        self._turn = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row a text."""
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        with self._turn:
            self._say({"embed": list(texts)})
            vectors = np.frombuffer(self._told.get(), np.float32).reshape(len(texts), -1)
            self.dimensions = int(vectors.shape[1])
        return vectors


def _listen(questions: BinaryIO, told: SimpleQueue[bytes]) -> None:
    """What the parent says, until it is gone: then the child is as well."""
    while True:
        length = questions.read(_LENGTH.size)
        if len(length) < _LENGTH.size:
            os._exit(1)
        told.put(questions.read(*_LENGTH.unpack(length)))


def _next(questions: BinaryIO) -> bytes:
    (length,) = _LENGTH.unpack(questions.read(_LENGTH.size))
    return questions.read(length)


# -- on the wire -----------------------------------------------------------------------------------


def _framed(content: bytes) -> bytes:
    return _LENGTH.pack(len(content)) + content


def _written(assignment: Assignment) -> bytes:
    apart = ("champion", "vectors")
    plain = {name: value for name, value in vars(assignment).items() if name not in apart}
    examples = [vars(example) for example in assignment.examples]
    return orjson.dumps(
        plain | {"examples": examples, "learned": b64encode(assignment.learned).decode()}
    )


def _read(written: bytes, champion: bytes, vectors: bytes) -> Assignment:
    given = orjson.loads(written)
    examples = [
        Example(**row | {"at": row["at"] and datetime.fromisoformat(row["at"])})
        for row in given["examples"]
    ]
    return Assignment(
        **given
        | {
            "examples": examples,
            "learned": b64decode(given["learned"]),
            "champion": champion,
            "vectors": vectors,
        }
    )


def _outcome(said: dict[str, Any], model: bytes, vectors: bytes) -> Outcome:
    return Outcome(
        **said
        | {
            "model": model,
            "vectors": vectors,
            "learned": b64decode(said["learned"]),
            "labels": tuple(said["labels"]),
            "verdict": said["verdict"] and _verdict(said["verdict"]),
            "aside": tuple(AsideNote(**each) for each in said["aside"]),
        }
    )


def _verdict(said: dict[str, Any]) -> Verdict:
    return Verdict(
        **said
        | {
            "newest": Figures(**said["newest"]),
            "anchor": Figures(**said["anchor"]),
            "collapsed": tuple(said["collapsed"]),
        }
    )


if __name__ == "__main__":
    main()
