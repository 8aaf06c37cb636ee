"""A conversation in the public chat, from the first word to its end."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from tests.knowledge.chatbot.visitor import Visitor, offered
from tests.knowledge.retrieving.shelf import Shelf
from tests.world import World

JAM = "Open the rear tray. Pull the paper out. Close the tray."
ASKED = "How do I clear the paper jam in my printer?"


@pytest.fixture
async def visitor(world: World, client: httpx2.AsyncClient) -> Visitor:
    shelf = Shelf(world.resources, world.company_id)
    await shelf.put("How do I clear a paper jam?", JAM)
    return await Visitor.enter(client)


async def rows(world: World, query: str, **values: object) -> list[dict[str, Any]]:
    """What the database holds of North."""
    async with world.resources.db.transaction(world.company_id) as session:
        return [dict(each) for each in (await session.execute(text(query), values)).mappings()]


async def test_a_question_is_answered_with_numbered_proof(visitor: Visitor, world: World) -> None:
    answer, asked = await visitor.say(ASKED)
    assert answer["text"].count("[1]") >= 1
    assert "[article:" not in answer["text"]
    (citation,) = answer["citations"]
    assert citation["title"] == "How do I clear a paper jam?"
    assert "rear tray" in citation["quote"]
    assert asked["text"] == "Did that help?"
    assert offered(asked) == ["helped", "not_helped", "person"]
    (glad,) = (await visitor.choose("helped"))[1:]
    assert (glad["state"], glad["choices"]) == ("resolved", [])
    (chat,) = await rows(world, "select outcome, ticket_id from chat")
    assert chat == {"outcome": "resolved_confirmed", "ticket_id": None}
    (question,) = await rows(
        world, "select question, is_answered, helped, outcome from chat_question"
    )
    assert question == {
        "question": ASKED, "is_answered": True, "helped": True, "outcome": "resolved_confirmed",
    }  # fmt: skip
    assert not await rows(world, "select id from ticket")


async def test_what_did_not_help_becomes_a_ticket_with_all_that_was_said(
    visitor: Visitor, world: World
) -> None:
    await visitor.say(ASKED)
    (_, sorry) = await visitor.choose("not_helped")
    assert offered(sorry) == ["ticket", "person", "again"]
    (_, asks) = await visitor.choose("ticket")
    assert (asks["asks"], asks["state"]) == ("email", "asking")
    (bad,) = await visitor.say("no idea")
    assert (bad["asks"], offered(bad)) == ("email", ["cancel"])
    (opened,) = await visitor.say("mia@example.com")
    assert (opened["state"], opened["asks"]) == ("ticket", None)
    (ticket,) = await rows(world, "select * from ticket")
    assert opened["ticket"] == {"number": ticket["number"], "subject": ticket["title"]}
    assert ticket["number"] in opened["text"]
    assert (ticket["source"], ticket["title"], ticket["description"]) == ("chatbot", ASKED, ASKED)
    assert ticket["requester_email"] == "mia@example.com"
    (file,) = await rows(world, "select * from attachment")
    said = (await world.resources.blobs.get(file["blob_key"])).decode()
    assert ASKED in said
    assert "rear tray" in said
    assert "mia@example.com" in said
    (question,) = await rows(world, "select helped, outcome, ticket_id from chat_question")
    assert question == {"helped": False, "outcome": "ticket", "ticket_id": ticket["id"]}
