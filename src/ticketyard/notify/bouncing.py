"""What becomes of a mail of ours that came back."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of
from ticketyard.mailboxes.events import MailBounced
from ticketyard.notify.models import OutgoingMail
from ticketyard.notify.verdicts import shown_words
from ticketyard.tickets.commenting import add_comment


async def take_back(session: AsyncSession, bounce: MailBounced) -> OutgoingMail | None:
    """Mark the mail and tell the agents, once; None where it was none of ours.

    A report that it is only late leaves it sent, with a note.
    """
    mail = await session.scalar(
        select(OutgoingMail)
        .where(
            OutgoingMail.company_id == company_of(session),
            OutgoingMail.message_id == bounce.message_id.strip().strip("<>"),
        )
        .with_for_update()
    )
    if mail is None:
        return None
    words = shown_words(bounce.words)
    if not bounce.permanent:
        if mail.state == "sent":
            mail.reason = f"On its way still: {words}".rstrip(": ")
        return mail
    came_back = _came_back(mail, bounce)
    before = [each["email"] for each in mail.recipients if each.get("state") == "bounced"]
    mail.recipients = [
        {**each, "state": "bounced"} if each["email"].lower() in came_back else each
        for each in mail.recipients
    ]
    now = [each["email"] for each in mail.recipients if each.get("state") == "bounced"]
    mail.state = "bounced"
    mail.reason = f"It came back: {words}".rstrip(": ")
    new = [each for each in now if each not in before]
    if new and mail.ticket_id is not None:
        await _tell(session, mail.ticket_id, new, words)
    return mail


def _came_back(mail: OutgoingMail, bounce: MailBounced) -> set[str]:
    """The recipients a report names; one that names none of ours means whom we wrote to."""
    named = {each.lower() for each in bounce.recipients}
    ours: list[dict[str, Any]] = mail.recipients
    found = {each["email"].lower() for each in ours} & named
    return found or {each["email"].lower() for each in ours[:1]}


async def _tell(session: AsyncSession, ticket_id: int, to: list[str], words: str) -> None:
    by = Principal.system(company_of(session), "Mail")
    body = f"Our mail to {', '.join(to)} came back. {words}".strip()
    await add_comment(
        session, ticket_id=ticket_id, body=body, by=by, is_internal=True, source="email"
    )
