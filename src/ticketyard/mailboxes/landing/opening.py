"""Open tickets for mails that belong to none: many in a few statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.core.shapes import is_email, storable
from ticketyard.mailboxes.landing.authentication import DOUBTED
from ticketyard.mailboxes.landing.deciding import Landing
from ticketyard.mailboxes.landing.lookups import Lookups
from ticketyard.mailboxes.landing.reading import ReadMessage
from ticketyard.mailboxes.landing.texts import description_of, usable_sender
from ticketyard.mailboxes.landing.words import hashtags, priority_words
from ticketyard.mailboxes.mail_rules import MailRules
from ticketyard.people.queries import get_company
from ticketyard.tickets.assigning import Choice, assign_many
from ticketyard.tickets.attaching import attach_to_new
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.drafts import NewTicket
from ticketyard.tickets.numbering import Numbers
from ticketyard.tickets.opening import OpenedTicket, open_tickets
from ticketyard.tickets.related.following_up import note_follow_up

log = get_logger(__name__)

CC_MAX = 30
ADDRESS_MAX_BYTES = 320
# Who cries wolf more often in a day is sorted by triage like everybody else.
RAISED_A_DAY = 5
RESERVED_TAGS = frozenset({"spam"})
_ID_MAX = 2**31 - 1
_PRIORITIES = {"critical": "critical", "high": "high", "low": "low"}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a workflow asks of the ticket; None leaves it to the mail's own words and the settings.

    priority: low, medium, high, urgent or critical.  tags: beside those of the mail.  unwanted: the
    default assignee is spared it, unless the company wants spam looked at.
    """

    priority: str | None = None
    assignee_id: int | None = None
    customer_id: int | None = None
    tags: tuple[str, ...] = ()
    unwanted: bool = False


async def open_for_mails(
    session: AsyncSession,
    resources: Resources,
    wanted: Sequence[tuple[ReadMessage, Landing, Wish]],
    *,
    lookups: Lookups,
    by: Principal,
) -> list[OpenedTicket]:
    """One ticket for each, in order, with files, participants, and a note for agents where it may
    belong to another ticket."""
    rules = resources.part(MailRules)
    raised = await _raised_today(session, [message for message, _, _ in wanted])
    new = [_ticket_of(message, landing, wish, rules, raised) for message, landing, wish in wanted]
    opened = await open_tickets(
        session, new, numbers=resources.part(Numbers), now=resources.clock(), by=by
    )
    together = list(zip(wanted, opened, strict=True))
    await attach_to_new(
        session, {ticket.id: message.files for (message, _, _), ticket in together if message.files}
    )
    await _keep_participants(session, together, lookups.own_addresses)
    await _assign(session, together, rules, by)
    for (_, landing, _), ticket in together:
        if landing.kind == "follow_up" and landing.ticket:
            await note_follow_up(session, ticket_id=landing.ticket.id, opened=ticket, by=by)
        if note := note_about(landing):
            await add_comment(
                session, ticket_id=ticket.id, body=note, by=by, is_internal=True, source="email"
            )
    return opened


async def _assign(
    session: AsyncSession, together: Sequence[Any], rules: MailRules, by: Principal
) -> None:
    """Give tickets to whom the workflow says, else to whom the settings say. Routing leaves them
    there. Where that is no active agent, the ticket waits like any other."""
    spared = rules.default_assignee_id is not None and any(
        wish.unwanted for (_, _, wish), _ in together
    )
    spared = spared and not (await get_company(session)).assign_spam
    choices = []
    for (_, _, wish), ticket in together:
        default = None if wish.unwanted and spared else rules.default_assignee_id
        if wish.assignee_id is not None:
            choices.append(Choice(ticket.id, wish.assignee_id, "Mail workflow"))
        elif default is not None:
            choices.append(Choice(ticket.id, default, "Default for mail"))
    # What is no id at all cannot be anybody's.
    given = set(
        await assign_many(session, [each for each in choices if each.agent_id <= _ID_MAX], by=by)
    )
    for choice in choices:
        if choice.ticket_id not in given:
            log.warning("no_such_assignee", ticket_id=choice.ticket_id, agent_id=choice.agent_id)


