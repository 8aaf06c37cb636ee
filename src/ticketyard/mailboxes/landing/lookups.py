"""What the database knows about a batch of mails, in a handful of statements."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.intake.arrivals import short_reference
from ticketyard.mailboxes.landing.authentication import DOUBTED
from ticketyard.mailboxes.landing.deciding import Twin
from ticketyard.mailboxes.landing.reading import ReadMessage
from ticketyard.mailboxes.landing.threading import (
    Known,
    KnownSender,
    KnownTicket,
    ids_named,
    numbers_named,
)


@dataclass(frozen=True, kw_only=True)
class Lookups:
    """Everything that decisions about these mails ask for."""

    own_addresses: frozenset[str]
    people: dict[str, KnownSender] = field(default_factory=dict)
    by_number: dict[str, KnownTicket] = field(default_factory=dict)
    by_sent_id: dict[str, KnownTicket] = field(default_factory=dict)
    by_earlier_id: dict[str, list[KnownTicket]] = field(default_factory=dict)
    by_moved_id: dict[str, KnownTicket] = field(default_factory=dict)
    twins: dict[str, Twin] = field(default_factory=dict)
    told: dict[tuple[str, str], Twin] = field(default_factory=dict)
    by_reference: dict[str, KnownTicket] = field(default_factory=dict)

    def known(self) -> Known:
        """What threading needs."""
        return Known(
            by_number=self.by_number,
            by_sent_id=self.by_sent_id,
            by_earlier_id=self.by_earlier_id,
            by_moved_id=self.by_moved_id,
        )

    def sender_of(self, message: ReadMessage) -> KnownSender:
        """The sender; a stranger where nobody knows them."""
        email = message.sender_key
        return self.people.get(email) or KnownSender(email=email)

    def twin_of(self, message: ReadMessage) -> Twin | None:
        """An earlier delivery of the same mail, or what another program told of it.

        A copy in whose name nobody believes, as lists and forwarders send them, keeps the mail
        itself from nothing.
        """
        twin = self.twins.get(message.content_hash)
        if twin and (message.verdict in DOUBTED or not twin.is_doubted):
            return twin
        if twin := self.told.get((message.mail.message_id, message.sender_key)):
            return twin
        ticket = self.by_reference.get(message.mail.message_id)
        if ticket and ticket.requester.lower() == message.sender_key:
            return Twin(inbound_id=0, ticket=ticket)
        return None


async def look_up(session: AsyncSession, messages: Sequence[ReadMessage]) -> Lookups:
    """Ask for all of them at once."""
    mails = [each.mail for each in messages]
    ids = sorted({one for mail in mails for one in _ids_of(mail)})
    numbers = sorted({one for mail in mails for one in numbers_named(mail)})
    sent = await _rows(session, _SENT, ids=[*ids, *(f"<{each}>" for each in ids)])
    earlier = await _rows(session, _EARLIER, ids=ids)
    twins = await _rows(session, _TWINS, hashes=sorted({each.content_hash for each in messages}))
    references = {
        short: mail.message_id
        for mail in mails
        for written in (mail.message_id, f"<{mail.message_id}>")
        if mail.message_id and (short := short_reference(written))
    }
    told = await _rows(session, _TOLD, ids=[each.message_id for each in mails if each.message_id])
    by_api = await _rows(session, _REFERENCES, references=sorted(references))
    tickets = await known_tickets(
        session,
        ids={row.ticket_id for row in (*sent, *earlier, *twins, *told, *by_api) if row.ticket_id},
        numbers=numbers,
    )
    by_earlier_id: dict[str, list[KnownTicket]] = defaultdict(list)
    for row in earlier:
        if ticket := tickets.get(row.ticket_id):
            by_earlier_id[row.thread_id].append(ticket)
    return Lookups(
        own_addresses=await own_addresses(session),
        people=await _people(session, {each.sender_key for each in messages}),
        by_number={ticket.named: ticket for ticket in tickets.values()},
        by_sent_id={
            row.email_message_id.strip("<>"): tickets[row.ticket_id]
            for row in sent
            if row.ticket_id in tickets
        },
        by_earlier_id=dict(by_earlier_id),
        by_moved_id={
            row.thread_id: tickets[row.ticket_id]
            for row in earlier
            if row.moved and row.ticket_id in tickets
        },
        twins={
            row.content_hash: Twin(
                inbound_id=row.inbound_id,
                ticket=tickets.get(row.ticket_id),
                is_doubted=row.is_doubted,
            )
            for row in twins
        },
        told={
            (row.message_id, row.sender): Twin(
                inbound_id=row.inbound_id, ticket=tickets.get(row.ticket_id)
            )
            for row in told
        },
        by_reference={
            references[row.source_reference]: tickets[row.ticket_id]
            for row in by_api
            if row.ticket_id in tickets
        },
    )


def _ids_of(mail: Any) -> set[str]:
    bounced = mail.bounce.original_message_id if mail.bounce else ""
    return {each for each in (mail.message_id, bounced, *ids_named(mail)) if each}


async def known_tickets(
    session: AsyncSession, *, ids: Iterable[int] = (), numbers: Iterable[str] = ()
) -> dict[int, KnownTicket]:
    """Tickets by id, with who takes part; those of `numbers` (upper case) as well.

    Under the id of a merged ticket stands the one that took it in, with the merged one's requester:
    what proved that somebody belonged there proves it still.
    """
    ids, numbers = list(ids), list(numbers)
    if not ids and not numbers:
        return {}
    rows = await session.execute(_TICKETS, {"ids": ids, "numbers": numbers})
    return {
        row.asked_id: KnownTicket(
            id=row.id,
            number=row.number,
            named=row.named,
            status=row.status,
            requester=row.requester_email or "",
            requester_id=row.requester_id,
            customer_id=row.customer_id,
            participants=frozenset(row.participants),
        )
        for row in rows
    }


async def own_addresses(session: AsyncSession) -> frozenset[str]:
    """The addresses of the company's mailboxes, in lower case."""
    return frozenset(await session.scalars(_OWN))


