"""Reading trainings, versions, what is held back, and how a shadow does."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from ticketyard.core.db import company_of
from ticketyard.people.queries import get_company
from ticketyard.tickets.names import present_names
from ticketyard.triage.learning.errors import ExampleNotFound, VersionNotFound
from ticketyard.triage.learning.examples import split_digests
from ticketyard.triage.learning.models import ExampleAside, TrainingCount, TrainingRun
from ticketyard.triage.models import TriageModel
from ticketyard.triage.queries import CATEGORY


async def list_trainings(
    session: AsyncSession, *, field: str | None = None, before: int | None = None, limit: int = 25
) -> list[TrainingRun]:
    """Trainings, the newest first, below the number `before`."""
    query = select(TrainingRun).where(TrainingRun.company_id == company_of(session))
    if field is not None:
        query = query.where(TrainingRun.field == field)
    if before is not None:
        query = query.where(TrainingRun.id < before)
    return list(await session.scalars(query.order_by(TrainingRun.id.desc()).limit(limit)))


async def list_waiting(session: AsyncSession) -> list[TrainingRun]:
    """Trainings that nobody has begun."""
    return list(
        await session.scalars(
            select(TrainingRun).where(
                TrainingRun.company_id == company_of(session), TrainingRun.state == "waiting"
            )
        )
    )


@dataclass(frozen=True)
class VersionSeen:
    """A version as a list shows it.  problem: why it cannot be read here, if it cannot."""

    model: TriageModel
    problem: str | None


async def list_versions(
    session: AsyncSession,
    *,
    embedder: str,
    field: str | None = None,
    before: int | None = None,
    limit: int | None = None,
) -> list[VersionSeen]:
    """Every version, the newest first, below the id `before`, and whether it fits this program.

    Whether its megabytes are whole is seen where they are loaded, not here.
    embedder: the name of the embedding model in use (`Engines.embedder.name`).
    """
    query = select(TriageModel).where(TriageModel.company_id == company_of(session))
    if field is not None:
        query = query.where(TriageModel.field == field)
    if before is not None:
        query = query.where(TriageModel.id < before)
    found = await session.scalars(query.order_by(TriageModel.id.desc()).limit(limit))
    return [VersionSeen(model, _problem(model, embedder)) for model in found]


def _problem(model: TriageModel, embedder: str) -> str | None:
    if model.state == "rejected":
        return None
    if model.emptied_at is not None:
        return f"too old: only its figures are kept since {model.emptied_at:%Y-%m-%d}"
    if model.embedder != embedder:
        return f"cannot be read: it was taught with {model.embedder}, and {embedder} is in use"
    return None


async def get_version(
    session: AsyncSession, version: int, field: str = CATEGORY, *, lock: bool = False
) -> TriageModel:
    """One version without its bytes. Raises VersionNotFound."""
    query = select(TriageModel).where(
        TriageModel.company_id == company_of(session),
        TriageModel.field == field,
        TriageModel.version == version,
    )
    found = await session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise VersionNotFound(f"There is no version {version} of the {field} model.")
    return found


async def find_in_state(
    session: AsyncSession, state: str, field: str = CATEGORY, *, whole: bool = False
) -> TriageModel | None:
    """The version that is current (or in the shadow); `whole` with its bytes."""
    query = select(TriageModel).where(
        TriageModel.company_id == company_of(session),
        TriageModel.field == field,
        TriageModel.state == state,
    )
    if whole:
        query = query.options(undefer(TriageModel.model), undefer(TriageModel.learned))
    found: TriageModel | None = await session.scalar(query)
    return found


async def held_by_rollback(session: AsyncSession, field: str = CATEGORY) -> frozenset[bytes]:
    """Digests of what versions were taught that somebody went back from, less what is in use."""
    held: set[bytes] = set()
    in_use: frozenset[bytes] = frozenset()
    for row in await session.execute(_ROLLED_BACK, {"field": field}):
        learned = split_digests(bytes(row.learned))
        if row.state == "current":
            in_use = learned
        else:
            held |= learned
    return frozenset(held - in_use)


async def list_aside(
    session: AsyncSession, *, state: str = "aside", before: int | None = None, limit: int = 50
) -> list[ExampleAside]:
    """Examples that are held back (or were decided about), the newest first."""
    query = select(ExampleAside).where(
        ExampleAside.company_id == company_of(session), ExampleAside.state == state
    )
    if before is not None:
        query = query.where(ExampleAside.id < before)
    return list(await session.scalars(query.order_by(ExampleAside.id.desc()).limit(limit)))


async def get_asides(session: AsyncSession, example_ids: Sequence[int]) -> list[ExampleAside]:
    """These held-back examples, locked. Raises ExampleNotFound when one is not there."""
    found = list(
        await session.scalars(
            select(ExampleAside)
            .where(ExampleAside.company_id == company_of(session), ExampleAside.id.in_(example_ids))
            .order_by(ExampleAside.id)
            .with_for_update()
        )
    )
    if len(found) < len(set(example_ids)):
        raise ExampleNotFound("An example of that number was not set aside here.")
    return found


async def find_count(session: AsyncSession) -> TrainingCount | None:
    """How many analyses there were since a training was last called for, and what came of that."""
    return await session.get(TrainingCount, company_of(session), populate_existing=True)


@dataclass(frozen=True)
class ShadowReport:
    """How the version in the shadow does beside the current one.

    tickets: it has answered.  judged: of these a person has said what is right.
    """

    version: int
    tickets: int
    judged: int
    right: int
    current_right: int


async def find_shadow_report(session: AsyncSession, field: str = CATEGORY) -> ShadowReport | None:
    """The version in the shadow, compared on tickets that people corrected or confirmed."""
    settings = (await get_company(session)).settings if field == CATEGORY else {}
    # What people said stays as they said it, and what the shadow said bears the name of today.
    called = orjson.dumps(present_names(settings)).decode()
    row = (await session.execute(_SHADOW, {"field": field, "called": called})).one_or_none()
    return ShadowReport(*row) if row else None


_ROLLED_BACK = text(
    """
    select state, learned from triage_model
    where company_id = current_company() and field = :field
      and (state = 'current' or verdict ->> 'rolled_back' = 'true')
    """
)
# What triage had found is kept with the correction, as it was when the person decided.
_SHADOW = text(
    """
    select m.version, count(f.ticket_id), count(c.corrected),
      count(*) filter (where coalesce(cast(:called as jsonb) ->> f.label, f.label) = c.corrected),
      count(*) filter (where c.found = c.corrected)
    from triage_model m
    left join shadow_finding f on f.company_id = m.company_id and f.field = m.field
      and f.version = m.version
    left join lateral (
      select coalesce(cast(:called as jsonb) ->> c.corrected, c.corrected) as corrected,
        coalesce(cast(:called as jsonb) ->> c.found, c.found) as found
      from correction c
      where c.company_id = f.company_id and c.ticket_id = f.ticket_id and c.field = f.field
        and c.corrected_at >= f.found_at
        and not exists (select from correction_withdrawal w
                        where w.company_id = c.company_id and w.correction_id = c.id)
      order by c.id desc limit 1
    ) c on true
    where m.company_id = current_company() and m.field = :field and m.state = 'shadow'
    group by m.version
    """
)
