"""Many kept-alive connections that ask again as soon as they were answered."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Tally:
    """What the connections saw together, after the warm-up."""

    request: Callable[[], bytes]
    took: float = 0.0
    seconds: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    refused: int = 0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.took

    def ms(self, share: float) -> float:
        """The time within which this share of the answers came, in milliseconds."""
        ordered = sorted(self.seconds)
        return ordered[int(len(ordered) * share)] * 1000


class _Connection(asyncio.Protocol):
    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._head = b""
        self._missing = -1
        self._began = 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._ask()

    def _ask(self) -> None:
        assert self.transport is not None
        self._head, self._missing = b"", -1
        request = self._tally.request()
        self._began = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        if self._missing < 0:
            self._head += data
            head, mark, body = self._head.partition(b"\r\n\r\n")
            if not mark:
                return
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r")[0])
            self._tally.sizes.append(length)
            self._tally.refused += not head.startswith(b"HTTP/1.1 2")
            self._missing = length - len(body)
        else:
            self._missing -= len(data)
        if self._missing == 0:
            self._tally.seconds.append(time.perf_counter() - self._began)
            self._ask()


def load(
    host: str,
    port: int,
    request: Callable[[], bytes],
    *,
    connections: int,
    seconds: float,
    warm_up: float = 1.0,
) -> Tally:
    """Ask for so long over so many connections; `request` gives the next request's bytes."""
    return asyncio.run(_load(host, port, Tally(request), connections, seconds, warm_up))


async def _load(
    host: str, port: int, tally: Tally, connections: int, seconds: float, warm_up: float
) -> Tally:
    loop = asyncio.get_running_loop()
    opened = [
        (await loop.create_connection(lambda: _Connection(tally), host, port))[0]
        for _ in range(connections)
    ]
    await asyncio.sleep(warm_up)
    tally.seconds, tally.sizes, tally.refused = [], [], 0
    began = time.perf_counter()
    await asyncio.sleep(seconds)
    tally.took = time.perf_counter() - began
    for each in opened:
        each.abort()
    return tally


def get(path: str, **headers: str) -> Callable[[], bytes]:
    """The same GET again and again."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    request = f"GET {path} HTTP/1.1\r\nHost: desk\r\n{lines}\r\n".encode()
    return lambda: request
