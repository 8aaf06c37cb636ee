"""Reading alerts: with what is not in their counts yet."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import RowMapping, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.alerts.errors import AlertNotFound
from ticketyard.alerts.models import Alert
from ticketyard.core.db import company_of, now_of

PAGE_MAX = 200
OCCURRENCES_SHOWN = 100
# How far back words are looked for, and incidents that are done with.
DAYS_SEARCHED = 90
INCIDENT_DAYS = 30

# What is not counted yet is added here, so that a reader never sees too few.
_ITEMS = """
    select a.id, a.provider_id, a.title, a.description, a.severity, a.state, a.fingerprint,
      a.vendor_alert_id, a.flapping_since is not null as is_flapping, a.count + u.n as count,
      least(2147483647, a.detection_count + u.detections) as detection_count,
      a.first_occurred_at, greatest(a.last_occurred_at, u.last) as last_occurred_at, a.recovered_at,
      a.camera_id, a.organization_id, a.alarm_type, a.labels, a.alert_data, a.ticket_id,
      t.number as ticket_number, t.status as ticket_status, t.title as ticket_title, a.storm_id,
      a.suppressed_by, a.thumbnail_url, a.video_clip_url, a.link_url
    from alert a
    left join ticket t on t.company_id = a.company_id and t.id = a.ticket_id
    cross join lateral (
      select count(*) as n, max(w.occurred_at) as last, coalesce(sum(w.detections), 0) as detections
      from alert_uncounted w where w.company_id = a.company_id and w.alert_id = a.id) u
    where a.company_id = current_company()
"""
_FILTERS = {
    "state": "a.state = :state",
    "severity": "a.severity = :severity",
    "provider_id": "a.provider_id = :provider_id",
    "camera_id": "a.camera_id = :camera_id",
    "ticket_id": "a.ticket_id = :ticket_id",
    "before": "a.id < :before",
    "ids": "a.id = any(cast(:ids as bigint[]))",
    "q": "a.title ilike all(cast(:q as text[]))",
    "after": "a.id > :after",
}
# What is firing and still to be done, or kept back.
_ACTIVE = (
    "a.state <> 'recovered'"
    " and (t.id is null or t.status in ('open', 'assigned', 'in_progress', 'pending'))"
)


async def list_alerts(
    session: AsyncSession, *, limit: int, active: bool = False, **wanted: Any
) -> list[RowMapping]:
    """Alerts that have all of these, the newest first. q: words that are all in the title, in any
    order; * stands for any letters, ? for one; of the last DAYS_SEARCHED days, or of one ticket."""
    given = {name: value for name, value in wanted.items() if value is not None}
    if "q" in given:
        given["q"] = [f"%{_pattern(word)}%" for word in given["q"].split()]
    if "q" in given and "ticket_id" not in given:
        given["after"] = await _last_before(session, days=DAYS_SEARCHED)
    where = "".join(f" and {_FILTERS[name]}" for name in given)
    if active:
        where += f" and {_ACTIVE}"
    rows = await session.execute(
        text(f"{_ITEMS}{where} order by a.id desc limit :limit"), {**given, "limit": limit}
    )
    return list(rows.mappings())


async def _last_before(session: AsyncSession, *, days: int) -> int:
    """The last alert from before so many days: they are numbered as they come, and what is looked
    through from it on is not the whole table."""
    found = await session.scalar(
        select(Alert.id)
        .where(
            Alert.company_id == company_of(session),
            Alert.created_at < now_of(session) - timedelta(days=days),
        )
        .order_by(Alert.created_at.desc())
        .limit(1)
    )
    return found or 0


def _pattern(words: str) -> str:
    plain = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return plain.replace("*", "%").replace("?", "_")


# Those of a storm are thousands: which are shown is settled before they are counted up.
_OF_TICKET = f"""
    with mine as materialized (
      select id, count(*) over () as total from alert
      where company_id = current_company() and ticket_id = :ticket_id
      order by state = 'recovered', id desc limit :limit)
    select shown.*, mine.total from ({_ITEMS} and a.id in (select id from mine)) shown
    join mine using (id) order by shown.state = 'recovered', shown.id desc
