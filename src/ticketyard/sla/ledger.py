"""Keep the ledger: what clocks did, appended and never altered."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of
from ticketyard.sla.clocks import Clock, Entry

Known = dict[tuple[str, int], list[tuple[str, Any]]]


async def append_entries(session: AsyncSession, clocks: Mapping[int, Sequence[Clock]]) -> None:
    """Append what the ledger lacks of these tickets' clocks.

    Should it hold something that is not so (a history that was told otherwise before), all of the
    ticket's clocks are written anew under the next run: both can be read.
    """
    values = {"company": company_of(session), "ids": list(clocks)}
    known: defaultdict[int, Known] = defaultdict(lambda: defaultdict(list))
    runs: dict[int, int] = {}
    for row in await session.execute(_KNOWN, values):
        runs[row.ticket_id] = row.run
        known[row.ticket_id][row.clock, row.cycle].append((row.state, row.at))
    new = [
        row
        for ticket_id, each in clocks.items()
        for row in _lacking(ticket_id, each, known[ticket_id], runs.get(ticket_id, 1))
    ]
    if new:
        await session.execute(_APPEND, {"rows": orjson.dumps(new).decode()})


def _lacking(
    ticket_id: int, clocks: Sequence[Clock], known: Known, run: int
) -> list[dict[str, Any]]:
    told = {
        (each.clock, each.cycle): [(entry.state, entry.at) for entry in each.entries]
        for each in clocks
    }
    if any(told.get(key, [])[: len(entries)] != entries for key, entries in known.items()):
        run, known = run + 1, {}
    return [
        _row(ticket_id, run, clock, seq, entry)
        for clock in clocks
        for seq, entry in enumerate(clock.entries)
        if seq >= len(known.get((clock.clock, clock.cycle), ()))
    ]


def _row(ticket_id: int, run: int, clock: Clock, seq: int, entry: Entry) -> dict[str, Any]:
    is_last = seq == len(clock.entries) - 1
    return {
        "ticket_id": ticket_id,
        "run": run,
        "clock": clock.clock,
        "cycle": clock.cycle,
        "seq": seq,
        "state": entry.state,
        "at": entry.at,
        "why": entry.why,
        "judged": _judged(clock) if is_last and not clock.is_live else None,
    }


def _judged(clock: Clock) -> dict[str, Any]:
    return {
        "rules_id": clock.rules.id,
        "policy_id": clock.policy and clock.policy.id,
        "policy": clock.policy and clock.policy.name,
        "calendar": clock.calendar.name,
        "target_seconds": clock.target,
        "elapsed_seconds": clock.elapsed,
        "due_at": clock.due_at,
    }


_KNOWN = text(
    """
    select i.ticket_id, i.run, i.clock, i.cycle, i.state, i.at from sla_interval i
    where i.company_id = :company and i.ticket_id = any(:ids)
      and i.run = (select max(r.run) from sla_interval r
                   where r.company_id = i.company_id and r.ticket_id = i.ticket_id)
    order by i.ticket_id, i.clock, i.cycle, i.seq
    """
)
_APPEND = text(
    """
    insert into sla_interval (company_id, ticket_id, run, clock, cycle, seq, state, at, why, judged)
    select current_company(), n.ticket_id, n.run, n.clock, n.cycle, n.seq, n.state, n.at, n.why, n.judged
    from jsonb_to_recordset(cast(:rows as jsonb)) as n(ticket_id bigint, run integer, clock text,
      cycle integer, seq integer, state text, at timestamptz, why text, judged jsonb)
    """
)
