"""Count analyses, and call for a training when there were enough of them (contracts 4.6)."""

import asyncio
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.events import emit
from ticketyard.core.resources import Resources
from ticketyard.triage.engines import Engines
from ticketyard.triage.learning.errors import TrainingUnderWay
from ticketyard.triage.learning.events import EnoughAnalysed
from ticketyard.triage.learning.gathering import collect, fresh_in, list_known, lore_of
from ticketyard.triage.learning.queries import find_shadow_report
from ticketyard.triage.learning.reading import unreadable
from ticketyard.triage.learning.runs import ask_for_training
from ticketyard.triage.learning.shadowing import JUDGED_LEAST
from ticketyard.triage.queries import CATEGORY, TEAM

NEW_LEAST = 10
"""With fewer new examples a training would learn nothing that can be judged."""

PAUSE_SECONDS = 3600
"""Between two trainings that nobody asked for."""

DAY_SECONDS = 24 * PAUSE_SECONDS
"""Between two attempts to replace a version that cannot be read."""

LOOKED_AT = 5_000
"""Of each kind of examples, the newest: enough to see whether there is anything new."""

NAME = "Triage"


@dataclass(frozen=True)
class LearningRules:
    """Part of `Resources`.  threshold: how many analyses call for a training."""

    threshold: int = 100


async def count_analyses(resources: Resources, company_id: int, analysed: int) -> None:
    """Add to the count in a transaction of its own, so that its row is held for an instant only.

    At the threshold the count begins again, and whoever listens looks whether there is anything new
    to learn; not more than once an hour, and the count goes on rising meanwhile.
    """
    if not analysed:
        return
    rules = resources.part(LearningRules)
    given = {"analysed": analysed, "threshold": rules.threshold, "pause": PAUSE_SECONDS}
    async with resources.db.transaction(company_id) as session:
        if await session.scalar(_COUNT, given):
            by = Principal.system(company_id, NAME)
            await emit(session, EnoughAnalysed(threshold=rules.threshold), by=by)


async def consider_training(resources: Resources, company_id: int, cause: str) -> None:
    """Ask for a training of each field that has enough new to learn from, and note what came of it."""
    notes = []
    for field in (CATEGORY, TEAM):
        found = await _look(resources, company_id, field)
        async with resources.db.transaction(company_id) as session:
            notes.append(f"{field}: {await _ask(session, company_id, field, cause, found)}")
    async with resources.db.transaction(company_id) as session:
        await session.execute(_NOTE, {"note": "; ".join(notes)})


@dataclass(frozen=True)
class _Found:
    """fresh: new examples.  examples: all of them, as far as looked at.  problem: of the model in use."""

    fresh: int
    examples: int
    problem: str | None = None


async def _look(resources: Resources, company_id: int, field: str) -> _Found:
    """What is new; texts are made of rows in a thread, with no transaction open."""
    async with resources.db.transaction(company_id) as session:
        collected = await collect(session, field, limit=LOOKED_AT)
        known = await list_known(session, field)
    lore = await asyncio.to_thread(lore_of, collected)
    problem = None
    if lore.champion:
        embedder = resources.part(Engines).embedder
        problem = await asyncio.to_thread(unreadable, lore.champion, embedder)
    return _Found(fresh_in(lore, known), len(lore.examples), problem)


async def _ask(
    session: AsyncSession, company_id: int, field: str, cause: str, found: _Found
) -> str:
    if waits := await _wait(session, field, found):
        return waits
    try:
        run = await ask_for_training(
            session, by=Principal.system(company_id, NAME), cause=cause, field=field
        )
    except TrainingUnderWay as first:
        return first.detail
    why = f"{found.fresh} new examples"
    if found.problem:
        why = f"the version in use cannot be read: {found.problem}"
    return f"training {run.id} asked for, {why}"


async def _wait(session: AsyncSession, field: str, found: _Found) -> str:
    """Why no training is asked for; empty when one is."""
    if found.problem:
        if found.examples < NEW_LEAST:
            return (
                f"the version in use cannot be read ({found.problem}), and there are"
                f" {found.examples} examples to teach another; {NEW_LEAST} are needed"
            )
        if await session.scalar(_RECENT, {"field": field, "pause": DAY_SECONDS}):
            return (
                f"the version in use cannot be read ({found.problem}); it was tried within the day"
            )
        return ""
    if found.fresh < NEW_LEAST:
        return f"nothing to learn yet, {found.fresh} new examples and {NEW_LEAST} are needed"
    shadow = await find_shadow_report(session, field)
    if shadow and shadow.judged < JUDGED_LEAST:
        return (
            f"version {shadow.version} in the shadow is judged first, by {shadow.judged} of"
            f" {JUDGED_LEAST} tickets so far"
        )
    if await session.scalar(_RECENT, {"field": field, "pause": PAUSE_SECONDS}):
        return "another training began within the hour"
    return ""


# The first row of a company may reach the threshold at once.
_COUNT = text(
    """
    insert into training_count as c (company_id, analyses, reached_at)
    values (current_company(), case when :analysed >= :threshold then 0 else :analysed end,
            case when :analysed >= :threshold then now() end)
    on conflict (company_id) do update set
      analyses = case
        when c.analyses + :analysed >= :threshold and (c.reached_at is null
             or c.reached_at < now() - make_interval(secs => :pause)) then 0
        else c.analyses + :analysed end,
      reached_at = case
        when c.analyses + :analysed >= :threshold and (c.reached_at is null
             or c.reached_at < now() - make_interval(secs => :pause)) then now()
        else c.reached_at end
    returning reached_at is not distinct from now()
    """
)
_NOTE = text(
    """
    insert into training_count (company_id, note) values (current_company(), :note)
    on conflict (company_id) do update set note = excluded.note
    """
)
_RECENT = text(
    """
    select exists (select from training_run
      where company_id = current_company() and field = :field and cause in ('count', 'timetable')
        and asked_at > now() - make_interval(secs => :pause))
    """
)
