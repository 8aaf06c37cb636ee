import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from tests.world import World
from ticketyard.core.auth import Principal
from ticketyard.insights.ticket_list import EXACT_MAX, TicketList
from ticketyard.insights.ticket_query import TicketQuery, with_cursor
from ticketyard.tickets.assigning import assign_ticket
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.labelling import Changes, change_ticket
from ticketyard.tickets.promising import Promise, note_promises

DAY = datetime(2025, 12, 15, tzinfo=UTC)


async def page(
    world: World, by: Principal | None = None, shown: TicketList | None = None, **asked: Any
) -> dict[str, Any]:
    listed = shown or TicketList(world.resources.db)
    body = await listed.page(TicketQuery(**asked), by=by or world.as_person(world.ana))
    found: dict[str, Any] = orjson.loads(body)
    return found


def titles(found: dict[str, Any]) -> list[str]:
    return [each["title"] for each in found["items"]]


@pytest.fixture
async def desk(world: World) -> World:
    """Six tickets, each of its own kind."""
    await world.open("A", created_at=DAY, priority="low", segment="VIP", category="network")
    second = await world.open(
        "B", created_at=DAY + timedelta(days=1), priority="critical", tags=("x", "y")
    )
    third = await world.open("C", created_at=DAY + timedelta(days=2), priority="high", tags=("x",))
    await world.open(
        "D", created_at=DAY + timedelta(days=3), source="glpi", source_reference="77",
        requester_email="Somebody@Example.com", description="Принтер не печатает",
    )  # fmt: skip
    fifth = await world.open("E", created_at=DAY + timedelta(days=4), severity="critical")
    sixth = await world.open("F", created_at=DAY + timedelta(days=5), severity="info")
    by = world.as_person(world.ana)
    async with world.resources.db.transaction(world.company_id) as session:
        await assign_ticket(session, ticket_id=third.id, agent_id=world.bo.id, by=by)
        await change_status(session, ticket_id=fifth.id, status="resolved", by=by)
        teams = text("select id from team where name = 'Billing'")
        team = await session.scalar(teams)
        await change_ticket(
            session, ticket_id=sixth.id, changes=Changes.of({"team_id": team}), by=by
        )
        office = await session.scalar(
            text(
                "insert into office (company_id, name) values (current_company(), 'Астана') returning id"
            )
        )
        await session.execute(
            text(
                "insert into agent (person_id, company_id, office_id)"
                " values (:person, current_company(), :office)"
                " on conflict (person_id) do update set office_id = excluded.office_id"
            ),
            {"person": world.bo.id, "office": office},
        )
        await session.execute(
            text(
                "insert into analysis (company_id, ticket_id, state, language, sentiment, urgency,"
                " summary, need_admin) values (current_company(), :id, 'done', 'KZ', 'negative', 9,"
                " 'Short.', true)"
            ),
            {"id": fifth.id},
        )
        await session.execute(
            text(
                "insert into analysis (company_id, ticket_id, state, need_admin)"
                " values (current_company(), :id, 'done', true)"
            ),
            {"id": second.id},
        )
        await session.execute(
            text(
                "insert into alert (company_id, ticket_id, provider_id, camera_id, organization_id,"
                " alert_data) values (current_company(), :id, 'cam-maker', 12, 'org', '{}')"
            ),
            {"id": sixth.id},
        )
        await session.execute(
            text("update ticket set organization_id = 'org' where id = :id"), {"id": sixth.id}
        )
        past, future = datetime(2020, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)
        promises = [
            Promise(third.id, past, breach=False, reason=None),
            Promise(fifth.id, None, breach=True, reason="It was late."),
            Promise(sixth.id, future, breach=False, reason=None),
        ]
        await note_promises(session, promises)
    return world


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({}, "FEDCBA"),
        ({"status": ("open",)}, "FDBA"),
        ({"status": ("assigned", "resolved")}, "EC"),
        ({"priority": ("critical", "low")}, "BA"),
        ({"severity": ("critical",)}, "E"),
        ({"category": ("NETWORK",)}, "A"),
        ({"segment": ("vip",)}, "A"),
        ({"source": ("GLPI",)}, "D"),
        ({"sentiment": ("negative",)}, "E"),
        ({"language": ("kk",)}, "E"),
        ({"needs_review": ("true",)}, "B"),
        ({"sla_breach": ("true",)}, "EC"),
        ({"sla_breach": ("false",)}, "FDBA"),
        ({"due_before": ("2021-01-01",)}, "C"),
        ({"needs_review": ("false",)}, "FEDCA"),
        ({"unassigned": ("true",)}, "FEDBA"),
        ({"unassigned": ("false",)}, "C"),
        ({"team": ("billing",)}, "F"),
        ({"office": ("АСТАНА",)}, "C"),
        ({"requester_email": ("someBODY@example.com",)}, "D"),
        ({"camera_id": ("12",)}, "F"),
        ({"organization_id": ("org",)}, "F"),
        ({"provider_id": ("cam-maker",)}, "F"),
        ({"tag": ("x",)}, "CB"),
        ({"tag": ("x", "Y")}, "B"),
        ({"created_after": ("2025-12-18",)}, "FED"),
        ({"created_before": ("2025-12-16T00:00:00Z",)}, "A"),
        ({"q": ("принтером",)}, "D"),
        ({"q": ("somebody@example.com",)}, "D"),
        ({"q": ("принтер -печатает",)}, ""),
        ({"q": ("принтер",), "status": ("resolved",)}, ""),
        ({"q": ("the",)}, ""),
        ({"status": ("open",), "tag": ("x",), "priority": ("critical",)}, "B"),
        ({"category": ("' or 1=1 --",)}, ""),
        ({"tag": ("{}\"',",)}, ""),
        ({"q": ("'; drop table ticket; -- & | ! ( :* <->",)}, ""),
        ({"team": ("\\'); select 1",)}, ""),
    ],
)
async def test_every_filter_finds_its_tickets(
    desk: World, where: dict[str, tuple[str, ...]], found: str
) -> None:
    answer = await page(desk, where=where)

    assert "".join(titles(answer)) == found
    assert answer["total"] == len(found)
    assert answer["tickets"] == answer["items"]


