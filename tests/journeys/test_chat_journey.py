"""The chat in a real browser: on its own page, and as a widget on other people's sites."""

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Frame, Page, Route, expect

from tests.conftest import Cluster
from tests.journeys.browsing import (
    DESKTOP,
    PHONE,
    Complaints,
    axe_violations,
    open_browser,
    overflow,
)
from tests.journeys.running import Program
from tests.journeys.staffed import Desk, come_in, flaws, said
from tests.knowledge.retrieving.shelf import Shelf
from tests.notify.sink import Sink, open_sink
from tests.world import PASSWORD, build_world
from ticketyard.core.config import Settings
from ticketyard.core.storage import Blobs
from ticketyard.web.pages.chat_words import WORDS
from ticketyard.wiring import build_resources, open_database

pytestmark = pytest.mark.browser

ASKED = "How do I clear the paper jam in my printer?"
JAM = "Open the rear tray. Pull the paper out with both hands. Close the tray until it clicks."
RUN = "document.documentElement.dataset.run=1"
HOSTILE_ASKED = "Which toner does the plotter in the copy room need?"
HOSTILE = (
    f"The plotter in the copy room needs toner 4711 <img src=x onerror={RUN}>. "
    f"<script>{RUN}</script> Shake the toner before use."
)

# A site that does its worst to whatever is put into it, and lets nothing run or look but the desk.
SITE = """<!doctype html><html lang="en"><head><title>Shop</title><style>
  * { font: 3px serif !important; color: red !important; transition: all 9s !important }
  body { transform: translateY(-900px) scale(.1); opacity: .01; overflow: hidden; height: 10px }
  body > *, ticketyard-chat { display: none !important; position: static !important;
    width: 1px !important; z-index: -1 !important; visibility: hidden !important; inset: auto }
  button, iframe, section { display: none !important; width: 1px !important; height: 1px !important }
</style></head><body><p>Shop</p>
<script src="{desk}/chat/widget.js" data-company="north" async></script></body></html>"""
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src {desk}; frame-src {desk}; "
    "require-trusted-types-for 'script'"
)


@dataclass
class Chat:
    """The program, where its mail goes, and sites elsewhere.

    neighbour: of the desk's own site, so that its frame may store something even in a browser that
    lets no foreign one. listed, unlisted: other sites.
    """

    desk: Desk
    sink: Sink
    neighbour: str
    listed: str
    unlisted: str

    def code(self) -> str:
        """The code of the last mail."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            for delivery in reversed(self.sink.deliveries):
                if found := re.search(r"code is (\d{6})", delivery.text):
                    return found[1]
            time.sleep(0.1)
        raise AssertionError("No code came by mail.")

    def answer(self, number: str, words: str) -> None:
        """Ana answers on a ticket."""
        with self.desk.program.client() as client:
            given = {"email": "ana@example.com", "password": PASSWORD, "company": "north"}
            token = client.post("/api/auth/login", json=given).json()["csrf_token"]
            answer = client.post(
                f"/api/tickets/{number}/comments",
                json={"comment": words},
                headers={"x-csrf-token": token},
            )
        assert answer.status_code < 300, answer.text


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=20_000)
    with open_browser() as opened:
        yield opened
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
def chat(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    """One desk for all of them; one site may not show its chat."""
    folder, url = tmp_path_factory.mktemp("chat"), cluster.clone()
    with mail_server() as sink, site() as one, site() as other:
        environment = {
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(sink.port),
            "TICKETYARD_SMTP_SECURITY": "none",
            "FROM_EMAIL": "desk@north.example",
        }
        desk = Desk(Program(url, folder, environment=environment), url)
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _furnish(url, folder)).result()
        desk.program.start()
        one.desk = other.desk = desk.program.address
        near, far = f"http://127.0.0.1:{one.server_port}", f"http://localhost:{one.server_port}"
        yield Chat(desk, sink, near, far, unlisted=f"http://localhost:{other.server_port}")
        desk.program.stop()
        cluster.drop(url)


async def _furnish(url: str, folder: Path) -> None:
    db = open_database(url)
    settings = Settings(_env_file=None, data_dir=folder)
    world = await build_world(build_resources(db, Blobs.on_disk(folder / "blobs"), settings))
    shelf = Shelf(world.resources, world.company_id)
    await shelf.put("How do I clear a paper jam?", JAM)
    await shelf.put(f"Plotter toner <svg onload={RUN}>", HOSTILE)
    await db.close()


@contextmanager
def mail_server() -> Iterator[Sink]:
    """A sink in a thread of its own, for playwright keeps an event loop running in this one."""
    ready, sinks = threading.Event(), []
    loop = asyncio.new_event_loop()
    over = asyncio.Event()

    async def serve() -> None:
        async with open_sink() as sink:
            sinks.append(sink)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=[serve()])
    thread.start()
    assert ready.wait(10)
    yield sinks[0]
    loop.call_soon_threadsafe(over.set)
    thread.join(10)
    loop.close()


class Site(ThreadingHTTPServer):
    """Somebody else's site."""

    desk = ""


