"""The desk's knowledge pages, as forms without a script send them."""

import re
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from tests.knowledge.documents import pdf
from tests.knowledge.shelf import as_person
from tests.world import World
from ticketyard.web.deps import WebSettings

Client = httpx2.AsyncClient
RunJobs = Callable[[], Awaitable[None]]
GUIDE = pdf([["To reset the router press the red button."]])
FORM = {"title": "VPN", "body": "Open **it**.", "category": "vpn", "visibility": "public"}


async def upload(
    client: Client, name: str = "guide.pdf", content: bytes = GUIDE, **fields: str
) -> str:
    """Send a file by the form; gives where that leads."""
    answer = await client.post(
        "/knowledge/upload", data=fields, files={"file": (name, content, "application/pdf")}
    )
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def shown(client: Client, path: str) -> str:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_a_file_is_sent_read_and_shown_with_its_pieces(
    world: World, client: Client, run_jobs: RunJobs
) -> None:
    await as_person(world, client, world.ana)

    place = await upload(client, title="Router", category="network")

    assert "Waits to be read" in await shown(client, place)
    assert 'hx-trigger="every 2s"' in await shown(client, place)
    await run_jobs()
    page = await shown(client, place)
    assert "Can be found" in page
    assert "To reset the router press the red button." in page
    assert "page 1" in page
    assert (await client.get(f"{place}/progress")).headers["hx-refresh"] == "true"
    assert (await client.get(f"{place}/content")).content == GUIDE
    assert "Router" in await shown(client, "/knowledge?view=files&q=rout")
    assert "Nothing is called so" in await shown(client, "/knowledge?q=nothing+like+it")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("guide.doc", b"x", "save it as .docx"),
        ("guide.docm", b"x", "macros"),
        ("guide.exe", b"x", "are not read"),
        ("guide.pdf", b"no", "not of the kind"),
        ("guide.pdf", b"", "empty"),
    ],
)
async def test_what_is_wrong_with_a_file_is_said_on_its_form(
    world: World, client: Client, name: str, content: bytes, said: str
) -> None:
    await as_person(world, client, world.ana)

    place = await upload(client, name, content)

    assert place == "/knowledge/upload"
    assert said in await shown(client, place)


async def test_no_file_and_one_too_large_are_refused(
    world: World, app: FastAPI, client: Client
) -> None:
    app.state.web_settings = WebSettings(max_upload_bytes=100)
    await as_person(world, client, world.ana)

    assert (await client.post("/knowledge/upload", data={})).headers[
        "location"
    ] == "/knowledge/upload"
    assert await upload(client, "a.txt", b"x" * 101) == "/knowledge/upload"
    assert "100 bytes at most" in await shown(client, "/knowledge/upload")


async def test_an_article_is_written_published_changed_and_put_away(
    world: World, client: Client, run_jobs: RunJobs
) -> None:
    await as_person(world, client, world.admin)
    assert "Publish" in await shown(client, "/knowledge/articles/new")
    written = await client.post("/knowledge/articles", data=FORM | {"then": "publish"})
    place = written.headers["location"]
    await run_jobs()

    page = await shown(client, place)
    assert "<strong>it</strong>" in page
    assert "Can be found" in page
    edit = place.replace("/knowledge/", "/knowledge/articles/") + "/edit"
    (version,) = re.findall(r'name="version" value="(\d+)"', await shown(client, edit))
    save = edit.replace("/edit", "/save")
    saved = await client.post(save, data=FORM | {"body": "Close it.", "version": version})
    assert saved.headers["location"] == place
    late = await client.post(save, data=FORM | {"body": "Mine.", "version": version})
    assert late.status_code == 422
    assert "Somebody has saved" in late.text
    assert "Mine." in late.text
    assert "3 versions" in await shown(client, place)

    for state, word in (("draft", "Draft"), ("archived", "Put away")):
        await client.post(f"{place}/publication", data={"publication": state})
        assert word in await shown(client, place)
    await client.post(f"{place}/publication", data={"publication": "nonsense"})
    assert "There is no such state." in await shown(client, place)
    assert (await client.post(f"{place}/delete")).headers["location"] == "/knowledge"
    assert (await client.get(place)).status_code == 404


