"""Background work: `ticketyard worker`, and the worker that `serve` keeps beside itself.

`serve` runs it as a process of its own, so that reading texts never holds up an answer
(docs/decisions/0011). It ends when the pipe to its parent does, however the parent ended.
"""

import asyncio
import os
import signal
import sys
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Annotated

import typer

from ticketyard.cli.runtime import Ground, console, ground, load_settings, resources_on
from ticketyard.core.log import get_logger
from ticketyard.wiring import build_worker

log = get_logger(__name__)

# The web process comes first where both want a core.
NICENESS = 5
RESTART_SECONDS = 1
STOP_SECONDS = 15

Attached = Annotated[bool, typer.Option("--attached", hidden=True)]


def worker(attached: Attached = False) -> None:
    """Do background work only, on as many machines as wanted."""
    settings = load_settings()
    base: AbstractContextManager[Ground] = ground(settings)
    if attached:
        # The parent has started and migrated the database, and gives its address.
        base = nullcontext(Ground(settings, settings.database_url.get_secret_value()))
    with base as standing:
        # The runner is left open: the queue's side tasks do not end while the database is away.
        asyncio.Runner().run(_work(standing, attached=attached))
    os._exit(0)


async def _work(base: Ground, *, attached: bool) -> None:
    async with resources_on(base) as resources:
        working = asyncio.create_task(build_worker(resources, base.settings).run())
        told = asyncio.Event()
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, told.set)
        if attached:
            watching = asyncio.create_task(_until_parent_is_gone(told))
            await told.wait()
            watching.cancel()
        else:
            console.print("[bold]Ticketyard[/] worker is at work. [dim]Stop with Ctrl-C.[/]")
            await told.wait()
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working


async def _until_parent_is_gone(told: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
    told.set()


class WorkerBeside:
    """A worker in a process of its own, started again whenever it ends by itself."""

    def __init__(self, base: Ground) -> None:
        self._base = base
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
            self._process = await self._start()
            code = await self._process.wait()
            log.warning("worker_ended", code=code)
            await asyncio.sleep(RESTART_SECONDS)

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "ticketyard.cli.main",
            "worker",
            "--attached",
            stdin=asyncio.subprocess.PIPE,
            env={**os.environ, "DATABASE_URL": self._base.url},
            start_new_session=True,
            preexec_fn=_step_back,
        )


def _step_back() -> None:
    os.nice(NICENESS)
