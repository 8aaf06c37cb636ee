"""Background entry points of the outlet. What is due is sent by a lane of its own (lane.py)."""

from collections.abc import Sequence

from sqlalchemy import text

from ticketyard.core.db import now_of
from ticketyard.core.resources import Resources
from ticketyard.outlet.broker import BrokerAt
from ticketyard.outlet.consuming.told_tickets import answer_taken
from ticketyard.outlet.events import TicketEventTaken
from ticketyard.outlet.lane import switch_off_unseen
from ticketyard.outlet.missing import repeat_missing

KEEP_DAYS = 30


async def answer_told(
    resources: Resources, company_id: int, events: Sequence[TicketEventTaken]
) -> None:
    """Answer the tickets that another system told of."""
    for event in events:
        await answer_taken(resources, company_id, event)


async def mind_outlet(resources: Resources, company_id: int) -> None:
    """Timetable: send anew what a broker lost; where no broker is known any more, put down nothing."""
    async with resources.db.transaction(company_id) as session:
        if resources.part(BrokerAt).is_configured:
            await repeat_missing(session)
        else:
            await switch_off_unseen(session)


async def prune_outlet(resources: Resources, company_id: int) -> None:
    """Timetable: once a day, forget what was settled or done a month ago."""
    async with resources.db.transaction(company_id) as session:
        for statement in (_PRUNE_SENT, _PRUNE_PROCESSED):
            await session.execute(statement, {"days": KEEP_DAYS, "now": now_of(session)})


_PRUNE_SENT = text(
    "delete from outlet_message where company_id = current_company() and state <> 'waiting'"
    " and settled_at < :now - make_interval(days => :days)"
)
_PRUNE_PROCESSED = text(
    "delete from processed_event where company_id = current_company()"
    " and updated_at < :now - make_interval(days => :days)"
)
