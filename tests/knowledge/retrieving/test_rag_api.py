"""/rag/health, /rag/retrieve and the suggestions, as clients of the reference call them."""

from dataclasses import replace

import httpx2
import pytest
from fastapi import FastAPI

from tests.knowledge.retrieving.shelf import Shelf
from tests.world import World
from ticketyard.core.resources import Resources
from ticketyard.knowledge.retrieving.index import PieceIndex, RetrievalOptions
from ticketyard.people.keys import create_key
from ticketyard.web.app import stand_on
from ticketyard.web.deps import WebSettings

RAG_KEY = "a key of the reference's clients"


@pytest.fixture
def rag_resources(world: World, app: FastAPI) -> Resources:
    """The program with RAG_API_KEY set."""
    index = world.resources.part(PieceIndex)
    with_key = PieceIndex(index.embedder, RetrievalOptions(rag_key=RAG_KEY))
    resources = replace(world.resources, parts={**world.resources.parts, PieceIndex: with_key})
    stand_on(app, resources, WebSettings())
    return resources


async def _shelves(world: World) -> tuple[Shelf, Shelf]:
    north = Shelf(world.resources, world.company_id)
    south = Shelf(world.resources, world.other_company_id)
    await north.put("Paper jam", "Open the rear tray and pull the paper out.", category="printer")
    await north.put("Vault", "The safe's code is canary-north.", visibility="internal")
    await south.put("Paper jam", "canary-south: open the rear tray and pull the paper out.")
    return north, south


def _asked(world: World, **changes: object) -> dict[str, object]:
    return {"query": "how to clear a paper jam", "company_id": world.company_id, **changes}


async def test_the_answer_has_the_shape_of_the_reference(
    world: World, rag_resources: Resources, client: httpx2.AsyncClient
) -> None:
    await _shelves(world)
    client.headers["X-RAG-API-KEY"] = RAG_KEY

    health = await client.get("/rag/health")
    answer = await client.post("/rag/retrieve", json=_asked(world))

    assert health.status_code == 200
    assert health.json().keys() == {"status", "service", "timestamp"}
    assert answer.status_code == 200, answer.text
    (item,) = answer.json()["items"]
    assert answer.json().keys() == {"items"}
    assert item.keys() == {
        "score", "text", "source_type", "source_id", "chunk_id", "metadata"
    }  # fmt: skip
    assert item["chunk_id"] == f"{item['source_id']}-0"
    assert item["text"] == "Open the rear tray and pull the paper out."
    assert 0.25 <= item["score"] <= 1


@pytest.mark.parametrize("key", ["", "wrong", "Bearer x", "\N{SNOWMAN}".encode().decode("latin-1")])
async def test_a_wrong_key_is_refused(
    world: World, rag_resources: Resources, client: httpx2.AsyncClient, key: str
) -> None:
    headers = {"X-RAG-API-KEY": key.encode("latin-1")}
    asked = [
        await client.get("/rag/health", headers=headers),
        await client.post("/rag/retrieve", json=_asked(world), headers=headers),
        await client.get("/rag/health"),
    ]
    assert {answer.status_code for answer in asked} == {401}


async def test_an_empty_key_in_the_settings_opens_nothing(
    world: World, client: httpx2.AsyncClient
) -> None:
    for key in ("", " "):
        answer = await client.get("/rag/health", headers={"X-RAG-API-KEY": key})
        assert answer.status_code == 401


async def test_our_own_keys_open_it_with_the_permission_alone(
    world: World, client: httpx2.AsyncClient
) -> None:
    await _shelves(world)
    async with world.resources.db.transaction(world.company_id) as session:
        _, public = await create_key(
            session, name="Portal", permissions=["knowledge:read_public"], by=world.system
        )
        _, all_of_it = await create_key(
            session, name="Desk", permissions=["knowledge:read"], by=world.system
        )
    wanted = _asked(world, query="what is the safe's code", score_threshold=0)

    refused = await client.post("/rag/retrieve", json=wanted, headers={"X-API-Key": world.key})
    shown = await client.post("/rag/retrieve", json=wanted, headers={"X-API-Key": public})
    told = await client.post("/rag/retrieve", json=wanted, headers={"X-RAG-API-KEY": all_of_it})

    assert refused.status_code == 403
    assert "canary" not in shown.text
    assert shown.status_code == 200
    assert "canary-north" in told.text


