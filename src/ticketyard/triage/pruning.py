"""Throw away what triage keeps of what is over: old models' bytes, gone shadows, opinions, files."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text

from ticketyard.core.db import now_of
from ticketyard.core.resources import Resources
from ticketyard.triage.learning.events import TrainingEnded

KEEP_VERSIONS: Final = 5
"""So many usable versions of a field one can go back to; of older ones the figures are kept."""

KEEP_OPINIONS_DAYS: Final = 90


async def prune_triage(resources: Resources, company_id: int) -> None:
    """Timetable: once a day."""
    async with resources.db.transaction(company_id) as session:
        told = {"now": now_of(session), "versions": KEEP_VERSIONS, "days": KEEP_OPINIONS_DAYS}
        for statement in (_EMPTY_MODELS, _FORGET_SHADOWS, _FORGET_OPINIONS):
            await session.execute(statement, told)


async def delete_training_files(
    resources: Resources, company_id: int, events: Sequence[TrainingEnded]
) -> None:
    """A training has ended: what its file taught is in the database, so the file goes."""
    runs = {"runs": [event.run_id for event in events]}
    async with resources.db.transaction(company_id) as session:
        keys = list(await session.scalars(_ENDED_FILES, runs))
    for key in keys:
        # What is kept by its content may be meant by somebody else as well.
        if key.startswith(f"{company_id}/named/"):
            await resources.blobs.delete(key)
    async with resources.db.transaction(company_id) as session:
        await session.execute(_NO_FILES, runs)


_EMPTY_MODELS = text(
    """
    update triage_model m set model = '', emptied_at = :now
    from (select id, row_number() over (partition by field order by version desc) as place
          from triage_model
          where company_id = current_company() and state <> 'rejected' and emptied_at is null) as v
    where m.company_id = current_company() and m.id = v.id and v.place > :versions
      and m.state not in ('current', 'shadow')
    """
)
_FORGET_SHADOWS = text(
    """
    delete from shadow_finding f
    where f.company_id = current_company() and not exists (
      select from triage_model m where m.company_id = f.company_id and m.field = f.field
        and m.version = f.version and m.state = 'shadow')
    """
)
# The newest of a ticket is what its page shows, and what is recalled when its text is read again.
_FORGET_OPINIONS = text(
    """
    delete from second_opinion o
    where o.company_id = current_company() and o.state <> 'waiting'
      and o.settled_at < cast(:now as timestamptz) - make_interval(days => :days)
      and exists (select from second_opinion newer where newer.company_id = o.company_id
                  and newer.ticket_id = o.ticket_id and newer.id > o.id)
    """
)
_ENDED_FILES = text(
    """
    select blob_key from training_run
    where company_id = current_company() and id = any(cast(:runs as bigint[]))
      and state not in ('waiting', 'running') and blob_key is not null
    """
)
_NO_FILES = text(
    """
    update training_run set blob_key = null
    where company_id = current_company() and id = any(cast(:runs as bigint[]))
      and state not in ('waiting', 'running') and blob_key is not null
    """
)
