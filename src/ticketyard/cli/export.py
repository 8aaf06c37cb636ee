"""`ticketyard export`: tickets as CSV, to a file or to the next program."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from ticketyard.cli.runtime import complaints, run_once
from ticketyard.core.errors import Refusal
from ticketyard.core.jobs import Worker
from ticketyard.core.resources import Resources
from ticketyard.insights.exporting import export_tickets
from ticketyard.insights.ticket_query import TicketQuery
from ticketyard.people.queries import default_company_id


def export(
    file: Annotated[Path | None, typer.Argument(help="Where to; standard output if none.")] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="A filter of the ticket list, such as status=open; repeatable."),
    ] = None,
) -> None:
    """Write the tickets as CSV that any spreadsheet opens, and none takes for formulas."""

    async def write(resources: Resources, worker: Worker) -> None:
        company_id = await default_company_id(resources.db)
        with file.open("wb") if file else nullcontext(sys.stdout.buffer) as output:
            await _write(output, resources, company_id, _query(only or []))

    try:
        run_once(write)
    except Refusal as refusal:
        complaints.print(f"[red]{refusal.detail}[/]")
        raise typer.Exit(1) from refusal


async def _write(
    output: BinaryIO, resources: Resources, company_id: int, query: TicketQuery
) -> None:
    async for piece in export_tickets(resources.db, company_id, query):
        output.write(piece)


def _query(filters: list[str]) -> TicketQuery:
    where: dict[str, tuple[str, ...]] = {}
    for each in filters:
        name, _, value = each.partition("=")
        where[name] = (*where.get(name, ()), value)
    return TicketQuery(where=where)