async def test_an_article_without_words_keeps_what_was_typed(world: World, client: Client) -> None:
    await as_person(world, client, world.ana)

    answer = await client.post("/knowledge/articles", data=FORM | {"title": "", "body": "Typed."})

    assert answer.status_code == 422
    assert "It needs a title." in answer.text
    assert "Typed." in answer.text


async def test_an_agent_is_not_offered_what_only_admins_do(world: World, client: Client) -> None:
    await as_person(world, client, world.admin)
    place = (await client.post("/knowledge/articles", data=FORM | {"then": "publish"})).headers[
        "location"
    ]
    await as_person(world, client, world.ana)

    page = await shown(client, place)
    assert "/delete" not in page
    assert 'name="publication"' not in page
    assert "An admin publishes it." in await shown(client, "/knowledge/articles/new")
    asked = await client.post("/knowledge/articles", data=FORM | {"then": "publish"})
    assert (asked.status_code, "those who publish" in asked.text) == (422, True)
    assert (await client.post("/knowledge/rules", data={"agents_publish": "1"})).status_code == 403

    await as_person(world, client, world.admin)
    await client.post("/knowledge/rules", data={"agents_publish": "1"})
    await as_person(world, client, world.ana)
    assert (
        await client.post("/knowledge/articles", data=FORM | {"then": "publish"})
    ).status_code == 303


async def test_of_a_solved_ticket_an_article_is_approved_from_its_page(
    world: World, client: Client
) -> None:
    opened = await world.open(
        "Mail of Rita is gone",
        description="Rita Requester writes: gone.",
        requester_name="Rita Requester",
    )
    await as_person(world, client, world.ana)
    ticket = f"/tickets/{opened.number}"
    assert "Make this an article" not in await shown(client, ticket)
    refused = await client.get(f"{ticket}/article")
    assert refused.headers["location"] == ticket
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text(
                "update ticket set status = 'resolved', resolution = 'Restore the folder.' where id = :id"
            ),
            {"id": opened.id},
        )

    assert "Make this an article" in await shown(client, ticket)
    editor = await shown(client, f"{ticket}/article")
    assert "Restore the folder." in editor
    assert "Mail of [name] is gone" in editor
    assert "struck out" in editor
    made = await client.post(f"{ticket}/article", data=FORM)
    place = made.headers["location"]
    page = await shown(client, place)
    assert f'href="{ticket}"' in page
    assert (await client.get(f"{ticket}/article")).headers["location"] == place
    assert (await client.post(f"{ticket}/article", data=FORM)).headers["location"] == place
    assert "Article “VPN” saved" in await shown(client, ticket)


async def test_a_preview_shows_no_markup_of_strangers(world: World, client: Client) -> None:
    await as_person(world, client, world.ana)

    answer = await client.post(
        "/knowledge/preview", data={"body": "**b** <script>x</script> [a](javascript:x)"}
    )

    assert "<strong>b</strong>" in answer.text
    assert "<script" not in answer.text
    assert "href" not in answer.text


async def test_a_vote_is_counted_and_a_file_is_described_anew(world: World, client: Client) -> None:
    await as_person(world, client, world.ana)
    place = await upload(client)

    await client.post(f"{place}/vote", data={"helpful": "yes"})
    assert "1 yes, 0 no" in await shown(client, place)
    await client.post(f"{place}/describe", data={"title": "New name", "category": "nonsense"})
    assert "There is no such category." in await shown(client, place)
    await client.post(f"{place}/describe", data={"title": "New name", "category": "vpn"})
    assert "New name" in await shown(client, place)


async def test_requesters_have_no_way_in(world: World, client: Client) -> None:
    await as_person(world, client, world.rita)

    for path in ("/knowledge", "/knowledge/upload", "/knowledge/articles/new"):
        assert (await client.get(path)).status_code == 403
