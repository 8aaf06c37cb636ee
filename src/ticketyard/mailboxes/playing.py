"""Play a mail as if a mailbox had brought it, for trying out (spec 3)."""

from hashlib import sha256

from sqlalchemy import text

from ticketyard.core.auth import Principal, new_token
from ticketyard.core.resources import Resources
from ticketyard.mail.outgoing.told import ToldMail, write_told
from ticketyard.mailboxes.errors import TicketsFromMailOff
from ticketyard.mailboxes.filing import file_claimed
from ticketyard.mailboxes.landing.placing import Placed
from ticketyard.mailboxes.mail_rules import MailRules


async def play_mail(resources: Resources, told: ToldMail, *, by: Principal) -> Placed:
    """Keep the message as it would have arrived, and file exactly it; tells where it landed.

    Raises TicketsFromMailOff.
    """
    if not resources.part(MailRules).tickets:
        raise TicketsFromMailOff("TICKET_ENABLED or TICKET_EMAIL_INTEGRATION is off.")
    raw = write_told(told)
    arguments = {
        "identity": f"test:{new_token()}",
        "sha256": sha256(raw).hexdigest(),
        "raw": raw,
        "size": len(raw),
        "at": told.received_at,
    }
    async with resources.db.transaction(by.company_id) as session:
        inbound_id = int((await session.execute(_KEEP, arguments)).scalar_one())
    return (await file_claimed(resources, by.company_id, [inbound_id]))[inbound_id]


# Claimed at once, so that whoever files what waits leaves it to us.
_KEEP = text(
    """
    with kept as (
      insert into inbound_message
        (company_id, source, identity, sha256, content_type, state, raw, size_bytes)
      values (current_company(), 'email', :identity, :sha256, 'message/rfc822', 'waiting', :raw,
              :size)
      returning id)
    insert into mail_message (inbound_id, company_id, attempts, claimed_until, received_at)
    select id, current_company(), 1, now() + interval '1 minute',
           least(coalesce(cast(:at as timestamptz), now()), now())
    from kept returning inbound_id
    """
)
