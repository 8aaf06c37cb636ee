"""`ticketyard import`: read files in, watch them being sorted, print who got what."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from ticketyard.cli.first_steps import first_company_id
from ticketyard.cli.runtime import complaints, console, run_once
from ticketyard.core.auth import Principal
from ticketyard.core.dead_letters import list_dead_letters
from ticketyard.core.errors import Conflict, Refusal
from ticketyard.core.jobs import Worker
from ticketyard.core.resources import Resources
from ticketyard.insights.distribution import list_run_tickets, list_unassigned_reasons
from ticketyard.insights.import_progress import ImportProgress, get_import_progress
from ticketyard.intake.import_runs import ImportRun, get_run, list_row_errors
from ticketyard.intake.importing import start_import
from ticketyard.intake.sources.csv_mapping import BadMapping, parse_mapping

ROWS_PRINTED = 200
FAULTS_PRINTED = 30


def import_command(
    offices: Annotated[Path | None, typer.Argument(help="CSV of offices.")] = None,
    managers: Annotated[Path | None, typer.Argument(help="CSV of managers.")] = None,
    tickets_file: Annotated[Path | None, typer.Argument(help="CSV of tickets.")] = None,
    tickets: Annotated[Path | None, typer.Option(help="Any CSV of texts, with --map.")] = None,
    map_: Annotated[
        str, typer.Option("--map", help="Our field = its column: title=text,category=label.")
    ] = "",
    attachments: Annotated[
        Path | None, typer.Option(help="Folder with the files that tickets name.")
    ] = None,
    rows: Annotated[int, typer.Option(help="Assignments printed at most.")] = ROWS_PRINTED,
) -> None:
    """Import offices, managers and tickets from CSV files, and print who got which ticket.

    A second import of the same files changes nothing.
    """
    try:
        mapping = parse_mapping(map_) if map_ else None
        files = _files(offices, managers, tickets_file, tickets, mapping, attachments)
    except (BadMapping, OSError) as error:
        complaints.print(f"[red]{error}[/]")
        raise typer.Exit(2) from error

    async def work(resources: Resources, worker: Worker) -> None:
        company_id = await first_company_id(resources)
        by = Principal.system(company_id, "Command line")
        run_id = await start_import(resources, files=files, by=by, mapping=mapping)
        await _watch(resources, worker, company_id, run_id)
        await _report(resources, by, run_id, rows)

    try:
        run_once(work)
    except Refusal as refusal:
        complaints.print(f"[red]{refusal.detail}[/]")
        raise typer.Exit(1) from refusal


def _files(
    offices: Path | None,
    managers: Path | None,
    tickets_file: Path | None,
    tickets: Path | None,
    mapping: dict[str, str] | None,
    attachments: Path | None,
) -> list[tuple[str, str, bytes, str]]:
    if tickets is not None and offices is None and mapping:
        return [("tickets", tickets.name, tickets.read_bytes(), "text/csv")]
    if offices is None or managers is None or tickets_file is None or tickets is not None:
        raise BadMapping(
            "Name three files (offices.csv managers.csv tickets.csv), or --tickets FILE with --map."
        )
    given = {"offices": offices, "managers": managers, "tickets": tickets_file}
    files = [(role, path.name, path.read_bytes(), "text/csv") for role, path in given.items()]
    if attachments is not None:
        files += [
            ("attachment", path.name, path.read_bytes(), "application/octet-stream")
            for path in sorted(attachments.iterdir())
            if path.is_file()
        ]
    return files


async def _watch(resources: Resources, worker: Worker, company_id: int, run_id: int) -> None:
    """Do the work here, or wait for a running server to do it, and show how far it is."""
    bar = Progress(
        TextColumn("{task.description:<9}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
    working = asyncio.create_task(worker.run_pending())
    with bar:
        stored, triaged, routed = (
            bar.add_task(name, total=None) for name in ("Stored", "Analysed", "Assigned")
        )
        while True:
            run, progress = await _look(resources, company_id, run_id)
            bar.update(stored, total=run.rows_total or None, completed=run.rows_done)
            bar.update(triaged, total=run.rows_total or None, completed=progress.triaged)
            bar.update(routed, total=run.rows_total or None, completed=progress.routed)
            if run.state in ("done", "refused"):
                break
            if working.done():
                await working
                if problem := await _given_up(resources, company_id, run_id):
                    raise ImportGivenUp(
                        f"The import was given up: {problem} Mend it, then `ticketyard jobs retry`."
                    )
                await asyncio.sleep(1)
                working = asyncio.create_task(worker.run_pending())
            await asyncio.sleep(0.2)
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working


class ImportGivenUp(Conflict):
    """Every attempt to read the files failed; the work rests in the dead-letter list."""


async def _given_up(resources: Resources, company_id: int, run_id: int) -> str | None:
    async with resources.db.transaction(company_id) as session:
        for letter in await list_dead_letters(session):
            if letter.payload.get("run_id") == run_id:
                return letter.problem or "its worker died."
    return None


async def _look(
    resources: Resources, company_id: int, run_id: int
) -> tuple[ImportRun, ImportProgress]:
    async with resources.db.transaction(company_id) as session:
        return await get_run(session, run_id), await get_import_progress(session, run_id)


async def _report(resources: Resources, by: Principal, run_id: int, limit: int) -> None:
    async with resources.db.transaction(by.company_id) as session:
        run = await get_run(session, run_id)
        progress = await get_import_progress(session, run_id)
        faults = await list_row_errors(session, run_id, FAULTS_PRINTED)
        unfit = await list_unassigned_reasons(session, run_id, FAULTS_PRINTED)
        items = await list_run_tickets(session, run_id, by=by, limit=limit)
    first = Column("Ticket", no_wrap=True)
    table = Table(first, "Category", "Urgency", "Language", "Assigned to", "Office")
    for item in items:
        analysis, assignment = item["ai_analysis"] or {}, item["assignment"] or {}
        table.add_row(
            item["number"],
            item["category"] or "–",
            str(analysis.get("priority") or "–"),
            analysis.get("language") or "–",
            assignment.get("manager_name") or "–",
            assignment.get("business_unit_name") or "–",
        )
    console.print(table)
    if progress.tickets > len(items):
        console.print(f"[dim]… and {progress.tickets - len(items):,} more.[/]")
    for fault in faults:
        complaints.print(f"[yellow]{fault}[/]")
    if run.problems > len(faults):
        complaints.print(f"[yellow]… and {run.problems - len(faults):,} more faults.[/]")
    for number, reason in unfit:
        complaints.print(f"[yellow]{number}: {reason}[/]")
    console.print(
        f"{progress.tickets:,} tickets: {progress.opened:,} new, {progress.changed:,} changed, "
        f"{progress.unchanged:,} unchanged; {progress.triaged:,} analysed, "
        f"{progress.assigned:,} assigned."
    )
