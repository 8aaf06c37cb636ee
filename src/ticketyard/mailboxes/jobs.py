"""Background entry points of mailboxes."""

from collections.abc import Sequence

from ticketyard.core.resources import Resources
from ticketyard.intake.events import MessageDismissed, MessageOpened
from ticketyard.mailboxes.following_looks import follow_looks
from ticketyard.mailboxes.following_merges import follow_participants
from ticketyard.tickets.events import TicketMergedInto, TicketSplit


async def follow_looked_at(
    resources: Resources, company_id: int, events: Sequence[MessageOpened | MessageDismissed]
) -> None:
    """Count what a person opened or dismissed."""
    async with resources.db.transaction(company_id) as session:
        await follow_looks(session, events)


async def follow_merges(
    resources: Resources, company_id: int, events: Sequence[TicketMergedInto | TicketSplit]
) -> None:
    """Take along who takes part by mail."""
    async with resources.db.transaction(company_id) as session:
        await follow_participants(session, events)
