"""How many tickets there are of each kind, in one question to the database."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of
from ticketyard.tickets.lifecycle import PRIORITIES, SEVERITIES, STATUSES

_STATS = text(
    """
    with kinds as materialized (
      -- Few kinds of many tickets: the sums below are over the kinds.
      select t.status, t.severity, t.priority, t.source, count(*) as tickets,
        count(*) filter (where is_promise_broken(t.sla_breach, t.sla_due_at, now())) as breaches
      from ticket t
      where t.company_id = :company
        and (cast(:organization as text) is null or t.organization_id = :organization)
      group by 1, 2, 3, 4
    )
    select case grouping(status, severity, priority, source)
             when 7 then 'status' when 11 then 'severity' when 13 then 'priority'
             when 14 then 'source' else 'all' end as kind,
           coalesce(status, severity, priority, source) as word,
           coalesce(sum(tickets), 0)::bigint as tickets,
           coalesce(sum(breaches), 0)::bigint as breaches
    from kinds
    group by grouping sets ((status), (severity), (priority), (source), ())
    union all
    select 'provider', l.provider_id, count(distinct l.ticket_id), 0
    from alert l
    where l.company_id = :company
      and (cast(:organization as text) is null or l.organization_id = :organization)
    group by l.provider_id
    """
)


async def count_by_kind(session: AsyncSession, organization_id: str | None) -> dict[str, Any]:
    """Tickets by status, severity, priority, source and provider, and in how many a promise was broken.

    organization_id: only those of this organisation.
    """
    rows = await session.execute(
        _STATS, {"company": company_of(session), "organization": organization_id}
    )
    found: dict[str, dict[str, int]] = {
        "status": dict.fromkeys(STATUSES, 0),
        "severity": dict.fromkeys(reversed(SEVERITIES), 0),
        "priority": dict.fromkeys(PRIORITIES, 0),
        "source": {},
        "provider": {},
    }
    total = breaches = 0
    for row in rows:
        if row.kind == "all":
            total, breaches = row.tickets, row.breaches
        elif row.word is not None:
            found[row.kind][row.word] = row.tickets
    return {
        "total_tickets": total,
        **{f"by_{kind}": counts for kind, counts in found.items()},
        "sla_breaches": breaches,
    }
