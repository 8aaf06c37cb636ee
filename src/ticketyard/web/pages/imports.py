"""Import: three files in, progress while they are read, sorted and given out, and what was wrong."""

from typing import Annotated, Any

from fastapi import APIRouter, File, Response, UploadFile
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.errors import TooLarge
from ticketyard.core.shapes import RowId
from ticketyard.insights.import_progress import (
    ImportProgress,
    count_assigned,
    get_import_progress,
)
from ticketyard.intake.errors import FilesRefused
from ticketyard.intake.import_runs import ImportRun, get_run, list_row_errors, list_runs
from ticketyard.intake.importing import start_import
from ticketyard.tickets.filenames import safe_name
from ticketyard.web.deps import Acting, Parts, Session, WebOptions, may
from ticketyard.web.pages.frame import DeskFrame, Flash, Frame, OwnFrame, back_to, fragment, page

router = APIRouter(prefix="/import", include_in_schema=False)

# A hundred thousand letters are some sixty megabytes.
IMPORT_MAX_BYTES = 512 * 1024 * 1024
ERRORS_SHOWN = 200
_CSV_MAX_BYTES = 256 * 1024 * 1024


@router.get("", dependencies=[may("imports:run")])
async def get_imports(session: Session, frame: DeskFrame) -> Response:
    """The boxes for the files, and what was imported before."""
    return await _boxes(session, frame)


async def _boxes(
    session: AsyncSession, frame: Frame, faults: list[dict[str, Any]] | None = None
) -> Response:
    runs = await list_runs(session)
    counts = await count_assigned(session, [run.id for run in runs])
    return page(
        "imports/page.html",
        frame,
        place="import",
        status=422 if faults else 200,
        faults=faults or [],
        runs=[
            {
                "id": run.id,
                "started_at": run.started_at,
                "by": run.by_name,
                "state": run.state,
                "tickets": counts.get(run.id, (0, 0))[0],
                "assigned": counts.get(run.id, (0, 0))[1],
                "errors": run.problems,
            }
            for run in runs
        ],
    )


@router.post("", dependencies=[may("imports:run")], max_body_size=IMPORT_MAX_BYTES)
async def post_import(
    session: Session,
    resources: Parts,
    options: WebOptions,
    by: Acting,
    frame: DeskFrame,
    offices: Annotated[UploadFile | None, File()] = None,
    managers: Annotated[UploadFile | None, File()] = None,
    tickets: Annotated[UploadFile | None, File()] = None,
    attachments: Annotated[list[UploadFile] | None, File()] = None,
) -> Response:
    """Keep the files, ask for them to be read, and show how it goes."""
    given = {"offices": offices, "managers": managers, "tickets": tickets}
    files = [
        (role, safe_name(file.filename), await file.read(), "text/csv")
        for role, file in given.items()
        if file and file.filename
    ]
    if not files:
        return back_to("/import", Flash("caution", "Choose at least one file."))
    for each in attachments or []:
        if not each.filename:
            continue
        content = await each.read()
        if len(content) > options.max_upload_bytes:
            raise TooLarge(f"An attachment has {options.max_upload_bytes:,} bytes at most.")
        kind = each.content_type or "application/octet-stream"
        files.append(("attachment", each.filename, content, kind))
    try:
        run_id = await start_import(resources, files=files, by=by)
    except FilesRefused as refusal:
        faults = refusal.extra.get("errors")
        return await _boxes(session, frame, list(faults) if isinstance(faults, list) else [])
    return back_to(f"/import/{run_id}")


@router.get("/{run_id}", dependencies=[may("imports:run")])
async def get_import(run_id: RowId, session: Session, frame: DeskFrame) -> Response:
    """How one import goes, or went."""
    run = await get_run(session, run_id)
    return page(
        "imports/run.html",
        frame,
        place="import",
        started_at=run.started_at,
        run=await _progress(session, run),
    )


@router.get("/{run_id}/progress", dependencies=[may("imports:run")])
async def get_progress(run_id: RowId, session: Session, frame: OwnFrame) -> Response:
    """The part of that page that changes."""
    run = await get_run(session, run_id)
    return fragment("imports/progress.html", frame, run=await _progress(session, run))


async def _progress(session: AsyncSession, run: ImportRun) -> dict[str, Any]:
    found = await get_import_progress(session, run.id)
    errors = await list_row_errors(session, run.id, ERRORS_SHOWN)
    finished = run.state in ("done", "refused")
    return {
        "id": run.id,
        "state": "failed" if run.state == "refused" else run.state,
        "finished": finished,
        "percent": 100 if finished else percent_done(run, found),
        "sentence": _sentence(run, found),
        "tallies": [
            ("Offices", run.offices, None, False),
            ("Agents", run.agents, None, False),
            ("New tickets", found.opened, None, False),
            ("Changed", found.changed, None, False),
            ("As before", found.unchanged, None, False),
            ("Understood", found.triaged, found.tickets, False),
            ("Assigned", found.assigned, found.tickets, False),
            ("Remarks", run.problems, None, True),
        ],
        "error_count": run.problems,
        "row_errors": errors,
    }


def percent_done(run: ImportRun, found: ImportProgress) -> int:
    """Reading, understanding and giving out count a third each; never quite 100 before the end."""
    rows = max(run.rows_total, found.tickets, 1)
    read = min(run.rows_done / rows, 1) if run.state != "stored" else 1
    parts = read + found.triaged / rows + found.routed / rows
    return min(int(parts / 3 * 100), 99)


def _sentence(run: ImportRun, found: ImportProgress) -> str:
    if run.state == "waiting":
        return "The files are kept and wait for their turn …"
    if run.state == "storing":
        return f"Reading: {run.rows_done:,} of {run.rows_total:,} rows …"
    if run.state == "refused":
        return "Nothing was read in: look at the remarks below."
    if run.state == "stored":
        return "All rows are in; sorting and giving out …"
    if not found.opened and not found.changed:
        return "Done. Everything was here already; nothing changed."
    return f"Done. {found.assigned:,} of {found.tickets:,} tickets have a person."
