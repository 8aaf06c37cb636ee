"""Tickets as CSV, page by page, so that a million of them need no memory."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import orjson

from ticketyard.core.db import Database
from ticketyard.insights.ticket_query import TicketQuery
from ticketyard.tickets.queries import list_fields

PAGE: Final = 500

# The first seven are those of contracts 5.1, in its order and by its names.
COLUMNS: Final = (
    "guid", "manager_name", "category", "priority", "language", "summary", "assigned_at",
    "number", "title", "status", "priority_name", "severity", "sentiment", "source",
    "source_reference", "segment", "office_name", "team_name", "requester_name", "requester_email",
    "tags", "created_at", "updated_at", "first_response_at", "resolved_at",
)  # fmt: skip

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


async def export_tickets(db: Database, company_id: int, query: TicketQuery) -> AsyncIterator[bytes]:
    """The tickets that match, in order of their ids: UTF-8 with a mark that Excel knows, commas.

    The company's own fields come last, in their order.
    Each page is a statement of its own, so no transaction stays open while a slow reader reads.
    """
    async with db.transaction(company_id) as session:
        own = [each.name for each in await list_fields(session)]
    yield "\ufeff".encode() + render_rows([[*COLUMNS, *own]])
    asked = replace(query, sort="id", descending=False, limit=PAGE, offset=0, after=("0",))
    while True:
        rows = await _page(db, company_id, asked)
        if rows:
            yield render_rows(
                [[*row[1:-1], *(_said(row[-1].get(each)) for each in own)] for row in rows]
            )
        if len(rows) < PAGE:
            return
        asked = replace(asked, after=(str(rows[-1][0]),))


def _said(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return orjson.dumps(value).decode() if isinstance(value, dict | list) else value


async def _page(db: Database, company_id: int, query: TicketQuery) -> Sequence[Sequence[Any]]:
    async with db.hot() as connection:
        cursor = await connection.execute(
            "select * from export_tickets(%s, %s)",
            (company_id, orjson.dumps(query.asked()).decode()),
        )
        return await cursor.fetchall()


def render_rows(rows: Sequence[Sequence[Any]]) -> bytes:
    """Lines of CSV, every cell made harmless."""
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\r\n").writerows(
        [[cell(value) for value in row] for row in rows]
    )
    return lines.getvalue().encode()


def cell(value: Any) -> str:
    """The text of a cell; one that a spreadsheet would take for a formula begins with an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    shown = str(value)
    return f"'{shown}" if shown.lstrip(" ").startswith(_FORMULA) else shown
