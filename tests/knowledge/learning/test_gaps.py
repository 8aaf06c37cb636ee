"""What nobody could answer is put together, counted, and closes itself when the knowledge answers."""

import asyncio

import httpx2
import pytest

from tests.knowledge.learning.asking import Desk
from tests.knowledge.retrieving.shelf import Shelf
from tests.world import World
from ticketyard.knowledge.drafts import ArticleDraft
from ticketyard.knowledge.learning.collecting import collect_unanswered, note_search_in_vain
from ticketyard.knowledge.learning.deciding import (
    dismiss_gap,
    reopen_gap,
    write_about_gap,
)
from ticketyard.knowledge.learning.grouping import group_unanswered
from ticketyard.knowledge.learning.trying import are_enough, try_gaps
from ticketyard.knowledge.writing import change_article, set_publication

JAM = "Open the rear tray. Pull the paper out. Close the tray."
ASKED = "How do I clear the paper jam in my printer?"


async def published(desk: Desk, visibility: str = "public") -> None:
    """An article that answers how to clear a jam."""
    shelf = Shelf(desk.resources, desk.company_id)
    document = await shelf.put("How do I clear a paper jam?", JAM, visibility=visibility)
    await desk.run(
        "update knowledge_document set read_at = :at where id = :id",
        id=document,
        at=desk.resources.clock(),
    )


async def test_like_questions_are_one_gap_sorted_by_how_many_people_ask(world: World) -> None:
    north, south = Desk.north(world), Desk.south(world)
    await north.chat("Where do I get a parking permit?", owner="person:1")
    await north.chat(ASKED, owner="person:2")
    await north.chat("Printer paper jam, how to clear it?", owner="person:3")
    await north.chat("How do I clear the paper jam in my printer", owner="person:3")
    await north.chat("An answered one about badges", answered=True)
    await north.chat("thanks a lot")
    await south.chat(ASKED, owner="person:2")

    await north.gather()
    await south.gather()
    await north.gather()

    jam, parking = await north.gaps()
    assert (jam.gap.title, jam.gap.asked, jam.gap.people) == (ASKED, 3, 2)
    assert (parking.gap.asked, parking.gap.people, parking.state) == (1, 1, "open")
    assert len(await north.examples(jam.gap.id)) == 3
    (other,) = await south.gaps()
    assert other.gap.asked == 1
    assert await south.examples(jam.gap.id) == []


async def test_the_same_questions_give_the_same_gaps_in_whatever_portions(world: World) -> None:
    questions = (ASKED, "The VPN drops at home", "Printer paper jam, how to clear it?",
                 "My VPN is dropping when at home", "Where do I get a parking permit?")  # fmt: skip
    at_once, one_by_one = Desk.north(world), Desk.south(world)
    for question in questions:
        await at_once.chat(question)
        await one_by_one.chat(question)
        await one_by_one.gather()
    await at_once.gather()

    told = [sorted((g.gap.title, g.gap.asked) for g in await desk.gaps())
            for desk in (at_once, one_by_one)]  # fmt: skip
    assert told[0] == told[1]
    assert len(told[0]) == 3


async def test_what_is_personal_is_struck_out_before_it_is_kept(world: World) -> None:
    north = Desk.north(world)
    opened = await world.open(
        "Rita Requester cannot log in",
        description="Rita Requester, rita.r@mail.example, password is Hunter2x, +7 701 555 12 34",
        requester_name="Rita Requester",
    )
    await north.needs_human(opened.id)
    await north.chat("Why is my card 4111 1111 1111 1111 refused by the shop?")
    await north.gather()

    said = " ".join([each.gap.title for each in await north.gaps()])
    for secret in ("Rita", "mail.example", "Hunter2x", "555", "4111"):
        assert secret not in said
    assert await north.run("select count(*) from unanswered_question") == 2


