"""Spec document 5: upload three files, process again, managers, offices, figures, imports."""

import asyncio
import time
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, File, Query, Response, UploadFile
from pydantic import BaseModel, ConfigDict

from ticketyard.core.auth import Principal
from ticketyard.core.errors import TooLarge
from ticketyard.core.resources import Resources
from ticketyard.core.shapes import RowId
from ticketyard.insights.distribution import (
    BusinessUnit,
    DistributionStats,
    Manager,
    get_distribution_stats,
    list_business_units,
    list_managers,
    list_run_tickets,
    list_unassigned_reasons,
)
from ticketyard.insights.import_progress import get_import_progress
from ticketyard.intake.import_runs import get_run, list_row_errors, list_runs
from ticketyard.intake.importing import start_import
from ticketyard.people.queries import get_company
from ticketyard.routing.explaining import Locale, explain
from ticketyard.routing.processing import request_processing
from ticketyard.routing.queries import find_assignment, get_assignment
from ticketyard.routing.releasing import reroute_ticket
from ticketyard.tickets.filenames import safe_name
from ticketyard.web.deps import Acting, Parts, Session, VisibleTicket, WebOptions, may

router = APIRouter(prefix="/api", tags=["distribution"])

# Files are read from disk piece by piece; a hundred thousand letters are some 60 MB.
UPLOAD_MAX_BYTES = 512 * 1024 * 1024
CSV_MAX_BYTES = 256 * 1024 * 1024
TICKETS_SHOWN = 1_000
ERRORS_SHOWN = 1_000
WAIT_SECONDS = 300.0
NOTHING_LOADED = "There are no tickets yet; upload the three CSV files first."

Wait = Annotated[
    bool, Query(description="Answer when everything is assigned; meant for small sets.")
]


class ImportOut(BaseModel):
    """How far an import is. state: waiting, storing, stored, done.

    tickets_loaded: tickets of the files that are in; errors: a sentence for each faulty row, and for
    each ticket that fits nobody.
    """

    import_id: int | None
    state: str
    finished: bool
    rows_total: int
    rows_done: int
    tickets_loaded: int
    tickets_opened: int
    tickets_changed: int
    tickets_unchanged: int
    tickets_analyzed: int
    tickets_assigned: int
    errors: list[str]
    errors_total: int
    tickets: list[dict[str, Any]]
    progress_url: str | None


class RowErrorOut(BaseModel):
    """What was wrong in a file: where, why, and what came of it."""

    model_config = ConfigDict(from_attributes=True)

    file: str
    line: int | None
    column: str | None
    reason: str
    effect: str


class ImportDetailOut(ImportOut):
    """An import with its row errors in parts."""

    kind: str
    by: str
    started_at: datetime
    stored_at: datetime | None
    finished_at: datetime | None
    offices: int
    agents: int
    row_errors: list[RowErrorOut]


class ReceiptOut(BaseModel):
    """Why the ticket went where it went. in_force: the ticket still belongs to that agent."""

    outcome: str
    reason: str
    explanation: str
    in_force: bool
    assigned_at: datetime
    receipt: dict[str, Any]


class RoutedOut(BaseModel):
    """What became of a ticket that was given out anew; agent_id is null when it fits nobody."""

    agent_id: int | None
    outcome: str
    reason: str


Csv = Annotated[UploadFile, File()]


@router.post(
    "/upload",
    response_model=ImportOut,
    dependencies=[may("imports:run")],
    max_body_size=UPLOAD_MAX_BYTES,
    responses={202: {"description": "Kept; it is being read in, see `progress_url`."}},
)
async def post_upload(
    business_units_csv: Csv,
    managers_csv: Csv,
    tickets_csv: Csv,
    by: Acting,
    resources: Parts,
    options: WebOptions,
    response: Response,
    attachments: Annotated[list[UploadFile] | None, File()] = None,
    wait: Wait = False,
) -> ImportOut:
    """Read in offices, managers and tickets, analyse and assign them.

    Files that cannot be understood are refused with 422 before anything is written; a faulty row
    costs only itself. The same files again change nothing.
    """
    files = [
        await _read("offices", business_units_csv, CSV_MAX_BYTES),
        await _read("managers", managers_csv, CSV_MAX_BYTES),
        await _read("tickets", tickets_csv, CSV_MAX_BYTES),
    ]
    for each in attachments or []:
        files.append(await _read("attachment", each, options.max_upload_bytes))
    run_id = await start_import(resources, files=files, by=by)
    return await _answer(resources, run_id, by, response, wait=wait)


@router.post("/process", response_model=ImportOut, dependencies=[may("imports:run")])
async def post_process(
    by: Acting, resources: Parts, response: Response, wait: Wait = False
) -> ImportOut:
    """Analyse and assign again what is still waiting for it."""
    async with resources.db.transaction(by.company_id) as session:
        run_id = await request_processing(session, by=by)
    if run_id is None:
        return _nothing()
    return await _answer(resources, run_id, by, response, wait=wait)


