"""The quality of triage: figures that add up, as a page and as JSON."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from tests.triage.unsure import unsure
from tests.world import World
from ticketyard.triage.correcting import correct_category
from ticketyard.triage.reviewing import take_back_last

Client = httpx2.AsyncClient
EVIL = "<img src=x onerror=alert(1)>"


async def read(
    world: World,
    proposed: str | None,
    confidence: float,
    *,
    right: str | Sequence[str] = (),
    **found: Any,
) -> int:
    """A ticket that triage read, and what people said of it, one after the other; gives its id."""
    sure = confidence >= 0.5
    opened = await unsure(
        world,
        f"About {proposed}",
        ranking=[(proposed, confidence)] if proposed else (),
        found={"was_sure": sure, "need_admin": not sure, **found},
    )
    async with world.resources.db.transaction(world.company_id) as session:
        for category in [right] if isinstance(right, str) else right:
            await correct_category(
                session, ticket_id=opened.id, category=category, by=world.as_person(world.ana)
            )
    return opened.id


async def figures(client: Client, **asked: str) -> dict[str, Any]:
    answer = await client.get("/api/triage/quality", params=asked)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.fixture
async def admin(client: Client, world: World) -> Client:
    await world.log_in(client, world.admin)
    return client


async def test_the_figures_add_up(admin: Client, world: World) -> None:
    await read(world, "vpn", 0.9)
    await read(world, "vpn", 0.9, right="vpn")
    await read(world, "vpn", 0.8, right="network")
    await read(world, "network", 0.3, right="network")
    # The last word counts.
    await read(world, "network", 0.3, right=["vpn", "printer"])
    await read(world, None, 0.0, right="printer")
    await unsure(world, "Broken", ranking=(), found={"state": "failed"})
    told = await figures(admin)
    assert (told["analysed"], told["failed"], told["unanswered"]) == (6, 1, 1)
    assert (told["filled_in"]["hits"], told["filled_in"]["of"]) == (3, 6)
    assert (told["right"]["hits"], told["right"]["of"]) == (2, 4)
    assert (told["right_filled_in"]["hits"], told["right_filled_in"]["of"]) == (1, 2)
    assert (told["right_unsure"]["hits"], told["right_unsure"]["of"]) == (1, 2)
    assert told["right"]["low"] < 0.5 < told["right"]["high"]
    assert sorted(map(tuple, told["confusions"])) == [
        ("network", "printer", 1), ("vpn", "network", 1),
    ]  # fmt: skip
    labels = {each["label"]: each for each in told["labels"]}
    assert labels["vpn"]["found"] == 3
    assert (labels["vpn"]["precision"]["hits"], labels["vpn"]["precision"]["of"]) == (1, 2)
    assert (labels["vpn"]["recall"]["hits"], labels["vpn"]["recall"]["of"]) == (1, 1)
    assert (labels["printer"]["recall"]["hits"], labels["printer"]["recall"]["of"]) == (0, 2)
    assert (labels["network"]["recall"]["hits"], labels["network"]["recall"]["of"]) == (1, 2)


async def test_confidence_is_held_against_what_was_right(admin: Client, world: World) -> None:
    for _ in range(3):
        await read(world, "vpn", 0.91, right="vpn")
    await read(world, "vpn", 0.95, right="network")
    await read(world, "vpn", 1.0, right="vpn")
    await read(world, "vpn", 0.15, right="network")
    told = await figures(admin)
    first, last = told["bins"]
    assert (first["low"], first["right"]["hits"], first["right"]["of"]) == (0.1, 0, 1)
    assert (last["low"], last["right"]["hits"], last["right"]["of"]) == (0.9, 4, 5)
    said = (3 * 0.91 + 0.95 + 1.0) / 5
    assert last["confidence"] == pytest.approx(said, abs=1e-6)
    assert told["calibration_error"] == pytest.approx((5 * (said - 0.8) + 0.15) / 6, abs=1e-6)


async def test_what_was_taken_back_judges_nothing(admin: Client, world: World) -> None:
    await read(world, "vpn", 0.4, right="network")
    async with world.resources.db.transaction(world.company_id) as session:
        await take_back_last(session, by=world.as_person(world.ana))
    assert (await figures(admin))["right"]["of"] == 0


async def test_engines_and_versions_are_told_apart(admin: Client, world: World) -> None:
    await read(world, "vpn", 0.9, right="vpn", engine="classifier", model_version=2)
    await read(world, "vpn", 0.9, right="network", engine="classifier", model_version=1)
    await read(world, "vpn", 0.4, engine="rules")
    told = await figures(admin)
    assert [
        (each["engine"], each["version"], each["analysed"], each["right"]["hits"])
        for each in told["engines"]
    ] == [("classifier", 2, 1, 1), ("classifier", 1, 1, 0), ("rules", None, 1, 0)]
    # What was found then is what is judged, though triage has read the ticket again since.
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(text("update analysis set category = 'printer', model_version = 3"))
    assert (await figures(admin))["right"]["hits"] == 1


async def test_weeks_are_measured_against_those_before(admin: Client, world: World) -> None:
    monday = world.resources.clock() - timedelta(days=21)
    for weeks, category in ((0, "vpn"), (1, "vpn"), (2, "printer")):
        async with world.resources.db.transaction(world.company_id) as session:
            await session.execute(
                text(
                    "with opened as (insert into ticket (company_id, number, title, source, created_at)"
                    " select current_company(), 'TKT-20200101-' || (1000 * :weeks + n), 'x', 'api', now()"
                    " from generate_series(1, 60) n returning id)"
                    " insert into analysis (company_id, ticket_id, state, category,"
                    " category_confidence, was_sure, engine, analysed_at)"
                    " select current_company(), id, 'done',"
                    " case when id % 10 = 0 then 'network' else :category end, 0.8, true, 'rules', :at"
                    " from opened"
                ),
                {"category": category, "at": monday + timedelta(days=7 * weeks), "weeks": weeks},
            )
    told = await figures(admin, period="90d")
    assert [week["drift"]["verdict"] for week in told["weeks"]] == [
        "too_few", "steady", "different",
    ]  # fmt: skip
    assert [week["analysed"] for week in told["weeks"]] == [60, 60, 60]
    assert told["weeks"][2]["drift"]["moved"][0] in ("printer", "vpn")
    assert told["drift_against"] == "weeks before"
    page = (await admin.get("/triage/quality?period=90d")).text
    assert "Different" in page
    assert "other things than was expected" in page


async def test_the_page_shows_each_figure_with_its_number(admin: Client, world: World) -> None:
    await read(world, "vpn", 0.9, right="vpn")
    await read(world, "vpn", 0.8, right="network")
    await read(world, "network", 0.3, right="network")
    page = (await admin.get("/triage/quality")).text
    # Of a handful no share is said, only the numbers.
    assert "1 of 2 judged" in page
    assert "too few to say" in page
    assert "9% to 91%" not in page
    assert "2 of 3" in page
    assert 'class="chart-mark"' in page
    assert "Every pair" in page
    assert "shade-" in page
    assert "style=" not in page


async def test_a_name_from_outside_is_text_on_the_page(admin: Client, world: World) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text("insert into category (company_id, name) values (current_company(), :name)"),
            {"name": EVIL},
        )
    await read(world, EVIL, 0.4, right="vpn")
    for path in ("/triage/quality", "/triage/review"):
        assert EVIL not in (await admin.get(path)).text


async def test_empty_pages_say_what_to_do(admin: Client, world: World) -> None:
    page = (await admin.get("/triage/quality")).text
    assert "Nothing was read in these days" in page
    await read(world, "vpn", 0.9)
    page = (await admin.get("/triage/quality")).text
    assert "Nobody has judged a proposal yet" in page
    assert "Nothing was taught here yet" in page


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("first=2026-02-01&last=2026-01-01", "ends before it begins"),
        ("first=never", "no period of days"),
        ("period=100y", "no period of days"),
    ],
)
async def test_what_is_no_period_is_told(admin: Client, asked: str, said: str) -> None:
    answer = await admin.get(f"/triage/quality?{asked}")
    assert answer.status_code == 422
    assert said in answer.text


async def test_a_period_has_the_days_of_the_companys_zone(admin: Client, world: World) -> None:
    await read(world, "vpn", 0.9)
    today = world.resources.clock().date()
    day = {"first": str(today), "last": str(today)}
    assert (await figures(admin, **day))["analysed"] == 1
    assert (await figures(admin, period="last_day"))["analysed"] == 0


async def test_companies_and_requesters_see_nothing_of_it(client: Client, world: World) -> None:
    await read(world, "vpn", 0.9, right="vpn")
    await world.log_in(client, world.other_admin)
    told = await figures(client)
    assert (told["analysed"], told["right"]["of"], told["labels"]) == (0, 0, [])
    await world.log_in(client, world.rita)
    assert (await client.get("/triage/quality")).status_code == 403
    assert (await client.get("/api/triage/quality")).status_code == 403