async def test_a_ticket_that_its_chat_opened_and_an_alert_are_not_counted_again(
    world: World,
) -> None:
    north = Desk.north(world)
    opened = await world.open("No answer in the chat about salaries")
    alert = await world.open("Disk is full on host seven")
    await north.run("update ticket set source = 'alert' where id = :id", id=alert.id)
    for each in (opened, alert):
        await north.needs_human(each.id)
    await north.chat("When are salaries paid out?", ticket_id=opened.id)
    await north.gather()

    (gap,) = await north.gaps()
    assert gap.gap.asked == 1


async def test_the_rag_chat_of_another_program_is_counted_by_its_question(
    world: World, client: httpx2.AsyncClient
) -> None:
    await world.log_in(client, world.ana)
    for message in ("hello", "How do I book the meeting room upstairs?"):
        await client.post("/rag/chat", json={"message": message, "company_id": world.company_id})
    north = Desk.north(world)
    await north.gather()

    (gap,) = await north.gaps()
    assert gap.gap.title == "How do I book the meeting room upstairs?"


async def test_a_gap_closes_itself_when_an_article_answers_and_reopens_when_asked_in_vain(
    world: World,
) -> None:
    north = Desk.north(world)
    await north.chat(ASKED)
    await north.gather()
    assert await try_gaps(world.resources, world.company_id) == 0
    await published(north)

    assert await try_gaps(world.resources, world.company_id) == 1
    (gap,) = await north.gaps()
    assert (gap.state, gap.article_title) == ("answered", "How do I clear a paper jam?")

    # Asked before, and collected only now: that was not in vain again.
    await north.chat("How to clear a paper jam in the printer?", at=north.ago(hours=1))
    await north.gather()
    assert [each.state for each in await north.gaps()] == ["answered"]

    await north.chat(ASKED)
    await north.gather()
    (gap,) = await north.gaps()
    assert (gap.state, gap.gap.reopened, gap.gap.asked) == ("open", 1, 3)


@pytest.mark.parametrize(
    ("answers", "enough"),
    [
        ([], False),
        ([7], True),
        ([None], False),
        ([7, None], False),
        ([7, 7, None], True),
        ([None, 7, 7, 7, 7], False),
        ([7, 8, 9, None, None], True),
        ([7, 8, None, None, None], False),
    ],
)
def test_the_last_question_and_most_of_them_have_to_be_answered(
    answers: list[int | None], enough: bool
) -> None:
    assert are_enough(answers) == enough


async def test_what_only_agents_may_find_is_no_answer_to_requesters(world: World) -> None:
    north = Desk.north(world)
    await north.chat(ASKED)
    opened = await world.open("The VPN certificate is about to end, how is it renewed?")
    await north.needs_human(opened.id)
    await north.gather()
    await published(north, visibility="internal")
    shelf = Shelf(world.resources, world.company_id)
    renewed = "The VPN certificate is renewed by the network team."
    await shelf.put("How is the VPN certificate renewed?", renewed, visibility="internal")

    await try_gaps(world.resources, world.company_id)

    states = {gap.gap.title[:7]: gap.state for gap in await north.gaps()}
    assert states == {"How do ": "open", "The VPN": "answered"}


async def test_what_was_tried_rests_until_more_is_known(world: World) -> None:
    north = Desk.north(world)
    await north.chat("Where do I get a parking permit?")
    await north.gather()
    await published(north)
    await try_gaps(world.resources, world.company_id)
    await north.run("update knowledge_document set read_at = read_at - make_interval(hours => 1)")
    await north.run("update knowledge_gap set title = 'seen', tried_at = now()")
    await try_gaps(world.resources, world.company_id)

    assert await north.run("select tried_at > now() - make_interval(secs => 30) from knowledge_gap")