@contextmanager
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            desk = self.server.desk  # type: ignore[attr-defined]
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", POLICY.format(desk=desk))
            self.end_headers()
            self.wfile.write(SITE.replace("{desk}", desk).encode())

        def log_message(self, *_: object) -> None:
            return None

    server = Site(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Browser, chat: Chat) -> Iterator[Page]:
    """Somebody's phone."""
    context = browser.new_context(
        viewport=PHONE, base_url=chat.desk.program.address, locale="en-GB"
    )
    opened = context.new_page()
    yield opened
    assert opened.evaluate("document.documentElement.dataset.run") is None, "text was run"
    context.close()


def ask(page: Page | Frame, words: str) -> None:
    box = page.get_by_label("Your message")
    box.fill(words)
    box.press("Enter")


def last(page: Page | Frame, words: str) -> None:
    """The last thing that was said."""
    expect(page.locator(".said .words").last).to_contain_text(words)


def offers(page: Page | Frame) -> list[str]:
    return page.locator("[data-offered] button").all_inner_texts()


def test_an_answer_shows_its_proof_and_a_reload_keeps_it(page: Page) -> None:
    complaints = Complaints(page)
    page.goto("/chat/north")
    expect(page.get_by_role("log")).to_contain_text("A machine answers here")
    box = page.get_by_label("Your message")
    box.fill("How do I clear")
    # A line of its own, and what is written survives a reload.
    box.press("Shift+Enter")
    page.reload()
    expect(box).to_have_value("How do I clear\n")
    ask(page, ASKED)
    last(page, "Did that help?")
    expect(box).to_have_value("")
    mark = page.get_by_role("button", name="Source 1").first
    expect(mark).to_have_attribute("aria-expanded", "false")
    mark.press("Enter")
    expect(mark).to_have_attribute("aria-expanded", "true")
    expect(page.locator("blockquote").first).to_contain_text("rear tray")
    assert page.locator(".source-title").first.inner_text() == "How do I clear a paper jam?"
    assert offers(page) == ["Yes, it helped", "No", "A person, please"]
    assert axe_violations(page) == []
    assert overflow(page) <= 0
    before = page.locator(".said .words").all_inner_texts()
    page.reload()
    last(page, "Did that help?")
    assert page.locator(".said .words").all_inner_texts() == before
    page.get_by_role("button", name="Yes, it helped").click()
    last(page, "Good to hear!")
    # Once: what the desk wrote down of the button is what was shown.
    expect(page.get_by_text("Yes, it helped", exact=True)).to_have_count(1)
    page.get_by_role("button", name="Start a new conversation").click()
    expect(page.locator(".said")).to_have_count(1)
    assert complaints.heard == []


def test_what_documents_and_visitors_write_is_shown_as_text(page: Page) -> None:
    page.goto("/chat/north")
    ask(page, f"{HOSTILE_ASKED} <img src=x onerror={RUN}>")
    last(page, "Did that help?")
    expect(page.locator(".said.requester .words")).to_contain_text("<img src=x")
    page.get_by_role("button", name="Source 1").first.click()
    expect(page.locator("blockquote").first).to_contain_text("4711 <img src=x")
    expect(page.locator(".source-title").first).to_contain_text("<svg onload")
    assert page.locator(".chat-log :is(img, script, svg)").count() == 0


