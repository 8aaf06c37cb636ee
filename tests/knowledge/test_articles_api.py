"""Articles over HTTP: written, published, read by whom, voted on; and made of solved tickets."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import text

from tests.knowledge.shelf import as_person, key_with
from tests.world import World
from ticketyard.tickets.commenting import add_comment

Client = httpx2.AsyncClient
RunJobs = Callable[[], Awaitable[None]]
BODY = "1. Open **Authenticator**.\n2. Type the six digits."


async def write(client: Client, **fields: object) -> dict[str, Any]:
    answer = await client.post(
        "/api/articles", json={"title": "The VPN asks for a code", "body": BODY, **fields}
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def publish(
    client: Client, article: dict[str, Any], to: str = "published"
) -> httpx2.Response:
    return await client.put(f"/api/articles/{article['id']}/publication", json={"publication": to})


async def chunks(world: World) -> list[str]:
    async with world.resources.db.transaction(world.company_id) as session:
        return list(await session.scalars(text("select text from knowledge_chunk order by number")))


async def test_an_article_is_a_draft_until_it_is_published(
    world: World, client: Client, run_jobs: RunJobs
) -> None:
    await as_person(world, client, world.ana)
    article = await write(client, category="vpn", visibility="public")
    await run_jobs()
    assert (article["publication"], article["author"], article["version"]) == (
        "draft",
        "Ana Agent",
        1,
    )
    assert "<strong>Authenticator</strong>" in article["html"]
    assert await chunks(world) == []

    await as_person(world, client, world.admin)
    published = (await publish(client, article)).json()
    await run_jobs()

    assert (published["publication"], published["approved_by"]) == ("published", "Ada Admin")
    assert await chunks(world) == ["Open Authenticator.\nType the six digits."]
    assert (await client.get(f"/api/articles/{article['id']}")).json()["state"] == "ready"


async def test_agents_write_and_do_not_publish(world: World, client: Client) -> None:
    await as_person(world, client, world.ana)
    article = await write(client)

    assert (await publish(client, article)).status_code == 403
    assert (await publish(client, article, "archived")).status_code == 200
    await as_person(world, client, world.admin)
    assert (await publish(client, article)).status_code == 200
    await as_person(world, client, world.bo)
    changed = await client.put(f"/api/articles/{article['id']}", json={"title": "x", "body": "y"})
    assert changed.status_code == 403
    assert (await publish(client, article, "draft")).status_code == 403
    assert (await client.delete(f"/api/articles/{article['id']}")).status_code == 403


async def test_requesters_see_what_is_public_and_published(world: World, client: Client) -> None:
    await as_person(world, client, world.admin)
    public = await write(client, title="For all", visibility="public")
    internal = await write(client, title="For us")
    draft = await write(client, title="Not yet", visibility="public")
    for each in (public, internal):
        await publish(client, each)
    await as_person(world, client, world.rita)

    listed = (await client.get("/api/articles")).json()
    assert [each["title"] for each in listed["items"]] == ["For all"]
    seen = (await client.get(f"/api/articles/{public['id']}")).json()
    assert (seen["author"], seen["approved_by"], seen["source_ticket_id"]) == ("", "", None)
    for hidden in (internal, draft):
        assert (await client.get(f"/api/articles/{hidden['id']}")).status_code == 404
        assert (
            await client.put(f"/api/articles/{hidden['id']}/vote", json={"is_helpful": True})
        ).status_code == 404
    assert (await client.get(f"/api/articles/{public['id']}/versions")).status_code == 403
    assert (await client.post("/api/articles", json={"title": "x", "body": "y"})).status_code == 403


@pytest.mark.parametrize("to", ["draft", "archived", "internal", "deleted"])
async def test_what_is_taken_back_answers_nothing_from_that_moment(
    world: World, client: Client, run_jobs: RunJobs, to: str
) -> None:
    await as_person(world, client, world.admin)
    article = await write(client, visibility="public")
    await publish(client, article)
    await run_jobs()
    assert await chunks(world)

    path = f"/api/articles/{article['id']}"
    if to == "deleted":
        assert (await client.delete(path)).status_code == 204
    elif to == "internal":
        await client.put(path, json={"title": article["title"], "body": BODY})
    else:
        await publish(client, article, to)

    assert await chunks(world) == []


async def test_what_an_article_said_before_is_kept(world: World, client: Client) -> None:
    await as_person(world, client, world.ana)
    article = await write(client)
    path = f"/api/articles/{article['id']}"
    await client.put(path, json={"title": "Better", "body": "New words."})
    await client.put(path, json={"title": "Better", "body": "New words."})

    versions = (await client.get(f"{path}/versions")).json()["versions"]

    assert [(each["version"], each["title"], each["by_name"]) for each in versions] == [
        (2, "Better", "Ana Agent"),
        (1, "The VPN asks for a code", "Ana Agent"),
    ]
    assert versions[1]["body"] == BODY


async def test_who_saves_an_older_version_is_refused(world: World, client: Client) -> None:
    await as_person(world, client, world.ana)
    article = await write(client)
    path = f"/api/articles/{article['id']}"
    first = await client.put(path, json={"title": "A", "body": "a", "version": 1})
    second = await client.put(path, json={"title": "B", "body": "b", "version": 1})

    assert (first.status_code, second.status_code) == (200, 409)
    assert second.json()["version"] == 2


async def test_a_change_of_what_is_published_is_read_anew(
    world: World, client: Client, run_jobs: RunJobs
) -> None:
    await as_person(world, client, world.admin)
    article = await write(client)
    await publish(client, article)
    await run_jobs()

    await client.put(f"/api/articles/{article['id']}", json={"title": "T", "body": "Other words."})
    await run_jobs()

    assert await chunks(world) == ["Other words."]


async def test_a_person_counts_once(world: World, client: Client) -> None:
    await as_person(world, client, world.admin)
    article = await write(client, visibility="public")
    await publish(client, article)
    path = f"/api/articles/{article['id']}/vote"

    async def say(is_helpful: bool) -> tuple[int, int]:
        told = (await client.put(path, json={"is_helpful": is_helpful})).json()
        return told["helpful"], told["unhelpful"]

    assert [await say(True), await say(True), await say(False)] == [(1, 0), (1, 0), (0, 1)]
    await as_person(world, client, world.rita)
    assert await say(True) == (1, 1)
    key = await key_with(world, "knowledge:read")
    client.cookies.clear()
    assert (await client.put(path, json={"is_helpful": True}, headers=dict(key))).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        [],
        {"title": "", "body": "x"},
        {"title": "x", "body": " \n "},
        {"title": "x" * 301, "body": "x"},
        {"title": "x", "body": "x" * 50_001},
        {"title": "x", "body": "x", "visibility": "world"},
        {"title": "x", "body": "x", "category": "none of ours"},
        {"title": "x", "body": "x", "publication": "published"},
        {"title": None, "body": "x"},
    ],
)
async def test_what_is_no_article_is_refused(world: World, client: Client, wrong: object) -> None:
    await as_person(world, client, world.admin)

    assert (await client.post("/api/articles", json=wrong)).status_code == 422
    there = await write(client)
    assert (await client.put(f"/api/articles/{there['id']}", json=wrong)).status_code == 422
    assert (
        await client.put(f"/api/articles/{uuid4()}", json={"title": "x", "body": "y"})
    ).status_code == 404


async def test_hostile_markdown_is_shown_as_words(world: World, client: Client) -> None:
    await as_person(world, client, world.ana)
    body = (
        "<img src=x onerror=alert(1)> [a](javascript:alert(1)) [b](data:text/html,x)\n\n"
        "<script>alert(1)</script>\n\n![p](https://tracker.example/x.png)\n\n[c](https://c.example)"
    )

    html = (await write(client, body=body))["html"]

    assert "<img" not in html
    assert "<script" not in html
    assert 'href="javascript' not in html
    assert 'href="data' not in html
    assert '<a href="https://c.example" rel="noopener noreferrer nofollow">c</a>' in html


async def solved(world: World) -> int:
    opened = await world.open(
        "VPN of Rita is down",
        description="Hello Ana,\nmy VPN fails. Call +7 701 555 12 34 or rita.r@example.com. Rita Requester",
        requester_name="Rita Requester",
    )
    async with world.resources.db.transaction(world.company_id) as session:
        await add_comment(
            session,
            ticket_id=opened.id,
            body="Secret note",
            is_internal=True,
            by=world.as_person(world.ana),
        )
        await add_comment(
            session,
            ticket_id=opened.id,
            body="Rita, please install the certificate again. Ana",
            is_internal=False,
            by=world.as_person(world.ana),
        )
        await session.execute(
            text("update ticket set status = 'resolved', category = 'vpn' where id = :id"),
            {"id": opened.id},
        )
    return opened.id


async def test_of_a_solved_ticket_an_article_is_made_without_its_people(
    world: World, client: Client, run_jobs: RunJobs
) -> None:
    ticket_id = await solved(world)
    await as_person(world, client, world.ana)

    answer = await client.post(f"/api/tickets/{ticket_id}/article", json={})

    assert answer.status_code == 201, answer.text
    article = answer.json()
    assert (article["source_type"], article["source_ticket_id"]) == ("ticket", ticket_id)
    assert (article["publication"], article["category"], article["visibility"]) == (
        "draft", "vpn", "internal",
    )  # fmt: skip
    assert "install the certificate again" in article["body"]
    said = article["title"] + article["body"]
    assert not [each for each in ("Rita", "Ana", "701", "@", "Secret") if each in said]

    again = await client.post(f"/api/tickets/{ticket_id}/article", json={})
    assert (again.status_code, again.json()["file_id"]) == (409, article["id"])
    await as_person(world, client, world.admin)
    await publish(client, article)
    await run_jobs()
    assert "install the certificate" in "".join(await chunks(world))


async def test_an_agent_may_say_it_in_other_words(world: World, client: Client) -> None:
    ticket_id = await solved(world)
    await as_person(world, client, world.ana)

    article = (
        await client.post(
            f"/api/tickets/{ticket_id}/article", json={"title": "VPN", "body": "Do it again."}
        )
    ).json()

    assert (article["title"], article["body"], article["category"]) == (
        "VPN",
        "Do it again.",
        "vpn",
    )


async def test_of_an_open_ticket_no_article_is_made(world: World, client: Client) -> None:
    opened = await world.open()
    await as_person(world, client, world.ana)

    answer = await client.post(f"/api/tickets/{opened.id}/article", json={})

    assert answer.status_code == 409
    assert "solved" in answer.json()["detail"]
    assert (await client.post("/api/tickets/999999/article", json={})).status_code == 404
    await as_person(world, client, world.rita)
    assert (await client.post(f"/api/tickets/{opened.id}/article", json={})).status_code == 403
    await as_person(world, client, world.other_admin)
    assert (await client.post(f"/api/tickets/{opened.id}/article", json={})).status_code == 404


async def test_an_article_sent_twice_with_one_key_is_one(world: World, client: Client) -> None:
    await as_person(world, client, world.ana)
    told = [
        await client.post(
            "/api/articles", json={"title": "Once", "body": "x"}, headers={"idempotency-key": "k1"}
        )
        for _ in range(2)
    ]

    assert told[0].json()["id"] == told[1].json()["id"]
