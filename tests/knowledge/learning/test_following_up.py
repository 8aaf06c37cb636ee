"""Who was answered is followed for seven days: what they do later, and whose figures these are."""

import pytest

from tests.knowledge.learning.asking import Desk
from tests.world import World
from ticketyard.core.auth import Principal
from ticketyard.knowledge.learning.deflecting import Verdict
from ticketyard.knowledge.learning.following_up import (
    Deflection,
    follow_talks,
    measure_deflection,
)
from ticketyard.knowledge.learning.judging import judge_found
from ticketyard.tickets.commenting import add_comment

ASKED = "How do I clear the paper jam in my printer?"


async def figures(desk: Desk) -> Deflection:
    await follow_talks(desk.resources, desk.company_id)
    async with desk.resources.db.transaction(desk.company_id) as session:
        return await measure_deflection(session, days=30)


async def test_each_way_to_end_a_talk_is_counted_under_its_name(world: World) -> None:
    north, rita = Desk.north(world), f"person:{world.rita.id}"
    at = north.ago(days=8)
    await north.chat(ASKED, at=at)
    await north.chat(ASKED, at=at, answered=True)
    await north.chat(ASKED, at=at, answered=True, helped=False)
    await north.chat(ASKED, at=at, answered=True, outcome="resolved_confirmed")
    await north.chat(ASKED, at=at, answered=True, outcome="ticket", owner=rita)
    await north.chat("The VPN drops", at=at, answered=True, outcome="left", owner=rita)
    await north.chat(ASKED, at=north.ago(days=1), answered=True, outcome="resolved_confirmed")

    found = await figures(north)

    expected: dict[Verdict, int] = {
        "unanswered": 1,
        "unknown_person": 1,
        "not_helped": 1,
        "confirmed": 1,
        "returned": 1,
        "quiet": 1,
    }
    assert found.verdicts == expected
    assert (found.deflected, found.asked, found.too_early) == (2, 6, 1)
    assert found.rate == pytest.approx(1 / 3)
    assert (await figures(north)).verdicts == expected
    nobody = await figures(Desk.south(world))
    assert (nobody.asked, nobody.rate) == (0, None)


@pytest.mark.parametrize(
    ("title", "days", "verdict"),
    [
        ("The printer reports a paper jam again", 2, "returned"),
        ("The printer reports a paper jam again", 7.5, "quiet"),
        ("When are salaries paid out this month?", 2, "quiet"),
    ],
)
async def test_a_ticket_about_the_same_within_seven_days_undoes_it(
    world: World, title: str, days: float, verdict: str
) -> None:
    north = Desk.north(world)
    at = north.ago(days=8)
    await north.chat(ASKED, at=at, answered=True, email="RITA@example.com")
    opened = await world.open(title)
    await north.run(
        "update ticket set created_at = cast(:at as timestamptz) + make_interval(secs => :later)"
        " where id = :id",
        id=opened.id,
        at=at,
        later=days * 86_400,
    )

    assert list((await figures(north)).verdicts) == [verdict]


async def test_a_mail_on_an_old_ticket_and_another_chat_undo_it_as_well(world: World) -> None:
    north, rita = Desk.north(world), world.rita
    opened = await world.open("Printer")
    await north.run("update ticket set created_at = now() - make_interval(days => 20)")
    await north.chat(ASKED, at=north.ago(days=8), answered=True, email=rita.email)
    await north.chat("The VPN drops", at=north.ago(days=9), answered=True, email="x@y.example")
    await north.chat("VPN drops again", at=north.ago(days=7.5), answered=True, email="x@y.example")
    async with world.resources.db.transaction(world.company_id) as session:
        comment = await add_comment(
            session,
            ticket_id=opened.id,
            body="The printer is jammed still.",
            is_internal=False,
            by=world.as_person(rita),
        )
    await north.run(
        "update comment set created_at = now() - make_interval(days => 5) where id = :id",
        id=comment.id,
    )

    assert (await figures(north)).verdicts == {"returned": 2, "quiet": 1}


async def test_a_suggestion_counts_only_when_a_requester_opened_it(world: World) -> None:
    north = Desk.north(world)
    file_id = await north.run(
        "insert into knowledge_document (company_id, source_type, kind, title, body, visibility)"
        " values (current_company(), 'article', 'markdown', 'Jam', 'x', 'public') returning file_id"
    )

    async def opens(by: Principal, question: str) -> None:
        async with world.resources.db.transaction(world.company_id) as session:
            await judge_found(session, file_id=file_id, question=question, kind="opened", by=by)

    await opens(world.as_person(world.rita), ASKED)
    await opens(world.as_person(world.rita), ASKED)
    await opens(world.as_person(world.ana), ASKED)
    assert (await figures(north)).too_early == 1
    await north.run(
        "update knowledge_judgement set judged_at = judged_at - make_interval(days => 9)"
    )
    await north.run("delete from deflection_case")

    assert (await figures(north)).verdicts == {"quiet": 1}
