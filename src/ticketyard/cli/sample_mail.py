"""The sample company's mailbox: some of its tickets come and go on by mail, through the real line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, make_msgid
from html import escape
from typing import Any

from sqlalchemy import select

from ticketyard.core.resources import Resources
from ticketyard.mailboxes.filing import file_claimed
from ticketyard.mailboxes.keeping import FetchedMail, Place, keep_messages
from ticketyard.mailboxes.models import Mailbox, MailboxPosition, MailMessage
from ticketyard.tickets.models import Ticket

ADDRESS = "help@tobylgy.example"
UIDVALIDITY = 1


@dataclass
class SampleMailbox:
    """A mailbox that no server stands behind; it is switched off, so that nothing asks for one."""

    resources: Resources
    company_id: int
    mailbox_id: int
    uid: int = 0
    first_ids: dict[int, str] = field(default_factory=dict)

    @classmethod
    async def add(cls, resources: Resources, company_id: int) -> "SampleMailbox":
        """Add it to the company."""
        async with resources.db.transaction(company_id) as session:
            box = Mailbox(
                company_id=company_id,
                address=ADDRESS,
                display_name="Tobylgy Help",
                is_enabled=False,
                imap_server="imap.tobylgy.example",
                username=ADDRESS,
                succeeded_at=resources.clock(),
            )
            session.add(box)
            await session.flush()
            position = MailboxPosition(
                company_id=company_id, mailbox_id=box.id, uidvalidity=UIDVALIDITY
            )
            session.add(position)
            return cls(resources, company_id, box.id)

    async def deliver(self, body: Mapping[str, Any]) -> int:
        """A mail as `POST /api/tickets/email` takes it arrives; gives its ticket."""
        message = self._message(body["from"]["email"], body["from"]["name"])
        message["Subject"] = body["subject"]
        message["Message-ID"] = body["message_id"]
        _write(message, body["body"])
        ticket_id = await self._arrive(message)
        self.first_ids[ticket_id] = body["message_id"]
        return ticket_id

    async def reply(self, ticket: Ticket, words: str) -> None:
        """The requester answers by mail, as mail programs do it."""
        message = self._message(ticket.requester_email or "", ticket.requester_name or "")
        message["Subject"] = f"Re: [{ticket.number}] {ticket.title}"
        message["Message-ID"] = make_msgid(domain="mail.tobylgy.example")
        message["In-Reply-To"] = self.first_ids[ticket.id]
        message["References"] = self.first_ids[ticket.id]
        at = self.resources.clock()
        _write(
            message, f"{words}\n\nOn {at:%d.%m.%Y %H:%M}, Tobylgy Help wrote:\n> {ticket.title}\n"
        )
        await self._arrive(message)

    def _message(self, email: str, name: str) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"] = formataddr((name, email))
        message["To"] = formataddr(("Tobylgy Help", ADDRESS))
        message["Date"] = format_datetime(self.resources.clock())
        return message

    async def _arrive(self, message: EmailMessage) -> int:
        self.uid += 1
        at: datetime = self.resources.clock()
        mail = FetchedMail.of(self.uid, message.as_bytes(), at)
        place = Place(
            company_id=self.company_id, mailbox_id=self.mailbox_id, uidvalidity=UIDVALIDITY
        )
        await keep_messages(self.resources, place, [mail], read_up_to=self.uid)
        async with self.resources.db.transaction(self.company_id) as session:
            inbound_id = await session.scalar(
                select(MailMessage.inbound_id).where(
                    MailMessage.mailbox_id == self.mailbox_id, MailMessage.uid == self.uid
                )
            )
        placed = await file_claimed(self.resources, self.company_id, [int(inbound_id or 0)])
        return placed[int(inbound_id or 0)].ticket_id or 0


def _write(message: EmailMessage, words: str) -> None:
    message.set_content(words)
    paragraphs = "".join(
        f"<p>{escape(each).replace(chr(10), '<br>')}</p>" for each in words.split("\n\n")
    )
    message.add_alternative(f"<html><body>{paragraphs}</body></html>", subtype="html")
