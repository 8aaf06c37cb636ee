"""The dashboard's numbers, all from one look at the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of


@dataclass(frozen=True)
class Day:
    """One day (UTC) of the desk."""

    on: date
    opened: int
    resolved: int


@dataclass(frozen=True)
class OfficeLoad:
    """What weighs on an office: work from outside (`base`) and tickets in work here (`active`)."""

    id: int
    name: str
    agents: int
    base: int
    active: int

    @property
    def load(self) -> int:
        """Both together."""
        return self.base + self.active


Counts = Sequence[tuple[str, int]]


@dataclass(frozen=True)
class Board:
    """The desk over a period. Counts are by name, the largest first.

    response_minutes: median from opening to the first answer; None where none was given.
    """

    active: int
    unassigned: int
    broken: int
    opened: int
    resolved: int
    response_minutes: float | None
    days: Sequence[Day]
    by: Mapping[str, Counts]
    offices: Sequence[OfficeLoad]


async def get_board(session: AsyncSession, *, since: datetime, until: datetime) -> Board:
    """The numbers of all tickets opened in [since, until), and what is in work now."""
    values = {"company": company_of(session), "since": since, "until": until}
    row = (await session.execute(text(_BOARD), values)).one()
    found: dict[str, Any] = dict(row._mapping)
    return Board(
        active=found["active"],
        unassigned=found["unassigned"],
        broken=found["broken"],
        opened=sum(day["opened"] for day in found["days"]),
        resolved=sum(day["resolved"] for day in found["days"]),
        response_minutes=found["response_minutes"],
        days=[
            Day(date.fromisoformat(day["on"]), day["opened"], day["resolved"])
            for day in found["days"]
        ],
        by=_grouped(found["groups"]),
        offices=[OfficeLoad(**office) for office in found["offices"]],
    )


def _grouped(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[str, int]]]:
    groups: dict[str, list[tuple[str, int]]] = {}
    for row in rows:
        groups.setdefault(row["field"], []).append((row["name"], row["tickets"]))
    return groups


_BOARD = """
with recent as materialized (
  select t.status, t.category, t.source, t.created_at, t.first_response_at,
         a.sentiment, a.language, o.name as office
  from ticket t
  left join analysis a on a.company_id = t.company_id and a.ticket_id = t.id
  left join agent g on g.person_id = t.assignee_id
  left join office o on o.id = g.office_id
  where t.company_id = :company and t.created_at >= :since and t.created_at < :until
), grouped as (
  select case grouping(status, category, source, sentiment, language, office)
           when 31 then 'status' when 47 then 'category' when 55 then 'source'
           when 59 then 'sentiment' when 61 then 'language' when 62 then 'office' end as field,
         coalesce(status, category, source, sentiment, language, office) as name,
         count(*) as tickets
  from recent
  group by grouping sets (status, category, source, sentiment, language, office)
), resolved as (
  select date_trunc('day', resolved_at at time zone 'UTC')::date as on_day, count(*) as tickets
  from ticket
  where company_id = :company and resolved_at >= :since and resolved_at < :until
  group by 1
), opened as (
  select date_trunc('day', created_at at time zone 'UTC')::date as on_day, count(*) as tickets
  from recent group by 1
), working as (
  select assignee_id, count(*) as tickets,
         count(*) filter (where is_promise_broken(sla_breach, sla_due_at, now())) as broken
  from ticket
  where company_id = :company and status in ('open', 'assigned', 'in_progress', 'pending')
  group by assignee_id
)
select
  (select coalesce(sum(tickets), 0)::bigint from working) as active,
  (select coalesce(sum(tickets), 0)::bigint from working where assignee_id is null) as unassigned,
  (select coalesce(sum(broken), 0)::bigint from working) as broken,
  (select percentile_cont(0.5) within group (
     order by extract(epoch from first_response_at - created_at)) / 60
   from recent where first_response_at is not null)::float as response_minutes,
  (select coalesce(jsonb_agg(jsonb_build_object(
       'on', d::date, 'opened', coalesce(o.tickets, 0), 'resolved', coalesce(r.tickets, 0))
     order by d), '[]')
   from generate_series(cast(:since as timestamptz) at time zone 'UTC',
                        cast(:until as timestamptz) at time zone 'UTC' - interval '1 second',
                        interval '1 day') d
   left join opened o on o.on_day = d::date
   left join resolved r on r.on_day = d::date) as days,
  (select coalesce(jsonb_agg(jsonb_build_object('field', field, 'name', name, 'tickets', tickets)
     order by field, tickets desc, name), '[]')
   from grouped where name is not null) as groups,
  (select coalesce(jsonb_agg(office order by (office ->> 'base')::int
                              + (office ->> 'active')::int desc, office ->> 'name'), '[]')
   from (select jsonb_build_object('id', o.id, 'name', o.name, 'agents', count(g.person_id),
                'base', coalesce(sum(g.base_load), 0),
                'active', coalesce(sum(w.tickets), 0)) as office
         from office o
         left join agent g on g.office_id = o.id
         left join working w on w.assignee_id = g.person_id
         where o.company_id = :company
         group by o.id, o.name) as each_office) as offices
"""
