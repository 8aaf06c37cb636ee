"""The review queue: what waits, in which order, and what becomes of a decision."""

import re
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, text

from tests.triage.unsure import unsure
from tests.world import World
from ticketyard.insights.desk import count_tabs
from ticketyard.insights.triage_review import PAGE, count_waiting
from ticketyard.tickets.models import Ticket
from ticketyard.triage.correcting import correct_category
from ticketyard.triage.models import Analysis, Correction
from ticketyard.triage.queries import list_open_for_review

Client = httpx2.AsyncClient
HOME = "/triage/review"
EVIL = "<img src=x onerror=alert(1)>"
IN_PLACE = {"hx-request": "true"}


@pytest.fixture
async def ana(client: Client, world: World) -> Client:
    await world.log_in(client, world.ana)
    return client


async def ticket_of(world: World, ticket_id: int) -> Ticket:
    async with world.resources.db.transaction(world.company_id) as session:
        return await session.get_one(Ticket, ticket_id)


async def waiting(world: World) -> int:
    async with world.resources.db.transaction(world.company_id) as session:
        return await count_waiting(session)


async def decide(
    client: Client, ticket_id: int, *, version: int = 1, headers: Any = None, **form: str
) -> httpx2.Response:
    return await client.post(
        f"{HOME}/{ticket_id}", data={"version": str(version), **form}, headers=headers or {}
    )


def numbers_of(page: str) -> list[str]:
    return re.findall(r'review-title".*?href="/tickets/(TKT-[\d-]+)"', page)


async def test_the_most_pressing_come_first_and_among_equals_the_oldest(
    ana: Client, world: World
) -> None:
    calm = await unsure(world, "Calm", priority="low")
    first = await unsure(world, "First", priority="high")
    second = await unsure(world, "Second", priority="high")
    worst = await unsure(world, "Worst", priority="critical")
    page = (await ana.get(HOME)).text
    assert numbers_of(page) == [each.number for each in (worst, first, second, calm)]
    assert ">4<" in page.replace(" ", "")


async def test_what_a_source_an_agent_or_the_end_settled_does_not_wait(
    ana: Client, world: World
) -> None:
    said = await unsure(world, "Said", category="vpn")
    filed = await unsure(world, "Filed")
    over = await unsure(world, "Over")
    sure = await unsure(world, "Sure", found={"need_admin": False, "was_sure": True})
    broken = await unsure(world, "Broken", ranking=(), found={"state": "failed"})
    by = world.as_person(world.ana)
    async with world.resources.db.transaction(world.company_id) as session:
        await correct_category(session, ticket_id=filed.id, category="vpn", by=by)
        await session.execute(
            text("update ticket set status = 'closed' where id = :id"), {"id": over.id}
        )
    page = (await ana.get(HOME)).text
    assert numbers_of(page) == [broken.number]
    assert "could not read this one" in page
    for other in (said, filed, over, sure):
        assert other.number not in page.split('id="review-list"')[1]


async def test_page_tab_filter_and_api_mean_the_same_by_waiting(ana: Client, world: World) -> None:
    waits = await unsure(world, "Waits")
    guessed = await unsure(world, "Guessed")
    broken = await unsure(world, "Broken", ranking=(), found={"state": "failed"})
    others = {
        "Source": "category = 'vpn', category_by = 'source'",
        "Agent": "category = 'vpn', category_by = 'agent'",
        "Closed": "status = 'closed'",
        "Resolved": "status = 'resolved'",
        "Merged": f"merged_into = {waits.id}",
    }
    async with world.resources.db.transaction(world.company_id) as session:
        guess = "update ticket set category = 'vpn', category_by = 'triage' where id = :id"
        await session.execute(text(guess), {"id": guessed.id})
    for title, change in others.items():
        opened = await unsure(world, title)
        async with world.resources.db.transaction(world.company_id) as session:
            await session.execute(
                text(f"update ticket set {change} where id = :id"), {"id": opened.id}
            )
    await unsure(world, "Pending", found={"state": "pending"})
    await unsure(world, "Sure", found={"need_admin": False})

    expected = {waits.id, guessed.id, broken.id}
    assert await waiting(world) == 3
    async with world.resources.db.transaction(world.company_id) as session:
        assert (await count_tabs(session, person_id=None))["review"] == 3
        assert set(await list_open_for_review(session, limit=99)) == expected
    listed = (await ana.get("/api/tickets?needs_review=true")).json()
    assert {each["id"] for each in listed["tickets"]} == expected
    read = (await ana.get("/api/triage/review")).json()
    assert [each["ticket_id"] for each in read] == sorted(expected, reverse=True)
    before = (await ana.get(f"/api/triage/review?before={broken.id}&limit=1")).json()
    assert [each["ticket_id"] for each in before] == [guessed.id]