"""


async def list_alerts_of_ticket(
    session: AsyncSession, ticket_id: int, *, limit: int
) -> list[RowMapping]:
    """Alerts on a ticket, what fires first, then the newest; each says how many there are in `total`."""
    rows = await session.execute(text(_OF_TICKET), {"ticket_id": ticket_id, "limit": limit})
    return list(rows.mappings())


async def get_alert(session: AsyncSession, alert_id: int) -> RowMapping:
    """One alert. Raises AlertNotFound."""
    rows = await session.execute(text(f"{_ITEMS} and a.id = :id"), {"id": alert_id})
    found = rows.mappings().one_or_none()
    if found is None:
        raise AlertNotFound("There is no such alert.")
    return found


async def list_occurrences(session: AsyncSession, alert_id: int) -> Sequence[RowMapping]:
    """When it was reported, the last times first."""
    rows = await session.execute(
        text(
            "select id, outcome, occurred_at, claimed_at, received_at, inbound_id from alert_occurrence"
            " where company_id = current_company() and alert_id = :id order by id desc limit :limit"
        ),
        {"id": alert_id, "limit": OCCURRENCES_SHOWN},
    )
    return rows.mappings().all()


async def find_alert(session: AsyncSession, ticket_id: int) -> Alert | None:
    """The first alert behind a ticket, if a machine opened it."""
    found: Alert | None = await session.scalar(
        select(Alert)
        .where(Alert.company_id == company_of(session), Alert.ticket_id == ticket_id)
        .order_by(Alert.id)
        .limit(1)
    )
    return found


_QUALITY = text(
    """
    select l.provider_id, case when grouping(l.camera_id) = 0 then l.camera_id end as camera_id,
      grouping(l.camera_id) = 0 as is_camera, count(*) as alerts,
      count(distinct l.ticket_id) as tickets,
      count(distinct l.ticket_id) filter (where l.is_finished) as finished,
      count(distinct l.ticket_id) filter (where l.is_false) as false_positives
    from (
      select a.provider_id, a.camera_id, t.id as ticket_id,
        t.status in ('resolved', 'closed', 'false_positive') as is_finished,
        t.status = 'false_positive' or exists (
          select from state_change c where t.status = 'closed' and c.company_id = t.company_id
            and c.ticket_id = t.id and c.from_status = 'false_positive' and c.to_status = 'closed'
        ) as is_false
      from alert a
      left join ticket t on t.company_id = a.company_id and t.id = a.ticket_id
      where a.company_id = current_company()
        and a.created_at > now() - make_interval(days => :days)
    ) l
    group by grouping sets ((l.provider_id), (l.provider_id, l.camera_id))
    order by 7 desc, 4 desc, 1, 2 limit 1000
    """
)


async def alert_quality(session: AsyncSession, days: int) -> tuple[list[Any], list[Any]]:
    """How often alerts of the last so many days were false: by provider, and by camera.

    False is what a person called so: a ticket that is a false positive, or was closed as one.
    """
    providers: list[Any] = []
    cameras: list[Any] = []
    for row in (await session.execute(_QUALITY, {"days": days})).mappings():
        share = row["false_positives"] / row["finished"] if row["finished"] else None
        told = {**row, "false_positive_share": None if share is None else round(share, 4)}
        if not row["is_camera"]:
            providers.append(told)
        elif row["camera_id"] is not None:
            cameras.append(told)
    return providers, cameras


_INCIDENTS = text(
    """
    with mine as materialized (
      select a.ticket_id as id from alert a
      where a.company_id = current_company() and (a.group_key is not null or a.storm_id is not null)
        and a.created_at > :since
      union
      select t.id from ticket t
      where t.company_id = current_company() and t.source = 'alert'
        and t.status in ('open', 'assigned', 'in_progress', 'pending')
    )
    select t.id, t.number, t.title, t.status, t.severity, t.priority, count(*) as alerts,
      count(*) filter (where a.state = 'firing') as firing, bool_or(a.storm_id is not null) as is_storm,
      min(a.first_occurred_at) as began_at, max(a.last_occurred_at) as last_at,
      array_agg(distinct a.provider_id) as providers
    from mine
    join ticket t on t.company_id = current_company() and t.id = mine.id
    join alert a on a.company_id = t.company_id and a.ticket_id = t.id
    where a.group_key is not null or a.storm_id is not null
    group by t.id having count(*) > 1 or bool_or(a.storm_id is not null)
    order by t.status in ('resolved', 'closed', 'false_positive'), t.id desc limit :limit
    """
)


async def list_incidents(session: AsyncSession, *, limit: int) -> list[RowMapping]:
    """Tickets that several alerts are on: those still to be done first, then the newest of those that
    an alert came on within INCIDENT_DAYS."""
    since = now_of(session) - timedelta(days=INCIDENT_DAYS)
    rows = await session.execute(_INCIDENTS, {"limit": limit, "since": since})
    return list(rows.mappings())
