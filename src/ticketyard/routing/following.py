"""Which tickets may be routed now: those of an import only once all of it was understood.

An import is given out as one list, the most urgent first, so its tickets wait for each other.
"""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.core.events import emit
from ticketyard.core.resources import Resources
from ticketyard.intake.import_runs import finish_runs
from ticketyard.people.queries import get_company
from ticketyard.routing.addresses import locate_client
from ticketyard.routing.events import MapAsked
from ticketyard.routing.gazetteer import Nowhere, kazakhstan
from ticketyard.routing.geocoding import Geocoder, keep_answer, unasked
from ticketyard.routing.placing import route_tickets
from ticketyard.routing.reading import address_of

NAME = "Routing"
# Tickets in one transaction: other work of the company waits no longer than this takes.
CHUNK = 500


async def follow_triage(
    resources: Resources, company_id: int, ticket_ids: Sequence[int], *, ask_map: bool = True
) -> None:
    """Route these tickets, and those of imports that are complete with them."""
    async with resources.db.transaction(company_id) as session:
        wanted = (await get_company(session)).auto_assign
        single = await _outside_imports(session, ticket_ids)
        runs = list(await session.scalars(_COMPLETE_RUNS, {"now": now_of(session)}))
    if wanted:
        await place_in_chunks(resources, company_id, single, ask_map=ask_map)
    for run_id in runs:
        async with resources.db.transaction(company_id) as session:
            ids = list(await session.scalars(_OF_RUN, {"run": run_id})) if wanted else []
        await place_in_chunks(resources, company_id, ids, ask_map=ask_map)
    if runs:
        async with resources.db.transaction(company_id) as session:
            await finish_runs(session, runs)


async def place_in_chunks(
    resources: Resources, company_id: int, ticket_ids: Sequence[int], *, ask_map: bool
) -> None:
    """Route in the order given by urgency, a bounded number a transaction."""
    ids = list(ticket_ids)
    by = Principal.system(company_id, NAME)
    if ask_map and ids and resources.part(Geocoder).is_on:
        ids = await _without_unknown(resources, company_id, ids)
    for start in range(0, len(ids), CHUNK):
        async with resources.db.transaction(company_id) as session:
            await route_tickets(session, ids[start : start + CHUNK], by=by)


async def _without_unknown(resources: Resources, company_id: int, ids: list[int]) -> list[int]:
    """The tickets whose place is settled; for the others the map is going to be asked."""
    from_map: set[int] = set()
    async with resources.db.transaction(company_id) as session:
        for row in await session.execute(_ADDRESSES, {"ids": ids}):
            address = address_of(row.address)
            spot = locate_client(address, kazakhstan())
            if isinstance(spot, Nowhere) and await unasked(session, address):
                from_map.add(row.id)
        events = [MapAsked(ticket_id=id_) for id_ in sorted(from_map)]
        await emit(session, *events, by=Principal.system(company_id, NAME))
    return [id_ for id_ in ids if id_ not in from_map]


async def ask_and_place(resources: Resources, company_id: int, ticket_ids: Sequence[int]) -> None:
    """Ask the map about tickets nobody could place, then route them, found or not."""
    geocoder = resources.part(Geocoder)
    async with resources.db.transaction(company_id) as session:
        rows = list(await session.execute(_ADDRESSES, {"ids": list(ticket_ids)}))
    for row in rows:
        async with resources.db.transaction(company_id) as session:
            questions = await unasked(session, address_of(row.address))
        for question in questions:
            answer = await geocoder.ask(resources.db, question) if geocoder.is_on else None
            if answer is None:
                break
            async with resources.db.transaction(company_id) as session:
                await keep_answer(session, answer)
            if answer.latitude is not None:
                break
    await place_in_chunks(resources, company_id, [row.id for row in rows], ask_map=False)


async def _outside_imports(session: AsyncSession, ticket_ids: Sequence[int]) -> list[int]:
    rows = await session.scalars(_OUTSIDE, {"ids": list(ticket_ids)})
    return list(rows)


_URGENT_FIRST = (
    "order by coalesce(t.urgency, case t.priority when 'critical' then 10 when 'urgent' then 8 "
    "when 'high' then 7 when 'medium' then 5 else 2 end) desc, t.id"
)
_OUTSIDE = text(
    f"""
    select t.id from ticket t
    where t.company_id = current_company() and t.id = any(:ids) and not exists (
      select from import_ticket i join import_run r on r.id = i.run_id
      where i.company_id = t.company_id and i.ticket_id = t.id
        and r.company_id = t.company_id and r.state in ('storing', 'stored'))
    {_URGENT_FIRST}
    """
)
# Stored, and triage has looked at each ticket since it was stored (or could not for an hour: the
# line does not stop for it). Asked after every batch: what waits is found from the end.
_COMPLETE_RUNS = text(
    """
    select r.id from import_run r
    where r.company_id = current_company() and r.state = 'stored' and (
      r.stored_at < cast(:now as timestamptz) - interval '1 hour' or (
        select i.ticket_id from import_ticket i
        left join analysis a on a.company_id = i.company_id and a.ticket_id = i.ticket_id
        where i.company_id = r.company_id and i.run_id = r.id and i.outcome <> 'unchanged'
          and (a.analysed_at is null or a.analysed_at < i.imported_at)
        order by i.ticket_id desc limit 1) is null)
    order by r.id
    """
)
_OF_RUN = text(
    f"""
    select t.id from import_ticket i
    join ticket t on t.company_id = i.company_id and t.id = i.ticket_id
    where i.company_id = current_company() and i.run_id = :run and t.assignee_id is null
      and t.status in ('open', 'in_progress', 'pending')
    {_URGENT_FIRST}
    """
)
_ADDRESSES = text(
    "select id, address from ticket where company_id = current_company() and id = any(:ids) "
    "order by id"
)
