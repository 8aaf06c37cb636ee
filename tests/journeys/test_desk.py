"""The desk in a real browser: log in, import, open, correct, reply, resolve; keys; every page clean."""

import asyncio
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

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
from tests.world import PASSWORD, World, build_world
from ticketyard.core.config import Settings
from ticketyard.core.storage import Blobs
from ticketyard.wiring import build_resources, open_database

pytestmark = pytest.mark.browser

SAMPLES = Path(__file__).resolve().parents[2] / "src" / "ticketyard" / "samples"
TITLES = ("VPN drops every ten minutes", "Printer prints blank pages", "Қосымша ашылмайды")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def desk(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A running desk with the sample cast and three tickets. Starting one takes seconds, so its
    visitors find what those before them left behind; the last one ends it."""
    url = cluster.clone()
    with _running(url, tmp_path_factory.mktemp("desk")) as program:
        yield program
    cluster.drop(url)


@contextmanager
def _running(url: str, folder: Path) -> Iterator[Program]:
    # In a thread of its own: playwright keeps an event loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _people_it(url, folder)).result()
    program = Program(url, folder).start()
    _wait_until_idle(url)
    yield program
    program.stop()


def _wait_until_idle(url: str) -> None:
    """Until the tickets are triaged: what changes under a visitor's hands is another test's matter."""
    until = time.monotonic() + 60
    with psycopg.connect(url, autocommit=True) as connection:
        while time.monotonic() < until:
            (waiting,) = connection.execute("select count(*) from job_item").fetchone() or (0,)
            if not waiting:
                return
            time.sleep(0.1)
    raise AssertionError("The worker does not come to an end.")


async def _people_it(url: str, folder: Path) -> None:
    settings = Settings(_env_file=None, data_dir=folder)
    db = open_database(url)
    world: World = await build_world(build_resources(db, Blobs.on_disk(folder / "blobs"), settings))
    for title in TITLES:
        await world.open(title, description=f"{title}. Please help, this is urgent!")
    await db.close()


@pytest.fixture
def page(browser: Browser, desk: Program) -> Iterator[Page]:
    """The admin's browser, at the queue."""
    context = browser.new_context(viewport=DESKTOP, base_url=desk.address, locale="en-GB")
    opened = context.new_page()
    complaints = Complaints(opened)
    come_in(opened)
    yield opened
    context.close()
    assert complaints.heard == []


def come_in(page: Page, email: str = "ada@example.com") -> None:
    """Log in through the form."""
    page.goto("/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    page.wait_for_load_state("load")


@pytest.fixture
def newcomer(browser: Browser, database_url: str, tmp_path: Path) -> Iterator[Page]:
    """Somebody who has just started the program and follows the link it printed."""
    program = Program(database_url, tmp_path).start()
    link = re.search(r"/login/link/\S+", program.output)
    assert link
    context = browser.new_context(viewport=DESKTOP, base_url=program.address, locale="en-GB")
    opened = context.new_page()
    complaints = Complaints(opened)
    opened.goto(link[0])
    yield opened
    context.close()
    program.stop()
    assert complaints.heard == []


def test_from_the_first_log_in_to_a_resolved_ticket(newcomer: Page) -> None:
    page = newcomer
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Save", exact=True).click()
    come_in(page)

    page.get_by_role("link", name="Import").click()
    for box, name in (("Offices", "offices"), ("Agents", "managers"), ("Tickets", "tickets")):
        page.get_by_label(box, exact=True).set_input_files(SAMPLES / f"{name}.csv")
    page.get_by_role("button", name="Start the import").click()
    expect(page.get_by_role("link", name="See them in the queue")).to_be_visible(timeout=90_000)
    page.get_by_role("link", name="See them in the queue").click()

    page.get_by_label("Language").select_option("KZ")
    page.wait_for_url("**language=KZ**")
    row = page.locator("[data-row]", has=page.locator(".cell-assignee .avatar:not(.none)")).first
    title = row.locator(".row-title").inner_text()
    row.locator(".row-title").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.get_by_role("heading", name="Why this person")).to_be_visible()
    expect(page.locator("svg.map")).to_be_visible()

    page.get_by_label("Another category").select_option("Консультация")
    page.get_by_role("button", name="Correct").click()
    expect(page.locator(".flash")).to_contain_text("Filed under Консультация")
    expect(page.locator("#category")).to_contain_text("set by a person")
    page.wait_for_load_state("load")

    page.keyboard.press("r")
    page.keyboard.type("Сәлеметсіз бе! Мәселе шешілді.")
    page.get_by_role("button", name="Send and resolve").click()
    expect(page.locator(".flash")).to_contain_text("Reply sent. The ticket is resolved.")
    expect(page.locator(".way .here")).to_contain_text("Resolved")
    expect(page.locator(".thread")).to_contain_text("Мәселе шешілді")


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("[data-row].current .row-title")).to_have_text(TITLES[2])
    page.keyboard.press("x")
    expect(page.locator("[data-bulk-count]")).to_contain_text("1")
    page.keyboard.press("x")
    page.keyboard.press("a")
    expect(page.locator(".flash")).to_contain_text("1 ticket changed")
    expect(page.locator("[data-row]", has_text=TITLES[2])).to_contain_text("Ada Admin")
    page.wait_for_load_state("load")

    page.keyboard.press("/")
    page.keyboard.type("printer")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=printer**")
    expect(page.locator("[data-row]")).to_have_count(1)
    page.wait_for_load_state("load")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=TITLES[1])).to_be_visible()
    page.wait_for_load_state("load")

    page.keyboard.press("n")
    page.keyboard.type("Toner is in the cellar.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".comment.internal")).to_contain_text("Toner is in the cellar.")
    page.wait_for_load_state("load")

    for key, heading in (("d", "Dashboard"), ("p", "Agents and offices"), ("i", "Import")):
        page.keyboard.press("g")
        page.keyboard.press(key)
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        # Keys work once the scripts are there; a person is slower than that.
        page.wait_for_load_state("load")


def test_a_new_ticket_announces_itself_without_a_reload(page: Page, desk: Program) -> None:
    rows = page.locator("[data-row]")
    expect(rows.first).to_be_visible()
    before = rows.count()
    with desk.client() as client:
        answer = client.post(
            "/form",
            data={"name": "Rita", "email": "rita@example.com", "title": "New one",
                  "description": "It just arrived."},
        )  # fmt: skip
        assert answer.status_code == 303, answer.text
    expect(page.get_by_role("link", name="1 new")).to_be_visible(timeout=15_000)
    page.get_by_role("link", name="1 new").click()
    expect(rows).to_have_count(before + 1)


def test_a_stranger_writes_with_a_picture_and_gets_a_number(
    browser: Browser, desk: Program, tmp_path: Path
) -> None:
    picture = tmp_path / "отчёт.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
    context = browser.new_context(viewport=PHONE, base_url=desk.address)
    page = context.new_page()
    page.goto("/form")
    assert axe_violations(page) == []
    assert overflow(page) <= 0
    page.get_by_label("Your name").fill("Олжас")
    page.get_by_label("E-mail").fill("olzhas@example.com")
    page.get_by_label("In one line").fill("Не работает касса")
    page.get_by_label("What happened").fill("Касса на втором этаже не включается.")
    page.get_by_label("Files").set_input_files(picture)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".stub-number")).to_have_text(re.compile(r"TKT-\d{8}-\d{3,}"))
    expect(page.get_by_text("1 file attached")).to_be_visible()
    assert axe_violations(page) == []
    number = page.locator(".stub-number").inner_text()

    come_in(page)
    page.goto(f"/tickets/{number}")
    with page.expect_download() as download:
        page.locator(".comment .file").click()
    assert download.value.suggested_filename == "отчёт.png"
    context.close()


