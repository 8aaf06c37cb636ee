"""`ticketyard mail ledger`, `boxes` and `reconcile`: what came, what became of it, what is missing."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.cli.runtime import complaints, console, run_once
from ticketyard.core.jobs import Worker
from ticketyard.core.resources import Resources
from ticketyard.mailboxes.errors import BadMailbox, MailboxNotFound
from ticketyard.mailboxes.fetching.reconciling import Reconciliation, reconcile
from ticketyard.mailboxes.imap.errors import MailServerError
from ticketyard.mailboxes.ledger import LedgerLine, MailboxBooks, list_books, list_ledger
from ticketyard.people.queries import default_company_id

Box = Annotated[int | None, typer.Option("--mailbox", help="Only this one; its id.")]
UIDS_SHOWN = 8


class Outcome(StrEnum):
    """What becomes of a mail (docs/email.md)."""

    TICKET = "ticket"
    REPLY = "reply"
    DUPLICATE = "duplicate"
    REFUSED = "refused"
    WAITING = "waiting"


def ledger(
    mailbox: Box = None,
    outcome: Annotated[
        Outcome | None,
        typer.Option(help="ticket, reply, duplicate, refused or waiting: list these."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Lines printed at most.")] = 50,
) -> None:
    """Print the books of each mailbox; exit 1 when they do not balance."""

    async def show(resources: Resources, worker: Worker) -> None:
        async with resources.db.transaction(await default_company_id(resources.db)) as session:
            books = await list_books(session)
            lines = await _lines(session, mailbox, outcome, limit) if outcome else ()
        shown = [each for each in books if mailbox is None or each.mailbox_id == mailbox]
        table = Table("Id", "Mailbox", "Received", "Tickets", "Replies", "Duplicates", "Refused",
                      "Waiting", "Balances")  # fmt: skip
        for each in shown:
            table.add_row(
                str(each.mailbox_id or ""), each.address, str(each.received), str(each.tickets),
                str(each.replies), str(each.duplicates), str(each.refused), _waiting(each),
                "yes" if each.balances else "[red]NO[/]",
            )  # fmt: skip
        console.print(table if shown else "There is no mailbox.")
        for line in lines:
            console.print(
                f"{line.inbound_id} {line.received_at:%Y-%m-%d %H:%M} {line.outcome} "
                f"{line.ticket_number or ''} {line.sender}: {line.subject} {line.last_error or ''}",
                markup=False,
            )
        if not all(each.balances for each in shown):
            raise typer.Exit(1)

    run_once(show)


async def _lines(
    session: AsyncSession, mailbox: int | None, outcome: Outcome, limit: int
) -> Sequence[LedgerLine]:
    page = await list_ledger(session, mailbox_id=mailbox, outcome=outcome, limit=limit)
    return page.lines


def _waiting(books: MailboxBooks) -> str:
    return f"{books.waiting} ({books.unfetched} not had)" if books.unfetched else str(books.waiting)


def boxes() -> None:
    """List the mailboxes and how they fare; exit 1 when one is failing."""

    async def show(resources: Resources, worker: Worker) -> None:
        async with resources.db.transaction(await default_company_id(resources.db)) as session:
            found = [each for each in await list_books(session) if each.mailbox_id]
        table = Table("Id", "Mailbox", "Folder", "Read", "Last UID", "State")
        for each in found:
            table.add_row(
                str(each.mailbox_id), each.address, each.folder, _at(each.succeeded_at),
                str(each.last_uid or ""), _state(each),
            )  # fmt: skip
        console.print(table if found else "There is no mailbox.")
        if any(each.is_enabled and each.failing_since for each in found):
            raise typer.Exit(1)

    run_once(show)


def _state(books: MailboxBooks) -> str:
    if not books.is_enabled:
        return "switched off"
    if books.failing_since:
        return f"failing since {_at(books.failing_since)}: {books.last_error}"
    return "well" if books.succeeded_at else "not read yet"


def _at(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S}" if instant else "never"


def reconcile_command(
    mailbox: Box = None,
    refetch: Annotated[bool, typer.Option("--refetch", help="Fetch what is missing.")] = False,
) -> None:
    """Compare each mailbox on its server with what is here; exit 1 when something is missing."""

    async def compare(resources: Resources, worker: Worker) -> None:
        company_id = await default_company_id(resources.db)
        async with resources.db.transaction(company_id) as session:
            books = await list_books(session)
        wanted = [
            each.mailbox_id
            for each in books
            if each.mailbox_id
            and (each.mailbox_id == mailbox or (mailbox is None and each.is_enabled))
        ]
        if mailbox is not None and not wanted:
            raise MailboxNotFound("This mailbox does not exist.")
        table = Table(
            "Id", "Mailbox", "From UID", "Kept", "Missing here", "Gone there", "Not asked"
        )
        well = True
        for mailbox_id in wanted:
            try:
                found = await reconcile(resources, company_id, mailbox_id, refetch=refetch)
            except (MailServerError, BadMailbox) as error:
                complaints.print(f"Mailbox {mailbox_id}: {error}", style="red", markup=False)
                well = False
                continue
            table.add_row(
                str(mailbox_id), found.address, str(found.first_uid), str(found.kept),
                _missing(found), str(found.gone), str(found.not_asked),
            )  # fmt: skip
            well = well and found.is_complete
        console.print(table if wanted else "There is no mailbox.")
        if not well:
            raise typer.Exit(1)

    run_once(compare)


def _missing(found: Reconciliation) -> str:
    if not found.missing:
        return "0"
    shown = ", ".join(map(str, found.missing[:UIDS_SHOWN]))
    more = ", …" if len(found.missing) > UIDS_SHOWN else ""
    refused = f"; {len(found.unfetched)} not handed out" if found.unfetched else ""
    return f"{len(found.missing)} (UID {shown}{more}{refused})"
