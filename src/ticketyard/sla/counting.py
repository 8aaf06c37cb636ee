"""Bring the clocks of tickets up to date: ledger, what is known now, and what is to be told."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.sla.clocks import Clock, run_clocks
from ticketyard.sla.histories import read_histories
from ticketyard.sla.ledger import append_entries
from ticketyard.sla.rule_book import read_book, since_of
from ticketyard.sla.telling import News, Told, broken, news_of, next_look
from ticketyard.tickets.promising import Promise, note_promises

_LOCK = 7_201_126_007


async def count_clocks(session: AsyncSession, ticket_ids: Sequence[int]) -> None:
    """Work out the clocks of these tickets from what happened, and tell what there is to tell.

    May run as often as one likes, by whom one likes: it is one at a time in a company, and gives the
    same for the same history. Breaches and warnings are told once for each clock and cycle.
    """
    await session.execute(_ONE_AT_A_TIME, {"lock": _LOCK, "company": company_of(session)})
    book = await read_book(session)
    now = now_of(session)
    histories = await read_histories(session, ticket_ids)
    clocks = {each: run_clocks(history, book, now) for each, history in histories.items()}
    told = await _told(session, list(clocks))
    news = {
        ticket_id: [found for each in mine if (found := news_of(
            ticket_id, each, told=told.get(ticket_id, _NOTHING), now=now, levels_since=since_of(book)))]
        for ticket_id, mine in clocks.items()
    }  # fmt: skip
    await append_entries(session, clocks)
    await _tell(session, news)
    await _keep(session, clocks, told, news)
    await note_promises(session, [_promise(each, mine) for each, mine in clocks.items()])


_NOTHING: Told = frozenset()


async def _told(session: AsyncSession, ticket_ids: Sequence[int]) -> dict[int, Told]:
    rows = await session.execute(_TOLD, {"company": company_of(session), "ids": list(ticket_ids)})
    return {row.ticket_id: frozenset(tuple(each) for each in row.told) for row in rows}


async def _tell(session: AsyncSession, news: Mapping[int, Sequence[News]]) -> None:
    rows = [
        {"ticket_id": ticket_id, "clock": each.clock, "cycle": each.cycle, "what": each.what,
         "emitted": each.event is not None}
        for ticket_id, found in news.items() for each in found
    ]  # fmt: skip
    if rows:
        values = {"rows": orjson.dumps(rows).decode(), "at": now_of(session)}
        await session.execute(_NOTE_TOLD, values)
        events = [each.event for found in news.values() for each in found if each.event]
        await emit(session, *events, by=Principal.system(company_of(session), "Service levels"))


async def _keep(
    session: AsyncSession,
    clocks: Mapping[int, Sequence[Clock]],
    told: Mapping[int, Told],
    news: Mapping[int, Sequence[News]],
) -> None:
    rows = []
    for ticket_id, mine in clocks.items():
        known = told.get(ticket_id, _NOTHING) | {
            (each.clock, each.cycle, each.what) for each in news[ticket_id]
        }
        rows += [_row(ticket_id, each, known) for each in mine]
    if rows:
        await session.execute(_KEEP, {"rows": orjson.dumps(rows).decode(), "ids": list(clocks)})


def _row(ticket_id: int, clock: Clock, told: Told) -> dict[str, Any]:
    return {
        "ticket_id": ticket_id,
        "clock": clock.clock,
        "cycle": clock.cycle,
        "state": clock.state,
        "policy_id": clock.policy and clock.policy.id,
        "rules_id": clock.rules.id,
        "target_seconds": clock.target,
        "elapsed_seconds": clock.elapsed,
        "started_at": clock.started_at,
        "stopped_at": clock.stopped_at,
        "due_at": clock.due_at,
        "is_breached": clock.breached,
        "next_look_at": next_look(clock, told),
    }


def _promise(ticket_id: int, clocks: Sequence[Clock]) -> Promise:
    dues = [each.due_at for each in clocks if each.is_live and each.due_at]
    missed = [each for each in clocks if each.breached]
    return Promise(
        ticket_id=ticket_id,
        due_at=min(dues, default=None),
        breach=bool(missed),
        reason=" ".join(broken(each) for each in missed[:3]) or None,
    )


_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(:lock + cast(:company as bigint) * 4294967296)")
_TOLD = text(
    """
    select ticket_id, jsonb_agg(jsonb_build_array(clock, cycle, what)) as told from sla_told
    where company_id = :company and ticket_id = any(:ids) group by ticket_id
    """
)
_NOTE_TOLD = text(
    """
    insert into sla_told (company_id, ticket_id, clock, cycle, what, at, emitted)
    select current_company(), n.ticket_id, n.clock, n.cycle, n.what, :at, n.emitted
    from jsonb_to_recordset(cast(:rows as jsonb))
      as n(ticket_id bigint, clock text, cycle integer, what text, emitted boolean)
    """
)
_KEEP = text(
    """
    with new as (
      select * from jsonb_to_recordset(cast(:rows as jsonb)) as n(
        ticket_id bigint, clock text, cycle integer, state text, policy_id integer, rules_id bigint,
        target_seconds integer, elapsed_seconds bigint, started_at timestamptz,
        stopped_at timestamptz, due_at timestamptz, is_breached boolean, next_look_at timestamptz)
    ), gone as (
      delete from sla_clock c where c.company_id = current_company() and c.ticket_id = any(:ids)
        and not exists (select from new n where (n.ticket_id, n.clock, n.cycle)
                                              = (c.ticket_id, c.clock, c.cycle))
    )
    insert into sla_clock as c (company_id, ticket_id, clock, cycle, state, policy_id, rules_id,
      target_seconds, elapsed_seconds, started_at, stopped_at, due_at, is_breached, next_look_at)
    select current_company(), n.* from new n order by n.ticket_id, n.clock, n.cycle
    on conflict (company_id, ticket_id, clock, cycle) do update set
      (state, policy_id, rules_id, target_seconds, elapsed_seconds, started_at, stopped_at, due_at,
       is_breached, next_look_at) = (excluded.state, excluded.policy_id, excluded.rules_id,
       excluded.target_seconds, excluded.elapsed_seconds, excluded.started_at, excluded.stopped_at,
       excluded.due_at, excluded.is_breached, excluded.next_look_at)
    """
)
