"""Questions that another program's chat sends: answered at once, or a ticket."""

from typing import Any

import httpx2
import pytest

from tests.knowledge.chatbot.test_dialogue import ASKED, JAM, rows
from tests.knowledge.retrieving.shelf import Shelf
from tests.triage.resolving.helping import FORGOTTEN, LINK, let_machines
from tests.world import World
from ticketyard.knowledge.chatbot.setting_up import ChatSettings, save_chat_settings
from ticketyard.triage.engines import Engines

WHO = {"user_id": "u-17", "user_email": "rita@example.com", "user_name": "Rita"}
SOLVED = {
    "status", "classification", "solutions", "auto_resolution", "message", "resolution_time",
}  # fmt: skip
TICKET = {
    "status", "ticket_id", "ticket_number", "classification", "solutions", "estimated_resolution",
    "message",
}  # fmt: skip


@pytest.fixture
async def desk(world: World, client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    shelf = Shelf(world.resources, world.company_id)
    await shelf.put("How do I clear a paper jam?", JAM)
    client.headers["x-api-key"] = world.key
    return client


async def ask(
    client: httpx2.AsyncClient, query: str, *, key: str = "", **context: object
) -> httpx2.Response:
    """Ask as a program does."""
    body: dict[str, Any] = {**WHO, "query": query}
    if context:
        body["context"] = context
    headers = {"idempotency-key": key} if key else {}
    return await client.post("/api/tickets/chatbot", json=body, headers=headers)


async def test_what_is_known_for_sure_needs_no_ticket(
    desk: httpx2.AsyncClient, world: World
) -> None:
    answer = await ask(desk, ASKED)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert set(told) == SOLVED
    assert (told["status"], told["resolution_time"]) == ("resolved", "Immediate")
    assert "Open the rear tray. [1]" in told["message"]
    (solution, *_) = told["solutions"]
    assert solution["citations"][0]["title"] == "How do I clear a paper jam?"
    assert not await rows(world, "select id from ticket")
    (question,) = await rows(world, "select is_answered, outcome from chat_question")
    assert question == {"is_answered": True, "outcome": None}


@pytest.mark.parametrize(
    ("query", "context"),
    [
        ("Who won the football match in Madrid yesterday?", {}),
        (ASKED, {"needs_ticket": True}),
        ("please open a ticket", {}),
        ("I want to talk to a human", {}),
    ],
)
async def test_everything_else_is_a_ticket(
    desk: httpx2.AsyncClient, world: World, query: str, context: dict[str, Any]
) -> None:
    told = (await ask(desk, query, **context)).json()
    assert set(told) == TICKET
    assert told["status"] == "ticket_created"
    assert set(told["classification"]) >= {"category", "priority", "confidence", "urgency_level"}
    assert told["estimated_resolution"].endswith(" minutes")
    (ticket,) = await rows(world, "select id, number, source from ticket")
    assert (ticket["number"], ticket["source"]) == (told["ticket_number"], "chatbot")
    (question,) = await rows(world, "select is_answered, outcome, ticket_id from chat_question")
    assert question == {"is_answered": False, "outcome": "ticket", "ticket_id": ticket["id"]}


@pytest.mark.parametrize("query", [ASKED, "Who won the football match in Madrid yesterday?"])
@pytest.mark.parametrize(
    "again",
    [
        {"key": "k-1"},
        {"message_id": "m-1"},
        {"conversation_id": "c-1"},
        {"conversation_id": 7, "message_id": 1},
    ],
)
async def test_the_same_question_is_answered_alike(
    desk: httpx2.AsyncClient, world: World, query: str, again: dict[str, Any]
) -> None:
    first, second = [(await ask(desk, query, **again)).json() for _ in range(2)]
    for told in (first, second):
        told.pop("message")
    assert first == second
    assert len(await rows(world, "select conversation_id from chat")) == 1
    assert len(await rows(world, "select id from ticket")) == (0 if query == ASKED else 1)


@pytest.mark.parametrize("again", [{"key": "k-1"}, {"message_id": "m-1"}, {"conversation_id": "c"}])
async def test_what_a_deleted_document_said_is_not_told_again(
    world: World, client: httpx2.AsyncClient, again: dict[str, Any]
) -> None:
    shelf = Shelf(world.resources, world.company_id)
    document_id = await shelf.put("How do I clear a paper jam?", JAM)
    client.headers["x-api-key"] = world.key
    assert "rear tray" in (await ask(client, ASKED, **again)).text
    await shelf.throw_away(document_id)
    for _ in range(2):
        told = await ask(client, ASKED, **again)
        assert told.json()["status"] == "ticket_created", told.text
        assert "rear tray" not in told.text
    assert len(await rows(world, "select id from ticket")) == 1


async def test_two_requesters_do_not_share_ids(
    desk: httpx2.AsyncClient, world: World, client: httpx2.AsyncClient
) -> None:
    first = (await ask(desk, "The scanner smokes!", message_id="m-1")).json()
    del client.headers["x-api-key"]
    await world.log_in(client, world.rita)
    second = (await ask(client, "The scanner smokes!", message_id="m-1")).json()
    assert first["ticket_number"] != second["ticket_number"]


async def test_a_key_used_for_something_else_is_refused(desk: httpx2.AsyncClient) -> None:
    assert (await ask(desk, ASKED, key="k-1")).status_code == 200
    assert (await ask(desk, "The scanner smokes!", key="k-1")).status_code == 422


async def test_an_engine_that_breaks_costs_no_ticket(
    desk: httpx2.AsyncClient, world: World
) -> None:
    world.put(Engines, None)
    told = (await ask(desk, ASKED)).json()
    assert set(told) == TICKET | {"error"}
    assert (told["classification"], told["estimated_resolution"]) == (None, "Unknown")
    assert len(await rows(world, "select id from ticket")) == 1


async def test_the_company_s_rule_resolves_with_a_link_so_often_a_day(
    desk: httpx2.AsyncClient, world: World
) -> None:
    await let_machines(world, LINK, per_requester_per_day=2)
    told = (await ask(desk, FORGOTTEN)).json()
    assert set(told) == SOLVED
    assert told["auto_resolution"]["auto_action"] == "self_service_link"
    assert told["auto_resolution"]["confidence"] > 0.8
    assert told["classification"]["auto_resolution_possible"]
    assert "https://password.north.test/reset" in told["message"]
    assert "reply" not in told["message"]
    assert (await ask(desk, FORGOTTEN)).json()["status"] == "resolved"
    assert (await ask(desk, FORGOTTEN)).json()["status"] == "ticket_created"
    furious = f"{FORGOTTEN} This is terrible, I am angry and frustrated, awful service!"
    assert (await ask(desk, furious)).json()["status"] == "ticket_created"


async def test_where_the_chat_is_off_there_are_tickets_only(
    desk: httpx2.AsyncClient, world: World
) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        await save_chat_settings(session, ChatSettings(is_on=False), by=world.system)
    assert (await ask(desk, ASKED)).json()["status"] == "ticket_created"


async def test_internal_knowledge_is_not_told_to_programs(
    desk: httpx2.AsyncClient, world: World
) -> None:
    shelf = Shelf(world.resources, world.company_id)
    await shelf.put(
        "Server room door", "The door of the server room opens with the code 4711.",
        visibility="internal",
    )  # fmt: skip
    answer = await ask(desk, "Which code opens the door of the server room?")
    assert answer.json()["status"] == "ticket_created"
    assert "4711" not in answer.text
