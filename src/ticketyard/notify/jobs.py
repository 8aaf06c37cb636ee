"""Background entry points of mail out."""

from collections.abc import Sequence

from ticketyard.core.jobs import enqueue
from ticketyard.core.resources import Resources
from ticketyard.notify.events import MailQueued
from ticketyard.notify.replying import mail_comments
from ticketyard.notify.sending import Postman, has_due
from ticketyard.tickets.events import CommentAdded


async def mail_answers(
    resources: Resources, company_id: int, events: Sequence[CommentAdded]
) -> None:
    """Mail what agents answered."""
    public = sorted({event.comment_id for event in events if not event.is_internal})
    if public:
        await mail_comments(resources, company_id, public)


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
