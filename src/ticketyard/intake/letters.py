"""Rows of ticket files as tickets to be, whichever file they come from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of
from ticketyard.core.shapes import is_email, storable
from ticketyard.intake.import_runs import ImportFile
from ticketyard.intake.sources.csv_mapping import MappedRow, short_title
from ticketyard.intake.sources.csv_table import Table
from ticketyard.intake.sources.mappings import WORDS
from ticketyard.intake.sources.upload import TicketRow, ticket_rows
from ticketyard.tickets.attaching import attach_files
from ticketyard.tickets.drafts import KeptFile, foreign_file
from ticketyard.tickets.filenames import safe_name
from ticketyard.tickets.models import Attachment


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One row to be opened as a ticket, or compared with the one it opened earlier."""

    reference: str
    title: str
    description: str
    segment: str | None
    address: dict[str, Any]
    client: dict[str, Any]
    content_hash: str
    source_data: dict[str, Any]
    attachments: tuple[str, ...] = ()
    category: str | None = None
    source_category: str | None = None
    priority: str | None = None
    source_priority: str | None = None
    requester_name: str | None = None
    requester_email: str | None = None
    tags: tuple[str, ...] = field(default=())


def letters_of_tickets(table: Table, today: date) -> Iterator[Letter]:
    """The letters of a distribution's tickets file."""
    for row in ticket_rows(table, today):
        content_hash = _hash(row)
        yield Letter(
            reference=str(row.guid),
            title=short_title(row.description) or ", ".join(row.attachments),
            description=row.description,
            segment=row.segment or None,
            address=_address(row),
            client=_only_said(
                guid=str(row.guid),
                gender=row.gender,
                birth_date=row.birth_date.isoformat() if row.birth_date else "",
            ),
            content_hash=content_hash,
            source_data=_origin(table, row.line, content_hash),
            attachments=row.attachments,
        )


def letters_of_mapping(
    table: Table, rows: Iterable[MappedRow], categories: Mapping[str, str]
) -> Iterator[Letter]:
    """The letters of any table; a category that is not on the company's list is kept beside."""
    for row in rows:
        category = categories.get(row.category.casefold()) if row.category else None
        if row.category and category is None:
            reason = "not one of the company's categories; triage will look"
            table.problems.add(table.file, row.line, table.title("category"), reason, "noted")
        content_hash = _hash(row)
        yield Letter(
            reference=row.identity,
            title=row.title,
            description=row.description,
            segment=row.segment or None,
            address=_address(row),
            client={},
            content_hash=content_hash,
            source_data=_origin(table, row.line, content_hash),
            category=category,
            source_category=row.category or None,
            priority=WORDS.get(row.priority.casefold()),
            source_priority=row.priority or None,
            requester_name=row.requester_name or None,
            requester_email=row.requester_email if is_email(row.requester_email) else None,
            tags=row.tags,
        )


async def attach_to(
    session: AsyncSession,
    ticket_id: int,
    names: Iterable[str],
    sent: Mapping[str, ImportFile],
    *,
    by: Principal,
) -> None:
    """Put the files a row names on its ticket: those that were sent as files, others as a name."""
    rows = await session.execute(
        select(Attachment.filename, Attachment.sha256).where(
            Attachment.company_id == company_of(session), Attachment.ticket_id == ticket_id
        )
    )
    there = {(row.filename, row.sha256) for row in rows}
    named = {filename for filename, _ in there}
    files: list[KeptFile] = []
    for name in names:
        bare = name.replace("\\", "/").rpartition("/")[2]
        file = sent.get(bare.casefold())
        if file and (safe_name(bare), file.sha256) not in there:
            files.append(
                KeptFile(
                    filename=safe_name(bare),
                    content_type=file.content_type,
                    size_bytes=file.size_bytes,
                    sha256=file.sha256,
                    blob_key=file.blob_key,
                )
            )
        elif not file and safe_name(name) not in named:
            files.append(foreign_file(filename=name, reference=name))
    if files:
        await attach_files(session, ticket_id=ticket_id, files=files, by=by)


def _address(row: TicketRow | MappedRow) -> dict[str, Any]:
    return _only_said(
        country=row.country, region=row.region, city=row.city, street=row.street, house=row.house
    )


def _only_said(**values: str) -> dict[str, Any]:
    return {name: storable(value) for name, value in values.items() if value}


def _origin(table: Table, line: int, content_hash: str) -> dict[str, Any]:
    return {"file": table.file, "line": line, "content_hash": content_hash}


def _hash(row: TicketRow | MappedRow) -> str:
    """What a row says, wherever it stands: another line number is no change."""
    said = {name: getattr(row, name) for name in row.__dataclass_fields__ if name != "line"}
    return sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()