def test_what_could_not_be_sent_is_kept_and_sent_later(page: Page) -> None:
    page.goto("/chat/north")
    page.context.set_offline(True)
    ask(page, ASKED)
    trouble = page.locator(".trouble")
    expect(trouble).to_contain_text("Your words are kept here.")
    expect(trouble.get_by_role("link")).to_have_attribute("href", "/form/north")
    # A second thing that is not sent does not take the place of the first.
    ask(page, "And my scanner?")
    expect(trouble).to_have_count(2)
    page.context.set_offline(False)
    page.reload()
    expect(page.locator(".said.requester .words")).to_have_text([ASKED, "And my scanner?"])
    trouble.first.get_by_role("button", name="Try again").click()
    last(page, "Did that help?")
    expect(trouble).to_have_count(1)


def test_an_answer_that_broke_off_is_fetched_and_not_asked_for_twice(page: Page) -> None:
    def cut(route: Route) -> None:
        """The desk answers; only the first line of it comes through."""
        if route.request.method != "POST":
            return route.fallback()
        answer = route.fetch()
        assert "event: end" in answer.text()
        return route.fulfill(response=answer, body=answer.text().partition("\n\n")[0] + "\n\n")

    page.goto("/chat/north")
    page.route("**/messages", cut)
    ask(page, ASKED)
    trouble = page.locator(".trouble")
    expect(trouble).to_contain_text("the answer broke off")
    page.unroute("**/messages")
    trouble.get_by_role("button", name="Try again").click()
    last(page, "Did that help?")
    expect(page.locator(".said.requester")).to_have_count(1)
    expect(trouble).to_have_count(0)


def test_a_conversation_that_is_gone_begins_anew_with_the_same_words(page: Page) -> None:
    page.goto("/chat/north")
    ask(page, "Hello!")
    expect(page.locator(".said.assistant")).to_have_count(2)
    page.evaluate(
        "() => { const name = 'chat:north', held = JSON.parse(sessionStorage.getItem(name));"
        " sessionStorage.setItem(name, JSON.stringify({...held, token: 'no-such'})) }"
    )
    page.reload()
    expect(page.locator(".trouble")).to_contain_text("This conversation is over.")
    ask(page, ASKED)
    expect(page.locator(".trouble")).to_have_count(2)
    page.get_by_role("button", name="Start a new conversation").last.click()
    last(page, "Did that help?")


def test_a_person_is_one_press_away_and_answers_in_the_chat(page: Page, chat: Chat) -> None:
    page.goto("/chat/north")
    person = page.get_by_role("button", name="Talk to a person")
    person.click()
    last(page, "Please describe it")
    ask(page, "The scanner on floor 3 eats paper and burns it.")
    last(page, "At which e-mail address")
    line = page.get_by_label("Your e-mail address")
    expect(line).to_be_focused()
    line.fill("mia")
    line.press("Enter")
    expect(page.get_by_text("This is not an e-mail address yet.")).to_be_visible()
    line.fill("mia@example.com")
    line.press("Enter")
    number = page.locator(".stub-number")
    expect(number).to_contain_text("TKT-")
    expect(person).to_be_hidden()
    page.get_by_role("button", name="Read answers here").click()
    box = page.get_by_label("The six digits of our mail")
    expect(box).to_be_visible(timeout=30_000)
    assert axe_violations(page) == []
    box.fill("12 34")
    box.press("Enter")
    expect(page.get_by_text("A code has six digits.")).to_be_visible()
    box.fill(chat.code())
    box.press("Enter")
    last(page, "this address is yours")
    chat.answer(number.first.inner_text(), "I am on my way <b>up</b>.")
    # Looked for every so often by itself.
    last(page, "I am on my way <b>up</b>.")
    expect(page.locator(".author")).to_have_text("Ana Agent")


def test_without_scripts_there_is_the_form(browser: Browser, chat: Chat) -> None:
    context = browser.new_context(
        java_script_enabled=False, base_url=chat.desk.program.address, locale="en-GB"
    )
    page = context.new_page()
    page.goto("/chat/north")
    expect(page.get_by_text("The chat needs JavaScript.")).to_be_visible()
    assert page.get_by_role("link").get_attribute("href") == "/form/north"
    assert page.locator("textarea").is_hidden()
    context.close()


# -- elsewhere -------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(browser: Browser, chat: Chat) -> Iterator[Page]:
    """Somebody's browser, on other people's sites; the desk's admin has listed one of them."""
    context = browser.new_context(viewport=DESKTOP, locale="en-GB")
    opened = context.new_page()
    yield opened
    assert context.cookies() == []
    context.close()


