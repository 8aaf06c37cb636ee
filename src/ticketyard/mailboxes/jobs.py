"""Background entry points of mailboxes."""

from collections.abc import Sequence

from ticketyard.core.resources import Resources
from ticketyard.intake.events import MessageDismissed, MessageOpened
from ticketyard.mailboxes.following_looks import follow_looks


async def follow_looked_at(
    resources: Resources, company_id: int, events: Sequence[MessageOpened | MessageDismissed]
) -> None:
    """Count what a person opened or dismissed."""
    async with resources.db.transaction(company_id) as session:
        await follow_looks(session, events)
