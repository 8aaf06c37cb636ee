"""One message from its arrival to its result: read, taken up once, done, noted."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ticketyard.core.errors import Refusal
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.outlet.consuming import ledger
from ticketyard.outlet.consuming.messages import (
    BadMessage,
    FileDeleted,
    FileUploaded,
    Message,
    TicketCreated,
    event_type_of,
    read_message,
)
from ticketyard.outlet.describing import TASKS, Task
from ticketyard.outlet.locating import FilesAt, PathRefused

log = get_logger(__name__)

HANDLER_SECONDS = 600

Result = dict[str, str | int | bool]


class StillBusy(Exception):
    """Another consumer works on it; come again after `seconds`, when it is done or has let go."""

    def __init__(self, seconds: float) -> None:
        super().__init__("Another consumer works on it.")
        self.seconds = seconds


@dataclass(frozen=True)
class Handlers:
    """What is done about each message; a task without a handler is not offered.

    Each may run twice for one message (a kill before its end is noted), and must bear it. Refusals are
    final; any other error is tried again. file_uploaded gives the number of pieces.
    """

    file_uploaded: Callable[[Resources, int, FileUploaded], Awaitable[int]] | None = None
    file_deleted: Callable[[Resources, int, FileDeleted], Awaitable[None]] | None = None
    ticket_created: Callable[[Resources, int, TicketCreated], Awaitable[None]] | None = None

    def offered(self) -> list[Task]:
        """The tasks that something is done about."""
        return [each for each in TASKS if getattr(self, each) is not None]


async def handle(resources: Resources, handlers: Handlers, task: Task, payload: object) -> Result:
    """Do what the message says. Raises StillBusy, or whatever went wrong where trying again may help."""
    try:
        message = read_message(task, payload)
        company_id = await _company(resources, message)
        if isinstance(message, FileUploaded):
            resources.part(FilesAt).confined(message.path, message.relative_path)
    except (BadMessage, PathRefused) as bad:
        log.warning("outlet_message_refused", task=task, problem=str(bad))
        return {"ok": False, "error": str(bad)}
    return await take_up(resources, handlers, task, company_id, message)


async def take_up(
    resources: Resources, handlers: Handlers, task: Task, company_id: int, message: Message
) -> Result:
    """Do it, unless it was done before. Raises StillBusy, or whatever went wrong where trying again
    may help."""
    async with resources.db.transaction(company_id) as session:
        taken = await ledger.take(session, message.event_id, event_type_of(task))
    if isinstance(taken, ledger.Done):
        return {"ok": True, "skipped": True}
    if isinstance(taken, ledger.Busy):
        raise StillBusy(taken.seconds)
    return await _do(resources, handlers, company_id, message, taken)


async def _do(
    resources: Resources,
    handlers: Handlers,
    company_id: int,
    message: Message,
    taken: ledger.Taken,
) -> Result:
    try:
        async with _lease(resources, company_id, taken), asyncio.timeout(HANDLER_SECONDS):
            result = await _run(resources, handlers, company_id, message)
    except (Refusal, PathRefused) as no:
        problem = no.detail if isinstance(no, Refusal) else str(no)
        async with resources.db.transaction(company_id) as session:
            await ledger.fail(session, taken, problem, for_good=True)
        return {"ok": False, "error": problem}
    except Exception as error:
        async with resources.db.transaction(company_id) as session:
            # The kind of error, never its text, which may hold what the message says.
            await ledger.fail(session, taken, type(error).__name__, for_good=False)
        raise
    async with resources.db.transaction(company_id) as session:
        await ledger.complete(session, taken, result)
    return result


async def _run(
    resources: Resources, handlers: Handlers, company_id: int, message: Message
) -> Result:
    if isinstance(message, FileUploaded) and handlers.file_uploaded:
        return {"ok": True, "chunks": await handlers.file_uploaded(resources, company_id, message)}
    if isinstance(message, FileDeleted) and handlers.file_deleted:
        await handlers.file_deleted(resources, company_id, message)
        return {"ok": True, "file_id": message.file_id}
    if isinstance(message, TicketCreated) and handlers.ticket_created:
        await handlers.ticket_created(resources, company_id, message)
        return {"ok": True, "ticket_id": message.ticket_id}
    raise LookupError("No handler is wired for this task.")


async def _company(resources: Resources, message: Message) -> int:
    """The company a message is about; one that names none means the only one. Raises BadMessage."""
    async with resources.db.anonymous() as session:
        known = list(await session.scalars(text("select id from company_directory()")))
    if message.company_id is None:
        if len(known) == 1:
            return int(known[0])
        raise BadMessage("company_id is required where there are several companies")
    if message.company_id not in known:
        raise BadMessage("There is no such company.")
    return message.company_id


@asynccontextmanager
async def _lease(resources: Resources, company_id: int, taken: ledger.Taken) -> AsyncIterator[None]:
    """While the work goes on, say every third of the lease that it is ours."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(ledger.LEASE_SECONDS / 3)
            with suppress(SQLAlchemyError):
                async with resources.db.transaction(company_id) as session:
                    await ledger.renew(session, taken)

    renewing = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewing.cancel()
        with suppress(asyncio.CancelledError):
            await renewing