async def test_a_company_is_nobody_elses(
    world: World, rag_resources: Resources, client: httpx2.AsyncClient
) -> None:
    await _shelves(world)
    client.headers["X-RAG-API-KEY"] = RAG_KEY

    own = await client.post("/rag/retrieve", json=_asked(world, score_threshold=0, top_k=50))
    other = await client.post(
        "/rag/retrieve", json=_asked(world, company_id=world.other_company_id)
    )
    unknown = await client.post("/rag/retrieve", json=_asked(world, company_id=999_999))

    assert "canary-south" not in own.text
    assert len(own.json()["items"]) == 2
    assert other.status_code == unknown.status_code == 404
    assert other.json() == unknown.json()


@pytest.mark.parametrize(
    "changes",
    [
        {"query": ""},
        {"query": " \t\n"},
        {"query": None},
        {"query": "x" * 1_000_001},
        {"top_k": 0},
        {"top_k": 51},
        {"top_k": "many"},
        {"score_threshold": 1.5},
        {"score_threshold": -0.1},
        {"filters": {"visibility": "internal"}},
        {"filters": {"kategory": "printer"}},
        {"filters": {"source_type": "secret"}},
        {"filters": []},
        {"company_id": "north"},
    ],
)
async def test_what_cannot_be_asked_is_refused(
    world: World, rag_resources: Resources, client: httpx2.AsyncClient, changes: dict[str, object]
) -> None:
    client.headers["X-RAG-API-KEY"] = RAG_KEY
    answer = await client.post("/rag/retrieve", json=_asked(world, **changes))
    assert answer.status_code == 422, answer.text


async def test_ten_megabytes_are_not_read(
    world: World, rag_resources: Resources, client: httpx2.AsyncClient
) -> None:
    client.headers["X-RAG-API-KEY"] = RAG_KEY
    answer = await client.post("/rag/retrieve", json=_asked(world, query="x" * 10_000_000))
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "query",
    [
        "\x00\x00",
        "paper\x00jam",
        "' & ! | <-> (:*) 'a':ABCD \\",
        "!!paper | & jam <3> tray:*",
        "'; drop table knowledge_piece; --",
        "{1,2,3} $1 %s %(x)s {0}",
        " ".join(f"word{n}" for n in range(50_000)),
        "the of and a",
        "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
        "?!…",
    ],
)
async def test_odd_questions_are_questions(
    world: World, rag_resources: Resources, client: httpx2.AsyncClient, query: str
) -> None:
    await _shelves(world)
    client.headers["X-RAG-API-KEY"] = RAG_KEY
    answer = await client.post("/rag/retrieve", json=_asked(world, query=query))
    assert answer.status_code == 200, answer.text


async def test_filters_narrow(
    world: World, rag_resources: Resources, client: httpx2.AsyncClient
) -> None:
    north, _ = await _shelves(world)
    await north.put("Paper jam at home", "Call us about the paper jam.", source_type="file")
    client.headers["X-RAG-API-KEY"] = RAG_KEY

    async def titles(**filters: object) -> set[str]:
        asked = _asked(world, filters=filters, score_threshold=0)
        items = (await client.post("/rag/retrieve", json=asked)).json()["items"]
        return {item["metadata"]["title"] for item in items}

    everything = (await client.post("/rag/retrieve", json=_asked(world, score_threshold=0))).json()[
        "items"
    ]
    file_id = next(i["source_id"] for i in everything if i["source_type"] == "file")

    assert await titles(category="printer") == {"Paper jam"}
    assert await titles(source_type="file") == {"Paper jam at home"}
    assert await titles(source_id=file_id) == {"Paper jam at home"}
    assert await titles(source_id="00000000-0000-0000-0000-000000000000") == set()
    assert await titles(category="no such") == set()


async def test_suggestions_are_public_articles_for_a_requester(
    world: World, client: httpx2.AsyncClient
) -> None:
    north, _ = await _shelves(world)
    await north.put("Paper jam, the long way", "How the paper jam came about.", source_type="file")
    await world.log_in(client, world.rita)

    answer = await client.get(
        "/api/tickets/search/suggestions", params={"q": "paper jam in the printer"}
    )
    short = await client.get("/api/tickets/search/suggestions", params={"q": "pa"})
    secret = await client.get("/api/tickets/search/suggestions", params={"q": "the safe's code"})

    assert answer.status_code == 200, answer.text
    assert [each["title"] for each in answer.json()["suggestions"]] == ["Paper jam"]
    assert short.status_code == 422
    assert "canary" not in secret.text
