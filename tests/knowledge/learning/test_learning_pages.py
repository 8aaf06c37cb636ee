"""The desk's pages of what use teaches, as forms without a script send them; and their API."""

import httpx2
import pytest

from tests.knowledge.learning.asking import Desk
from tests.knowledge.learning.test_drafting import JAM, solved
from tests.knowledge.shelf import as_person
from tests.world import World
from ticketyard.knowledge.learning.counting_citations import count_new_citations
from ticketyard.knowledge.learning.drafting import draft_articles
from ticketyard.knowledge.learning.following_up import follow_talks

Client = httpx2.AsyncClient
ASKED = "How do I clear the paper jam in my printer?"


async def shown(client: Client, path: str) -> str:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_a_gap_is_listed_opened_dismissed_taken_up_and_written_about(
    world: World, client: Client
) -> None:
    north = Desk.north(world)
    await north.chat(ASKED, owner="person:1")
    await north.chat("Printer paper jam, how to clear it?", owner="person:2")
    await as_person(world, client, world.ana)
    assert "Nothing is open" in await shown(client, "/knowledge/gaps")
    await north.gather()
    (gap,) = await north.gaps()
    place = f"/knowledge/gaps/{gap.gap.id}"

    page = await shown(client, "/knowledge/gaps")
    assert ASKED in page
    assert "asked 2 times" in page
    assert "Printer paper jam, how to clear it?" in page
    assert "by 2 people" in await shown(client, place)
    assert '<span class="count">1</span>' in await shown(client, "/knowledge")

    await client.post(f"{place}/state", data={"to": "dismissed"})
    assert ASKED in await shown(client, "/knowledge/gaps?state=dismissed")
    assert ASKED not in await shown(client, "/knowledge/gaps?state=nonsense")
    await client.post(f"{place}/state", data={"to": "open"})
    begun = await client.post(f"{place}/article")
    editor = begun.headers["location"]
    assert "- Printer paper jam, how to clear it?" in await shown(client, editor)
    assert "Go on writing" in await shown(client, "/knowledge/gaps?state=writing")
    again = await client.post(f"{place}/article")
    assert again.headers["location"] in editor.replace("/articles/", "/")
    assert (await client.get("/knowledge/gaps/987654")).status_code == 404


async def test_a_draft_of_tickets_is_shown_with_them_and_dismissed(
    world: World, client: Client
) -> None:
    ticket_id = await solved(world)
    await solved(world, "Paper jam in the printer on the third floor")
    await as_person(world, client, world.ana)
    assert "No proposals" in await shown(client, "/knowledge/proposals")
    await draft_articles(world.resources, world.company_id)

    page = await shown(client, "/knowledge/proposals")
    number = await Desk.north(world).run("select number from ticket where id = :id", id=ticket_id)
    assert JAM in page
    assert "2 tickets" in page
    assert f'href="/tickets/{number}"' in page
    assert "Open the rear tray." in page
    told = (await client.get("/api/knowledge/proposals")).json()
    assert (told["total"], told["items"][0]["count"]) == (1, 2)
    file_id = told["items"][0]["article_id"]
    assert number in await shown(client, f"/knowledge/{file_id}")

    await client.post(f"/knowledge/proposals/{file_id}/dismiss")
    assert "neither it nor anything like it" in await shown(client, "/knowledge/proposals")
    await client.post(f"/knowledge/proposals/{file_id}/dismiss")
    assert "somebody has decided on it" in await shown(client, "/knowledge/proposals")
    assert (await client.delete(f"/api/knowledge/proposals/{file_id}")).status_code == 404
    await world.log_in(client, world.other_admin)
    assert (await client.post(f"/knowledge/proposals/{file_id}/dismiss")).status_code == 404


