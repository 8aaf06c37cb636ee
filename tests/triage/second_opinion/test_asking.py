"""A ticket, the local engines, and a model that answers, fails or lies."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import text

from tests.model_server import Turn
from tests.tickets.test_categorizing import change
from tests.triage.second_opinion.desk import SURE, UNSURE, VPN, Desk, Make
from tests.world import World
from ticketyard.ai.chat.model import ChatModel
from ticketyard.core.jobs import Worker
from ticketyard.core.outgoing import Outgoing
from ticketyard.people.roster import (
    ListedAgent,
    ListedOffice,
    keep_agents,
    keep_offices,
    office_ids,
)
from ticketyard.tickets.queries import get_ticket
from ticketyard.triage.analysing import analyse_tickets
from ticketyard.triage.correcting import correct_category
from ticketyard.triage.second_opinion.asker import Asker
from ticketyard.triage.second_opinion.figures import opinion_figures
from ticketyard.triage.second_opinion.rules import OpinionRules


async def test_a_ticket_that_is_unsure_gets_a_second_opinion(desk: Desk) -> None:
    ticket_id = await desk.opened()
    ticket, analysis = await desk.seen(ticket_id)
    assert (ticket.category, analysis.need_admin) == (None, True)
    assert analysis.engine != "language_model"
    assert desk.server.got == []
    assert await desk.ask() == 1
    ticket, analysis = await desk.seen(ticket_id)
    assert (ticket.category, ticket.category_by) == ("vpn", "triage")
    assert (analysis.engine, analysis.category, analysis.need_admin) == (
        "language_model", "vpn", False,
    )  # fmt: skip
    assert 0.5 < analysis.confidence <= 0.85
    assert analysis.summary == "Since yesterday it does not do what it did."
    assert (analysis.sentiment, analysis.priority, ticket.priority) == ("negative", "high", "high")
    assert await desk.questions() == [("done", "", 1)]


async def test_a_sure_ticket_is_not_asked_about_unless_all_are(make_desk: Make) -> None:
    desk = make_desk()
    await desk.opened(SURE)
    assert await desk.ask() == 0
    every = make_desk(OpinionRules(asked_for="all"))
    await every.opened(SURE)
    assert await every.ask() == 1


@pytest.mark.parametrize(
    ("wish", "asked"), [("off", 0), ("unsure", 1), ("all", 2), ("nonsense", 1)]
)
async def test_a_company_chooses_for_itself(desk: Desk, wish: str, asked: int) -> None:
    await desk.wish(wish)
    await desk.opened(SURE)
    await desk.opened(UNSURE)
    assert await desk.ask() == asked


async def test_a_model_that_contradicts_what_was_sure_makes_it_less_sure(make_desk: Make) -> None:
    desk = make_desk(OpinionRules(asked_for="all"))
    desk.server.usual = Turn(args={**VPN, "category": "email"})
    ticket_id = await desk.opened(SURE)
    _, before = await desk.seen(ticket_id)
    await desk.ask()
    ticket, after = await desk.seen(ticket_id)
    assert before.category == "printer"
    assert after.confidence < before.confidence
    # What was filled in before stays until somebody surer, or a person, says otherwise.
    assert ticket.category in ("printer", "email")


async def test_what_people_and_sources_said_stays(make_desk: Make) -> None:
    desk = make_desk(OpinionRules(asked_for="all"))
    ticket_id = await desk.opened(UNSURE, category="hardware", priority="low")
    await desk.ask()
    ticket, analysis = await desk.seen(ticket_id)
    assert (ticket.category, ticket.category_by, ticket.priority) == ("hardware", "source", "low")
    assert analysis.engine == "language_model"


async def test_where_the_source_named_the_category_nobody_is_unsure(desk: Desk) -> None:
    await desk.opened(UNSURE, category="hardware")
    assert await desk.ask() == 0


async def test_a_ticket_that_was_corrected_is_not_asked_about(desk: Desk) -> None:
    ticket_id = await desk.opened()
    await correct(desk, ticket_id)
    await desk.ask()
    assert desk.server.got == []
    assert await desk.questions() == [("refused", "a_person_decided", 1)]


async def test_a_correction_while_the_model_thinks_stays(desk: Desk) -> None:
    desk.server.usual = Turn(args=VPN, sleep=0.6)
    ticket_id = await desk.opened()
    asking = asyncio.create_task(desk.ask())
    await until(lambda: bool(desk.server.got))
    await correct(desk, ticket_id)
    await asking
    ticket, analysis = await desk.seen(ticket_id)
    assert (ticket.category, ticket.category_by) == ("hardware", "agent")
    assert not analysis.need_admin
    assert analysis.engine != "language_model"
    assert await desk.questions() == [("refused", "a_person_decided", 1)]


async def test_a_category_that_is_renamed_while_the_model_thinks_is_the_one_it_named(
    desk: Desk,
) -> None:
    desk.server.usual = Turn(args=VPN, sleep=0.6)
    ticket_id = await desk.opened()
    asking = asyncio.create_task(desk.ask())
    await until(lambda: bool(desk.server.got))
    await change(desk.world, "vpn", name="Tunnel")
    await asking
    for _ in range(2):
        ticket, analysis = await desk.seen(ticket_id)
        assert (ticket.category, analysis.category) == ("Tunnel", "Tunnel")
        assert analysis.engine == "language_model"
        # Read again, what it said is recalled, and means the same.
        await analyse_tickets(desk.resources, desk.world.company_id, [ticket_id], anew=True)
    assert len(desk.server.got) == 1


async def test_a_text_that_changes_while_the_model_thinks_is_read_anew(desk: Desk) -> None:
    desk.server.usual = Turn(args=VPN, sleep=0.6)
    ticket_id = await desk.opened()
    asking = asyncio.create_task(desk.ask())
    await until(lambda: bool(desk.server.got))
    await retitle(desk, ticket_id, "It is something else now")
    await asking
    assert (await desk.seen(ticket_id))[0].category is None
    assert await desk.questions() == [("refused", "text_changed", 1)]


async def test_each_version_of_a_text_is_asked_about_once(desk: Desk) -> None:
    company_id = desk.world.company_id
    ticket_id = await desk.opened()
    for _ in range(3):
        await analyse_tickets(desk.resources, company_id, [ticket_id])
        await desk.ask()
    assert len(desk.server.got) == 1

    # Read again after a training: what the model said of this very text is still known.
    await analyse_tickets(desk.resources, company_id, [ticket_id], anew=True)
    _, analysis = await desk.seen(ticket_id)
    assert (analysis.engine, analysis.category) == ("language_model", "vpn")
    assert await desk.ask() == 0

    await retitle(desk, ticket_id, "Now it does something else, and I do not know what")
    await analyse_tickets(desk.resources, company_id, [ticket_id])
    assert await desk.ask() == 1


async def test_a_text_that_changed_before_its_turn_is_asked_about_as_it_is_now(desk: Desk) -> None:
    ticket_id = await desk.opened()
    await retitle(desk, ticket_id, "The new words nobody is sure of")
    await analyse_tickets(desk.resources, desk.world.company_id, [ticket_id])
    assert await desk.ask() == 1
    assert "new words" in desk.server.text
    assert [state for state, *_ in await desk.questions()] == ["refused", "done"]


@pytest.mark.parametrize(
    ("turn", "problem", "state"),
    [
        (Turn(status=500), "failing", "waiting"),
        (Turn(status=429), "limited", "waiting"),
        (Turn(status=401), "denied", "waiting"),
        (Turn(does="cut"), "down", "waiting"),
        (Turn(does="large"), "unusable", "waiting"),
        (Turn(raw="nonsense"), "unusable", "waiting"),
        (Turn(refusal="no"), "declined", "refused"),
    ],
)
async def test_without_an_answer_the_local_one_stands_and_it_is_tried_again(
    desk: Desk, turn: Turn, problem: str, state: str
) -> None:
    desk.server.usual = turn
    ticket_id = await desk.opened()
    _, before = await desk.seen(ticket_id)
    await desk.ask()
    ticket, after = await desk.seen(ticket_id)
    assert (after.engine, after.analysed_at) == (before.engine, before.analysed_at)
    assert ticket.category is None
    assert await desk.questions() == [(state, problem, 1)]

    assert await desk.ask() == 0
    if state == "waiting":
        desk.server.usual = Turn(args=VPN)
        desk.later(minutes=1, seconds=1)
        await desk.ask()
        assert (await desk.seen(ticket_id))[0].category == "vpn"


async def test_what_never_works_is_given_up(make_desk: Make) -> None:
    desk = make_desk()
    desk.server.usual = Turn(status=500)
    await desk.opened()
    for _ in range(12):
        await make_asker(desk).ask_due()
        desk.later(hours=6)
    ((state, problem, attempts),) = await desk.questions()
    assert (state, problem) == ("failed", "failing")
    assert attempts <= 8


async def test_while_the_server_rests_questions_wait_and_lose_no_try(desk: Desk) -> None:
    desk.server.usual = Turn(status=500)
    for _ in range(6):
        await desk.opened()
    await desk.ask()
    tried = [attempts for _, _, attempts in await desk.questions()]
    assert sum(tried) <= 5
    assert len(tried) == 6


async def test_a_company_over_its_budget_is_not_asked_for_and_that_is_said(
    make_desk: Make,
) -> None:
    desk = make_desk(OpinionRules(tokens_a_day=6000))
    desk.server.usual = Turn(args=VPN, tokens=5500)
    await desk.opened("First thing that is odd")
    await desk.ask()
    await desk.opened("Second thing that is odd")
    await desk.ask()
    assert len(desk.server.got) == 1
    assert await desk.questions() == [("done", "", 1), ("waiting", "over_budget", 0)]
    (used,) = await desk.rows("select questions, tokens from model_usage")
    assert (used.questions, used.tokens) == (1, 5500)

    desk.later(days=1)
    await desk.ask()
    assert [state for state, *_ in await desk.questions()] == ["done", "done"]


async def test_one_companys_budget_is_its_own(make_desk: Make) -> None:
    desk = make_desk(OpinionRules(tokens_a_day=6000))
    desk.server.usual = Turn(args=VPN, tokens=5900)
    await desk.opened()
    await desk.ask()
    await desk.opened_elsewhere("Something odd in the south")
    assert await desk.ask() == 1
    assert len(desk.server.got) == 2


async def test_what_may_have_cost_is_counted_and_what_cannot_have_is_not(make_desk: Make) -> None:
    desk = make_desk(deadline_seconds=0.5)
    await desk.resources.part(ChatModel).load()
    desk.server.usual = Turn(status=429)
    await desk.opened()
    await desk.ask()
    (used,) = await desk.rows("select tokens from model_usage")
    assert used.tokens == 0

    desk.server.usual = Turn(does="hang")
    await desk.opened("Another odd thing")
    await desk.ask()
    (used,) = await desk.rows("select tokens from model_usage")
    assert used.tokens > 1000


async def test_questions_of_all_companies_are_asked_in_turn(make_desk: Make) -> None:
    desk = make_desk(at_once=2)
    for _ in range(5):
        await desk.opened()
    await desk.opened_elsewhere("Something odd in the south")
    await desk.ask()
    first_two = [asked["messages"][1]["content"] for asked in desk.server.got[:2]]
    assert any("in the south" in each for each in first_two)


async def test_two_askers_never_ask_the_same(desk: Desk) -> None:
    desk.server.usual = Turn(args=VPN, sleep=0.1)
    for place in range(8):
        await desk.opened(f"{UNSURE} {place}")
    await asyncio.gather(make_asker(desk).ask_due(), make_asker(desk).ask_due())
    assert len(desk.server.got) == 8


async def test_an_asker_that_was_killed_is_made_good(desk: Desk) -> None:
    await desk.opened()
    await desk.rows_change(
        "update second_opinion set attempts = 1, claimed_until = now() + interval '1 minute'"
    )
    assert await desk.ask() == 0
    await desk.rows_change("update second_opinion set claimed_until = now() - interval '1 second'")
    assert await desk.ask() == 1
    assert await desk.questions() == [("done", "", 2)]


async def test_a_question_that_kills_its_asker_each_time_is_given_up(desk: Desk) -> None:
    await desk.opened()
    await desk.rows_change("update second_opinion set attempts = 8")
    await desk.ask()
    assert desk.server.got == []
    assert await desk.questions() == [("failed", "interrupted", 9)]


async def test_an_empty_ticket_is_not_asked_about(desk: Desk) -> None:
    await desk.opened("photo.jpg")
    assert await desk.ask() == 0


async def test_little_of_a_long_text_is_sent(desk: Desk) -> None:
    await desk.opened("Odd", description="odd thing " * 20_000)
    await desk.ask()
    assert len(desk.server.got[0]["messages"][1]["content"]) < 6_400


async def test_nothing_of_another_company_is_in_a_question(make_desk: Make) -> None:
    desk = make_desk()
    async with desk.resources.db.transaction(desk.world.other_company_id) as session:
        await session.execute(
            text("insert into category (company_id, name, description) values "
                 "(current_company(), 'southern_secret', 'Only the south knows')")
        )  # fmt: skip
    await desk.opened_elsewhere("A confidential matter of the south")
    await desk.opened("An odd thing of the north")
    await desk.ask()
    north = [asked for asked in desk.server.got if "of the north" in str(asked)]
    assert len(north) == 1
    for word in ("southern_secret", "Only the south", "confidential", "rita@example.com"):
        assert word not in str(north)


async def test_the_category_changes_the_line_and_says_so(make_desk: Make) -> None:
    desk = make_desk()
    ticket_id = await desk.opened()
    await desk.ask()
    rows = await desk.rows(
        f"select type, payload, by_name from event where ticket_id = {ticket_id} order by id"
    )
    triaged = [row for row in rows if row.type == "ticket.triaged"]
    (revised,) = [row for row in rows if row.type == "triage.revised"]
    assert [row.payload["category"] for row in triaged] == [None, "vpn"]
    assert (revised.payload["before"], revised.payload["after"]) == (None, "vpn")
    assert revised.by_name == "Language model"


async def test_the_line_goes_on_while_the_server_hangs(make_desk: Make) -> None:
    """Tickets are read and given out by a worker with two hands while every question hangs."""
    desk = make_desk(deadline_seconds=60.0)
    desk.server.usual = Turn(does="hang")
    await desk.resources.part(ChatModel).load()
    asker = asyncio.create_task(Asker(desk.resources).run())
    try:
        for place in range(6):
            await desk.opened(f"{UNSURE} {place}")
        await until(lambda: desk.server.going == 4)
        began = time.monotonic()
        ticket_id = (await desk.world.open("The printer on the third floor prints blank pages")).id
        await desk.worker.run_pending()
        took = time.monotonic() - began
        ticket, analysis = await desk.seen(ticket_id)
        assert (ticket.category, analysis.state) == ("printer", "done")
        rows = await desk.rows(f"select type from event where ticket_id = {ticket_id}")
        assert {"ticket.triaged"} < {row.type for row in rows}
        assert {"ticket.routed", "ticket.unrouted"} & {row.type for row in rows}
        assert took < 5
        assert desk.server.going == 4
    finally:
        asker.cancel()
        await asyncio.wait([asker])
    # Cut off by the end of the program: asked again when the lease is over.
    assert {state for state, *_ in await desk.questions()} == {"waiting"}


async def test_the_client_is_there_before_the_first_ticket(desk: Desk) -> None:
    asker = asyncio.create_task(Asker(desk.resources).run())
    try:
        await until(lambda: desk.chat._speaker is not None)
    finally:
        asker.cancel()
        await asyncio.wait([asker])
    assert desk.server.got == []


async def test_without_a_model_nothing_is_queued(world: World, worker: Worker) -> None:
    await world.open(UNSURE)
    await worker.run_pending()
    async with world.resources.db.transaction(world.company_id) as session:
        assert not list(await session.execute(text("select from second_opinion")))
    await asyncio.wait_for(Asker(world.resources).run(), 1)


def make_asker(desk: Desk) -> Asker:
    """Another process: breaker and pace of its own."""
    server = desk.resources.part(ChatModel).server
    chat = ChatModel(server, Outgoing(["127.0.0.1"]), pause_seconds=0.02)
    return Asker(replace(desk.resources, parts={**desk.resources.parts, ChatModel: chat}))


async def correct(desk: Desk, ticket_id: int) -> None:
    by = desk.world.as_person(desk.world.ana)
    async with desk.resources.db.transaction(desk.world.company_id) as session:
        await correct_category(session, ticket_id=ticket_id, category="hardware", by=by)


async def retitle(desk: Desk, ticket_id: int, title: str) -> None:
    async with desk.resources.db.transaction(desk.world.company_id) as session:
        (await get_ticket(session, ticket_id, lock=True)).title = title


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what the server's thread does."""
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110 - a thread makes it so
            await asyncio.sleep(0.02)


