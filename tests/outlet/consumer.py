"""A consumer to be started by Celery's own command, with handlers that do as a message's text says.

    celery -A tests.outlet.consumer worker

Each call is a line in CALLS: `begin 17`, `end 17`. A ticket's title may say `slow 1.5`, `hang once`,
`break twice` or `refuse`.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ticketyard.core.config import Settings
from ticketyard.core.errors import NotFound
from ticketyard.core.log import configure_logging
from ticketyard.core.resources import Resources
from ticketyard.core.storage import Blobs
from ticketyard.outlet.broker import BrokerAt
from ticketyard.outlet.consuming.engine import Engine
from ticketyard.outlet.consuming.handling import Handlers
from ticketyard.outlet.consuming.messages import FileDeleted, FileUploaded, TicketCreated
from ticketyard.outlet.consuming.tasks import ConsumerAt, build_consumer
from ticketyard.outlet.locating import FilesAt
from ticketyard.wiring import build_resources, open_database

_settings = Settings(_env_file=None)
configure_logging("INFO", "json", "consumer")
_calls = Path(os.environ["CALLS"])


def note(line: str) -> int:
    """Write it down; gives how often that was there already."""
    before = _calls.read_text().splitlines().count(line) if _calls.exists() else 0
    with _calls.open("a") as file:
        file.write(line + "\n")
    return before


async def on_ticket(resources: Resources, company_id: int, message: TicketCreated) -> None:
    before = note(f"begin {message.ticket_id}")
    match message.title.split():
        case ["slow", seconds]:
            await asyncio.sleep(float(seconds))
        case ["hang", "once"] if not before:
            await asyncio.sleep(3600)
        case ["break", "twice"] if before < 2:
            raise RuntimeError("broken")
        case ["refuse"]:
            raise NotFound("There is no such ticket.")
    note(f"end {message.ticket_id}")


async def on_upload(resources: Resources, company_id: int, message: FileUploaded) -> int:
    path = resources.part(FilesAt).find(message.path, message.relative_path)
    note(f"read {path.name}")
    return len(path.read_bytes())


async def on_delete(resources: Resources, company_id: int, message: FileDeleted) -> None:
    note(f"delete {message.file_id}")


@asynccontextmanager
async def _resources() -> AsyncIterator[Resources]:
    db = open_database(_settings.database_url.get_secret_value())
    yield build_resources(db, Blobs.on_disk(_settings.data_dir / "blobs"), _settings)


app = build_consumer(
    ConsumerAt(
        broker=BrokerAt(_settings.rag_broker_url.get_secret_value(), _settings.rag_task_queue),
        result_backend=_settings.celery_result_backend.get_secret_value(),
        visibility_seconds=_settings.celery_visibility_seconds,
    ),
    Handlers(file_uploaded=on_upload, file_deleted=on_delete, ticket_created=on_ticket),
    Engine(_resources),
)
