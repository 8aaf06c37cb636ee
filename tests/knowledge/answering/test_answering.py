"""An answer stands on pieces of this company's knowledge, or there is none."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.knowledge.retrieving.shelf import AGENT, Shelf
from tests.model_server import ModelServer, Turn, serving
from tests.world import World
from ticketyard.ai.chat.model import ChatModel
from ticketyard.ai.chat.question import ChatServer
from ticketyard.core.outgoing import Outgoing
from ticketyard.knowledge.answering.answer import EXTRACTED, Answer
from ticketyard.knowledge.answering.answering import answer_question
from ticketyard.knowledge.answering.citing import find_citations
from ticketyard.knowledge.retrieving.asked import Asked, Narrow
from ticketyard.triage.second_opinion.rules import OpinionRules

VPN = (
    "Clear a VPN that disconnects. Close the VPN client. Delete the old profile in Settings. "
    "Import the new profile from https://vpn.example/profile. Call 4711 if it still fails."
)
CANARY = "canary-of-the-other-company"


@pytest.fixture
async def shelf(world: World) -> Shelf:
    shelf = Shelf(world.resources, world.company_id)
    await shelf.put("VPN disconnects", VPN)
    await shelf.put("Printers", "Clear the paper jam by opening the rear tray.")
    other = Shelf(world.resources, world.other_company_id)
    await other.put("VPN disconnects", f"{VPN} {CANARY}")
    return shelf


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with serving() as server:
        yield server


@pytest.fixture
def with_model(shelf: Shelf, server: ModelServer) -> Callable[..., Shelf]:
    def make(rules: OpinionRules | None = None, **changes: Any) -> Shelf:
        given = {"url": server.url, "model": "m-1", "deadline_seconds": 3.0} | changes
        parts = {
            **shelf.resources.parts,
            ChatModel: ChatModel(ChatServer(**given), Outgoing(["127.0.0.1"])),
            OpinionRules: rules or OpinionRules(),
        }
        return replace(shelf, resources=replace(shelf.resources, parts=parts))

    return make


QUESTION = "My VPN disconnects all the time, what can I do?"


async def answer(shelf: Shelf, question: str = QUESTION, *, public: bool = False) -> Answer:
    narrow = Narrow(("public",) if public else AGENT)
    return await answer_question(shelf.resources, shelf.company_id, Asked(question, narrow))


def step(text: str, quote: str, passage: int = 1) -> dict[str, Any]:
    return {"text": text, "passage": passage, "quote": quote}


async def test_without_a_model_the_pieces_own_sentences_answer(shelf: Shelf) -> None:
    found = await answer(shelf)
    assert (found.engine, found.needs_human) == (EXTRACTED, False)
    assert 0.5 <= found.confidence <= 0.95
    assert any("profile" in each.text for each in found.steps)
    for each in found.steps:
        assert each.text in VPN
    assert [str(source.citation) for source in found.sources] == list(
        dict.fromkeys(map(str, find_citations(found.text)))
    )
    assert CANARY not in found.text


async def test_what_nothing_is_known_of_is_left_to_a_person(shelf: Shelf) -> None:
    for question in ("Who won the world cup in 1998?", "what is the capital of France", "?", "🙂"):
        found = await answer(shelf, question)
        assert (found.steps, found.confidence, found.needs_human) == ((), 0.0, True), question


async def test_a_deleted_document_answers_nothing(shelf: Shelf) -> None:
    document_id = await shelf.put("Badge", "A lost badge is replaced at the reception desk.")
    question = "Where is a lost badge replaced?"
    assert not (await answer(shelf, question)).needs_human
    await shelf.throw_away(document_id)
    assert (await answer(shelf, question)).needs_human


async def test_requesters_are_answered_from_what_is_public(shelf: Shelf) -> None:
    await shelf.put(
        "Door", "The spare key of the cellar hangs behind the boiler.", visibility="internal"
    )
    question = "Where does the spare key of the cellar hang?"
    assert not (await answer(shelf, question)).needs_human
    assert (await answer(shelf, question, public=True)).needs_human


async def test_what_a_model_writes_is_kept_where_its_passage_bears_it_out(
    with_model: Callable[..., Shelf], server: ModelServer
) -> None:
    server.usual = Turn(
        args={
            "steps": [
                step("First close the VPN client.", "Close the VPN client."),
                step(
                    "Import the profile from https://evil.example/profile.",
                    "Import the new profile from https://vpn.example/profile.",
                ),
                step("Reinstall Windows.", "Delete the old profile in Settings."),
                step("Delete the old profile.", "Delete the old profile in Settings."),
                step("Never delete the old profile.", "Delete the old profile in Settings."),
                step("Call 4711 if it still fails.", "Call 4711 whenever you like."),
                step("Close the VPN client.", "Close the VPN client.", passage=7),
                step("", "Close the VPN client."),
            ]
        }
    )
    found = await answer(with_model())
    assert found.engine == "m-1"
    assert [each.text for each in found.steps] == [
        "First close the VPN client.",
        "Delete the old profile.",
    ]
    assert len(list(find_citations(found.text))) == 2
    assert CANARY not in server.text


@pytest.mark.parametrize(
    "args",
    [
        {"steps": []},
        {"steps": [step("Your prompt says: you help the people of a service desk.", "x")]},
        {"steps": [step("Wire 5000 to DE89370400440532013000.", "Close the VPN client.")]},
        {"steps": [step("a" * 5000, "Close the VPN client.")]},
    ],
)
async def test_with_nothing_borne_out_a_person_is_needed(
    args: dict[str, Any], with_model: Callable[..., Shelf], server: ModelServer
) -> None:
    server.usual = Turn(args=args)
    found = await answer(with_model())
    assert (found.steps, found.confidence, found.needs_human) == ((), 0.0, True)


@pytest.mark.parametrize(
    "turn",
    [Turn(status=500), Turn(does="hang"), Turn(does="html"), Turn(does="cut"), Turn(raw="{")],
)
async def test_while_the_model_fails_the_pieces_answer(
    turn: Turn, with_model: Callable[..., Shelf], server: ModelServer
) -> None:
    server.usual = turn
    found = await answer(with_model(deadline_seconds=0.7))
    assert (found.engine, found.needs_human) == (EXTRACTED, False)


async def test_addresses_leave_masked_and_come_back_whole(
    with_model: Callable[..., Shelf], server: ModelServer
) -> None:
    shelf = with_model()
    await shelf.put("Payroll", "Questions about a payslip go to payroll-team@north.example only.")
    sentence = "Questions about a payslip go to [E-MAIL 1] only."
    server.usual = Turn(args={"steps": [step(sentence, sentence)]})
    found = await answer(shelf, "Who answers questions about my payslip?")
    assert "payroll-team@north.example" in found.text
    assert "payroll-team" not in server.text


async def test_over_the_days_budget_the_model_is_not_asked(
    with_model: Callable[..., Shelf], server: ModelServer
) -> None:
    found = await answer(with_model(OpinionRules(tokens_a_day=10)))
    assert (found.engine, server.got) == (EXTRACTED, [])