def _ticket_of(
    message: ReadMessage,
    landing: Landing,
    wish: Wish,
    rules: MailRules,
    raised: dict[str, int],
) -> NewTicket:
    mail = message.mail
    # Tags that keep a ticket from agents are not the sender's to give.
    said = hashtags(mail.reply_text or mail.body_text)
    tags = [*(tag for tag in said if tag not in RESERVED_TAGS), *wish.tags]
    priority, word = priority_words(mail.subject, tags)
    found = _PRIORITIES.get(priority)
    if found in ("critical", "high") and raised.get(message.sender_key, 0) >= RAISED_A_DAY:
        found = None
    fields: dict[str, Any] = {
        "created_from_email": True,
        "email_from": mail.sender.email[:320] if mail.sender else "",
        "email_message_id": message.log_id,
    }
    if landing.kind == "follow_up" and landing.ticket:
        fields["follow_up_of"] = landing.ticket.number
    if wish.customer_id is not None:
        fields["customer_id"] = wish.customer_id
    return NewTicket(
        source="email",
        title=mail.subject or "No subject",
        description=description_of(mail, message.received_at),
        priority=wish.priority or found or rules.default_priority,
        source_priority=word or None,
        requester_name=(mail.sender.name or mail.sender.email)[:200] if mail.sender else None,
        requester_email=usable_sender(mail),
        team_id=message.team_id,
        tags=tuple(tags),
        custom_fields=fields,
    )


def note_about(landing: Landing) -> str:
    """What agents should know about where a mail landed; may be nothing."""
    if landing.kind == "follow_up" and landing.ticket:
        return f"This continues {landing.ticket.number}, which is closed."
    if landing.hint and landing.tried:
        return (
            f"This may be a reply to {landing.hint.number}. It was not added there because "
            f"{landing.tried[0]['reason']}. Move it there if you know better."
        )
    return ""


async def _raised_today(session: AsyncSession, messages: Sequence[ReadMessage]) -> dict[str, int]:
    pressing = {
        message.sender_key
        for message in messages
        if priority_words(message.mail.subject, hashtags(message.mail.body_text))[0] != "normal"
    }
    if not pressing - {""}:
        return {}
    rows = await session.execute(_RAISED, {"emails": sorted(pressing - {""})})
    return {row.email_key: row.tickets for row in rows}


async def _keep_participants(
    session: AsyncSession, together: Sequence[Any], own_addresses: frozenset[str]
) -> None:
    """Who was copied in by whoever opened the ticket takes part, and hears the answers; not where
    somebody else may have opened it in their name."""
    rows = []
    for (message, _, _), ticket in together:
        if message.verdict in DOUBTED:
            continue
        seen = {message.sender_key, *own_addresses}
        for address in (*message.mail.to, *message.mail.cc)[:CC_MAX]:
            key = address.email.lower()
            if key not in seen and "@" in key:
                seen.add(key)
                rows.append(
                    {
                        "ticket_id": ticket.id,
                        "email_key": key,
                        "email": address.email,
                        "name": address.name[:200],
                        "receives": True,
                    }
                )
    await keep_participants(session, rows)


async def keep_participants(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Note who takes part: {ticket_id, email_key, email, name, receives}; who is known stays, and
    what is no address is left out."""
    rows = [each for each in rows if _is_address(each["email"])]
    if rows:
        await session.execute(_PARTICIPANTS, {"rows": orjson.dumps(storable(list(rows))).decode()})


def _is_address(email: str) -> bool:
    return is_email(email) and len(email.encode("utf-8", "replace")) <= ADDRESS_MAX_BYTES


_RAISED = text(
    """
    select p.email_key, count(*) as tickets
    from person p join ticket t on t.company_id = p.company_id and t.requester_id = p.id
    where p.company_id = current_company() and p.email_key = any(:emails) and t.source = 'email'
      and t.priority_by = 'source' and t.created_at > now() - interval '1 day'
    group by p.email_key
    """
)
_PARTICIPANTS = text(
    """
    insert into mail_participant (company_id, ticket_id, email_key, email, name, receives)
    select current_company(), x.ticket_id, x.email_key, x.email, x.name, x.receives
    from jsonb_to_recordset(cast(:rows as jsonb)) as x(
      ticket_id bigint, email_key text, email text, name text, receives boolean)
    on conflict do nothing
    """
)
