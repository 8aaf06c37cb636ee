"""What spec document 5 asks to see: the outcome of an upload, managers, offices, the figures."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal

DESCRIPTION_MAX = 4_000


async def list_run_tickets(
    session: AsyncSession, run_id: int, *, by: Principal, limit: int
) -> list[dict[str, Any]]:
    """The tickets of an import by id, as lists of tickets show them."""
    ids = list(await session.scalars(_RUN_TICKETS, {"run": run_id, "limit": limit}))
    items: list[dict[str, Any]] = await session.scalar(
        _ITEMS,
        {"ids": ids, "for_agent": by.may("tickets:read"), "description_max": DESCRIPTION_MAX},
    )
    return items


async def list_unassigned_reasons(
    session: AsyncSession, run_id: int, limit: int = 1_000
) -> list[tuple[str, str]]:
    """Of an import's tickets that fit nobody: the number and why. Unwanted ones are no fault."""
    rows = await session.execute(_UNASSIGNED, {"run": run_id, "limit": limit})
    return [(row.number, row.reason) for row in rows]


@dataclass(frozen=True)
class Manager:
    """An agent as spec document 5 lists them; current_load is base load plus open tickets."""

    id: int
    name: str
    position: str
    skills: list[str]
    business_unit_id: int | None
    business_unit_name: str | None
    current_load: int


async def list_managers(session: AsyncSession) -> list[Manager]:
    """Every active agent by id."""
    return [Manager(**row._mapping) for row in await session.execute(_MANAGERS)]


@dataclass(frozen=True)
class BusinessUnit:
    """An office with its people and what they have on the table."""

    id: int
    name: str
    address: str
    latitude: float | None
    longitude: float | None
    managers: int
    current_load: int


async def list_business_units(session: AsyncSession) -> list[BusinessUnit]:
    """Every office by id."""
    return [BusinessUnit(**row._mapping) for row in await session.execute(_OFFICES)]


@dataclass(frozen=True)
class DistributionStats:
    """The figures of the whole desk. avg_priority: of 1 to 10, over the tickets that have one."""

    total_tickets: int
    assigned_tickets: int
    avg_priority: float
    categories: dict[str, int]
    sentiments: dict[str, int]
    languages: dict[str, int]
    offices: dict[str, int]
    segments: dict[str, int]


async def get_distribution_stats(session: AsyncSession) -> DistributionStats:
    """Counted now, in one look; sentiments in the company's own words."""
    row = (await session.execute(_STATS)).one()
    return DistributionStats(**row._mapping)


_RUN_TICKETS = text(
    "select ticket_id from import_ticket where company_id = current_company() and run_id = :run "
    "order by ticket_id limit :limit"
)
_ITEMS = text("select ticket_items(cast(:ids as bigint[]), :for_agent, :description_max)")
_UNASSIGNED = text(
    """
    select t.number, last.reason
    from import_ticket i
    join ticket t on t.company_id = i.company_id and t.id = i.ticket_id and t.assignee_id is null
    join lateral (select s.outcome, s.reason from assignment s
                  where s.company_id = i.company_id and s.ticket_id = i.ticket_id
                  order by s.id desc limit 1) last on last.outcome = 'nobody eligible'
    where i.company_id = current_company() and i.run_id = :run
    order by t.id limit :limit
    """
)
_LOADS = """
    loads as (
      select g.person_id, g.office_id, g.position, g.skills, p.name,
        g.base_load + coalesce(w.tickets, 0) as current_load
      from agent g join person p on p.id = g.person_id
      left join (select assignee_id, count(*)::integer as tickets from ticket
                 where company_id = current_company() and assignee_id is not null
                   and status in ('open', 'assigned', 'in_progress', 'pending')
                 group by assignee_id) w on w.assignee_id = g.person_id
      where g.company_id = current_company() and p.company_id = current_company() and p.is_active
    )
"""
_MANAGERS = text(
    f"""
    with {_LOADS}
    select l.person_id as id, l.name, l.position, l.skills, l.office_id as business_unit_id,
           o.name as business_unit_name, l.current_load
    from loads l left join office o on o.company_id = current_company() and o.id = l.office_id
    order by l.person_id
    """
)
_OFFICES = text(
    f"""
    with {_LOADS}
    select o.id, o.name, o.address, o.latitude, o.longitude,
           count(l.person_id)::integer as managers,
           coalesce(sum(l.current_load), 0)::integer as current_load
    from office o left join loads l on l.office_id = o.id
    where o.company_id = current_company()
    group by o.id order by o.id
    """
)
# One scan for all groupings: 100,000 tickets take a few hundred milliseconds, six scans do not.
_STATS = text(
    """
    with words as (
      select exists (select from company where id = current_company() and locale like 'ru%')
        or exists (select from category
                   where company_id = current_company() and name = 'Жалоба') as russian
    ), facts as (
      select t.category, t.segment, a.language, o.name as office, t.assignee_id is not null as given,
        coalesce(t.urgency, a.urgency) as urgency,
        case when w.russian then case a.sentiment when 'positive' then 'Позитивный'
          when 'negative' then 'Негативный' when 'neutral' then 'Нейтральный' end
        else a.sentiment end as sentiment
      from ticket t cross join words w
      left join analysis a on a.company_id = t.company_id and a.ticket_id = t.id
        and a.state = 'done'
      left join agent g on g.company_id = t.company_id and g.person_id = t.assignee_id
      left join office o on o.company_id = t.company_id and o.id = g.office_id
      where t.company_id = current_company()
    ), grouped as (
      select case when grouping(category) = 0 then 'categories'
                  when grouping(sentiment) = 0 then 'sentiments'
                  when grouping(language) = 0 then 'languages'
                  when grouping(office) = 0 then 'offices'
                  when grouping(segment) = 0 then 'segments' end as kind,
        coalesce(category, sentiment, language, office, segment) as word, count(*) as tickets
      from facts
      group by grouping sets ((category), (sentiment), (language), (office), (segment))
    ), objects as (
      select kind, jsonb_object_agg(word, tickets) as words
      from grouped where word is not null group by kind
    )
    select (select count(*) from facts) as total_tickets,
      (select count(*) from facts where given) as assigned_tickets,
      coalesce(round((select avg(urgency) from facts), 2), 0)::float as avg_priority,
      coalesce((select words from objects where kind = 'categories'), '{}') as categories,
      coalesce((select words from objects where kind = 'sentiments'), '{}') as sentiments,
      coalesce((select words from objects where kind = 'languages'), '{}') as languages,
      coalesce((select words from objects where kind = 'offices'), '{}') as offices,
      coalesce((select words from objects where kind = 'segments'), '{}') as segments
    """
)
