"""Take in a mail that another program received: it threads like one that a mailbox brought."""

import asyncio
from dataclasses import replace

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.core.resources import Resources
from ticketyard.intake.arrivals import Arrival
from ticketyard.intake.receiving import (
    RawMessage,
    Received,
    check_source,
    identity_of,
    receive_within,
)
from ticketyard.mail.outgoing.told import ToldMail, write_told
from ticketyard.mail.reading import read_mail
from ticketyard.mailboxes.filing import ONE_AT_A_TIME, landing_of
from ticketyard.mailboxes.landing.bookkeeping import Entry, keep_books
from ticketyard.mailboxes.landing.classifying import classify
from ticketyard.mailboxes.landing.deciding import Landing, Twin
from ticketyard.mailboxes.landing.joining import join_ticket
from ticketyard.mailboxes.landing.lookups import Lookups, known_tickets, look_up
from ticketyard.mailboxes.landing.opening import note_about
from ticketyard.mailboxes.landing.placing import Placed
from ticketyard.mailboxes.landing.reading import ReadMessage
from ticketyard.mailboxes.landing.texts import content_hash_of, log_id_of
from ticketyard.mailboxes.models import MailMessage
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.holding import hold_ticket


async def receive_mail(
    resources: Resources, arrival: Arrival, told: ToldMail, *, message: RawMessage, by: Principal
) -> Received:
    """File it: under the ticket it proves to continue, else as a ticket of its own, or where it was
    filed before. It is on disk when this returns.

    Whoever hands it over vouches for nothing: the sender must have a part in the ticket, as with any
    mail. No workflow runs; the program that received it may say priority and category itself.
    Raises SourceNotAllowed, KeyReused, InvalidKey.
    """
    check_source(by, arrival.ticket.source)
    identity = identity_of(arrival, message, by)
    # In a thread, because a long text takes its time.
    mail = await asyncio.to_thread(read_mail, write_told(told))
    async with resources.db.transaction(by.company_id) as session:
        await session.execute(ONE_AT_A_TIME, {"company": by.company_id})
        read = ReadMessage(
            inbound_id=0,
            mailbox_id=None,
            team_id=None,
            received_at=min(mail.date or now_of(session), now_of(session)),
            mail=mail,
            log_id=log_id_of(mail, message.sha256),
            content_hash=content_hash_of(mail, message.sha256, arrival.files),
            verdict="none",
            files=arrival.files,
        )
        lookups = await look_up(session, [read])
        landing = _landing(read, lookups, await _brought(session, read))
        if landing.kind == "join" and landing.ticket:
            # Before the first row that names it: two who go from a shared lock to a whole one
            # (triage is the other) would wait for each other.
            await hold_ticket(session, landing.ticket.id)
        received = await receive_within(
            session,
            resources,
            arrival,
            message=message,
            identity=identity,
            by=by,
            joins=landing.ticket.id
            if landing.ticket and landing.kind in ("join", "duplicate")
            else None,
        )
        if received.outcome in ("created", "joined"):
            await _file(session, read, landing, received, identity)
    if received.outcome == "joined" and landing.kind == "duplicate":
        return replace(received, outcome="repeated")
    return received


async def _brought(session: AsyncSession, read: ReadMessage) -> Twin | None:
    """The same mail, if a mailbox brought it: by id and sender, for its words may be told in part."""
    if not read.mail.message_id or not read.sender_key:
        return None
    about = {"id": read.mail.message_id, "sender": read.sender_key}
    row = (await session.execute(_BROUGHT, about)).first()
    if row is None:
        return None
    tickets = await known_tickets(session, ids=[row.ticket_id])
    return Twin(inbound_id=row.inbound_id, ticket=tickets.get(row.ticket_id))


def _landing(read: ReadMessage, lookups: Lookups, brought: Twin | None) -> Landing:
    """As for mail of a mailbox; but whoever hands a mail over is always told a ticket."""
    if brought:
        lookups = replace(lookups, twins={read.content_hash: brought})
    landing = landing_of(read, lookups)
    ours = lookups.by_sent_id.get(read.mail.message_id)
    if landing.kind == "refuse" and ours:
        return replace(landing, kind="duplicate", ticket=ours)
    known = landing.kind in ("open", "join", "follow_up") or landing.ticket
    return landing if known else replace(landing, kind="open")


async def _file(
    session: AsyncSession, read: ReadMessage, landing: Landing, received: Received, identity: str
) -> None:
    """Write down where it landed, so that later mail and the ticket's own list know it."""
    read = replace(read, inbound_id=await session.scalar(_INBOUND, {"identity": identity}))
    by = Principal.system(int(session.info["company_id"]), "Mail")
    session.add(
        MailMessage(
            inbound_id=read.inbound_id, company_id=by.company_id, received_at=read.received_at
        )
    )
    placed = Placed(landing=landing, ticket_id=received.ticket_id, number=received.number)
    if received.outcome == "created":
        placed = replace(placed, created=True)
        if note := note_about(landing):
            await add_comment(
                session,
                ticket_id=received.ticket_id,
                body=note,
                by=by,
                is_internal=True,
                source="email",
            )
    else:
        placed = replace(placed, linked=True)
    if landing.kind == "join" and landing.ticket:
        comment = await join_ticket(session, read, landing.ticket, landing)
        placed = replace(placed, comment_id=comment.id)
    await keep_books(session, [Entry(read, landing, classify(read.mail), placed)], by=by)


_BROUGHT = text(
    """
    select m.inbound_id, m.ticket_id from mail_thread_id i
    join mail_message m on m.inbound_id = i.inbound_id
    where i.company_id = current_company() and m.company_id = current_company()
      and i.thread_id = :id and m.message_id = :id and lower(m.sender) = :sender
      and m.outcome in ('ticket', 'reply') and m.ticket_id is not null
      and coalesce(m.why ->> 'authentication', '') not in ('fail', 'unclear')
    order by m.inbound_id limit 1
    """
)
_INBOUND = text(
    "select id from inbound_message"
    " where company_id = current_company() and source = 'email' and identity = :identity"
)
