"""Background entry points of learning."""

from collections.abc import Sequence
from typing import cast

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Kind, Principal
from ticketyard.core.errors import Refusal
from ticketyard.core.jobs import enqueue
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.people.models import Person
from ticketyard.triage.engines import Engines
from ticketyard.triage.learning.apprentice import LessonBroke
from ticketyard.triage.learning.counting import consider_training
from ticketyard.triage.learning.events import EnoughAnalysed, TrainingRequested
from ticketyard.triage.learning.models import TrainingRun
from ticketyard.triage.learning.queries import list_waiting
from ticketyard.triage.learning.runs import abandon_stale, claim_run
from ticketyard.triage.learning.shadowing import promote_proven_shadow
from ticketyard.triage.learning.training import GivenUp, work_off

log = get_logger(__name__)

LANE = "training"
"""One training at a time, so that new tickets never wait behind several."""


async def train_requested(
    resources: Resources, company_id: int, events: Sequence[TrainingRequested]
) -> None:
    """Queue the trainings that were asked for, in a lane of their own."""
    async with resources.db.transaction(company_id) as session:
        for event in events:
            await enqueue(
                session,
                run_training,
                key=f"training:{event.run_id}",
                lane=LANE,
                run_id=event.run_id,
            )


async def run_training(resources: Resources, company_id: int, run_id: int) -> None:
    """Do one training; one that is taken already, or whose process died, is not done twice."""
    async with resources.db.transaction(company_id) as session:
        run = await claim_run(session, run_id)
        if run is None:
            await abandon_stale(session)
            return
        by = await _asker(session, run)
    try:
        await work_off(resources, company_id, run, by=by)
    except (Refusal, LessonBroke, GivenUp) as reason:
        log.warning("training_ended", company_id=company_id, run=run_id, reason=str(reason))


async def look_after_trainings(resources: Resources, company_id: int) -> None:
    """Timetable: give up what lost its process, queue again what nobody took, promote a proven
    shadow."""
    async with resources.db.transaction(company_id) as session:
        await abandon_stale(session)
        for run in await list_waiting(session):
            await enqueue(session, run_training, key=f"training:{run.id}", lane=LANE, run_id=run.id)
        await promote_proven_shadow(session, resources.part(Engines).embedder)


async def train_by_count(
    resources: Resources, company_id: int, events: Sequence[EnoughAnalysed]
) -> None:
    """Enough was analysed: learn, if there is anything new."""
    await consider_training(resources, company_id, "count")


async def train_nightly(resources: Resources, company_id: int) -> None:
    """Timetable: learn what is new since the last training, if there is enough of it."""
    await consider_training(resources, company_id, "timetable")


async def _asker(session: AsyncSession, run: TrainingRun) -> Principal:
    """Whoever asked, as far as a row tells: what they bring has the weight of their role."""
    is_person = run.by_kind == "person" and run.by_id is not None
    person = await session.get(Person, run.by_id) if is_person else None
    return Principal(
        cast("Kind", run.by_kind),
        run.by_id,
        run.company_id,
        run.by_name,
        role=person.role if person else "",
    )
