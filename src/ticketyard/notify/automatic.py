"""Mail nobody pressed a button for: whether it may leave, how much of it, and how it is worded.

Machines answer machines, and a robot that strips every header looks like a person. What stops a
loop in the end is the count: so many an hour to one address, whatever the tickets.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.mail.outgoing.composing import subject_with_number
from ticketyard.mail.outgoing.reply_mark import REPLY_MARK
from ticketyard.mailboxes.landing.lookups import own_addresses
from ticketyard.notify.declining import why_not
from ticketyard.notify.queueing import Draft, Posting, Recipient, queue_mails
from ticketyard.notify.servers import MailOut, Way, ways_of_tickets
from ticketyard.notify.templates import Template, list_templates, signature_below
from ticketyard.notify.threading_out import Place, languages_of_tickets, places_in_threads

PER_HOUR = 5
HOUR = timedelta(hours=1)
BOUNCED_OF_LATE = timedelta(days=14)


@dataclass(frozen=True, kw_only=True)
class Addressee:
    """A ticket whose requester may hear of it. auto, is_bounce, classification, is_forged: of the
    mail that opened it, where one did."""

    ticket_id: int
    number: str
    title: str
    email: str
    name: str
    auto: str = ""
    is_bounce: bool = False
    classification: str | None = None
    is_forged: bool = False
    resolution: str = ""
    language: str = ""


@dataclass
class _Books:
    """What went out within the hour, kept up while a batch is decided."""

    of_address: Counter[str] = field(default_factory=Counter)
    of_ticket: Counter[tuple[str, int]] = field(default_factory=Counter)
    bounced: frozenset[str] = frozenset()

    def why_not(self, key: str, ticket_id: int) -> str:
        if key in self.bounced:
            return "Mail to this address came back of late."
        if self.of_ticket[key, ticket_id] >= PER_HOUR:
            return f"{PER_HOUR} automatic mails an hour went there about this ticket already."
        if self.of_address[key] >= PER_HOUR:
            return f"{PER_HOUR} automatic mails an hour went to this address already."
        return ""

    def add(self, key: str, ticket_id: int) -> None:
        self.of_address[key] += 1
        self.of_ticket[key, ticket_id] += 1


async def is_switched_on(session: AsyncSession, name: str) -> bool:
    """Whether the company sends this mail at all."""
    return any(each.is_active for each in await list_templates(session) if each.name == name)


async def queue_automatic(
    session: AsyncSession, wanted: Sequence[Addressee], *, kind: str, template: str, out: MailOut
) -> list[int]:
    """Queue one mail of this template to each; what must not leave is kept with its reason. Without
    a server nothing is kept: there is no automatic mail then."""
    ticket_ids = [each.ticket_id for each in wanted]
    ways = await ways_of_tickets(session, ticket_ids, out) if wanted else {}
    wanted = [each for each in wanted if ways[each.ticket_id].has_server]
    if not wanted:
        return []
    own = {*await own_addresses(session), out.from_email.lower()}
    books = await _books(session, wanted)
    texts = {each.locale: each for each in await list_templates(session) if each.name == template}
    languages = await languages_of_tickets(session, ticket_ids)
    places = await places_in_threads(session, ticket_ids)
    signature = await signature_below(session, None)
    postings = []
    for each in wanted:
        key = each.email.lower()
        reason = why_not(
            each.email,
            own=own,
            auto=each.auto,
            is_bounce=each.is_bounce,
            classification=each.classification,
            is_forged=each.is_forged,
        ) or books.why_not(key, each.ticket_id)
        if not reason:
            books.add(key, each.ticket_id)
        words = texts[each.language or languages[each.ticket_id]]
        way = ways[each.ticket_id]
        draft = _draft(each, kind, words, places[each.ticket_id], way, signature, reason)
        postings.append(Posting(draft=draft, way=way, ticket_id=each.ticket_id, number=each.number))
    by = Principal.system(company_of(session), "Mail")
    return await queue_mails(session, postings, by=by)


def _draft(
    to: Addressee,
    kind: str,
    template: Template,
    place: Place,
    way: Way,
    signature: str,
    suppressed: str,
) -> Draft:
    words = template.filled(
        {
            "ticket_number": to.number,
            "ticket_title": to.title,
            "requester_name": to.name,
            "company_name": way.name,
            "signature": signature,
            "resolution": to.resolution,
        }
    )
    is_reply = bool(place.in_reply_to)
    return Draft(
        kind=kind,
        is_automatic=True,
        recipients=(Recipient(email=to.email, name=to.name),),
        subject=subject_with_number(words.subject, to.number, is_reply=is_reply),
        body=f"{REPLY_MARK}\n\n{words.body}",
        sender_name=way.name,
        in_reply_to=place.in_reply_to,
        references=place.references,
        suppressed=suppressed,
    )


async def _books(session: AsyncSession, wanted: Sequence[Addressee]) -> _Books:
    """Counted under a lock of the company: of two batches at once, the second sees the first."""
    await session.execute(_LOCK)
    keys = sorted({each.email.lower() for each in wanted})
    now = now_of(session)
    books = _Books()
    for row in await session.execute(_SENT, {"keys": keys, "since": now - HOUR}):
        books.of_address[row.recipient_key] += row.mails
        if row.ticket_id is not None:
            books.of_ticket[row.recipient_key, row.ticket_id] += row.mails
    bounced = await session.scalars(_BOUNCED, {"keys": keys, "since": now - BOUNCED_OF_LATE})
    books.bounced = frozenset(bounced)
    return books


def addressee_of(row: Any, language: str = "") -> Addressee:
    """A row of a query that begins with ADDRESSEES."""
    return Addressee(
        ticket_id=row.ticket_id,
        number=row.number,
        title=row.title,
        email=row.email,
        name=row.name or row.email.partition("@")[0],
        auto=row.auto or "",
        is_bounce=bool(row.is_bounce),
        classification=row.classification,
        is_forged=bool(row.is_forged),
        resolution=row.resolution or "",
        language=language,
    )


# Tickets whose requester has an address, with the mail that opened them, where one did.
ADDRESSEES = """
    select t.id as ticket_id, t.number, t.title, left(t.description, 4000) as description,
           t.resolution, coalesce(nullif(t.requester_email, ''), p.email) as email,
           coalesce(t.requester_name, p.name) as name, m.auto, m.is_bounce, m.classification,
           m.is_forged
    from ticket t
    left join person p on p.id = t.requester_id
    left join lateral (
      select m.auto, m.is_bounce, m.classification, m.why ->> 'authentication' = 'fail' as is_forged
      from mail_message m
      where m.company_id = current_company() and m.ticket_id = t.id and m.outcome = 'ticket'
      order by m.inbound_id limit 1) m on true
    where t.company_id = current_company() and t.id = any(:tickets)
      and coalesce(nullif(t.requester_email, ''), p.email) like '%_@_%'
"""
_LOCK = text(
    "select pg_advisory_xact_lock(hashtext('ticketyard.automatic_mail'), current_company())"
)
_SENT = text(
    """
    select recipient_key, ticket_id, count(*) as mails from outgoing_mail
    where company_id = current_company() and is_automatic and state <> 'suppressed'
      and recipient_key = any(:keys) and created_at > :since
    group by recipient_key, ticket_id
    """
)
_BOUNCED = text(
    """
    select distinct lower(r ->> 'email') from outgoing_mail o,
      jsonb_array_elements(o.recipients) as r
    where o.company_id = current_company() and o.state = 'bounced' and o.created_at > :since
      and r ->> 'state' = 'bounced' and lower(r ->> 'email') = any(:keys)
    """
)