async def _people(session: AsyncSession, emails: set[str]) -> dict[str, KnownSender]:
    rows = await _rows(session, _PEOPLE, emails=sorted(emails - {""}))
    return {
        row.email_key: KnownSender(
            email=row.email_key, person_id=row.id, role=row.role, customer_id=row.customer_id
        )
        for row in rows
    }


async def _rows(session: AsyncSession, query: Any, **values: list[str]) -> Sequence[Any]:
    if not next(iter(values.values())):
        return ()
    return (await session.execute(query, values)).all()


_OWN = text("select distinct address_key from mailbox where company_id = current_company()")
_PEOPLE = text(
    "select email_key, id, role, customer_id from person"
    " where company_id = current_company() and is_active and email_key = any(:emails)"
)
_SENT = text(
    "select email_message_id, ticket_id from tticket_email_log"
    " where company_id = current_company() and direction = 'out' and email_message_id = any(:ids)"
)
_EARLIER = text(
    """
    select i.thread_id, m.ticket_id, bool_or(m.message_id = i.thread_id and m.why ? 'moved') as moved
    from mail_thread_id i join mail_message m on m.inbound_id = i.inbound_id
    where i.company_id = current_company() and m.company_id = current_company()
      and i.thread_id = any(:ids) and m.ticket_id is not null and m.outcome in ('ticket', 'reply')
    group by i.thread_id, m.ticket_id
    order by m.ticket_id desc
    """
)
_TWINS = text(
    "select content_hash, inbound_id, ticket_id,"
    " coalesce(why ->> 'authentication', '') in ('fail', 'unclear') as is_doubted"
    " from mail_message where company_id = current_company() and content_hash = any(:hashes)"
    " and outcome in ('ticket', 'reply', 'refused') order by is_doubted desc, inbound_id desc"
)
# What a program told of a mail has the mail's id, and seldom all of its words.
_TOLD = text(
    """
    select m.message_id, lower(m.sender) as sender, m.inbound_id, m.ticket_id
    from mail_thread_id i
    join mail_message m on m.inbound_id = i.inbound_id and m.message_id = i.thread_id
    join inbound_message n on n.id = m.inbound_id and n.content_type <> 'message/rfc822'
    where i.company_id = current_company() and m.company_id = current_company()
      and n.company_id = current_company() and i.thread_id = any(:ids)
      and m.outcome in ('ticket', 'reply')
    order by m.inbound_id desc
    """
)
_REFERENCES = text(
    "select source_reference, id as ticket_id from ticket"
    " where company_id = current_company() and source = 'email'"
    " and source_reference = any(:references)"
)
_TICKETS = text(
    """
    select t.id as asked_id, t.number as named, s.id, s.number, s.status, t.requester_email,
           t.requester_id, p.customer_id,
           array(select m.email_key from mail_participant m
                 where m.company_id = s.company_id
                   and (m.ticket_id = s.id or m.ticket_id in (
                     select o.id from ticket o
                     where o.company_id = s.company_id and o.merged_into = s.id))
                 union
                 select lower(o.requester_email) from ticket o
                 where o.company_id = s.company_id and o.requester_email is not null
                   and (o.merged_into = s.id or o.id = s.id and t.id <> s.id)) as participants
    from ticket t
    join ticket s on s.company_id = t.company_id and s.id = coalesce(t.merged_into, t.id)
    left join person p on p.id = t.requester_id
    where t.company_id = current_company() and (t.id = any(:ids) or t.number = any(:numbers))
    """
)
