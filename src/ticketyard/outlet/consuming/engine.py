"""Where a consumer's coroutines run: one event loop and one set of resources in each process.

Made at the first task of a process, since a pool may fork; tasks of several threads may share it.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from ticketyard.core.resources import Resources

T = TypeVar("T")
OpenResources = Callable[[], AbstractAsyncContextManager[Resources]]


class Engine:
    """Runs coroutines for callers that are none. Its thread ends with its process."""

    def __init__(self, open_resources: OpenResources) -> None:
        self._open = open_resources
        self._making = threading.Lock()
        self._pid = 0

    def run(self, work: Callable[[Resources], Coroutine[None, None, T]]) -> T:
        """The work's result, waited for; its error raised here."""
        with self._making:
            if self._pid != os.getpid():
                self._start()
        return asyncio.run_coroutine_threadsafe(work(self._resources), self._loop).result()

    def _start(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="engine", daemon=True).start()
        # Left open: the process ends without a word, and the database sees to what it held.
        opening = asyncio.run_coroutine_threadsafe(self._enter(), self._loop)
        self._resources = opening.result()
        self._pid = os.getpid()

    async def _enter(self) -> Resources:
        self._standing = self._open()
        return await self._standing.__aenter__()