@router.get("/imports", response_model=list[ImportDetailOut], dependencies=[may("imports:run")])
async def get_imports(
    session: Session, by: Acting, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> list[ImportDetailOut]:
    """The latest imports, the newest first, without their tickets and errors."""
    return [
        await _detail(session, run.id, by, tickets=0, errors=0)
        for run in await list_runs(session, limit)
    ]


@router.get(
    "/imports/{import_id}", response_model=ImportDetailOut, dependencies=[may("imports:run")]
)
async def get_import(
    import_id: RowId,
    session: Session,
    by: Acting,
    tickets: Annotated[int, Query(ge=0, le=TICKETS_SHOWN)] = 0,
) -> ImportDetailOut:
    """How far an import is, and what was wrong in its files."""
    return await _detail(session, import_id, by, tickets=tickets, errors=ERRORS_SHOWN)


@router.get("/managers", response_model=list[Manager], dependencies=[may("people:read")])
async def get_managers(session: Session) -> list[Manager]:
    """Every agent with skills, office and current load."""
    return await list_managers(session)


@router.get("/business-units", response_model=list[BusinessUnit], dependencies=[may("people:read")])
async def get_business_units(session: Session) -> list[BusinessUnit]:
    """Every office with where it is, how many sit there and their load."""
    return await list_business_units(session)


@router.get(
    "/dashboard/stats", response_model=DistributionStats, dependencies=[may("insights:read")]
)
async def get_stats(session: Session) -> DistributionStats:
    """Tickets by category, sentiment, language, office and segment."""
    return await get_distribution_stats(session)


@router.get(
    "/tickets/{ticket_id}/receipt", response_model=ReceiptOut, dependencies=[may("tickets:read")]
)
async def get_receipt(ticket: VisibleTicket, session: Session) -> ReceiptOut:
    """The receipt of the latest routing decision, from which it can be made again."""
    assignment = await get_assignment(session, ticket.id)
    locale: Locale = "ru" if (await get_company(session)).locale == "ru" else "en"
    return ReceiptOut(
        outcome=assignment.outcome,
        reason=assignment.reason,
        explanation=explain(assignment.receipt, locale),
        in_force=assignment.agent_id == ticket.assignee_id,
        assigned_at=assignment.assigned_at,
        receipt=assignment.receipt,
    )


@router.post(
    "/tickets/{ticket_id}/routing", response_model=RoutedOut, dependencies=[may("tickets:assign")]
)
async def post_routing(ticket: VisibleTicket, session: Session, by: Acting) -> RoutedOut:
    """Take the ticket from its agent and let the rules choose somebody else."""
    made = await reroute_ticket(session, ticket_id=ticket.id, by=by)
    if made is None:
        last = await find_assignment(session, ticket.id)
        outcome = last.outcome if last else "nobody eligible"
        return RoutedOut(agent_id=None, outcome=outcome, reason=last.reason if last else "")
    return RoutedOut(agent_id=made.agent_id, outcome=made.outcome, reason=made.reason)


async def _read(role: str, file: UploadFile, max_bytes: int) -> tuple[str, str, bytes, str]:
    # A file on a ticket keeps its name until it is put there: the rows call it by that.
    name = file.filename or f"{role}.csv"
    name = name if role == "attachment" else safe_name(name)
    if (file.size or 0) > max_bytes:
        raise TooLarge(f"A file of this kind has {max_bytes:,} bytes at most.")
    return role, name, await file.read(), file.content_type or "application/octet-stream"


async def _answer(
    resources: Resources, run_id: int, by: Principal, response: Response, *, wait: bool
) -> ImportOut:
    until = time.monotonic() + (WAIT_SECONDS if wait else 0)
    pause = 0.05
    while True:
        async with resources.db.transaction(by.company_id) as session:
            run = await get_run(session, run_id)
        if run.state == "done" or time.monotonic() > until:
            break
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 1.0)
    async with resources.db.transaction(by.company_id) as session:
        detail = await _detail(session, run_id, by, tickets=TICKETS_SHOWN, errors=ERRORS_SHOWN)
    if not detail.finished:
        response.status_code = 202
    return ImportOut(**detail.model_dump(include=set(ImportOut.model_fields)))


async def _detail(
    session: Session, run_id: int, by: Principal, *, tickets: int, errors: int
) -> ImportDetailOut:
    run = await get_run(session, run_id)
    progress = await get_import_progress(session, run_id)
    rows = await list_row_errors(session, run_id, errors) if errors else []
    unfit = await list_unassigned_reasons(session, run_id) if errors else []
    return ImportDetailOut(
        import_id=run.id,
        kind=run.kind,
        state=run.state,
        finished=run.state == "done",
        by=run.by_name,
        started_at=run.started_at,
        stored_at=run.stored_at,
        finished_at=run.finished_at,
        offices=run.offices,
        agents=run.agents,
        rows_total=run.rows_total,
        rows_done=run.rows_done,
        tickets_loaded=progress.tickets,
        tickets_opened=progress.opened,
        tickets_changed=progress.changed,
        tickets_unchanged=progress.unchanged,
        tickets_analyzed=progress.triaged,
        tickets_assigned=progress.assigned,
        errors=[*map(str, rows), *(f"{number}: {reason}" for number, reason in unfit)],
        errors_total=run.problems + len(unfit),
        row_errors=[RowErrorOut.model_validate(row) for row in rows],
        tickets=await list_run_tickets(session, run_id, by=by, limit=tickets) if tickets else [],
        progress_url=f"/api/imports/{run.id}",
    )


def _nothing() -> ImportOut:
    return ImportOut(
        import_id=None,
        state="done",
        finished=True,
        rows_total=0,
        rows_done=0,
        tickets_loaded=0,
        tickets_opened=0,
        tickets_changed=0,
        tickets_unchanged=0,
        tickets_analyzed=0,
        tickets_assigned=0,
        errors=[NOTHING_LOADED],
        errors_total=1,
        tickets=[],
        progress_url=None,
    )