def test_without_scripts_the_desk_still_works(browser: Browser, desk: Program) -> None:
    context = browser.new_context(
        viewport=DESKTOP, base_url=desk.address, java_script_enabled=False
    )
    page = context.new_page()
    come_in(page)
    page.get_by_label("Status", exact=True).first.select_option("open")
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("link", name=TITLES[1]).click()
    page.get_by_label("Text").fill("We are looking at it.")
    page.get_by_role("button", name="Send and resolve").click()
    expect(page.locator(".thread")).to_contain_text("We are looking at it.")
    page.goto("/dashboard")
    expect(page.locator(".chart-fallback")).to_be_visible()
    context.close()


PLACES = ("/queue", "/queue?q=nothing-like-it", "/dashboard", "/agents", "/import", "/needs-a-look",
          "/settings/account", "/settings/people", "/settings/keys", "/settings/company",
          "/no-such-page")  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_clean_on_desk_and_phone(
    browser: Browser, desk: Program, scheme: str
) -> None:
    problems: list[str] = []
    for size in (DESKTOP, PHONE):
        context = browser.new_context(
            viewport=size,
            base_url=desk.address,
            color_scheme=scheme,  # type: ignore[arg-type]
        )
        page = context.new_page()
        page.goto("/login")
        problems += axe_violations(page)
        come_in(page)
        complaints = Complaints(page)
        first = page.locator(".row-title").first.get_attribute("href")
        for place in (*PLACES, first or ""):
            page.goto(place)
            problems += axe_violations(page)
            if overflow(page) > 0:
                problems.append(f"{place} is {overflow(page)} px too wide at {size['width']}")
        problems += [each for each in complaints.heard if "404" not in each]
        context.close()
    assert problems == []


