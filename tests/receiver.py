"""A real HTTP receiver on this machine that can be told to misbehave."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Received:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Keeps what it is sent and answers with `status`, `body` and `headers`, unless `does` says
    otherwise: wait (until it may go), hang, hang_in_head, endless, break_off, garbage, slam."""

    status: int = 200
    body: bytes = b"thank you"
    headers: dict[str, str] = field(default_factory=dict)
    does: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    got: list[Received] = field(default_factory=list)
    sent_bytes: int = 0
    connections: int = 0
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    decide: Callable[[Received], int] | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}/hook"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            await self._answer(reader, writer)
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.does == "slam":
            return
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        received = Received(method, path, headers, body)
        self.got.append(received)
        if self.does == "wait":
            self.reached.set()
            await self.go.wait()
        if self.does == "hang":
            await asyncio.sleep(60)
        if self.does == "garbage":
            writer.write(b"SSH-2.0-nothing for you\r\n")
            return
        status = self.decide(received) if self.decide else self.status
        writer.write(f"HTTP/1.1 {status} Said\r\n".encode())
        if self.does == "hang_in_head":
            await asyncio.sleep(60)
        for name, value in self.headers.items():
            writer.write(f"{name}: {value}\r\n".encode())
        if self.does == "endless":
            await self._flood(writer)
        length = len(self.body) + (100 if self.does == "break_off" else 0)
        writer.write(f"Content-Length: {length}\r\n\r\n".encode() + self.body)
        await writer.drain()

    async def _flood(self, writer: asyncio.StreamWriter) -> None:
        """100 MB, or as much of it as anybody takes."""
        writer.write(b"Content-Length: 104857600\r\n\r\n")
        for _ in range(1600):
            writer.write(b"x" * 65536)
            await writer.drain()
            self.sent_bytes += 65536


@contextlib.asynccontextmanager
async def listening(
    receiver: Receiver, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Receiver]:
    """The receiver, at work."""
    server = await asyncio.start_server(receiver._serve, receiver.host, receiver.port, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
