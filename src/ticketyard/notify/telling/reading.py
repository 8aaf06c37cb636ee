"""One's own notifications and choices, and the log of what left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.notify.errors import BadPreference, KeysAreToldNothing, NotificationNotFound
from ticketyard.notify.models import Notification
from ticketyard.notify.telling.kinds import CHANNELS, KINDS, is_wanted

UNREAD_MAX = 100


@dataclass(frozen=True)
class Told:
    """A notification with its ticket's number and title."""

    id: int
    kind: str
    ticket_id: int | None
    number: str | None
    title: str | None
    words: str
    by_name: str
    count: int
    last_at: datetime
    read_at: datetime | None


@dataclass(frozen=True)
class Sent:
    """A message that left by a channel, or did not."""

    id: int
    ticket_id: int | None
    user_id: int | None
    channel_type: str
    template_name: str
    status: str
    to: str
    lines: list[dict[str, Any]]
    attempts: int
    sent_at: datetime | None
    failed_at: datetime | None
    error_message: str | None
    created_at: datetime


async def list_notifications(
    session: AsyncSession, person_id: int, *, unread: bool = False, limit: int = 50
) -> list[Told]:
    """One's own, the newest first."""
    rows = await session.execute(_OWN, {"person": person_id, "unread": unread, "limit": limit})
    return [Told(**row._mapping) for row in rows]


async def count_unread(session: AsyncSession, person_id: int) -> int:
    """How many are unread; beyond a hundred nobody counts."""
    newest = (
        select(Notification.id)
        .where(
            Notification.company_id == company_of(session),
            Notification.person_id == person_id,
            Notification.read_at.is_(None),
        )
        .limit(UNREAD_MAX)
    )
    return await session.scalar(select(func.count()).select_from(newest.subquery())) or 0


async def mark_read(
    session: AsyncSession,
    person_id: int,
    *,
    ids: Sequence[int] | None = None,
    ticket_id: int | None = None,
) -> int:
    """These of one's own, those about a ticket, or all; gives how many were unread."""
    rows = await session.execute(
        _READ,
        {
            "person": person_id, "ids": list(ids or ()), "ticket": ticket_id,
            "every": ids is None and ticket_id is None, "now": now_of(session),
        },
    )  # fmt: skip
    count = len(rows.all())
    if count:
        # Other windows of the same person take the number off their bell.
        await session.execute(_LIVE)
    return count


async def open_notification(session: AsyncSession, person_id: int, notification_id: int) -> str:
    """Mark one of one's own as read; gives the number of the ticket it points at, or nothing.

    Raises NotificationNotFound.
    """
    asked = {"person": person_id, "id": notification_id}
    row = (await session.execute(_ONE, asked)).one_or_none()
    if row is None:
        raise NotificationNotFound("There is no such notification.")
    await mark_read(session, person_id, ids=[notification_id])
    return row.number or ""


async def list_choices(session: AsyncSession, person_id: int) -> dict[tuple[str, str], bool]:
    """For each kind and channel whether this person is told."""
    rows = await session.execute(_CHOSEN, {"person": person_id})
    chosen = {(row.kind, row.channel): row.is_on for row in rows}
    return {
        (kind, channel): is_wanted(kind, channel, chosen) for kind in KINDS for channel in CHANNELS
    }


async def save_choices(
    session: AsyncSession, choices: Mapping[tuple[str, str], bool], *, by: Principal
) -> None:
    """Keep these of one's own; others stay as they are. Raises BadPreference, KeysAreToldNothing."""
    if (person_id := by.person_id) is None:
        raise KeysAreToldNothing("A key is told nothing; log in to choose what you are told.")
    if not all(kind in KINDS and channel in CHANNELS for kind, channel in choices):
        raise BadPreference("There is no such kind of notification, or no such channel.")
    for (kind, channel), is_on in choices.items():
        await session.execute(
            _CHOOSE, {"person": person_id, "kind": kind, "channel": channel, "is_on": is_on}
        )


async def list_sent(
    session: AsyncSession,
    *,
    status: str | None = None,
    channel: str | None = None,
    ticket_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Sent]:
    """The log, the newest first. Of a mail the outbox knows what became of it."""
    rows = await session.execute(
        _SENT,
        {"status": status, "channel": channel, "ticket": ticket_id, "before": before, "limit": limit},
    )  # fmt: skip
    return [Sent(**row._mapping) for row in rows]


_OWN = text(
    """
    select n.id, n.kind, n.ticket_id, t.number, t.title, n.words, n.by_name, n.count, n.last_at,
           n.read_at
    from notification n left join ticket t on t.company_id = n.company_id and t.id = n.ticket_id
    where n.company_id = current_company() and n.person_id = :person
      and (not :unread or n.read_at is null)
    order by n.last_at desc, n.id desc limit :limit
    """
)
_ONE = text(
    """
    select t.number from notification n
    left join ticket t on t.company_id = n.company_id and t.id = n.ticket_id
    where n.company_id = current_company() and n.person_id = :person and n.id = :id
    """
)
_READ = text(
    """
    update notification set read_at = :now
    where company_id = current_company() and person_id = :person and read_at is null
      and (:every or id = any(:ids) or ticket_id = cast(:ticket as bigint))
    returning id
    """
)
_LIVE = text("select pg_notify('ticketyard_live', current_company()::text)")
_CHOSEN = text(
    "select kind, channel, is_on from notification_preference"
    " where company_id = current_company() and person_id = :person"
)
_CHOOSE = text(
    """
    insert into notification_preference (company_id, person_id, kind, channel, is_on)
    values (current_company(), :person, :kind, :channel, :is_on)
    on conflict (company_id, person_id, kind, channel) do update set is_on = excluded.is_on
    """
)
_SENT = text(
    """
    select * from (
      select l.id, l.ticket_id, l.person_id as user_id, l.channel as channel_type,
             l.template as template_name, l.lines, l.attempts, l.created_at, l.sent_at,
             coalesce(p.name, g.name, '') as "to",
             case when o.state = 'waiting' then 'pending'
                  when o.state in ('failed', 'bounced', 'suppressed') then 'failed'
                  else l.status end as status,
             case when o.state in ('failed', 'bounced', 'suppressed') then l.sent_at
                  else l.failed_at end as failed_at,
             coalesce(l.error_message, o.reason) as error_message
      from notification_log l
      left join person p on p.id = l.person_id
      left join notification_target g on g.id = l.target_id
      left join outgoing_mail o on o.id = l.mail_id
      where l.company_id = current_company()
        and (cast(:channel as text) is null or l.channel = :channel)
        and (cast(:ticket as bigint) is null or l.ticket_id = :ticket)
        and (cast(:before as bigint) is null or l.id < :before)) as logged
    where cast(:status as text) is null or status = :status
    order by id desc limit :limit
    """
)
