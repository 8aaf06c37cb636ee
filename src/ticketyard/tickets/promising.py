"""Note on tickets how their promises stand, so that lists can show and filter it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True)
class Promise:
    """due_at: the nearest due of what runs.  breach: whether a promise was broken, and which."""

    ticket_id: int
    due_at: datetime | None
    breach: bool
    reason: str | None


async def note_promises(session: AsyncSession, promises: Sequence[Promise]) -> None:
    """Write them where they are new. No change of the ticket: its version and history stay."""
    if promises:
        rows = orjson.dumps([asdict(each) for each in promises]).decode()
        await session.execute(_NOTE, {"rows": rows})


_NOTE = text(
    """
    with new as (
      select * from jsonb_to_recordset(cast(:rows as jsonb))
        as n(ticket_id bigint, due_at timestamptz, breach boolean, reason text)
    ), held as (
      select t.id, n.due_at, n.breach, n.reason from ticket t join new n on n.ticket_id = t.id
      where t.company_id = current_company()
        and (t.sla_due_at, t.sla_breach, t.sla_breach_reason)
            is distinct from (n.due_at, n.breach, n.reason)
      order by t.id for no key update of t
    )
    update ticket t set sla_due_at = h.due_at, sla_breach = h.breach, sla_breach_reason = h.reason
    from held h where t.company_id = current_company() and t.id = h.id
    """
)