def test_a_requester_reads_and_answers_on_a_phone(browser: Browser, desk: Program) -> None:
    context = browser.new_context(viewport=PHONE, base_url=desk.address)
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("E-mail").fill("rita@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="My tickets")).to_be_visible()
    assert axe_violations(page) == []
    page.get_by_role("link", name=TITLES[0]).click()
    page.get_by_label("Text").fill("It happened again.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".thread")).to_contain_text("It happened again.")
    assert axe_violations(page) == []
    assert overflow(page) <= 0
    context.close()


def test_what_opens_on_a_page_is_clean_too(browser: Browser, desk: Program) -> None:
    context = browser.new_context(viewport=DESKTOP, base_url=desk.address)
    page = context.new_page()
    complaints = Complaints(page)
    come_in(page)
    page.locator("[data-row] .check").first.check()
    expect(page.get_by_role("group", name="With the selected tickets")).to_be_visible()
    assert axe_violations(page) == []
    page.goto("/queue?priority=high")
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert axe_violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keyboard")).to_be_visible()
    assert axe_violations(page) == []
    context.close()
    assert complaints.heard == []


def test_two_who_change_one_ticket_are_told(browser: Browser, desk: Program) -> None:
    pages = []
    for email in ("ana@example.com", "bo@example.com"):
        context = browser.new_context(viewport=DESKTOP, base_url=desk.address)
        pages.append(context.new_page())
        come_in(pages[-1], email)
        pages[-1].get_by_role("link", name=TITLES[0]).click()
        pages[-1].wait_for_load_state("load")
    first, second = pages
    first.get_by_role("button", name="Assign to me").click()
    expect(first.locator(".flash")).to_contain_text("Given to Ana Agent")
    expect(second.get_by_text("This ticket has changed since you opened it.")).to_be_visible()

    second.get_by_role("button", name="Assign to me").click()
    expect(second.get_by_role("heading", level=1)).to_contain_text("Someone changed this ticket")
    expect(second.locator(".versions")).to_contain_text("Ana Agent")
    assert axe_violations(second) == []
    second.get_by_role("button", name="Do it all the same").click()
    expect(second.locator(".flash")).to_contain_text("Given to Bo Agent")
    for each in pages:
        each.context.close()


def test_an_open_page_does_not_hold_up_the_end(browser: Browser, desk: Program) -> None:
    context = browser.new_context(viewport=DESKTOP, base_url=desk.address)
    come_in(context.new_page())
    beside = desk.children()
    assert beside
    started = time.monotonic()
    desk.stop()
    assert time.monotonic() - started < 6
    # One line says that no broker is told of tickets, in the words other systems know.
    told = [each for each in desk.errors().splitlines() if "RAG broker not configured" not in each]
    assert told == []
    assert [each for each in beside if Path(f"/proc/{each}").exists()] == []
    context.close()
