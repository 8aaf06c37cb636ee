"""A real server on this machine that speaks as OpenAI does, and misbehaves in every way it is told to.

By itself, with uvicorn in a thread: `with serving() as server`. What it does next is in `script`, a list
of `Turn`; when that is used up it goes on as `usual` says, or as `by_request` does. Everything it was
sent is in `got`.
"""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

Answer = Mapping[str, Any] | Callable[[dict[str, Any]], Any] | None


@dataclass(frozen=True)
class Turn:
    """What happens to one request.

    does: answer, hang, endless (bytes for ever), large (100 MB), cut (closes half way), html, empty.
    status: other than 200 answers with an error of that number.
    args: the fields of the answer; a function makes them of the request; None fills the schema in.
    raw: the answer's text instead, whatever it is.
    """

    does: str = "answer"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    args: Answer = None
    raw: str | None = None
    sleep: float = 0.0
    refusal: str | None = None
    finish: str | None = None
    tokens: int = 15


@dataclass
class ModelServer:
    """The server's address and memory."""

    port: int = 0
    script: list[Turn] = field(default_factory=list)
    usual: Turn = field(default_factory=Turn)
    by_request: Callable[[dict[str, Any]], Turn] | None = None
    got: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    traces: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    sent_bytes: int = 0
    going: int = 0
    most_at_once: int = 0
    dimensions: int = 8
    let_go: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def text(self) -> str:
        """Everything it was ever sent, as one text."""
        return json.dumps(self.got, ensure_ascii=False)

    def turn(self, asked: dict[str, Any]) -> Turn:
        if self.script:
            return self.script.pop(0)
        return self.by_request(asked) if self.by_request else self.usual


def build(server: ModelServer) -> FastAPI:
    """The routes."""
    app = FastAPI()

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        asked = await request.json()
        server.got.append(asked)
        server.headers.append(dict(request.headers))
        server.going += 1
        server.most_at_once = max(server.most_at_once, server.going)
        try:
            return await _respond(server, server.turn(asked), lambda turn: _completion(asked, turn))
        finally:
            server.going -= 1

    @app.post("/v1/embeddings")
    async def embeddings(request: Request) -> Response:
        asked = await request.json()
        server.got.append(asked)
        server.headers.append(dict(request.headers))
        return await _respond(
            server, server.turn(asked), lambda turn: _vectors(server, asked, turn)
        )

    @app.post("/api/public/otel/v1/traces")
    async def traces(request: Request) -> Response:
        server.traces.append((dict(request.headers), await request.body()))
        return Response(b"", media_type="application/x-protobuf")

    return app


async def _respond(
    server: ModelServer, turn: Turn, answer: Callable[[Turn], dict[str, Any]]
) -> Response:
    await asyncio.sleep(turn.sleep)
    if turn.does == "hang":
        while not server.let_go.is_set():  # noqa: ASYNC110 - a thread sets it
            await asyncio.sleep(0.02)
    if turn.does in ("endless", "large"):
        return StreamingResponse(_flood(server, turn.does), media_type="application/json")
    if turn.does == "cut":
        return _Cut()
    if turn.does == "html":
        return PlainTextResponse("<html><h1>It works!</h1></html>", media_type="text/html")
    if turn.does == "empty":
        return Response(b"", media_type="application/json")
    if turn.status != 200:
        told = {"error": {"message": "secret words of the server", "type": "scripted"}}
        return JSONResponse(told, turn.status, headers=dict(turn.headers))
    return JSONResponse(answer(turn), headers=dict(turn.headers))


async def _flood(server: ModelServer, kind: str) -> AsyncIterator[bytes]:
    """For ever, a little at a time; or 100 MB as fast as anybody takes them."""
    yield b'{"id": "'
    for _ in range(1600 if kind == "large" else 10**9):
        piece = b"x" * (65536 if kind == "large" else 16)
        server.sent_bytes += len(piece)
        yield piece
        if server.let_go.is_set():
            return
        await asyncio.sleep(0 if kind == "large" else 0.05)


class _Cut(Response):
    """Promises a thousand bytes and ends the connection after ten."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"id": "ch', "more_body": True})
        raise ConnectionResetError("as told")


def _completion(asked: dict[str, Any], turn: Turn) -> dict[str, Any]:
    schema = _schema_of(asked)
    args = turn.args(asked) if callable(turn.args) else turn.args
    text = turn.raw
    if text is None:
        text = json.dumps(filled(schema) if args is None else args, ensure_ascii=False)
    message: dict[str, Any] = {"role": "assistant", "content": text}
    finish = "stop"
    if tools := asked.get("tools"):
        call = {"name": tools[0]["function"]["name"], "arguments": text}
        message |= {
            "content": None,
            "tool_calls": [{"id": "call_1", "type": "function", "function": call}],
        }
        finish = "tool_calls"
    if turn.refusal is not None or turn.finish == "content_filter":
        message = {"role": "assistant", "content": None, "refusal": turn.refusal}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": asked["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": turn.finish or finish}],
        "usage": {
            "prompt_tokens": turn.tokens - 5,
            "completion_tokens": 5,
            "total_tokens": turn.tokens,
        },
    }


def _schema_of(asked: dict[str, Any]) -> dict[str, Any]:
    if tools := asked.get("tools"):
        return dict(tools[0]["function"]["parameters"])
    shape = asked.get("response_format") or {}
    return dict(shape.get("json_schema", {}).get("schema", {}))


def filled(schema: Mapping[str, Any], root: Mapping[str, Any] | None = None) -> Any:
    """The first value a JSON schema allows."""
    root = root or schema
    if "$ref" in schema:
        return filled(root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    if "anyOf" in schema:
        return filled(schema["anyOf"][0], root)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if schema.get("type") == "object":
        return {name: filled(each, root) for name, each in schema.get("properties", {}).items()}
    simple: dict[str, Any] = {
        "array": [],
        "integer": 1,
        "number": 0.5,
        "boolean": True,
        "null": None,
    }
    return simple.get(str(schema.get("type")), "In short.")


def _vectors(server: ModelServer, asked: dict[str, Any], turn: Turn) -> dict[str, Any]:
    texts = asked["input"] if isinstance(asked["input"], list) else [asked["input"]]
    made = turn.args(asked) if callable(turn.args) else turn.args
    vectors = made if made is not None else [vector_of(text, server.dimensions) for text in texts]
    data = [
        {"object": "embedding", "index": at, "embedding": each} for at, each in enumerate(vectors)
    ]
    return {"object": "list", "model": asked["model"], "data": data, "usage": {"total_tokens": 1}}


def vector_of(text: str, dimensions: int) -> list[float]:
    """Texts that share words are near one another."""
    vector = [0.01] * dimensions
    for word in text.casefold().split():
        vector[sum(word.encode()) % dimensions] += 1.0
    return vector


@contextlib.contextmanager
def serving(server: ModelServer | None = None) -> Iterator[ModelServer]:
    """The server at work in a thread of its own; what hangs is let go at the end."""
    server = server or ModelServer()
    config = uvicorn.Config(
        build(server), host="127.0.0.1", port=server.port, log_level="critical", lifespan="off"
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.005)
    server.port = running.servers[0].sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        server.let_go.set()
        running.should_exit = True
        running.force_exit = True
        thread.join(timeout=5)
