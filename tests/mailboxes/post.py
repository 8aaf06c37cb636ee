"""Hand a mail to filing as if a mailbox had brought it."""

import itertools
from dataclasses import dataclass
from email.message import EmailMessage
from hashlib import sha256
from typing import Any

from sqlalchemy import text

from tests.world import World
from ticketyard.intake.models import InboundMessage
from ticketyard.mailboxes.filing import file_claimed
from ticketyard.mailboxes.landing.placing import Placed
from ticketyard.mailboxes.models import EmailLog, Mailbox, MailMessage

DESK = "support@desk.example"
AUTHSERV = "mx.desk.example"
_uids = itertools.count(1)


def mail(
    body: str = "The printer is on fire.",
    *,
    sender: str = "Rita Requester <rita@example.com>",
    subject: str = "Printer on fire",
    message_id: str | None = None,
    html: str = "",
    files: dict[str, bytes] | None = None,
    **headers: str,
) -> bytes:
    """A message; further headers by name with _ for - (`in_reply_to="<…>"`)."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = headers.pop("to", DESK)
    message["Subject"] = subject
    message["Date"] = headers.pop("date", "Mon, 15 Dec 2025 10:00:00 +0000")
    message["Message-ID"] = message_id or f"<m{next(_uids)}@mailer.example>"
    for name, value in headers.items():
        message[name.replace("_", "-").title()] = value
    message.set_content(body)
    if html:
        message.add_alternative(html, subtype="html")
    for name, content in (files or {}).items():
        message.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=name
        )
    return message.as_bytes()


async def add_mailbox(world: World, address: str = DESK) -> int:
    """A mailbox of the first company; nobody fetches from it."""
    async with world.resources.db.transaction(world.company_id) as session:
        box = Mailbox(
            company_id=world.company_id,
            address=address,
            imap_server="imap.desk.example",
            username=address,
            authserv_id=AUTHSERV,
        )
        session.add(box)
        await session.flush()
        return box.id


async def keep(world: World, raw: bytes, mailbox_id: int | None = None) -> int:
    """Keep the bytes as fetching does; gives the delivery's id."""
    uid = next(_uids)
    async with world.resources.db.transaction(world.company_id) as session:
        inbound = InboundMessage(
            company_id=world.company_id,
            source="email",
            identity=f"mailbox:{mailbox_id}:1:{uid}",
            sha256=sha256(raw).hexdigest(),
            content_type="message/rfc822",
            raw=raw,
            size_bytes=len(raw),
            state="waiting",
            repeats=0,
        )
        session.add(inbound)
        await session.flush()
        session.add(
            MailMessage(
                inbound_id=inbound.id,
                company_id=world.company_id,
                mailbox_id=mailbox_id,
                uidvalidity=1 if mailbox_id else None,
                uid=uid if mailbox_id else None,
            )
        )
        return inbound.id


async def deliver(world: World, raw: bytes, mailbox_id: int | None = None) -> Placed:
    """Keep the bytes and file them at once; tells where they landed."""
    inbound_id = await keep(world, raw, mailbox_id)
    return (await file_claimed(world.resources, world.company_id, [inbound_id]))[inbound_id]


async def sent(world: World, ticket_id: int, number: str, *, token: str = "0f1e2d3c") -> str:
    """As if we had mailed about this ticket; gives our Message-ID without angle brackets."""
    message_id = f"{number}.{token * 4}@desk.example"
    async with world.resources.db.transaction(world.company_id) as session:
        session.add(
            EmailLog(
                company_id=world.company_id,
                ticket_id=ticket_id,
                email_message_id=f"<{message_id}>",
                email_from=DESK,
                direction="out",
            )
        )
    return message_id


@dataclass(frozen=True)
class Row:
    """What the database says of one delivery."""

    outcome: str
    ticket_id: int | None
    why: dict[str, Any]
    state: str


async def row_of(world: World, inbound_id: int) -> Row:
    """The delivery's row."""
    async with world.resources.db.transaction(world.company_id) as session:
        found = (
            await session.execute(
                text(
                    "select m.outcome, m.ticket_id, m.why, i.state from mail_message m"
                    " join inbound_message i on i.id = m.inbound_id where m.inbound_id = :id"
                ),
                {"id": inbound_id},
            )
        ).one()
        return Row(found.outcome, found.ticket_id, found.why, found.state)
