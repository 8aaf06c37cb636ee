"""Send anew what a broker took and lost, where our own consumer is at the other end and can tell.

A queue hands out the oldest first. So what our consumer never finished, although it finished what was
sent a good while later, is in no queue any more: Redis was started again without its data, or a
consumer died in the instant between taking a message off the list and noting that it had.
"""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import now_of

# Longer than a task with all its retries takes, so that what is merely slow is let be.
OVERTAKEN_BY = timedelta(minutes=30)
REPEATS_MAX = 3


async def repeat_missing(session: AsyncSession) -> int:
    """Put what was lost back among what waits; gives how many."""
    told = {"by": OVERTAKEN_BY, "max": REPEATS_MAX, "now": now_of(session)}
    return len(list(await session.scalars(_AGAIN, told)))


_AGAIN = text(
    """
    update outlet_message m set state = 'waiting', settled_at = null, ready_at = :now,
      repeats = m.repeats + 1, problem = 'The broker lost it.'
    from outlet o
    where o.company_id = current_company() and m.company_id = o.company_id and m.state = 'sent'
      and m.handled_at is null and m.repeats < :max and m.settled_at < o.handled_up_to - :by
    returning m.id
    """
)
