"""A desk without a mail server, unless a test gives it one."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.world import World
from ticketyard.core.config import Settings
from ticketyard.core.jobs import Worker
from ticketyard.notify.telling.leaving import send_due_notifications


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path, outgoing_allowed=["127.0.0.1"])


@pytest.fixture
def run_jobs(worker: Worker, world: World) -> Callable[[], Awaitable[None]]:
    """What the worker does for this company, without its queue, which takes half a second to open."""

    async def run() -> None:
        await worker.run_listeners(world.company_id)
        await send_due_notifications(world.resources, world.company_id)

    return run
