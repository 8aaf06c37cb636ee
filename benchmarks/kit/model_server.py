"""A server that speaks as OpenAI does, well or badly, for benchmarks."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Model:
    """behaviour: fine, slow (no answer), lying (labels of no list), endless. asked: how often."""

    behaviour: str
    port: int = 0
    asked: int = 0
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request; then the connection is closed, unless nothing is ever answered."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.split("content-length:")[1].split("\r\n")[0])
            asked = json.loads(await reader.readexactly(length))
            self.asked += 1
            if self.behaviour == "slow":
                await asyncio.sleep(3600)
            if self.behaviour == "endless":
                await self._stream(writer)
            body = json.dumps(_completion(asked, lying=self.behaviour == "lying")).encode()
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
            )
            await writer.drain()
        writer.close()

    async def _stream(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
        writer.write(b"Content-Length: 1000000000\r\n\r\n{")
        while True:
            writer.write(b" " * 100)
            await writer.drain()
            await asyncio.sleep(0.02)


def _completion(asked: dict[str, Any], *, lying: bool) -> dict[str, Any]:
    function = asked["tools"][0]["function"]
    names = function["parameters"]["properties"]["category"]["anyOf"][0]["enum"]
    said = {
        "category": "spaceships" if lying else names[0],
        "priority": "high",
        "sentiment": "neutral",
        "language": None,
        "summary": "Somebody needs something.",
    }
    call = {"name": function["name"], "arguments": json.dumps(said)}
    message = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": call}],
    }
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": asked["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
        "usage": {"prompt_tokens": 900, "completion_tokens": 60, "total_tokens": 960},
    }


@contextmanager
def modelling(behaviour: str) -> Iterator[Model]:
    """The server at work in a thread; `down` is an address where nobody listens."""
    model = Model(behaviour)
    ready = threading.Event()

    async def serve() -> None:
        server = await asyncio.start_server(model.answer, "127.0.0.1", 0)
        model.port = server.sockets[0].getsockname()[1]
        if behaviour == "down":
            server.close()
        ready.set()

    model._loop.create_task(serve())
    threading.Thread(target=model._loop.run_forever, daemon=True).start()
    ready.wait()
    try:
        yield model
    finally:
        model._loop.call_soon_threadsafe(_end, model._loop)


def _end(loop: asyncio.AbstractEventLoop) -> None:
    for each in asyncio.all_tasks(loop):
        each.cancel()
    loop.call_soon(loop.stop)
