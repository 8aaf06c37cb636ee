"""Background entry points of mail out."""

from collections.abc import Sequence

from sqlalchemy import text

from ticketyard.core.events import Event
from ticketyard.core.jobs import enqueue
from ticketyard.core.resources import Resources
from ticketyard.mailboxes.events import MailBounced
from ticketyard.notify.acknowledging import SOURCES, acknowledge_tickets
from ticketyard.notify.bouncing import take_back
from ticketyard.notify.events import MailQueued
from ticketyard.notify.noticing import tell_of_resolution
from ticketyard.notify.replying import mail_comments
from ticketyard.notify.sending import Postman, has_due
from ticketyard.notify.servers import MailOut
from ticketyard.notify.telling.gathering import tell_of_events
from ticketyard.notify.telling.leaving import has_due_notifications, send_due_notifications
from ticketyard.tickets.events import CommentAdded, TicketOpened, TicketStatusChanged


async def acknowledge(
    resources: Resources, company_id: int, events: Sequence[TicketOpened]
) -> None:
    """Tell whoever wrote to us that it arrived."""
    waited_for = sorted({event.ticket_id for event in events if event.source in SOURCES})
    if waited_for:
        await acknowledge_tickets(resources, company_id, waited_for)


async def mail_answers(
    resources: Resources, company_id: int, events: Sequence[CommentAdded]
) -> None:
    """Mail what agents answered."""
    public = sorted({event.comment_id for event in events if not event.is_internal})
    if public:
        await mail_comments(resources, company_id, public)


async def tell_requesters(
    resources: Resources, company_id: int, events: Sequence[TicketStatusChanged]
) -> None:
    """Tell requesters what became of their tickets."""
    resolved = sorted({event.ticket_id for event in events if event.after == "resolved"})
    if resolved:
        await tell_of_resolution(resources, company_id, resolved)


async def take_back_bounced(
    resources: Resources, company_id: int, events: Sequence[MailBounced]
) -> None:
    """Note what came back."""
    for event in events:
        async with resources.db.transaction(company_id) as session:
            await take_back(session, event)


async def send_queued(resources: Resources, company_id: int, events: Sequence[MailQueued]) -> None:
    """Send mail as soon as it is due."""
    await resources.part(Postman).send_due(resources, company_id)


async def send_due_mail(resources: Resources, company_id: int) -> None:
    """Send what waited for its next try."""
    await resources.part(Postman).send_due(resources, company_id)


async def wake_postman(resources: Resources, company_id: int) -> None:
    """Timetable: look for due mail; sending is left to a job, so that no company waits for the
    server of another."""
    async with resources.db.transaction(company_id) as session:
        if await has_due(session):
            await enqueue(session, send_due_mail, key=f"send_due_mail:{company_id}")


async def tell_agents(resources: Resources, company_id: int, events: Sequence[Event]) -> None:
    """Tell agents what concerns them, whoever did it, unless they did it themselves."""
    ids = sorted({each.stored_id for each in events if each.stored_id is not None})
    async with resources.db.transaction(company_id) as session:
        due = await tell_of_events(session, ids, out=resources.part(MailOut))
        if due is not None:
            key = f"notify.send_notifications:{due:%Y%m%d%H%M%S}"
            await enqueue(session, send_notifications, key=key, at=due)


async def send_notifications(resources: Resources, company_id: int) -> None:
    """Send what is due by mail, to chats and by SMS."""
    await send_due_notifications(resources, company_id)


async def wake_notifications(resources: Resources, company_id: int) -> None:
    """Timetable: look for messages that are due, for their first or their next try."""
    async with resources.db.transaction(company_id) as session:
        if await has_due_notifications(session):
            await enqueue(session, send_notifications, key="notify.send_notifications")


async def prune_notifications(resources: Resources, company_id: int) -> None:
    """Timetable: once a day, forget what was read long ago and which events were told."""
    async with resources.db.transaction(company_id) as session:
        for statement in _PRUNE:
            await session.execute(text(statement))


_PRUNE = (
    "delete from notified_event where company_id = current_company()"
    " and told_at < now() - interval '7 days'",
    "delete from notification where company_id = current_company()"
    " and last_at < now() - interval '90 days'",
)