async def test_a_card_shows_the_proposal_its_reasons_and_the_next_likeliest(
    ana: Client, world: World
) -> None:
    await unsure(
        world,
        f"{EVIL} paper jam",
        description=f"{EVIL} The tray is open. " + "so it goes " * 60 + "and the TONER is low.",
        evidence=["paper jam", "toner", "hidden word"],
        found={"engine": "classifier", "model_version": 3},
    )
    page = (await ana.get(HOME)).text
    card = page.split('id="review-list"')[1]
    assert EVIL not in page
    assert "<mark>paper jam</mark>" in card
    assert "<mark>TONER</mark>" in card
    assert '<span class="badge">hidden word</span>' in card
    assert "the model trained here, version 3" in card
    assert re.findall(r'data-choice="(\d)"', card) == ["1", "2", "3"]
    assert card.count("data-accept") == 1
    assert "41%" in card


async def test_accepting_files_the_ticket_and_makes_an_example(ana: Client, world: World) -> None:
    opened = await unsure(world)
    answer = await decide(ana, opened.id, category="printer")
    assert answer.status_code == 303
    ticket = await ticket_of(world, opened.id)
    assert (ticket.category, ticket.category_by) == ("printer", "agent")
    async with world.resources.db.transaction(world.company_id) as session:
        (kept,) = await session.scalars(select(Correction))
    assert (kept.found, kept.corrected, kept.found_engine) == ("printer", "printer", "rules")
    assert (kept.before, kept.before_by, kept.found_sure) == (None, "default", False)
    assert await waiting(world) == 0
    page = (await ana.get(HOME)).text
    assert f"{opened.number} is filed under printer." in page
    assert "Nothing waits for you" in page


@pytest.mark.parametrize(
    ("typed", "filed"), [("VPN", "vpn"), ("password reset", "password_reset"), ("netw", "network")]
)
async def test_any_other_category_is_found_by_what_is_typed(
    ana: Client, world: World, typed: str, filed: str
) -> None:
    opened = await unsure(world)
    assert (await decide(ana, opened.id, typed=typed)).status_code == 303
    assert (await ticket_of(world, opened.id)).category == filed


@pytest.mark.parametrize(
    ("typed", "said"), [("", "Say which"), ("zebra", "No category is called"), ("ware", "can be")]
)
async def test_what_can_mean_nothing_or_several_is_asked_back(
    ana: Client, world: World, typed: str, said: str
) -> None:
    opened = await unsure(world)
    answer = await decide(ana, opened.id, typed=typed, headers=IN_PLACE)
    assert answer.status_code == 200
    assert said in answer.text
    assert f'id="review-{opened.id}"' in answer.text
    assert f'value="{typed}" aria-invalid="true"' in answer.text
    plain = await decide(ana, opened.id, typed=typed)
    assert plain.headers["location"] == f"{HOME}#review-{opened.id}"
    assert re.search(f"{opened.number}: [^<]*{said}", (await ana.get(HOME)).text)
    assert (await ticket_of(world, opened.id)).category is None


async def test_a_decision_in_place_answers_with_its_line(ana: Client, world: World) -> None:
    opened = await unsure(world)
    await unsure(world, "Another")
    answer = await decide(ana, opened.id, category="vpn", headers=IN_PLACE)
    assert 'class="review-done"' in answer.text
    assert '<strong id="review-total">1</strong> waits for a decision' in answer.text
    # The badges beside the place and on the tab say the same.
    for badge in (".place[href='/triage/review']", ".tab[href='/triage/review']"):
        assert re.search(rf'{re.escape(badge)}">.*<span class="count"[^>]*>1<', answer.text)
    assert 'action="/triage/review/undo"' in answer.text
    assert "<html" not in answer.text


async def test_whoever_is_a_moment_late_is_told_and_nothing_is_lost(
    ana: Client, world: World
) -> None:
    opened = await unsure(world)
    async with world.resources.db.transaction(world.company_id) as session:
        await correct_category(
            session, ticket_id=opened.id, category="vpn", by=world.as_person(world.bo)
        )
    late = await decide(ana, opened.id, category="printer", headers=IN_PLACE)
    assert "Bo Agent was a moment quicker" in late.text
    assert "<strong>vpn</strong>" in late.text
    assert "printer" in late.text
    assert (await ticket_of(world, opened.id)).category == "vpn"
    same = await decide(ana, opened.id, category="vpn", headers=IN_PLACE)
    assert "nothing left to do" in same.text
    plain = await decide(ana, opened.id, category="printer")
    assert plain.status_code == 409
    assert "Bo Agent" in plain.text
    anyway = await decide(ana, opened.id, version=2, category="printer", headers=IN_PLACE)
    assert 'class="review-done"' in anyway.text
    assert (await ticket_of(world, opened.id)).category == "printer"


