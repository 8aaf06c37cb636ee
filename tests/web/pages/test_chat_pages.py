"""The chat page, its frame, the widget's script, and the page where they are set."""

import html
import json
import re
from pathlib import Path
from typing import get_args

import httpx2
import pytest

from tests.world import World
from ticketyard.knowledge.chatbot.moves import Move, Standing, read_message
from ticketyard.knowledge.chatbot.setting_up import ChatSettings, save_chat_settings
from ticketyard.knowledge.chatting.tracing import StageName
from ticketyard.web.pages.chat import frame_ancestors
from ticketyard.web.pages.chat_settings import script_tag
from ticketyard.web.pages.chat_words import WORDS, choose_language

SHOP = "https://shop.example"
STATIC = Path(__file__).resolve().parents[3] / "src" / "ticketyard" / "web" / "static"


async def choose(world: World, **chosen: object) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        settings = ChatSettings(**chosen)  # type: ignore[arg-type]
        await save_chat_settings(session, settings, by=world.as_person(world.admin))


@pytest.fixture
async def admin(client: httpx2.AsyncClient, world: World) -> httpx2.AsyncClient:
    await world.log_in(client, world.admin)
    client.headers["accept"] = "text/html"
    return client


def ancestors(answer: httpx2.Response) -> str:
    found = re.search("frame-ancestors ([^;]+)", answer.headers["content-security-policy"])
    assert found
    return found[1]


async def test_the_page_says_that_a_machine_answers_and_leads_to_the_form(
    client: httpx2.AsyncClient, world: World
) -> None:
    await choose(world, greeting="Ask <b>away</b>", privacy_note="Kept for 30 days.")
    answer = await client.get("/chat/north")
    assert answer.status_code == 200
    for told in ("North Desk", "A machine answers here", "Ask &lt;b&gt;away", "Kept for 30 days."):
        assert told in answer.text
    assert '<html lang="en"' in answer.text
    without = re.search('without-js">(.*?)</p>', answer.text)
    assert without
    assert 'href="/form/north"' in without[1]
    assert 'role="log" aria-live="polite"' in answer.text
    assert "style=" not in answer.text
    assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.text), "nothing of another host"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/chat/north", "/chat/north/frame", "/chat/nobody"])
async def test_where_the_chat_is_switched_off_there_is_none(
    client: httpx2.AsyncClient, world: World, path: str
) -> None:
    await choose(world, is_on=False)
    assert (await client.get(path)).status_code == 404


async def test_only_the_frame_may_be_framed_and_only_by_listed_sites(
    client: httpx2.AsyncClient, world: World
) -> None:
    assert ancestors(await client.get("/chat/north/frame")) == "'self'"
    await choose(world, origins=(SHOP, "http://localhost:8123"))
    frame = await client.get("/chat/north/frame")
    assert ancestors(frame) == f"'self' {SHOP} http://localhost:8123"
    page = await client.get("/chat/north")
    for answer in (page, await client.get("/chat/south/frame"), await client.get("/form/north")):
        assert SHOP not in answer.headers["content-security-policy"]
    assert ancestors(page) == "'none'"
    # All else of the policy is the same.
    policies = [each.headers["content-security-policy"] for each in (frame, page)]
    assert len({re.sub("frame-ancestors [^;]+", "", each) for each in policies}) == 1


def test_a_frame_of_nobody_is_our_own() -> None:
    assert frame_ancestors(()) == "'self'"


