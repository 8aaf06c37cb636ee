"""Send a mail by hand: once more after it failed, or one to try the way out."""

from datetime import datetime

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.mail.outgoing.headers_out import BadAddress, envelope_address
from ticketyard.mailboxes.landing.lookups import own_addresses
from ticketyard.notify.declining import is_own
from ticketyard.notify.errors import BadRecipient, MailToOurselves, MailUnderway, NoMailServer
from ticketyard.notify.models import OutgoingMail
from ticketyard.notify.queries import get_outgoing
from ticketyard.notify.queueing import Draft, Posting, Recipient, announce, queue_mails
from ticketyard.notify.servers import NO_SERVER, MailOut, general_way, ways_of_tickets
from ticketyard.notify.templates import signature_below


async def send_again(
    session: AsyncSession, *, mail_id: int, out: MailOut, by: Principal
) -> OutgoingMail:
    """Try it now, as the same message, for whoever did not get it; the four days begin again.

    What was held back because it would answer a machine a person may send all the same.
    Raises MailNotFound, MailUnderway, MailToOurselves, NoMailServer.
    """
    mail = await get_outgoing(session, mail_id, lock=True)
    _check_not_underway(mail, now_of(session))
    own = {*await own_addresses(session), out.from_email.lower()}
    if all(is_own(each["email"], own) for each in mail.recipients):
        raise MailToOurselves(
            "Mail to one of our own mailboxes would open a ticket, not answer one."
        )
    if mail.ticket_id is not None:
        way = (await ways_of_tickets(session, [mail.ticket_id], out))[mail.ticket_id]
    else:
        way = await general_way(session, out)
    if not way.has_server:
        raise NoMailServer(NO_SERVER)
    if mail.state == "suppressed":
        # It was written when there was no way out, or another one.
        mail.sender_email, mail.mailbox_id = way.email, way.mailbox_id
    mail.recipients = [_open_again(each) for each in mail.recipients]
    mail.state, mail.reason, mail.attempts = "waiting", None, 0
    mail.ready_at = mail.queued_at = func.now()
    mail.claimed_until = None
    await session.flush()
    await announce(session, [mail.id], by=by)
    return await get_outgoing(session, mail_id)


def _check_not_underway(mail: OutgoingMail, now: datetime) -> None:
    if mail.state == "sent":
        raise MailUnderway("This mail has left already.")
    if mail.state == "waiting" and mail.claimed_until is not None and mail.claimed_until > now:
        raise MailUnderway("This mail is being sent just now.")


def _open_again(recipient: dict[str, str]) -> dict[str, str]:
    """Whoever the server took it for does not get it twice."""
    if recipient.get("state") == "taken":
        return recipient
    return {name: value for name, value in recipient.items() if name not in ("state", "words")}


async def send_test_mail(session: AsyncSession, *, to: str, out: MailOut, by: Principal) -> int:
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
    (mail_id,) = await queue_mails(session, [Posting(draft=draft, way=way)], by=by)
    return mail_id
