"""Give tickets to agents by the rules: one transaction, one queue a company, a receipt each."""

import asyncio
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import Event, emit
from ticketyard.people.queries import get_company
from ticketyard.routing.addresses import locate_client
from ticketyard.routing.choosing import choose_for_all
from ticketyard.routing.events import TicketRouted, TicketUnrouted
from ticketyard.routing.explaining import Locale, explain
from ticketyard.routing.facts import (
    NO_OFFICE,
    AgentFacts,
    OfficeFacts,
    Rotation,
    Rules,
    TicketFacts,
)
from ticketyard.routing.gazetteer import Nowhere, Spot, kazakhstan
from ticketyard.routing.geocoding import known_spots
from ticketyard.routing.reading import (
    URGENCY_OF_PRIORITY,
    address_of,
    read_agents,
    read_offices,
    read_rotation,
    rotation_rows,
    rules_of,
)
from ticketyard.routing.receipts import write_receipt
from ticketyard.tickets.assigning import Choice, assign_many

# One company's tickets are given out one batch after the other: of two that came at once, the
# second has to see the loads and turns the first one left.
_LOCK = 7_201_126_004


@dataclass(frozen=True)
class Routed:
    """What became of one ticket."""

    ticket_id: int
    agent_id: int | None
    outcome: str
    reason: str


@dataclass(frozen=True)
class _Waiting:
    facts: TicketFacts
    spot: Spot | Nowhere


async def hold_routing(session: AsyncSession) -> None:
    """Route alone in this company until the end of the transaction.

    Before any ticket is held: whoever routes goes on to hold tickets, and would wait crosswise.
    """
    await session.execute(
        text("select pg_advisory_xact_lock(:lock + :company)"),
        {"lock": _LOCK, "company": company_of(session)},
    )


async def route_tickets(
    session: AsyncSession,
    ticket_ids: Sequence[int],
    *,
    by: Principal,
    avoid: Mapping[int, tuple[int, ...]] | None = None,
) -> list[Routed]:
    """Choose an agent for each of these tickets that has none, the most urgent first, then by id.

    avoid: agents that a ticket must not go to. Tickets that are finished or assigned are passed
    over, so that running it twice changes nothing.
    """
    await hold_routing(session)
    waiting = await _read_waiting(session, ticket_ids, avoid or {})
    if not waiting:
        return []
    company = await get_company(session)
    offices = await read_offices(session)
    before = await read_rotation(session)
    rotation = deepcopy(before)
    # Pure and long: in a thread of its own, so that a server that also answers people goes on.
    rows = await asyncio.to_thread(
        _decide,
        [each.facts for each in waiting],
        offices,
        await read_agents(session),
        rotation,
        rules_of(company, offices),
        "ru" if company.locale == "ru" else "en",
    )
    choices = [
        Choice(row["ticket_id"], row["agent_id"], row["reason"])
        for row in rows
        if row["agent_id"] is not None
    ]
    given = set(await assign_many(session, choices, by=by))
    if given != {choice.ticket_id for choice in choices}:
        # An agent was switched off since we read them: undo, and decide anew without them.
        raise RosterChanged("The agents changed while tickets were given out.")
    await _keep_places(session, waiting)
    news = await _keep_decisions(session, rows)
    await _keep_turns(session, rotation_rows(before, rotation))
    await emit(session, *(_event(row) for row in rows if row["ticket_id"] in news), by=by)
    return [Routed(r["ticket_id"], r["agent_id"], r["outcome"], r["reason"]) for r in rows]


def _decide(
    tickets: Sequence[TicketFacts],
    offices: Sequence[OfficeFacts],
    agents: Sequence[AgentFacts],
    rotation: Rotation,
    rules: Rules,
    locale: Locale,
) -> list[dict[str, Any]]:
    """One row of `assignment` for each ticket; moves the rotation on."""
    rows = []
    for ticket, decision, moment in choose_for_all(tickets, offices, agents, rotation, rules):
        receipt = write_receipt(ticket, decision, moment)
        rows.append(
            {
                "ticket_id": ticket.id,
                "agent_id": decision.agent_id,
                "office_id": decision.office_id if decision.office_id != NO_OFFICE else None,
                "outcome": decision.outcome,
                "reason": explain(receipt, locale),
                "receipt": receipt,
            }
        )
    return rows


class RosterChanged(RuntimeError):
    """Whoever was chosen is gone; the transaction has to be done again."""


