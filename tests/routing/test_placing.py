"""Routing against the real database: loads, turns, many workers at once, giving back."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text

from tests.world import World
from ticketyard.core.auth import Principal
from ticketyard.people.companies import change_company
from ticketyard.people.roster import (
    ListedAgent,
    ListedOffice,
    keep_agents,
    keep_offices,
    office_ids,
)
from ticketyard.routing.placing import hold_routing, route_tickets
from ticketyard.routing.queries import get_assignment
from ticketyard.routing.receipts import canonical, recompute
from ticketyard.routing.releasing import reroute_ticket
from ticketyard.tickets.assigning import assign_ticket, release_ticket
from ticketyard.tickets.categorizing import DISTRIBUTION_CATEGORIES, add_categories
from ticketyard.triage.correcting import correct_category

ASTANA, ALMATY, KARAGANDA = "Астана", "Алматы", "Караганда"
Run = Callable[[], Awaitable[None]]


@pytest.fixture
async def staffed(world: World) -> World:
    """Three offices; two agents in Astana, one in Almaty, none in Karaganda. Nobody else works."""
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(text("update agent set is_available = false"))
        await keep_offices(session, [ListedOffice(n, "") for n in (ASTANA, ALMATY, KARAGANDA)])
        ids = await office_ids(session)
        people = [
            ListedAgent("Анар", ids["астана"], "Специалист", ("VIP",), 1),
            ListedAgent("Берик", ids["астана"], "Специалист", (), 1),
            ListedAgent("Вера", ids["алматы"], "Главный специалист", ("VIP", "KZ"), 0),
        ]
        await keep_agents(session, people, by=world.system)
    return world


async def route(world: World, *ids: int) -> list[str | None]:
    async with world.resources.db.transaction(world.company_id) as session:
        made = await route_tickets(session, ids, by=Principal.system(world.company_id, "Routing"))
        names = {
            row.id: row.name for row in await session.execute(text("select id, name from person"))
        }
    return [names.get(each.agent_id) if each.agent_id else None for each in made]


async def ticket(world: World, city: str = ASTANA, **fields: object) -> int:
    return (await world.open("Письмо", address={"city": city}, **fields)).id


async def loads(world: World) -> dict[str, int]:
    sql = (
        "select p.name, g.base_load + (select count(*) from ticket t where t.assignee_id = p.id "
        "and t.status not in ('resolved', 'closed', 'false_positive')) as load "
        "from agent g join person p on p.id = g.person_id where g.is_available"
    )
    async with world.resources.db.transaction(world.company_id) as session:
        return {row.name: row.load for row in await session.execute(text(sql))}


async def test_the_choice_is_stored_with_a_receipt_that_can_be_checked(staffed: World) -> None:
    id_ = await ticket(staffed, "Караганда", segment="VIP")
    assert await route(staffed, id_) == ["Анар"]
    async with staffed.resources.db.transaction(staffed.company_id) as session:
        assignment = await get_assignment(session, id_)
        row = (
            await session.execute(text("select * from ticket where id = :id"), {"id": id_})
        ).one()
    assert (row.status, row.assignee_id) == ("assigned", assignment.agent_id)
    assert "nobody suitable in Караганда" in assignment.reason
    assert canonical(recompute(assignment.receipt)) == canonical(assignment.receipt)


async def test_turns_outlive_the_run(staffed: World) -> None:
    given = [await route(staffed, await ticket(staffed)) for _ in range(4)]
    assert [name for [name] in given] == ["Анар", "Берик", "Анар", "Берик"]


async def test_the_split_goes_on_where_it_stopped(staffed: World) -> None:
    given = [await route(staffed, await ticket(staffed, city="")) for _ in range(4)]
    assert [name for [name] in given] == ["Анар", "Вера", "Берик", "Вера"]


async def test_routing_twice_changes_nothing(staffed: World) -> None:
    id_ = await ticket(staffed)
    await route(staffed, id_)
    assert await route(staffed, id_) == []
    assert (await loads(staffed))["Анар"] == 2


async def test_nobody_eligible_is_said_once(staffed: World, run_jobs: Run) -> None:
    id_ = await ticket(staffed, category="Смена данных", segment="VIP", source="csv")
    async with staffed.resources.db.transaction(staffed.company_id) as session:
        await session.execute(
            text("update agent set is_available = false where 'KZ' = any(skills)")
        )
    assert await route(staffed, id_) == [None]
    assert await route(staffed, id_) == [None]
    async with staffed.resources.db.transaction(staffed.company_id) as session:
        count = await session.scalar(text("select count(*) from assignment"))
        assignment = await get_assignment(session, id_)
    assert count == 1
    assert "no one in 3 offices has VIP and Главный специалист" in assignment.reason


@pytest.mark.parametrize("wanted", [False, True])
async def test_spam_is_assigned_only_when_the_company_wants_it(
    staffed: World, wanted: bool
) -> None:
    async with staffed.resources.db.transaction(staffed.company_id) as session:
        await change_company(session, by=staffed.system, assign_spam=wanted)
    [name] = await route(staffed, await ticket(staffed, category="Спам"))
    assert (name is not None) is wanted


async def test_sixty_four_workers_at_once_neither_double_nor_overload(staffed: World) -> None:
    ids = [await ticket(staffed) for _ in range(64)]
    results = await asyncio.gather(*(route(staffed, *ids[i:], *ids[:i]) for i in range(64)))
    assert sum(map(len, results)) == 64
    async with staffed.resources.db.transaction(staffed.company_id) as session:
        rows = list(await session.execute(text("select ticket_id, agent_id from assignment")))
        held = list(await session.execute(text("select id, assignee_id from ticket")))
    assert len(rows) == len({row.ticket_id for row in rows}) == 64
    assert {(row.ticket_id, row.agent_id) for row in rows} == {tuple(row) for row in held}
    share = Counter(row.agent_id for row in rows)
    assert sorted(share.values()) == [32, 32]


async def test_workers_with_one_ticket_each_share_fairly(staffed: World) -> None:
    ids = [await ticket(staffed) for _ in range(32)]
    await asyncio.gather(*(route(staffed, id_) for id_ in ids))
    assert await loads(staffed) == {"Анар": 17, "Берик": 17, "Вера": 0}


async def test_people_may_assign_while_routing_runs(staffed: World) -> None:
    ids = [await ticket(staffed) for _ in range(20)]

    async def by_hand(ticket_id: int) -> None:
        async with staffed.resources.db.transaction(staffed.company_id) as session:
            by = staffed.as_person(staffed.ana)
            await assign_ticket(session, ticket_id=ticket_id, agent_id=staffed.bo.id, by=by)

    await asyncio.gather(route(staffed, *ids), *(by_hand(id_) for id_ in ids[::2]))
    async with staffed.resources.db.transaction(staffed.company_id) as session:
        held = dict(
            tuple(row) for row in await session.execute(text("select id, assignee_id from ticket"))
        )
    assert all(held[id_] == staffed.bo.id for id_ in ids[::2])
    assert all(held[id_] not in (None, staffed.bo.id) for id_ in ids[1::2])


async def test_given_back_it_goes_to_somebody_else(staffed: World) -> None:
    id_ = await ticket(staffed)
    assert await route(staffed, id_) == ["Анар"]
    by = staffed.as_person(staffed.admin)
    seen = []
    for _ in range(4):
        async with staffed.resources.db.transaction(staffed.company_id) as session:
            made = await reroute_ticket(session, ticket_id=id_, by=by)
            assert made is not None
            seen.append(
                await session.scalar(
                    text("select name from person where id = :id"), {"id": made.agent_id}
                )
            )
    # Past both of Astana to Almaty; then nobody is left, and all are asked again.
    assert seen[:2] == ["Берик", "Вера"]
    assert seen[2] is not None
    assert sum((await loads(staffed)).values()) == 3


async def test_who_gives_a_ticket_back_holds_it_only_when_it_is_their_turn(staffed: World) -> None:
    id_ = await ticket(staffed)
    await route(staffed, id_)

    async def give_back() -> None:
        async with staffed.resources.db.transaction(staffed.company_id) as session:
            await reroute_ticket(session, ticket_id=id_, by=staffed.as_person(staffed.admin))

    async with staffed.resources.db.transaction(staffed.company_id) as session:
        await hold_routing(session)
        asked = asyncio.create_task(give_back())
        waiting = "select count(*) from pg_locks where not granted"
        for _ in range(1_000):
            if await session.scalar(text(waiting)):
                break
            await asyncio.sleep(0.01)
        # Held by whoever waits, it would be a deadlock: routing goes on to hold it.
        await session.execute(text("select 1 from ticket for update nowait"))
    await asked


async def test_a_released_ticket_weighs_no_more(staffed: World) -> None:
    id_ = await ticket(staffed)
    await route(staffed, id_)
    async with staffed.resources.db.transaction(staffed.company_id) as session:
        await release_ticket(session, ticket_id=id_, by=staffed.system)
    assert await loads(staffed) == {"Анар": 1, "Берик": 1, "Вера": 0}


async def test_a_company_may_switch_assignment_off(staffed: World, run_jobs: Run) -> None:
    async with staffed.resources.db.transaction(staffed.company_id) as session:
        await change_company(session, by=staffed.system, auto_assign=False)
    await ticket(staffed)
    await run_jobs()
    async with staffed.resources.db.transaction(staffed.company_id) as session:
        assert await session.scalar(text("select count(*) from assignment")) == 0


async def test_what_arrives_is_triaged_and_routed_by_itself(staffed: World, run_jobs: Run) -> None:
    async with staffed.resources.db.transaction(staffed.company_id) as session:
        await change_company(session, by=staffed.system, languages=["ru", "kk"])
    await ticket(staffed, city="Алматы", description="Не могу войти в приложение, помогите")
    await run_jobs()
    assert (await loads(staffed))["Вера"] == 1
    async with staffed.resources.db.transaction(staffed.company_id) as session:
        kinds = set(await session.scalars(text("select type from event")))
        place = (await session.execute(text("select place, how from ticket_place"))).one()
    assert {"ticket.routed", "ticket.assigned", "ticket.triaged"} <= kinds
    assert tuple(place) == ("Алматы", "exact")


async def test_a_corrected_category_moves_the_ticket_to_who_may_do_it(
    staffed: World, run_jobs: Run
) -> None:
    async with staffed.resources.db.transaction(staffed.company_id) as session:
        await change_company(session, by=staffed.system, languages=["ru"])
        await add_categories(session, DISTRIBUTION_CATEGORIES)
    id_ = await ticket(staffed, description="Приложение не открывается после обновления")
    await run_jobs()
    assert (await loads(staffed))["Анар"] == 2

    async with staffed.resources.db.transaction(staffed.company_id) as session:
        by = staffed.as_person(staffed.admin)
        await correct_category(session, ticket_id=id_, category="Смена данных", by=by)
    await run_jobs()
    assert await loads(staffed) == {"Анар": 1, "Берик": 1, "Вера": 1}

    async with staffed.resources.db.transaction(staffed.company_id) as session:
        await correct_category(session, ticket_id=id_, category="Спам", by=by)
    await run_jobs()
    assert await loads(staffed) == {"Анар": 1, "Берик": 1, "Вера": 0}


async def test_a_correction_leaves_alone_what_a_person_assigned(
    staffed: World, run_jobs: Run
) -> None:
    async with staffed.resources.db.transaction(staffed.company_id) as session:
        await change_company(session, by=staffed.system, auto_assign=False)
        await add_categories(session, DISTRIBUTION_CATEGORIES)
    id_ = await ticket(staffed)
    await run_jobs()
    async with staffed.resources.db.transaction(staffed.company_id) as session:
        await change_company(session, by=staffed.system, auto_assign=True)
        by = staffed.as_person(staffed.admin)
        await assign_ticket(session, ticket_id=id_, agent_id=staffed.bo.id, by=by)
        await correct_category(session, ticket_id=id_, category="Смена данных", by=by)
    await run_jobs()
    async with staffed.resources.db.transaction(staffed.company_id) as session:
        held = await session.scalar(
            text("select assignee_id from ticket where id = :id"), {"id": id_}
        )
    assert held == staffed.bo.id