async def test_who_was_helped_and_what_was_cited_is_shown_with_its_denominator(
    world: World, client: Client
) -> None:
    north = Desk.north(world)
    await as_person(world, client, world.admin)
    assert "Nobody has asked" in await shown(client, "/knowledge/use")
    article = (
        await client.post("/api/articles", json={"title": "Clear a jam", "body": "Open the tray."})
    ).json()["id"]
    mark = f"[article:{article}#{article}-0]"
    at = north.ago(days=9)
    await north.chat(
        ASKED, at=at, answered=True, citations=[mark, mark], outcome="resolved_confirmed"
    )
    await north.chat(ASKED, at=at, answered=True, citations=[mark])
    await north.chat(ASKED, at=at)
    for _ in range(2):
        await count_new_citations(world.resources, world.company_id)
        await follow_talks(world.resources, world.company_id)
    await client.put(f"/api/articles/{article}/vote", json={"is_helpful": True})

    page = await shown(client, "/knowledge/use?days=30")
    assert "<strong>33 %</strong>" in page or "<strong>33%</strong>" in page
    assert "1 of 3 who asked" in page
    assert "The ranking that comes with the program is used." in page
    told = (await client.get("/api/knowledge/deflection")).json()
    assert (told["deflected"], told["asked"], told["unknown_person"]) == (1, 3, 1)
    line = (await client.get("/api/articles")).json()["items"][0]
    assert (line["cited"], line["helpful_share"]) == (2, 1.0)
    assert "cited 2 times" in await shown(client, "/knowledge")
    assert "in 2 answers" in await shown(client, f"/knowledge/{article}")
    assert await Desk.south(world).run("select count(*) from document_citation") == 0


async def test_over_the_api_a_gap_is_read_and_decided_on(world: World, client: Client) -> None:
    north = Desk.north(world)
    await north.chat(ASKED)
    await north.gather()
    await as_person(world, client, world.ana)

    told = (await client.get("/api/knowledge/gaps?state=open")).json()
    gap_id = told["items"][0]["id"]
    assert told["counts"] == {"open": 1, "writing": 0, "answered": 0, "dismissed": 0}
    assert told["items"][0]["examples"][0]["origin"] == "chat"
    path = f"/api/knowledge/gaps/{gap_id}"
    assert (await client.post(f"{path}/article")).json()["state"] == "writing"
    assert (await client.post(f"{path}/article")).status_code == 409
    dismissed = await client.put(f"{path}/state", json={"state": "dismissed"})
    assert dismissed.json()["state"] == "dismissed"
    await world.log_in(client, world.other_admin)
    assert (await client.get(path)).status_code == 404
    assert (await client.get("/api/knowledge/gaps")).json()["items"] == []


@pytest.mark.parametrize(
    ("kind", "kept"), [("opened", "opened"), ("helpful", "helpful"), ("unhelpful", "unhelpful")]
)
async def test_a_judgement_is_kept_once_and_what_is_said_outweighs_a_click(
    world: World, client: Client, kind: str, kept: str
) -> None:
    await as_person(world, client, world.admin)
    article = (
        await client.post("/api/articles", json={"title": "Clear a jam", "body": "Open the tray."})
    ).json()["id"]
    await as_person(world, client, world.ana)
    for each in ("opened", kind, "opened"):
        answer = await client.post(
            "/api/knowledge/judgements",
            json={"question": ASKED, "article_id": article, "kind": each},
        )
        assert answer.status_code == 204
    assert (
        await Desk.north(world).run("select string_agg(kind, ',') from knowledge_judgement") == kept
    )
    await as_person(world, client, world.rita)
    hidden = await client.post(
        "/api/knowledge/judgements",
        json={"question": ASKED, "article_id": article, "kind": "opened"},
    )
    assert hidden.status_code == 404


async def test_requesters_have_no_way_in(world: World, client: Client) -> None:
    await as_person(world, client, world.rita)
    for path in ("/knowledge/gaps", "/knowledge/proposals", "/knowledge/use", "/api/knowledge/gaps",
                 "/api/knowledge/proposals", "/api/knowledge/ranking",
                 "/api/knowledge/deflection"):  # fmt: skip
        assert (await client.get(path)).status_code == 403
