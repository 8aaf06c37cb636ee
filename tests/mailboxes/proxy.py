"""A TCP proxy of ours between program and mail server, which can cut, stall and garble."""

import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

# What is done with a piece of traffic: pass it (bytes), drop the connection (None).
Meddle = Callable[[bytes], bytes | None]


@dataclass
class Proxy:
    """Listens on a port of its own and passes on to another.

    from_server, from_client: what is done with each piece that goes by; may be set at any time.
    stalled: while set, nothing goes by, and nobody is told.
    """

    to_port: int
    from_server: Meddle = lambda piece: piece
    from_client: Meddle = lambda piece: piece
    stalled: threading.Event = field(default_factory=threading.Event)
    connections: int = 0
    _pairs: list[tuple[socket.socket, socket.socket]] = field(default_factory=list)
    _listening: socket.socket = field(default_factory=socket.socket)

    def start(self) -> "Proxy":
        """Begin to listen."""
        self._listening.bind(("127.0.0.1", 0))
        self._listening.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listening.getsockname()[1])

    def stop(self) -> None:
        """Cut all and listen no more."""
        self._listening.close()
        self.stalled.clear()
        self.cut()

    def cut(self) -> None:
        """Cut every connection that stands."""
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for each in pair:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self.connections += 1
                try:
                    server = socket.create_connection(("127.0.0.1", self.to_port), 10)
                except OSError:
                    client.close()
                    continue
                server.settimeout(None)
                self._pairs.append((client, server))
                for source, target, name in (
                    (client, server, "from_client"),
                    (server, client, "from_server"),
                ):
                    threading.Thread(
                        target=self._pass_on, args=(source, target, name), daemon=True
                    ).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, name: str) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                while self.stalled.is_set():
                    time.sleep(0.02)
                passed = getattr(self, name)(piece)
                if passed is None:
                    break
                target.sendall(passed)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@dataclass
class CutAt:
    """Cuts once, after so many bytes behind the first piece that holds this pattern."""

    pattern: str
    after: int = 0
    times: int = 1
    _seen: bool = False
    _passed: int = 0

    def is_done(self) -> bool:
        """Whether it has cut."""
        return self.times <= 0

    def __call__(self, piece: bytes) -> bytes | None:
        if self.times <= 0:
            return piece
        if not self._seen and re.search(self.pattern.encode(), piece, re.I):
            self._seen = True
        if not self._seen:
            return piece
        self._passed += len(piece)
        if self._passed <= self.after:
            return piece
        self.times -= 1
        self._seen, self._passed = False, 0
        return None
