"""A desk that can send mail, and the server it sends it to."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.notify.sink import Sink, open_sink
from tests.world import World
from ticketyard.core.config import Settings
from ticketyard.core.events import emit
from ticketyard.core.jobs import Worker
from ticketyard.intake.models import InboundMessage
from ticketyard.mailboxes.events import MailBounced
from ticketyard.mailboxes.models import EmailLog, MailMessage
from ticketyard.tickets.attaching import attach_files, keep_file
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.drafts import NewTicket
from ticketyard.tickets.numbering import Numbers
from ticketyard.tickets.opening import OpenedTicket, open_tickets
from ticketyard.wiring import build_worker


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    """A server without TLS or log-in."""
    async with open_sink() as sink:
        yield sink


@pytest.fixture
def settings(settings: Settings, sink: Sink) -> Settings:
    """Mail leaves by the sink."""
    return settings.model_copy(
        update={
            "smtp_host": "127.0.0.1",
            "smtp_port": sink.port,
            "smtp_security": "none",
            "from_email": "desk@north.example",
        }
    )


@dataclass
class Desk:
    """The cast with a mail server, and short words for what tests do."""

    world: World
    worker: Worker
    sink: Sink

    async def open(self, title: str = "Printer on fire", **given: Any) -> OpenedTicket:
        """A ticket nobody waits for an acknowledgement of."""
        return await self.world.open(title, **{"source": "api", **given})

    async def take_part(self, ticket: OpenedTicket, email: str, *, receives: bool = True) -> None:
        """Somebody who was copied in."""
        await self.rows(
            "insert into mail_participant (company_id, ticket_id, email_key, email, receives)"
            " values (current_company(), :ticket, lower(:email), :email, :receives)",
            ticket=ticket.id, email=email, receives=receives,
        )  # fmt: skip

    async def answer(self, ticket: OpenedTicket, body: str = "Try again.", **given: Any) -> int:
        """Ana answers."""
        world = self.world
        async with world.resources.db.transaction(world.company_id) as session:
            by = given.pop("by", world.as_person(world.ana))
            kept = [
                await keep_file(
                    world.resources.blobs, world.company_id, filename=name, content=content
                )
                for name, content in given.pop("files", {}).items()
            ]
            comment = await add_comment(session, ticket_id=ticket.id, body=body, by=by, **given)
            await attach_files(
                session, ticket_id=ticket.id, files=kept, by=by, comment_id=comment.id
            )
            return comment.id

    async def add_mailbox(self, address: str, *, smtp: int = 0) -> int:
        """A mailbox of ours; smtp: the port of its own server."""
        (row,) = await self.rows(
            "insert into mailbox (company_id, address, imap_server, username, smtp_server,"
            " smtp_port, smtp_security) values (current_company(), :address, 'imap.example', '',"
            " :server, :port, 'none') returning id",
            address=address, server="127.0.0.1" if smtp else "", port=smtp or 587,
        )  # fmt: skip
        return int(row.id)

    async def mail_in(
        self,
        subject: str,
        *,
        sender: str = "rita@example.com",
        message_id: str = "",
        mailbox_id: int | None = None,
        **known: Any,
    ) -> OpenedTicket:
        """A ticket opened by a mail, as filing leaves it: all in one transaction."""
        world = self.world
        message_id = message_id or f"{uuid4().hex}@customer.example"
        async with world.resources.db.transaction(world.company_id) as session:
            (opened,) = await open_tickets(
                session,
                [NewTicket(source="email", title=subject, requester_email=sender)],
                numbers=world.resources.part(Numbers),
                now=world.resources.clock(),
                by=world.system,
            )
            inbound = InboundMessage(
                company_id=world.company_id, source="email", identity=message_id, sha256="",
                content_type="message/rfc822", raw=b"", state="accepted", ticket_id=opened.id,
                repeats=0,
            )  # fmt: skip
            session.add(inbound)
            await session.flush()
            session.add(
                MailMessage(
                    inbound_id=inbound.id, company_id=world.company_id, mailbox_id=mailbox_id,
                    outcome="ticket", message_id=message_id, sender=sender, ticket_id=opened.id,
                    **known,
                )
            )  # fmt: skip
            session.add(
                EmailLog(
                    company_id=world.company_id, ticket_id=opened.id, email_from=sender,
                    email_message_id=f"<{message_id}>", email_received_at=world.resources.clock(),
                    thread_data={"references": "<root@customer.example>"},
                )
            )  # fmt: skip
        return opened

    async def bounce(self, mail: Any, *, permanent: bool, **given: Any) -> None:
        """The mail comes back."""
        event = MailBounced(
            ticket_id=mail.ticket_id,
            message_id=given.get("message_id", mail.message_id),
            recipients=given.get("recipients", [each["email"] for each in mail.recipients]),
            permanent=permanent,
            words=given.get("words", ""),
        )
        async with self.world.resources.db.transaction(self.world.company_id) as session:
            await emit(session, event, by=self.world.system)
        await self.run()

    async def again(self, event: str, job: str) -> None:
        """A listener hears of everything once more, as after a crash."""
        await self.rows(
            "insert into job_item (company_id, job, event_id, event_type, payload)"
            " select company_id, :job, id, type, payload from event where type = :event",
            event=event, job=job,
        )  # fmt: skip

    async def run(self) -> None:
        """Everything that waits is done."""
        await self.worker.run_pending()

    async def rows(self, query: str, **values: Any) -> list[Any]:
        """Rows of the first company."""
        async with self.world.resources.db.transaction(self.world.company_id) as session:
            result = await session.execute(text(query), values)
            return list(result.all()) if result.returns_rows else []

    async def mails(self) -> list[Any]:
        """The outbox, oldest first."""
        return await self.rows("select * from outgoing_mail order by id")

    async def make_due(self) -> None:
        """Let the time of the next try come."""
        await self.rows("update outgoing_mail set ready_at = now(), claimed_until = null")


@pytest.fixture
async def desk(world: World, settings: Settings, sink: Sink) -> Desk:
    """A desk whose mail leaves by the sink."""
    return Desk(world, build_worker(world.resources, settings), sink)
