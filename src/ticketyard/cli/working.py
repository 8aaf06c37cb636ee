"""Background work: `ticketyard worker`, on its own or beside `serve` (docs/decisions/0011)."""

import asyncio
import os
from contextlib import AbstractContextManager, nullcontext

from ticketyard.cli.beside import Attached, work_until_told
from ticketyard.cli.runtime import Ground, ground, load_settings, resources_on
from ticketyard.wiring import (
    build_action_lane,
    build_asker,
    build_lane,
    build_reading_lane,
    build_timer,
    build_worker,
)


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
        worker = build_worker(resources, base.settings)
        beside = [
            asyncio.create_task(loop)
            for loop in (
                build_timer(resources).run(),
                build_asker(resources).run(),
                build_action_lane(resources).run(),
                build_lane(resources).run(),
                build_reading_lane(resources).run(),
            )
        ]
        await work_until_told(worker.run(), attached=attached, greeting="worker is at work.")
        for each in beside:
            each.cancel()
        # The reading lane has a child, which is not to outlive it.
        await asyncio.wait(beside, timeout=5)