async def test_the_figures_say_what_waits_and_why(desk: Desk) -> None:
    await desk.opened()
    await desk.ask()
    desk.server.usual = Turn(status=500)
    await desk.opened("Another odd thing")
    await desk.ask()
    async with desk.resources.db.transaction(desk.world.company_id) as session:
        figures = await opinion_figures(session, OpinionRules())
    assert (figures.asked_for, figures.done, figures.waiting) == ("unsure", 1, 1)
    assert figures.problems == {"failing": 1}
    assert (figures.questions_today, figures.tokens_today) == (2, 15)


async def test_a_second_opinion_moves_a_ticket_that_its_agent_does_not_fit(
    make_desk: Make,
) -> None:
    desk = make_desk()
    async with desk.resources.db.transaction(desk.world.company_id) as session:
        await session.execute(text("update agent set is_available = false"))
        await keep_offices(session, [ListedOffice("Астана", "")])
        office = (await office_ids(session))["астана"]
        people = [
            ListedAgent("Анар", office, "Специалист", ("ENG",), 1),
            ListedAgent("Берик", office, "Специалист", ("ENG",), 1),
            ListedAgent("Вера", office, "Главный специалист", ("ENG",), 100),
        ]
        await keep_agents(session, people, by=desk.world.system)
        chiefs = '{"routing": {"position_by_category": {"vpn": "Главный специалист"}}}'
        await session.execute(
            text(
                "update company set auto_assign = true, settings = settings || cast(:chiefs as jsonb)"
            ),
            {"chiefs": chiefs},
        )
    names = {row.id: row.name for row in await desk.rows("select id, name from person")}
    ticket_id = (await desk.world.open(UNSURE, address={"city": "Астана"})).id
    await desk.worker.run_pending()
    assert names[(await desk.seen(ticket_id))[0].assignee_id or 0] in ("Анар", "Берик")
    await desk.ask()
    await desk.worker.run_pending()
    ticket, _ = await desk.seen(ticket_id)
    assert (ticket.category, names[ticket.assignee_id or 0]) == ("vpn", "Вера")
    rows = await desk.rows(
        f"select payload from event where ticket_id = {ticket_id} and type = 'ticket.released'"
    )
    assert "second opinion" in str(rows[0].payload)