async def _read_waiting(
    session: AsyncSession, ticket_ids: Sequence[int], avoid: Mapping[int, tuple[int, ...]]
) -> list[_Waiting]:
    rows = list(await session.execute(_WAITING, {"ids": list(ticket_ids)}))
    addresses = {row.id: address_of(row.address) for row in rows}
    found = {id_: locate_client(each, kazakhstan()) for id_, each in addresses.items()}
    lost = {id_: addresses[id_] for id_, spot in found.items() if isinstance(spot, Nowhere)}
    found |= await known_spots(session, lost)
    return [
        _Waiting(
            replace(
                TicketFacts(
                    id=row.id,
                    urgency=row.urgency or URGENCY_OF_PRIORITY[row.priority],
                    segment=row.segment or "",
                    category=row.category or "",
                    language=row.language or "",
                    avoid=avoid.get(row.id, ()),
                    tags=tuple(row.tags),
                ),
                **_whereabouts(found[row.id]),
            ),
            found[row.id],
        )
        for row in rows
    ]


def _whereabouts(spot: Spot | Nowhere) -> dict[str, Any]:
    if isinstance(spot, Nowhere):
        return {"point": None, "place": spot.why}
    return {"point": (spot.latitude, spot.longitude), "place": spot.name}


def _event(row: dict[str, Any]) -> Event:
    if row["agent_id"] is None:
        return TicketUnrouted(
            ticket_id=row["ticket_id"], outcome=row["outcome"], reason=row["reason"]
        )
    return TicketRouted(
        ticket_id=row["ticket_id"],
        agent_id=row["agent_id"],
        office_id=row["office_id"],
        reason=row["reason"],
    )


async def _keep_places(session: AsyncSession, waiting: Sequence[_Waiting]) -> None:
    rows = [
        {
            "ticket_id": each.facts.id,
            "latitude": each.facts.point[0] if each.facts.point else None,
            "longitude": each.facts.point[1] if each.facts.point else None,
            "place": each.facts.place,
            "how": each.spot.how if isinstance(each.spot, Spot) else "unknown",
        }
        for each in waiting
    ]
    await session.execute(_PLACES, {"rows": orjson.dumps(rows).decode(), "at": now_of(session)})


async def _keep_decisions(session: AsyncSession, rows: list[dict[str, Any]]) -> set[int]:
    """The tickets about which this is news."""
    told = {"rows": orjson.dumps(rows).decode(), "at": now_of(session)}
    return set(await session.scalars(_DECISIONS, told))


async def _keep_turns(session: AsyncSession, turns: dict[str, int]) -> None:
    if turns:
        await session.execute(_TURNS, {"rows": orjson.dumps(turns).decode()})


_WAITING = text(
    """
    select t.id, t.priority, t.segment, t.category, t.tags, t.address, a.language,
           coalesce(t.urgency, a.urgency) as urgency
    from ticket t
    left join analysis a on a.company_id = t.company_id and a.ticket_id = t.id
    where t.company_id = current_company() and t.id = any(:ids) and t.assignee_id is null
      and t.status in ('open', 'in_progress', 'pending')
    order by t.id for update of t
    """
)
_PLACES = text(
    """
    insert into ticket_place (company_id, ticket_id, latitude, longitude, place, how, placed_at)
    select current_company(), r.ticket_id, r.latitude, r.longitude, r.place, r.how, :at
    from jsonb_to_recordset(cast(:rows as jsonb)) as r(ticket_id bigint,
      latitude double precision, longitude double precision, place text, how text)
    on conflict (company_id, ticket_id) do update set latitude = excluded.latitude,
      longitude = excluded.longitude, place = excluded.place, how = excluded.how,
      placed_at = excluded.placed_at
    """
)
# A ticket that is looked at again and still fits nobody gets no second row of the same reason.
_DECISIONS = text(
    """
    insert into assignment
      (company_id, ticket_id, agent_id, office_id, outcome, reason, receipt, assigned_at)
    select current_company(), r.ticket_id, r.agent_id, r.office_id, r.outcome, r.reason, r.receipt,
           :at
    from jsonb_to_recordset(cast(:rows as jsonb)) as r(ticket_id bigint, agent_id integer,
      office_id integer, outcome text, reason text, receipt jsonb)
    where r.agent_id is not null or not exists (
      select from (select * from assignment s where s.company_id = current_company()
                   and s.ticket_id = r.ticket_id order by s.id desc limit 1) last
      where last.outcome = r.outcome and last.reason = r.reason)
    returning ticket_id
    """
)
_TURNS = text(
    """
    insert into routing_rotation (company_id, key, last_id)
    select current_company(), r.key, r.value::integer from jsonb_each_text(cast(:rows as jsonb)) r
    on conflict (company_id, key) do update set last_id = excluded.last_id
    """
)