@pytest.mark.parametrize(
    ("sort", "descending", "order"),
    [
        ("due", False, "CFABDE"),
        ("due", True, "EDBAFC"),
        ("created_at", True, "FEDCBA"),
        ("created_at", False, "ABCDEF"),
        ("id", False, "ABCDEF"),
        ("number", True, "FEDCBA"),
        ("priority", True, "BCFEDA"),
        ("priority", False, "ADEFCB"),
        ("severity", True, "EFDCBA"),
        ("updated_at", True, None),
    ],
)
@pytest.mark.parametrize("limit", [1, 4])
async def test_pages_along_the_cursor_show_each_ticket_once_in_order(
    desk: World, sort: str, descending: bool, order: str | None, limit: int
) -> None:
    whole = titles(await page(desk, sort=sort, descending=descending))
    query = TicketQuery(sort=sort, descending=descending, limit=limit)
    shown = TicketList(desk.resources.db)
    seen: list[str] = []
    while True:
        found = orjson.loads(await shown.page(query, by=desk.as_person(desk.ana)))
        seen += titles(found)
        assert found["total"] == 6
        if not found["has_more"]:
            break
        query = with_cursor(query, found["next_cursor"])

    assert seen == whole
    assert order is None or "".join(whole) == order


async def test_sorting_and_filtering_by_priority_at_once(desk: World) -> None:
    found = await page(desk, sort="priority", where={"priority": ("critical", "high")})

    assert titles(found) == ["B", "C"]


async def test_a_ticket_shows_the_fields_of_all_three_documents(desk: World) -> None:
    (first,) = (await page(desk, where={"status": ("assigned",)}))["items"]
    (resolved,) = (await page(desk, where={"status": ("resolved",)}))["items"]

    assert first["assigned_to"] == "Bo Agent"
    assert first["assignment"]["manager_id"] == desk.bo.id
    assert first["assignment"]["business_unit_name"] == "Астана"
    assert first["ticket_number"] == first["number"]
    assert first["ai_analysis"] is None
    assert resolved["ai_analysis"]["priority"] == 9
    assert resolved["ai_analysis"]["sentiment"] == "negative"
    assert resolved["sla_breach"] is True, "it was noted"
    assert first["sla_breach"] is True, "its due has passed, though nobody has noted it yet"
    assert first["sla_due_at"].startswith("2020-01-01")


