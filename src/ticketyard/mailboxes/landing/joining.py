"""Add a mail to the ticket it proved to belong to."""

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of
from ticketyard.core.errors import Refusal
from ticketyard.mailboxes.landing.deciding import Landing
from ticketyard.mailboxes.landing.opening import keep_participants
from ticketyard.mailboxes.landing.reading import ReadMessage
from ticketyard.mailboxes.landing.texts import comment_of, sender_line, usable_sender
from ticketyard.mailboxes.landing.threading import KnownTicket
from ticketyard.people.accounts import add_person
from ticketyard.people.logging_in import principal_of
from ticketyard.people.queries import find_person_by_email
from ticketyard.tickets.attaching import ATTACHMENTS_MAX, attach_files
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.models import Comment


async def join_ticket(
    session: AsyncSession, message: ReadMessage, ticket: KnownTicket, landing: Landing
) -> Comment:
    """Add the mail as a comment of its sender, with its files.

    What an answering machine wrote, or nobody vouches for, is a note for agents and changes
    nothing else. Somebody new who proved to belong here takes part from now on.
    """
    by = await _author(session, message, internal=landing.internal)
    comment = await add_comment(
        session,
        ticket_id=ticket.id,
        body=comment_of(message.mail),
        by=by,
        is_internal=landing.internal,
        source="email",
        reopens=landing.reopens,
    )
    for start in range(0, len(message.files), ATTACHMENTS_MAX):
        await attach_files(
            session,
            ticket_id=ticket.id,
            files=message.files[start : start + ATTACHMENTS_MAX],
            by=by,
            comment_id=comment.id,
        )
    await _remember(session, message, ticket, landing)
    return comment


async def _author(session: AsyncSession, message: ReadMessage, *, internal: bool) -> Principal:
    """The person behind the address, known or new; for what is not theirs for certain, the system
    in their name."""
    company_id = company_of(session)
    email = usable_sender(message.mail)
    if internal or email is None:
        return Principal.system(company_id, f"Mail from {sender_line(message.mail)}"[:200])
    person = await find_person_by_email(session, email)
    if person is None:
        name = message.mail.sender.name if message.mail.sender else ""
        try:
            async with session.begin_nested():
                person = await add_person(
                    session,
                    name=name[:200].strip() or email.partition("@")[0],
                    email=email,
                    role="requester",
                    by=Principal.system(company_id, "Mail"),
                )
        except Refusal:
            return Principal.system(company_id, f"Mail from {email}"[:200])
    return principal_of(person)


async def _remember(
    session: AsyncSession, message: ReadMessage, ticket: KnownTicket, landing: Landing
) -> None:
    proof, key = landing.proof, message.sender_key
    if proof and proof.standing == "colleague" and key not in ticket.participants:
        sender = message.mail.sender
        row = {
            "ticket_id": ticket.id,
            "email_key": key,
            "email": sender.email if sender else key,
            "name": sender.name[:200] if sender else "",
            "receives": False,
        }
        await keep_participants(session, [row])
