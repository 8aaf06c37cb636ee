"""Send a mail by hand: once more after it failed, or one to try the way out."""

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.mail.headers_out import BadAddress, envelope_address
from ticketyard.notify.errors import BadRecipient, MailUnderway, NoMailServer
from ticketyard.notify.models import OutgoingMail
from ticketyard.notify.queries import get_outgoing
from ticketyard.notify.queueing import Draft, Posting, Recipient, announce, queue_mail
from ticketyard.notify.servers import NO_SERVER, MailOut, general_way, ways_of_tickets
from ticketyard.notify.templates import signature_below

_OVER = ("failed", "bounced", "suppressed")


async def send_again(
    session: AsyncSession, *, mail_id: int, out: MailOut, by: Principal
) -> OutgoingMail:
    """Try it anew, as the same message, for whoever did not get it; the four days begin again.

    Raises MailNotFound, MailUnderway, NoMailServer.
    """
    mail = await get_outgoing(session, mail_id, lock=True)
    if mail.state not in _OVER:
        raise MailUnderway(
            "This mail has left already." if mail.state == "sent" else "This mail is due already."
        )
    if mail.ticket_id is not None:
        way = (await ways_of_tickets(session, [mail.ticket_id], out))[mail.ticket_id]
    else:
        way = await general_way(session, out)
    if not way.has_server:
        raise NoMailServer(NO_SERVER)
    if not mail.sender_email or mail.state == "suppressed":
        # It was written when there was no way out, or another one.
        mail.sender_email, mail.mailbox_id = way.email, way.mailbox_id
    mail.recipients = [_open_again(each) for each in mail.recipients]
    mail.state, mail.reason, mail.attempts = "waiting", None, 0
    mail.ready_at = mail.queued_at = func.now()
    mail.claimed_until = None
    await session.flush()
    await announce(session, [mail.id], by=by)
    return await get_outgoing(session, mail_id)


def _open_again(recipient: dict[str, str]) -> dict[str, str]:
    """Whoever the server took it for does not get it twice."""
    if recipient.get("state") == "taken":
        return recipient
    return {name: value for name, value in recipient.items() if name not in ("state", "words")}


async def send_test_mail(
    session: AsyncSession, *, to: str, out: MailOut, by: Principal
) -> int | None:
    """Queue a mail that shows whether mail leaves; gives its id. Raises NoMailServer, BadRecipient."""
    try:
        envelope_address(to)
    except BadAddress as error:
        raise BadRecipient(str(error)) from error
    way = await general_way(session, out)
    if not way.has_server:
        raise NoMailServer(NO_SERVER)
    body = f"This is a test. {by.name} asked whether mail leaves {way.name}: it does.\n\n"
    draft = Draft(
        kind="test",
        recipients=(Recipient(email=to.strip()),),
        subject=f"Test of mail from {way.name}",
        body=body + await signature_below(session, None),
        sender_name=way.name,
    )
    return await queue_mail(session, Posting(draft=draft, way=way), by=by)