async def test_a_russian_company_reads_sentiments_in_russian(desk: World) -> None:
    async with desk.resources.db.transaction(desk.company_id) as session:
        await session.execute(text("update company set locale = 'ru'"))
    (found,) = (await page(desk, where={"sentiment": ("Негативный",)}))["items"]

    assert found["ai_analysis"]["sentiment"] == "Негативный"


async def test_the_total_is_right_as_soon_as_something_happened(desk: World) -> None:
    shown = TicketList(desk.resources.db)
    where = {"status": ("open",)}
    assert (await page(desk, shown=shown, where=where))["total"] == 4
    await desk.open("G")
    assert (await page(desk, shown=shown, where=where))["total"] == 5


async def test_a_large_total_is_counted_now_and_then(world: World) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text(
                "insert into ticket (company_id, number, title, source) select current_company(),"
                " 'TKT-20250101-' || n, 'Many', 'csv' from generate_series(1, :count) n"
            ),
            {"count": EXACT_MAX + 50},
        )
    shown = TicketList(world.resources.db)
    first = await page(world, shown=shown, limit=2)
    await world.open("One more")
    second = await page(world, shown=shown, limit=2)

    assert first["total"] == EXACT_MAX + 50
    assert second["total"] in (EXACT_MAX + 50, EXACT_MAX + 51)
    assert titles(second)[0] == "One more", "the page itself is never old"


async def test_numbers_beyond_the_thousandth_of_a_day_stay_in_order(world: World) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        for number in ("999", "1000", "002"):
            await session.execute(
                text(
                    "insert into ticket (company_id, number, title, source)"
                    " values (current_company(), 'TKT-20250101-' || :n, :n, 'csv')"
                ),
                {"n": number},
            )

    assert titles(await page(world, sort="number", descending=False)) == ["002", "999", "1000"]


async def test_a_requester_sees_only_their_own_and_nothing_internal(desk: World) -> None:
    async with desk.resources.db.transaction(desk.company_id) as session:
        await session.execute(
            text("insert into analysis (company_id, ticket_id, state, summary) select company_id, id,"
                 " 'done', 'Rude.' from ticket where title = 'C'")
        )  # fmt: skip
    rita = desk.as_person(desk.rita)
    found = await page(desk, by=rita)
    asked_for_others = await page(desk, by=rita, where={"requester_id": ("1",), "q": ("печатает",)})

    assert "".join(titles(found)) == "FECBA"
    assert all(each["ai_analysis"] is None for each in found["items"])
    assert all(
        each["assignment"] is None or each["assignment"]["reason"] is None
        for each in found["items"]
    )
    assert asked_for_others["total"] == 0


@pytest.mark.parametrize(
    "where", [{}, {"q": ("принтер",)}, {"tag": ("x",)}, {"requester_email": ("rita@example.com",)}]
)
async def test_another_company_sees_nothing_even_through_the_search(
    desk: World, where: dict[str, tuple[str, ...]]
) -> None:
    found = await page(desk, by=desk.as_person(desk.other_admin), where=where)

    assert (found["items"], found["total"]) == ([], 0)


async def test_the_search_of_the_owner_gives_nothing_without_a_company(desk: World) -> None:
    asked = orjson.dumps(TicketQuery(where={"tag": ("x",)}).asked()).decode()
    async with desk.resources.db.anonymous() as session:
        row = (
            await session.execute(
                text("select ids from search_tickets(cast(:asked as jsonb), false)"),
                {"asked": asked},
            )
        ).one_or_none()

    assert row is None or not row.ids


async def test_many_readers_at_once(desk: World) -> None:
    shown = TicketList(desk.resources.db)
    answers = await asyncio.gather(*(page(desk, shown=shown, limit=3) for _ in range(40)))

    assert all(titles(each) == ["F", "E", "D"] for each in answers)