async def test_the_last_decision_is_taken_back_and_teaches_nothing(
    ana: Client, world: World
) -> None:
    opened = await unsure(world)
    await decide(ana, opened.id, category="vpn")
    page = (await ana.get(HOME)).text
    assert f"{opened.number} filed under vpn" in page
    answer = await ana.post(f"{HOME}/undo", data={"back": HOME})
    assert answer.headers["location"] == f"{HOME}#review-{opened.id}"
    ticket = await ticket_of(world, opened.id)
    assert (ticket.category, ticket.category_by, ticket.version) == (None, "default", 3)
    assert await waiting(world) == 1
    again = await ana.post(f"{HOME}/undo", follow_redirects=True)
    assert "nothing of yours to take back" in again.text
    async with world.resources.db.transaction(world.company_id) as session:
        said = await session.scalar(
            text("select payload from event where type = 'triage.correction_withdrawn'")
        )
    assert (said["before"], said["after"]) == ("vpn", None)
    history = (await ana.get(f"/tickets/{opened.number}")).text
    assert "Category taken back: vpn" in history


async def test_only_ones_own_decision_is_taken_back_and_only_as_it_was_left(
    ana: Client, world: World
) -> None:
    opened = await unsure(world)
    bo = world.as_person(world.bo)
    async with world.resources.db.transaction(world.company_id) as session:
        await correct_category(session, ticket_id=opened.id, category="vpn", by=bo)
    answer = await ana.post(f"{HOME}/undo", follow_redirects=True)
    assert "nothing of yours" in answer.text
    other = await unsure(world, "Other")
    await decide(ana, other.id, category="vpn")
    async with world.resources.db.transaction(world.company_id) as session:
        await correct_category(session, ticket_id=other.id, category="network", by=bo)
    answer = await ana.post(f"{HOME}/undo", follow_redirects=True)
    assert "changed since" in answer.text
    assert (await ticket_of(world, other.id)).category == "network"


async def test_equal_proposals_are_accepted_and_taken_back_at_a_stroke(
    ana: Client, world: World
) -> None:
    alike = [await unsure(world, f"Alike {n}") for n in range(3)]
    weak = await unsure(world, "Weak", ranking=[("printer", 0.2)])
    other = await unsure(world, "Other", ranking=[("vpn", 0.45)])
    page = (await ana.get(f"{HOME}?proposal=printer&sure=40")).text
    assert sorted(numbers_of(page)) == sorted(each.number for each in alike)
    assert "Accept all 3 as printer" in page
    picks = re.findall(r'name="pick" value="([\d.]+)"', page)
    # One of them is decided by somebody else in the meantime.
    async with world.resources.db.transaction(world.company_id) as session:
        await correct_category(
            session, ticket_id=alike[0].id, category="vpn", by=world.as_person(world.bo)
        )
    action = f"{HOME}/accept?proposal=printer&amp;sure=40"
    assert f'action="{action}"' in page
    answer = await ana.post(
        action.replace("&amp;", "&"),
        data={"category": "printer", "pick": picks},
        follow_redirects=True,
    )
    # Those that are not like these are not shown all at once behind the back.
    assert str(answer.url).endswith("?proposal=printer&sure=40")
    assert "2 tickets filed under printer." in answer.text
    assert "1 left as it is" in answer.text
    assert [(await ticket_of(world, each.id)).category for each in (*alike, weak, other)] == [
        "vpn", "printer", "printer", None, None,
    ]  # fmt: skip
    assert "and 1 more filed under printer" in answer.text
    answer = await ana.post(f"{HOME}/undo", follow_redirects=True)
    assert "2 tickets wait again" in answer.text
    assert await waiting(world) == 4


async def test_what_is_skipped_stands_back(ana: Client, world: World) -> None:
    first, second = await unsure(world, "One"), await unsure(world, "Two")
    page = (await ana.get(HOME)).text
    assert f"{HOME}?skip={first.id}" in page
    assert numbers_of((await ana.get(f"{HOME}?skip={first.id}")).text) == [second.number]
    assert (await ana.get(f"{HOME}?skip=x,{'9' * 30},-1")).status_code == 200


async def test_what_stands_behind_the_skipped_is_fetched(ana: Client, world: World) -> None:
    opened = [await unsure(world, f"Number {n}") for n in range(PAGE + 3)]
    page = (await ana.get(HOME)).text
    assert numbers_of(page) == [each.number for each in opened[:PAGE]]
    assert f"shown are <span><span data-shown>{PAGE}</span> of {PAGE + 3}" in page
    shown = [f"{each.id}.1" for each in opened[:PAGE]]
    skipped = ",".join(str(each.id) for each in opened[:2])
    news = (await ana.get(f"{HOME}/news", params={"pick": shown, "skip": skipped})).text
    assert numbers_of(news) == [each.number for each in opened[PAGE : PAGE + 2]]
    none = (await ana.get(f"{HOME}/news", params={"pick": shown, "skip": ""})).text
    assert numbers_of(none) == []


