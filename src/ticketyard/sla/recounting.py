"""Count many clocks anew: after a change of the rules, and where none were counted yet."""

from collections.abc import Sequence

from sqlalchemy import text

from ticketyard.core.resources import Resources
from ticketyard.sla.counting import count_clocks

BATCH = 500
UNCOUNTED_MAX = 20_000


async def recount_running(resources: Resources, company_id: int) -> int:
    """Every ticket with a clock that runs or stands still; gives how many."""
    done, after = 0, 0
    while ids := await _page(resources, company_id, _RUNNING, after):
        await _count(resources, company_id, ids)
        done, after = done + len(ids), ids[-1]
    return done


async def count_uncounted(resources: Resources, company_id: int) -> int:
    """Tickets that have no clocks yet: those from before there were service levels."""
    done, after = 0, 0
    while done < UNCOUNTED_MAX and (ids := await _page(resources, company_id, _UNCOUNTED, after)):
        await _count(resources, company_id, ids)
        done, after = done + len(ids), ids[-1]
    return done


async def _page(resources: Resources, company_id: int, query: str, after: int) -> list[int]:
    async with resources.db.transaction(company_id) as session:
        values = {"company": company_id, "after": after, "limit": BATCH}
        return list(await session.scalars(text(query), values))


async def _count(resources: Resources, company_id: int, ids: Sequence[int]) -> None:
    """In a transaction of its own, so that nobody waits long for these tickets."""
    async with resources.db.transaction(company_id) as session:
        await count_clocks(session, ids)


_RUNNING = """
select distinct ticket_id from sla_clock
where company_id = :company and state in ('running', 'paused') and ticket_id > :after
order by ticket_id limit :limit
"""
_UNCOUNTED = """
select t.id from ticket t
where t.company_id = :company and t.id > :after and not exists (
  select from sla_clock c where c.company_id = t.company_id and c.ticket_id = t.id)
order by t.id limit :limit
"""