@pytest.fixture(scope="module")
def sites(browser: Browser, chat: Chat) -> Chat:
    """Listed by an admin."""
    context = browser.new_context(base_url=chat.desk.program.address, locale="en-GB")
    page = context.new_page()
    come_in(page)
    assert flaws(page, "/settings/chat") == []
    assert flaws(page, "/chat/north") == []
    page.set_viewport_size({"width": 380, "height": 600})
    for language in WORDS:
        page.goto(f"/chat/north/frame?language={language}")
        assert overflow(page) <= 0, language
        assert page.evaluate("document.querySelector('.chat').scrollWidth") <= 380, language
    page.set_viewport_size(DESKTOP)
    page.goto("/settings/chat")
    page.get_by_label("Sites that may show the chat").fill("http://shop.example")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed.")
    page.get_by_label("Sites that may show the chat").fill(f"{chat.listed}\n{chat.neighbour}")
    page.get_by_role("button", name="Save").click()
    said(page, "The chat is open.")
    script = f"{chat.desk.program.address}/chat/widget.js"
    tag = f'<script src="{script}" data-company="north" async></script>'
    assert page.locator("#tag").inner_text() == tag
    context.close()
    return chat


def widget(page: Page) -> Frame:
    """The chat in the widget, once it is ready."""
    expect(page.locator("ticketyard-chat iframe")).to_be_visible(timeout=30_000)
    frame = page.locator("ticketyard-chat iframe").element_handle().content_frame()
    assert frame
    frame.wait_for_url("**/chat/north/frame**")
    return frame


def test_a_listed_site_shows_the_chat_whatever_its_styles(sites: Chat, elsewhere: Page) -> None:
    page, complaints = elsewhere, Complaints(elsewhere)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(sites.listed)
    button = page.get_by_role("button", name="Chat with us")
    expect(button).to_be_visible()
    assert button.bounding_box() == {"x": 1440 - 72, "y": 900 - 72, "width": 56, "height": 56}
    assert [each for each in asked if "/frame" in each] == []
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    frame = widget(page)
    box = page.locator("ticketyard-chat section").bounding_box()
    assert box == {"x": 1440 - 396, "y": 900 - 684, "width": 380, "height": 600}
    expect(frame.get_by_label("Your message")).to_be_focused()
    ask(frame, ASKED)
    last(frame, "Did that help?")
    page.keyboard.press("Escape")
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    last(widget(page), "Did that help?")
    assert complaints.heard == []


def test_a_reload_of_the_site_goes_on_where_it_was(sites: Chat, elsewhere: Page) -> None:
    page, complaints = elsewhere, Complaints(elsewhere)
    page.set_viewport_size(PHONE)
    page.goto(sites.neighbour)
    button = page.get_by_role("button", name="Chat with us")
    button.click()
    ask(widget(page), ASKED)
    last(widget(page), "Did that help?")
    page.reload()
    button.click()
    last(widget(page), "Did that help?")
    # On a phone it has the whole screen, and a button of its own to close.
    box = page.locator("ticketyard-chat section").bounding_box()
    assert box == {"x": 0, "y": 0, **PHONE}
    widget(page).get_by_role("button", name="Send").click()
    widget(page).get_by_role("button", name="Close the chat").click()
    expect(page.locator("ticketyard-chat iframe")).to_be_hidden()
    expect(button).to_be_focused()
    assert complaints.heard == []


def test_a_site_that_is_not_listed_is_refused(sites: Chat, elsewhere: Page) -> None:
    page, complaints = elsewhere, Complaints(elsewhere)
    page.goto(sites.unlisted)
    page.get_by_role("button", name="Chat with us").click()
    way = page.get_by_role("link", name="Open the chat in a new tab")
    expect(way).to_be_visible()
    assert way.get_attribute("href") == f"{sites.desk.program.address}/chat/north"
    expect(page.locator("ticketyard-chat iframe")).to_be_hidden()
    assert any("frame-ancestors" in each for each in complaints.heard)
    for origin, status in ((sites.unlisted, 403), (sites.listed, 201)):
        with sites.desk.program.client(origin=origin) as client:
            answer = client.post("/chat/north/conversations", json={})
        assert answer.status_code == status, origin
        allowed = answer.headers.get("access-control-allow-origin")
        assert allowed == (origin if status == 201 else None)