async def test_an_article_is_begun_from_a_gap_and_a_deleted_draft_leaves_it_open(
    world: World,
) -> None:
    north = Desk.north(world)
    await north.chat(ASKED)
    await north.gather()
    (gap,) = await north.gaps()
    ana = world.as_person(world.ana)
    async with world.resources.db.transaction(world.company_id) as session:
        document = await write_about_gap(session, gap_id=gap.gap.id, by=ana)

    (seen,) = await north.gaps("writing")
    assert (seen.article_id, seen.article_publication) == (str(document.file_id), "draft")
    assert f"- {ASKED}" in (document.body or "")
    assert document.publication == "draft"
    assert await north.gaps("open") == []
    await north.run("delete from knowledge_document")
    assert [each.gap.id for each in await north.gaps("open")] == [gap.gap.id]


async def test_from_a_gap_over_its_article_to_the_answer(world: World, run_jobs: object) -> None:
    north = Desk.north(world)
    await north.chat(ASKED)
    await north.gather()
    (gap,) = await north.gaps()
    admin = world.as_person(world.admin)
    async with world.resources.db.transaction(world.company_id) as session:
        document = await write_about_gap(session, gap_id=gap.gap.id, by=admin)
    file_id = document.file_id
    async with world.resources.db.transaction(world.company_id) as session:
        draft = ArticleDraft("How do I clear a paper jam in my printer?", JAM, visibility="public")
        await change_article(session, file_id=file_id, draft=draft, by=admin)
        await set_publication(session, file_id=file_id, publication="published", by=admin)

    # Nothing but the reading of the article, and whom that wakes.
    await run_jobs()  # type: ignore[operator]

    (seen,) = await north.gaps()
    assert (seen.state, seen.article_id) == ("answered", str(file_id))


async def test_what_was_dismissed_stays_so_and_can_be_taken_up_again(world: World) -> None:
    north = Desk.north(world)
    await north.chat("Tell me a joke about printers please")
    await north.gather()
    (gap,) = await north.gaps()
    ana = world.as_person(world.ana)
    async with world.resources.db.transaction(world.company_id) as session:
        await dismiss_gap(session, gap_id=gap.gap.id, by=ana)
    await north.chat("Tell me a joke about printers please")
    await north.gather()

    (seen,) = await north.gaps("dismissed")
    assert (seen.gap.asked, seen.gap.decided_by_name) == (2, world.ana.name)
    async with world.resources.db.transaction(world.company_id) as session:
        await reopen_gap(session, gap_id=gap.gap.id, by=ana)
    assert len(await north.gaps("open")) == 1


async def test_of_a_search_while_typing_the_longest_is_kept_once_it_is_over(world: World) -> None:
    north = Desk.north(world)
    rita = world.as_person(world.rita)
    typed = ("prin", "printer", "printer co", "printer coffee stain", "printer coffee")
    for query in typed:
        async with world.resources.db.transaction(world.company_id) as session:
            await note_search_in_vain(session, query=query, is_public=True, by=rita)
    await group_unanswered(world.resources, world.company_id)
    assert await north.gaps() == []
    await north.search_is_over()
    await group_unanswered(world.resources, world.company_id)

    (gap,) = await north.gaps()
    assert (gap.gap.title, gap.gap.asked) == ("printer coffee stain", 1)


async def test_without_an_answer_to_a_suggestion_its_words_are_kept(
    world: World, client: httpx2.AsyncClient
) -> None:
    await world.log_in(client, world.rita)
    await client.get("/api/tickets/search/suggestions", params={"q": "coffee machine leaks"})
    assert await Desk.north(world).run("select question from unanswered_question") == (
        "coffee machine leaks"
    )


async def test_two_workers_begin_one_gap(world: World) -> None:
    north = Desk.north(world)
    await north.chat(ASKED)
    await asyncio.gather(*(collect_unanswered(world.resources, world.company_id) for _ in range(3)))
    await asyncio.gather(*(group_unanswered(world.resources, world.company_id) for _ in range(3)))

    (gap,) = await north.gaps()
    assert (gap.gap.asked, gap.gap.people) == (1, 1)
