"""From events to notifications: who is told is written down in one transaction, once an event.

On the desk an unread notification of the same kind about the same ticket is counted up. By the other
channels the first leaves at once, and what comes within a while after it is gathered into one message.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of, now_of
from ticketyard.mailboxes.landing.lookups import own_addresses
from ticketyard.notify.models import NotificationLog
from ticketyard.notify.servers import MailOut, general_way
from ticketyard.notify.telling.audience import Colleague, Fact, audience, words_of
from ticketyard.notify.telling.kinds import is_wanted

# After a message has left, for how long the next ones are gathered.
GATHERED_FOR: Mapping[str, timedelta] = {
    "email": timedelta(minutes=5),
    "slack": timedelta(minutes=1),
    "teams": timedelta(minutes=1),
    "sms": timedelta(minutes=15),
}
# Of more than these a message only says how many there are.
LINES_MAX = 50
# What the mail slice calls who wrote to us and is no person of ours.
MAIL_FROM = "Mail from "
# What the chat calls whoever writes there and has not proven who they are.
CHAT_WITH = "Chat with "


@dataclass(frozen=True)
class _Told:
    person_id: int
    kind: str
    ticket_id: int | None
    words: str
    by: str


@dataclass(frozen=True)
class _Way:
    """One channel to one person, or to one target."""

    channel: str
    person_id: int | None = None
    target_id: int | None = None


async def tell_of_events(
    session: AsyncSession, event_ids: Sequence[int], *, out: MailOut
) -> datetime | None:
    """Write down who is told of these; gives when the first message is due to leave."""
    facts = (await session.execute(_FACTS, {"ids": list(event_ids)})).all()
    if not facts:
        return None
    people = (await session.execute(_COLLEAGUES)).all()
    colleagues = [
        Colleague(row.id, row.name, row.email or "", row.role == "admin") for row in people
    ]
    told: list[_Told] = []
    lines: dict[_Way, list[dict[str, Any]]] = {}
    ways = await _ways(session, people, out)
    for row in facts:
        fact = _fact(row)
        kinds = audience(fact, colleagues)
        by = _writer(row.by_kind, row.by_name)
        line = {
            "ticket_id": row.ticket_id,
            "number": row.number,
            "title": row.title,
            "words": words_of(fact),
            "by": by,
        }
        for person_id, kind in kinds.items():
            told.append(_Told(person_id, kind, row.ticket_id, line["words"], by))
        for way, kind in ways.wanting(kinds):
            to = ", ".join(each.name for each in colleagues if kinds.get(each.id) == kind)
            for_chat = {"to": to} if way.target_id is not None else {}
            lines.setdefault(way, []).append({"kind": kind, **line, **for_chat})
    await _tell_on_the_desk(session, [each for each in told if ways.on_desk(each)])
    return await _gather(session, lines)


@dataclass(frozen=True)
class _Ways:
    chosen: Mapping[int, Mapping[tuple[str, str], bool]]
    mailed: frozenset[int]
    called: frozenset[int]
    targets: Mapping[int, tuple[str, frozenset[str]]]

    def on_desk(self, told: _Told) -> bool:
        return is_wanted(told.kind, "in_app", self.chosen.get(told.person_id, {}))

    def wanting(self, kinds: Mapping[int, str]) -> list[tuple[_Way, str]]:
        """Every way on which this event leaves, with what it is told as."""
        found = [
            (_Way(channel, person_id=person_id), kind)
            for person_id, kind in kinds.items()
            for channel, those in (("email", self.mailed), ("sms", self.called))
            if person_id in those and is_wanted(kind, channel, self.chosen.get(person_id, {}))
        ]
        for target_id, (channel, wanted) in self.targets.items():
            if told := next((kind for kind in kinds.values() if kind in wanted), None):
                found.append((_Way(channel, target_id=target_id), told))
        return found


async def _ways(session: AsyncSession, people: Sequence[Any], out: MailOut) -> _Ways:
    chosen: dict[int, dict[tuple[str, str], bool]] = {}
    for row in await session.execute(_CHOSEN):
        chosen.setdefault(row.person_id, {})[row.kind, row.channel] = row.is_on
    targets = (await session.execute(_TARGETS)).all()
    # Mail to one of our own mailboxes would come back as a ticket.
    own = {*await own_addresses(session), out.from_email.lower()}
    has_server = (await general_way(session, out)).has_server
    return _Ways(
        chosen=chosen,
        mailed=frozenset(
            row.id for row in people if has_server and row.email and row.email.lower() not in own
        ),
        called=frozenset(
            row.id for row in people if row.phone and any(each.kind == "sms" for each in targets)
        ),
        targets={
            each.id: (each.kind, frozenset(each.event_kinds))
            for each in targets
            if each.kind != "sms"
        },
    )


def _writer(kind: str, name: str) -> str:
    """Who did it, as far as they are somebody: a person, a key, who wrote by mail. Parts of the desk
    are none."""
    if kind != "system":
        return " ".join(name.split())
    for way in (MAIL_FROM, CHAT_WITH):
        _, came_so, writer = name.partition(way)
        if came_so:
            return " ".join(writer.split())
    return ""


def _fact(row: Any) -> Fact:
    return Fact(
        type=row.type,
        payload=row.payload,
        by_person=row.by_id if row.by_kind == "person" else None,
        assignee_id=row.assignee_id,
        comment=row.comment or "",
    )


async def _tell_on_the_desk(session: AsyncSession, told: Sequence[_Told]) -> None:
    """A statement may touch a row once, so what is the same is counted together first."""
    rows: dict[tuple[int, str, int | None], dict[str, Any]] = {}
    for each in told:
        row = rows.setdefault((each.person_id, each.kind, each.ticket_id), {"count": 0})
        row |= {
            "person_id": each.person_id, "kind": each.kind, "ticket_id": each.ticket_id,
            "words": each.words, "by_name": each.by, "count": row["count"] + 1,
        }  # fmt: skip
    if rows:
        told_now = {"rows": orjson.dumps(list(rows.values())).decode(), "now": now_of(session)}
        await session.execute(_ON_DESK, told_now)
        await session.execute(_LIVE)


async def _gather(
    session: AsyncSession, lines: Mapping[_Way, list[dict[str, Any]]]
) -> datetime | None:
    """Put lines into the messages that wait, or into new ones; under a lock of the company, so that
    of two batches at once the second sees the first."""
    if not lines:
        return None
    await session.execute(_LOCK)
    due: list[datetime] = []
    for way, fresh in lines.items():
        asked = {"channel": way.channel, "person": way.person_id, "target": way.target_id}
        waiting = await session.scalar(_WAITING, asked)
        if waiting is not None:
            log = await session.get_one(NotificationLog, waiting)
        else:
            left_at = await session.scalar(_LEFT_AT, asked)
            now = now_of(session)
            ready_at = max(now, left_at + GATHERED_FOR[way.channel]) if left_at else now
            log = NotificationLog(
                company_id=company_of(session), person_id=way.person_id, target_id=way.target_id,
                channel=way.channel, lines=[], left_out=0, ready_at=ready_at, created_at=now,
            )  # fmt: skip
            session.add(log)
        lines_of_it = [*log.lines, *fresh]
        log.lines = lines_of_it[:LINES_MAX]
        log.left_out += len(lines_of_it) - len(log.lines)
        tickets = {line["ticket_id"] for line in lines_of_it}
        kinds = {line["kind"] for line in lines_of_it}
        log.ticket_id = tickets.pop() if len(tickets) == 1 else None
        log.template = kinds.pop() if len(kinds) == 1 else "several"
        due.append(log.ready_at)
    await session.flush()
    return min(due)


# Events are told once: whoever is second finds them noted. The ids of comments are read out first: the
# planner takes no index for what might fail on rows that another company owns.
_FACTS = text(
    """
    with fresh as (
      insert into notified_event (company_id, event_id)
      select current_company(), unnest(cast(:ids as bigint[]))
      on conflict do nothing returning event_id),
    happened as materialized (
      select e.*, case e.type when 'ticket.comment_added'
                              then (e.payload ->> 'comment_id')::bigint end as comment_id
      from fresh f
      join event e on e.company_id = current_company() and e.id = f.event_id)
    select h.id, h.type, h.payload, h.ticket_id, h.by_kind, h.by_id, h.by_name,
           t.number, t.title, t.assignee_id, left(c.body, 20000) as comment
    from happened h
    left join ticket t on t.company_id = h.company_id and t.id = h.ticket_id
    left join comment c on c.company_id = h.company_id and c.id = h.comment_id
    order by h.id
    """
)
_COLLEAGUES = text(
    "select id, name, email, phone, role from person where company_id = current_company()"
    " and role in ('admin', 'agent') and is_active"
)
_CHOSEN = text(
    "select person_id, kind, channel, is_on from notification_preference"
    " where company_id = current_company()"
)
_TARGETS = text(
    "select id, kind, event_kinds from notification_target"
    " where company_id = current_company() and is_enabled order by id"
)
_ON_DESK = text(
    """
    insert into notification (company_id, person_id, ticket_id, kind, words, by_name, count,
                              created_at, last_at)
    select current_company(), r.person_id, r.ticket_id, r.kind, r.words, r.by_name, r.count, :now, :now
    from jsonb_to_recordset(cast(:rows as jsonb)) as r(
      person_id integer, ticket_id bigint, kind text, words text, by_name text, count integer)
    on conflict (company_id, person_id, kind, coalesce(ticket_id, 0)) where read_at is null
    do update set count = notification.count + excluded.count, words = excluded.words,
      by_name = excluded.by_name, last_at = excluded.last_at
    """
)
_LIVE = text("select pg_notify('ticketyard_live', current_company()::text)")
_LOCK = text(
    "select pg_advisory_xact_lock(hashtext('ticketyard.notifications'), current_company())"
)
_SAME_WAY = """company_id = current_company() and channel = :channel
      and person_id is not distinct from cast(:person as integer)
      and target_id is not distinct from cast(:target as integer)"""
_WAITING = text(
    f"select id from notification_log where {_SAME_WAY} and status = 'pending' and attempts = 0"
    " order by id desc limit 1 for update"
)
_LEFT_AT = text(
    f"select coalesce(sent_at, failed_at, ready_at) from notification_log where {_SAME_WAY}"
    " order by id desc limit 1"
)