async def test_the_widget_is_small_and_kept_for_a_while(
    client: httpx2.AsyncClient, world: World
) -> None:
    answer = await client.get("/chat/widget.js")
    assert len(answer.content) < 5_000
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=600"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "cookie" not in answer.text
    assert "innerHTML" not in answer.text
    assert "set-cookie" not in answer.headers
    again = await client.get("/chat/widget.js", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_scripts_turn_no_text_into_markup() -> None:
    scripts = [STATIC / "js" / "widget.js", *(STATIC / "js" / "chat").glob("*.js")]
    assert len(scripts) > 4
    for script in scripts:
        found = re.findall(
            r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", script.read_text()
        )
        assert not found, script.name


def test_each_stage_that_is_told_of_is_one_and_has_words() -> None:
    script = (STATIC / "js" / "chat" / "main.js").read_text()
    told = re.search(r"const NEXT = {(.*?)};", script, re.DOTALL)
    assert told
    after = dict(re.findall(r'(\w+): "(\w+)"', told[1]))
    assert set(after) < set(get_args(StageName))
    assert set(after.values()) | {"reading", "checking"} == set(WORDS["en"]["stages"])
    troubles = re.search(r"const PLAIN = {(.*?)};", script)
    assert troubles
    named = set(re.findall(r'"(\w+)"', troubles[1])) | {"failed"}
    assert named == set(WORDS["en"]["troubles"])


@pytest.mark.parametrize(
    ("asked", "accepted", "ours", "chosen"),
    [
        ("", "", ("en", "ru"), "en"),
        ("ru", "kk", ("en",), "ru"),
        ("xx", "ru-RU,ru;q=0.9,en;q=0.8", ("en", "ru"), "ru"),
        ("", "ru,en", ("en",), "en"),
        ("", "de, kk;q=0.5", ("ru", "kk"), "kk"),
        ("", "de", ("ru", "en"), "ru"),
        ("", "de", ("de",), "en"),
        ("<script>", ", ;;q=,", ("ar",), "ar"),
    ],
)
def test_the_page_speaks_what_visitor_and_company_share(
    asked: str, accepted: str, ours: tuple[str, ...], chosen: str
) -> None:
    assert choose_language(asked, accepted, ours) == chosen


def test_every_language_says_everything() -> None:
    def shape(words: object) -> object:
        if not isinstance(words, dict):
            return sorted(re.findall(r"{\w+}", str(words)))
        return {name: shape(each) for name, each in words.items()}

    for language, words in WORDS.items():
        assert shape(words) == shape(WORDS["en"]), language


async def test_scripts_get_their_words_in_the_language_of_the_page(
    client: httpx2.AsyncClient, world: World
) -> None:
    for language, direction in (("en", "ltr"), ("ru", "ltr"), ("kk", "ltr"), ("ar", "rtl")):
        text = (await client.get(f"/chat/north/frame?language={language}&theme=dark")).text
        assert f'<html lang="{language}" data-theme="dark"' in text
        assert f'dir="{direction}"' in text
        found = re.search('data-words="([^"]+)"', text)
        assert found
        told = json.loads(html.unescape(found[1]))
        asks_for_a_person = read_message(Standing(), told.pop("call"))
        assert asks_for_a_person == Move("choose", "person")
        assert told == WORDS[language]


async def test_an_admin_sets_the_chat_and_copies_its_tag(
    admin: httpx2.AsyncClient, world: World
) -> None:
    tag = '<script src="http://desk.test/chat/widget.js" data-company="north"'
    assert html.escape(tag, quote=False) in html.unescape(
        (await admin.get("/settings/chat")).text
    ).replace("<", "&lt;").replace(">", "&gt;")
    given = {
        "is_on": "1",
        "name": "Help",
        "greeting": 'Hi "all"',
        "accent": "#0B6E4F",
        "origins": f"{SHOP}/\n  https://www.shop.example\n",
    }
    saved = await admin.post("/settings/chat", data=given)
    assert (saved.status_code, saved.headers["location"]) == (303, "/settings/chat")
    shown = html.unescape((await admin.get("/settings/chat")).text)
    assert f"{SHOP}\nhttps://www.shop.example" in shown
    assert 'Hi "all"' in shown
    assert f'{tag} data-accent="#0b6e4f" async></script>' in shown
    assert ancestors(await admin.get("/chat/north/frame")).split()[1:] == [
        SHOP,
        "https://www.shop.example",
    ]
    assert (await admin.post("/settings/chat", data={"name": ""})).status_code == 303
    assert (await admin.get("/chat/north")).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"origins": "https://a.example/shop"},
        {"origins": "http://a.example"},
        {"origins": "*"},
        {"origins": "https://a.example;script-src 'unsafe-inline'"},
        {"accent": "red"},
        {"greeting": "x" * 501},
    ],
)
async def test_what_cannot_be_is_said_and_nothing_is_lost(
    admin: httpx2.AsyncClient, wrong: dict[str, str]
) -> None:
    given = {"is_on": "1", "name": "Help", "origins": SHOP, **wrong}
    answer = await admin.post("/settings/chat", data=given)
    assert answer.status_code == 422
    assert "Nothing was changed." in answer.text
    assert 'value="Help"' in answer.text
    assert ancestors(await admin.get("/chat/north/frame")) == "'self'"


async def test_what_no_database_keeps_is_left_out(admin: httpx2.AsyncClient) -> None:
    given = {"is_on": "1", "name": "He\0lp", "greeting": "Hi\0", "privacy_note": "\0"}
    assert (await admin.post("/settings/chat", data=given)).status_code == 303
    assert "He\ufffdlp" in (await admin.get("/chat/north")).text


async def test_only_who_may_change_settings_sees_them(
    client: httpx2.AsyncClient, world: World
) -> None:
    await world.log_in(client, world.ana)
    assert (await client.get("/settings/chat")).status_code == 403
    assert (await client.post("/settings/chat", data={})).status_code == 403


def test_the_tag_holds_what_was_written_as_text() -> None:
    assert script_tag("https://desk.example", 'a"b') == (
        '<script src="https://desk.example/chat/widget.js" data-company="a&quot;b" async></script>'
    )