async def test_none_like_these_says_how_many_others_wait(ana: Client, world: World) -> None:
    first = await unsure(world, "One")
    await unsure(world, "Two")
    page = (await ana.get(f"{HOME}?sure=80")).text
    assert "None is like these" in page
    assert "2 other tickets wait for a decision." in page
    assert re.search(
        r">2</strong> wait for a decision, <strong>0</strong> of them like these", page
    )
    page = (await ana.get(f"{HOME}?proposal=printer&skip={first.id}")).text
    assert "<strong>2</strong> of them like these" in page


async def test_an_unlikely_proposal_is_no_default(ana: Client, world: World) -> None:
    await unsure(world, "Hardly", ranking=[("printer", 0.19), ("vpn", 0.18)])
    page = (await ana.get(HOME)).text
    assert 'data-choice="1"' in page
    assert "data-accept" not in page
    assert "candidate sure" not in page


async def test_news_bring_what_came_and_take_what_went(ana: Client, world: World) -> None:
    stays = await unsure(world, "Stays")
    goes = await unsure(world, "Goes")
    reads = await unsure(world, "Reads otherwise")
    shown = [f"{each.id}.1" for each in (stays, goes, reads)]
    comes = await unsure(world, "Comes")
    async with world.resources.db.transaction(world.company_id) as session:
        await correct_category(
            session, ticket_id=goes.id, category="vpn", by=world.as_person(world.bo)
        )
        await session.execute(
            text("update ticket set version = 2, title = 'Anew' where id = :id"), {"id": reads.id}
        )
    news = (await ana.get(f"{HOME}/news", params={"pick": shown})).text
    assert "Bo Agent filed it under" in news
    assert numbers_of(news) == [reads.number, comes.number]
    assert "Anew" in news
    assert '<strong id="review-total">3</strong>' in news
    assert f"review-{stays.id}" not in news
    assert (await ana.get(f"{HOME}/news", params={"pick": ["x.y", "1"]})).status_code == 200


async def test_the_frame_counts_what_waits(ana: Client, world: World) -> None:
    for n in range(3):
        await unsure(world, f"Ticket {n}")
    place = (await ana.get("/board")).text.split('href="/triage/review"')[1].split("</a>")[0]
    assert ">3<" in place
    assert "to review" in place


async def test_requesters_and_others_see_nothing_of_it(client: Client, world: World) -> None:
    opened = await unsure(world)
    await world.log_in(client, world.rita)
    assert (await client.get(HOME)).status_code == 403
    assert (await decide(client, opened.id, category="vpn")).status_code == 403
    await world.log_in(client, world.other_admin)
    assert opened.number not in (await client.get(HOME)).text
    assert (await decide(client, opened.id, category="vpn")).status_code == 404
    answer = await client.post(
        f"{HOME}/accept", data={"category": "vpn", "pick": f"{opened.id}.1"}, follow_redirects=True
    )
    assert "1 left as it is" in answer.text
    assert (await ticket_of(world, opened.id)).category is None


async def test_a_rereading_after_the_decision_asks_nobody_again(ana: Client, world: World) -> None:
    opened = await unsure(world)
    await decide(ana, opened.id, category="vpn")
    async with world.resources.db.transaction(world.company_id) as session:
        analysis = await session.get_one(Analysis, (world.company_id, opened.id))
        analysis.need_admin = True
    assert await waiting(world) == 0


async def test_a_proposed_team_is_said_and_taken_back_with_the_category(
    ana: Client, world: World
) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        team_id = await session.scalar(text("select id from team where name = 'Billing'"))
    likely = {"team_id": team_id, "team_confidence": 0.6, "team_by": "description"}
    opened = await unsure(world, found=likely)
    await unsure(world, "Doubtful", found={**likely, "team_confidence": 0.2})
    await unsure(world, "Sure", found={**likely, "team_is_sure": True})
    page = (await ana.get(HOME)).text
    assert page.count("and for the team Billing") == 2
    assert page.count("data-team checked") == 1
    await decide(ana, opened.id, category="vpn", team=str(team_id))
    ticket = await ticket_of(world, opened.id)
    assert (ticket.team_id, ticket.team_by, ticket.category) == (team_id, "agent", "vpn")
    answer = await ana.post(f"{HOME}/undo", follow_redirects=True)
    assert "1 ticket waits again" in answer.text
    ticket = await ticket_of(world, opened.id)
    assert (ticket.team_id, ticket.team_by, ticket.category) == (None, "default", None)
    assert (await decide(ana, opened.id, category="vpn", version=5, team="999")).status_code == 404
    assert (await ticket_of(world, opened.id)).category is None
