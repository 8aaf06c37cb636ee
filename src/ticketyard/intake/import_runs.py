"""The books of imports: what was asked, how far it is, what was wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.intake.errors import ImportNotFound
from ticketyard.intake.sources.csv_problems import Problems

Kind = Literal["distribution", "mapped", "process"]
Outcome = Literal["opened", "changed", "unchanged"]


@dataclass(frozen=True)
class ImportFile:
    """A file of an import, kept as it came. role: offices, managers, tickets or attachment."""

    role: str
    filename: str
    size_bytes: int
    sha256: str
    blob_key: str
    content_type: str = "text/csv"


@dataclass(frozen=True)
class ImportRun:
    """One import, as far as it is.

    state: waiting, storing, stored (triage and routing work on it), done, refused.
    """

    id: int
    kind: Kind
    state: str
    files: list[ImportFile]
    mapping: dict[str, str]
    rows_total: int
    rows_done: int
    offices: int
    agents: int
    problems: int
    by_name: str
    started_at: datetime
    stored_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True)
class RowError:
    """What was wrong in a file, and what came of it."""

    file: str
    line: int | None
    column: str | None
    reason: str
    effect: str

    def __str__(self) -> str:
        line = f", line {self.line}" if self.line is not None else ""
        column = f", column “{self.column}”" if self.column is not None else ""
        return f"{self.file}{line}{column}: {self.reason} ({self.effect})"


async def start_run(
    session: AsyncSession,
    *,
    kind: Kind,
    by: Principal,
    files: Sequence[ImportFile] = (),
    mapping: Mapping[str, str] | None = None,
    tickets: Sequence[int] = (),
) -> int:
    """Write down that an import shall run; gives its id.

    tickets: those it is about, where no file says so (kind "process").
    """
    run_id: int = await session.scalar(
        _START,
        {
            "kind": kind,
            "state": "stored" if kind == "process" else "waiting",
            "files": orjson.dumps([asdict(file) for file in files]).decode(),
            "mapping": orjson.dumps(dict(mapping or {})).decode(),
            "rows": len(tickets),
            "by_kind": by.kind,
            "by_id": by.id,
            "by_name": by.name,
            "now": now_of(session),
        },
    )
    await note_tickets(session, run_id, {id_: "unchanged" for id_ in tickets})
    return run_id


async def note_tickets(session: AsyncSession, run_id: int, outcomes: Mapping[int, Outcome]) -> None:
    """Write down which tickets an import brought; what was said first stays."""
    if outcomes:
        await session.execute(
            _TICKETS,
            {
                "run": run_id,
                "ids": list(outcomes),
                "outcomes": list(outcomes.values()),
                "now": now_of(session),
            },
        )


async def change_run(session: AsyncSession, run_id: int, **values: Any) -> None:
    """Set columns of a run: state, rows_total, rows_done, offices, agents, stored_at, …"""
    names = ", ".join(f"{name} = :{name}" for name in values)
    await session.execute(
        text(f"update import_run set {names} where company_id = current_company() and id = :id"),
        {**values, "id": run_id},
    )


async def finish_runs(session: AsyncSession, run_ids: Sequence[int]) -> None:
    """Triage and routing are through with these imports."""
    await session.execute(_FINISH, {"ids": list(run_ids), "now": now_of(session)})


async def keep_problems(session: AsyncSession, run_id: int, problems: Problems) -> None:
    """Replace the list of what is wrong in the files."""
    await session.execute(_FORGET_PROBLEMS, {"run": run_id})
    rows = [asdict(problem) for problem in problems]
    if rows:
        await session.execute(_PROBLEMS, {"run": run_id, "rows": orjson.dumps(rows).decode()})
    await change_run(session, run_id, problems=len(problems))


async def get_run(session: AsyncSession, run_id: int, *, lock: bool = False) -> ImportRun:
    """One import. Raises ImportNotFound."""
    rows = await session.execute(_GET_LOCKED if lock else _GET, {"id": run_id})
    row = rows.first()
    if row is None:
        raise ImportNotFound(f"There is no import {run_id}.")
    return _run(row)


async def list_runs(session: AsyncSession, limit: int = 50) -> list[ImportRun]:
    """The latest imports, the newest first; requests to process again are none."""
    return [_run(row) for row in await session.execute(_LATEST, {"limit": limit})]


async def list_row_errors(session: AsyncSession, run_id: int, limit: int = 1_000) -> list[RowError]:
    """What was wrong, in the order it was found."""
    rows = await session.execute(_ERRORS, {"run": run_id, "limit": limit})
    return [RowError(row.file, row.line, row.column_title, row.reason, row.effect) for row in rows]


async def count_outcomes(session: AsyncSession, run_id: int) -> dict[str, int]:
    """How many tickets were opened, changed, unchanged."""
    found = dict.fromkeys(("opened", "changed", "unchanged"), 0)
    for row in await session.execute(_OUTCOMES, {"run": run_id}):
        found[row.outcome] = row.tickets
    return found


def _run(row: Any) -> ImportRun:
    values = {name: getattr(row, name) for name in ImportRun.__dataclass_fields__}
    values["files"] = [ImportFile(**each) for each in row.files]
    return ImportRun(**values)


_COLUMNS = (
    "id, kind, state, files, mapping, rows_total, rows_done, offices, agents, problems, by_name, "
    "started_at, stored_at, finished_at"
)
_START = text(
    """
    insert into import_run (company_id, kind, state, files, mapping, rows_total, rows_done,
                            by_kind, by_id, by_name, started_at)
    values (current_company(), :kind, :state, cast(:files as jsonb), cast(:mapping as jsonb), :rows,
            :rows, :by_kind, :by_id, :by_name, :now)
    returning id
    """
)
_TICKETS = text(
    """
    insert into import_ticket (company_id, run_id, ticket_id, outcome, imported_at)
    select current_company(), :run, u.id, u.outcome, :now
    from unnest(cast(:ids as bigint[]), cast(:outcomes as text[])) as u(id, outcome)
    on conflict do nothing
    """
)
_FINISH = text(
    "update import_run set state = 'done', finished_at = :now "
    "where company_id = current_company() and id = any(:ids) and state = 'stored'"
)
_FORGET_PROBLEMS = text(
    "delete from import_error where company_id = current_company() and run_id = :run"
)
_PROBLEMS = text(
    """
    insert into import_error (company_id, run_id, file, line, column_title, reason, effect)
    select current_company(), :run, p.file, p.line, p."column", p.reason, p.effect
    from jsonb_to_recordset(cast(:rows as jsonb))
      as p(file text, line integer, "column" text, reason text, effect text)
    """
)
_GET = text(f"select {_COLUMNS} from import_run where company_id = current_company() and id = :id")
_GET_LOCKED = text(f"{_GET.text} for update")
_LATEST = text(
    f"select {_COLUMNS} from import_run where company_id = current_company() "
    "and kind <> 'process' order by id desc limit :limit"
)
_ERRORS = text(
    "select file, line, column_title, reason, effect from import_error "
    "where company_id = current_company() and run_id = :run order by id limit :limit"
)
_OUTCOMES = text(
    "select outcome, count(*) as tickets from import_ticket "
    "where company_id = current_company() and run_id = :run group by outcome"
)
