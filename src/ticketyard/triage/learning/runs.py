"""Trainings as they go: asked for, claimed, heard of while they run, ended."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of
from ticketyard.core.events import emit
from ticketyard.triage.learning.errors import TrainingUnderWay
from ticketyard.triage.learning.events import TrainingEnded, TrainingRequested
from ticketyard.triage.learning.models import TrainingRun
from ticketyard.triage.queries import CATEGORY

HEARTBEAT_SECONDS = 3
STALE_SECONDS = 15
"""A training that is not heard of for so long has lost its process."""

ABANDONED = "Its process went away; the model in use was not touched. It can be asked for again."


@dataclass(frozen=True)
class ExamplesFile:
    """A CSV file of texts and labels in the storage; columns are found by usual names unless given."""

    blob_key: str
    text_column: str | None = None
    label_column: str | None = None


@dataclass(frozen=True)
class Ending:
    """How a training ended: a state of `TrainingRun`, a sentence, and what there was to learn."""

    state: str
    reason: str
    version: int | None = None
    examples: int = 0
    fresh: int = 0
    aside: int = 0


async def ask_for_training(
    session: AsyncSession,
    *,
    by: Principal,
    cause: str = "asked",
    field: str = CATEGORY,
    is_forced: bool = False,
    file: ExamplesFile | None = None,
) -> TrainingRun:
    """Note that a training is wanted; who runs it is another matter (`jobs.py`, the command line).

    Raises TrainingUnderWay (it names the first) while one of this field waits or runs.
    """
    await abandon_stale(session, field=field)
    row = {
        "field": field,
        "cause": cause,
        "is_forced": is_forced,
        "blob_key": file and file.blob_key,
        "text_column": file and file.text_column,
        "label_column": file and file.label_column,
        "by_kind": by.kind,
        "by_id": by.id,
        "by_name": by.name,
    }
    run_id = await session.scalar(_ASK, row)
    if run_id is None:
        first = await find_unfinished(session, field)
        raise TrainingUnderWay(
            f"Training {first.id} is {first.state} since {first.asked_at:%Y-%m-%d %H:%M} UTC"
            f" (asked for by {first.by_name}); wait for its end."
            if first
            else "Another training has just been asked for.",
            training_id=first and first.id,
        )
    await emit(
        session,
        TrainingRequested(run_id=run_id, field=field, cause=cause, is_forced=is_forced),
        by=by,
    )
    return await session.get_one(TrainingRun, run_id)


async def find_unfinished(session: AsyncSession, field: str = CATEGORY) -> TrainingRun | None:
    """The training of this field that waits or runs, if one does."""
    found = await session.scalars(
        select(TrainingRun).where(
            TrainingRun.company_id == company_of(session),
            TrainingRun.field == field,
            TrainingRun.state.in_(("waiting", "running")),
        )
    )
    return found.one_or_none()


async def claim_run(session: AsyncSession, run_id: int) -> TrainingRun | None:
    """Take a waiting training; None when it was taken before, or is over."""
    if await session.scalar(_CLAIM, {"run": run_id}) is None:
        return None
    await _tell_the_desk(session)
    return await session.get_one(TrainingRun, run_id)


async def beat(session: AsyncSession, run_id: int, stage: str, share: float) -> bool:
    """Say that it is alive and how far it is; False when it was given up for lost meanwhile."""
    old = await session.scalar(_BEAT, {"run": run_id, "stage": stage, "share": share})
    if old is not None and old != stage:
        await _tell_the_desk(session)
    return old is not None


async def end_run(session: AsyncSession, run_id: int, ending: Ending, *, by: Principal) -> bool:
    """Note the end of a training that runs; False when it was given up for lost meanwhile."""
    ended: Mapping[str, object] = vars(ending) | {"run": run_id}
    field = await session.scalar(_END, dict(ended))
    if field is None:
        return False
    await emit(
        session,
        TrainingEnded(
            run_id=run_id,
            field=field,
            state=ending.state,
            reason=ending.reason,
            version=ending.version,
        ),
        by=by,
    )
    return True


async def abandon_stale(session: AsyncSession, *, field: str | None = None) -> list[int]:
    """Give up trainings whose process is not heard of any more; gives their numbers."""
    rows = await session.execute(_STALE, {"field": field, "seconds": STALE_SECONDS})
    stale = [row.id for row in rows]
    for run_id in stale:
        ending = Ending("abandoned", ABANDONED)
        await end_run(session, run_id, ending, by=Principal.system(company_of(session), "Triage"))
    return stale


async def _tell_the_desk(session: AsyncSession) -> None:
    """Open pages look again; a stage is no event of the history."""
    await session.execute(text("select pg_notify('ticketyard_live', current_company()::text)"))


_ASK = text(
    """
    insert into training_run (company_id, field, cause, is_forced, blob_key, text_column,
                              label_column, by_kind, by_id, by_name)
    values (current_company(), :field, :cause, :is_forced, :blob_key, :text_column, :label_column,
            :by_kind, :by_id, :by_name)
    on conflict (company_id, field) where state in ('waiting', 'running') do nothing
    returning id
    """
)
_CLAIM = text(
    """
    update training_run set state = 'running', started_at = now(), heartbeat_at = now()
    where company_id = current_company() and id = :run and state = 'waiting'
    returning id
    """
)
_BEAT = text(
    """
    with before as (
      select id, stage from training_run
      where company_id = current_company() and id = :run and state = 'running' for update)
    update training_run r set stage = :stage, progress = :share, heartbeat_at = now()
    from before where r.id = before.id
    returning before.stage
    """
)
_END = text(
    """
    update training_run set state = :state, reason = :reason, version = :version,
      examples = :examples, fresh = :fresh, aside = :aside, ended_at = now(),
      progress = case when :state in ('promoted', 'shadow', 'rejected') then 1 else progress end
    where company_id = current_company() and id = :run and state in ('waiting', 'running')
    returning field
    """
)
_STALE = text(
    """
    select id from training_run
    where company_id = current_company() and state = 'running'
      and (cast(:field as text) is null or field = :field)
      and heartbeat_at < now() - make_interval(secs => :seconds)
    order by id
    """
)
