"""Processes that `serve` keeps beside itself (docs/decisions/0011, 0071), and how they end.

Each runs as a process of its own, so that its work never holds up an answer. It ends when the pipe
to its parent does, however the parent ended.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Annotated

import typer

from ticketyard.cli.runtime import Ground, console
from ticketyard.core.log import get_logger

log = get_logger(__name__)

# Where all want a core the web process comes first, then what takes mail in, then what reads texts.
MAIL_NICENESS = 2
WORKER_NICENESS = 10
RESTART_SECONDS = 1
STOP_SECONDS = 15
LOOK_SECONDS = 3

Attached = Annotated[bool, typer.Option("--attached", hidden=True)]


class Beside:
    """A command of ours in a process of its own, started again whenever it ends by itself.

    wanted: asked every few seconds whether it is needed at all; it is started then, and stays.
    """

    def __init__(
        self,
        base: Ground,
        *command: str,
        niceness: int,
        wanted: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        self._base = base
        self._command = command
        self._niceness = niceness
        self._wanted = wanted
        self._process: asyncio.subprocess.Process | None = None
        self._keeping = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Let it finish what it is at, for a while."""
        self._keeping.cancel()
        with suppress(asyncio.CancelledError):
            await self._keeping
        process = self._process
        if process is None or process.returncode is not None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _keep(self) -> None:
        while True:
            if self._wanted is not None and not await self._wanted():
                await asyncio.sleep(LOOK_SECONDS)
                continue
            self._process = await self._start()
            code = await self._process.wait()
            log.warning("process_ended", command=" ".join(self._command), code=code)
            await asyncio.sleep(RESTART_SECONDS)

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *self._command,
            "--attached",
            stdin=asyncio.subprocess.PIPE,
            env={**os.environ, "DATABASE_URL": self._base.url},
            start_new_session=True,
            preexec_fn=lambda: _step_back(self._niceness),
        )


def _step_back(niceness: int) -> None:
    os.nice(niceness)


async def work_until_told(
    work: Coroutine[None, None, None], *, attached: bool, greeting: str
) -> None:
    """Work until a signal comes or, attached, the parent is gone."""
    working = asyncio.create_task(work)
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, told.set)
    watching = asyncio.create_task(_until_parent_is_gone(told)) if attached else None
    if not attached:
        console.print(f"[bold]Ticketyard[/] {greeting} [dim]Stop with Ctrl-C.[/]")
    await told.wait()
    if watching:
        watching.cancel()
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working


async def _until_parent_is_gone(told: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
    told.set()
