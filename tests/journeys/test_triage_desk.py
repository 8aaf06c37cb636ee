"""Triage in a real browser: one key decides, two decide at once, a training is seen to run."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Cluster
from tests.journeys.browsing import DESKTOP, open_browser
from tests.journeys.staffed import Desk, come_in, flaws, open_desk, said, visit

pytestmark = pytest.mark.browser

LESSON = "text,category\n" + "".join(
    f"The printer on floor {n} is jammed again,printer\nNo network in room {n},network\n"
    for n in range(30)
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def desk(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk of its own: what waits here is counted."""
    with open_desk(cluster, tmp_path_factory.mktemp("triage")) as opened:
        with database(opened) as connection:
            connection.execute("update ticket set status = 'closed'")
        yield opened


@pytest.fixture
def page(browser: Browser, desk: Desk) -> Iterator[Page]:
    with visit(browser, desk) as opened:
        yield opened


@contextmanager
def database(desk: Desk) -> Iterator[psycopg.Connection]:
    """The desk's database, in its first company."""
    with psycopg.connect(desk.url, autocommit=True) as connection:
        connection.execute("select set_config('app.company_id', '1', false)")
        yield connection


def make_unsure(desk: Desk, *titles: str, best: str = "printer") -> list[str]:
    """Tickets that triage was not sure of, the first the most pressing."""
    numbers = []
    for title in titles:
        with desk.program.client(**{"x-api-key": desk.key}) as client:
            answer = client.post(
                "/api/tickets/web-form",
                json={
                    "title": title,
                    "description": f"{title}: the tray hums and blinks.",
                    "name": "Rita",
                    "email": "rita@example.com",
                },
            )
        assert answer.status_code == 200, answer.text
        numbers.append(str(answer.json()["ticket_number"]))
    desk.wait_until_idle()
    with database(desk) as connection:
        connection.execute(
            "update ticket set category = null, category_by = 'default', priority = 'medium'"
            " where number = any (%s)",
            [numbers],
        )
        connection.execute(
            "update analysis a set need_admin = true, was_sure = false, category = %s,"
            " category_confidence = 0.44, engine = 'rules',"
            " category_ranking = jsonb_build_array(jsonb_build_array(%s::text, 0.44),"
            "   '[\"network\", 0.31]'::jsonb, '[\"vpn\", 0.12]'::jsonb),"
            ' evidence = \'{"category": ["tray"]}\''
            " from ticket t where t.id = a.ticket_id and t.number = any (%s)",
            [best, best, numbers],
        )
    return numbers


def filed(desk: Desk) -> dict[str, str | None]:
    with database(desk) as connection:
        return dict(connection.execute("select number, category from ticket").fetchall())


def test_each_key_decides_a_ticket(page: Page, desk: Desk) -> None:
    titles = ("Alpha", "Beta", "Gamma", "Delta", "Epsilon")
    numbers = make_unsure(desk, *titles)
    page.goto("/queue")
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url("**/triage/review")
    cards = page.locator("[data-review]")
    expect(cards).to_have_count(5)
    expect(cards.first).to_have_class("card review-card current")
    expect(cards.first.locator("mark").first).to_have_text("tray")

    page.keyboard.press("Enter")
    expect(cards).to_have_count(4)
    page.keyboard.press("2")
    expect(cards).to_have_count(3)
    # Skipped: it stands back below the others.
    page.keyboard.press("s")
    expect(cards.last.locator(".review-title")).to_have_text("Gamma")
    # What means nothing keeps the card, the words and the cursor; nothing else is decided.
    page.keyboard.press("/")
    page.keyboard.type("zzz")
    page.keyboard.press("Enter")
    asks = page.locator("[data-review].current")
    expect(asks.locator("[role=alert]")).to_contain_text("No category is called")
    expect(asks.locator(".review-title")).to_have_text("Delta")
    expect(asks.locator("[data-typed]")).to_have_value("zzz")
    expect(asks.locator("[data-typed]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(cards).to_have_count(3)
    page.keyboard.press("Control+a")
    page.keyboard.type("passw")
    page.keyboard.press("Enter")
    expect(cards).to_have_count(2)
    expect(page.locator("[data-review].current .review-title")).to_have_text("Epsilon")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("[data-review].current .review-title")).to_have_text("Epsilon")
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(cards).to_have_count(1)
    expect(page.locator("#review-total")).to_have_text("1")
    for badge in (".tab[aria-current] .count", ".place[aria-current] .count"):
        expect(page.locator(badge)).to_have_text(re.compile("^1"))
    found = filed(desk)
    assert [found[number] for number in numbers] == [
        "printer", "network", "printer", "password_reset", None,
    ]  # fmt: skip

    page.keyboard.press("u")
    said(page, "Taken back: 1 ticket waits again")
    expect(page.locator(".flash")).to_be_in_viewport()
    expect(cards).to_have_count(2)
    expect(page.locator("[data-review].current .review-title")).to_have_text("Gamma")
    assert filed(desk)[numbers[2]] is None
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Accept the proposal")
    page.keyboard.press("Escape")
    # Typing is typing.
    page.locator("[data-typed]").first.fill("ware")
    page.locator("[data-file]").first.click()
    expect(page.locator("[role=alert]")).to_contain_text("can be hardware, software")


def test_skipping_reaches_all_that_wait_on_any_layout(page: Page, desk: Desk) -> None:
    with database(desk) as connection:
        connection.execute("update ticket set status = 'closed'")
    numbers = make_unsure(desk, *(f"Number {n}" for n in range(23)))
    page.goto("/triage/review")
    counts = page.locator("#review-counts")
    expect(counts).to_have_text("23 wait for a decision, shown are 20 of 23.", use_inner_text=True)
    seen = []
    for _ in range(23):
        card = page.locator("[data-review].current")
        seen.append(card.locator(".number").inner_text())
        # A Russian layout: the key S writes ы.
        key = "{key: 'ы', code: 'KeyS', bubbles: true, cancelable: true}"
        page.evaluate(f"document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key}))")
        if len(seen) <= 3:
            expect(page.locator("[data-review]")).to_have_count(20 + len(seen))
    assert seen == numbers
    expect(counts).to_have_text("23 wait for a decision.", use_inner_text=True)
    # And round again, from the one that was skipped first.
    expect(page.locator("[data-review].current .number")).to_have_text(numbers[0])
    # A Kazakh layout writes a letter where the second choice is; it is the one that counts.
    key = "{key: 'ә', code: 'Digit2', bubbles: true, cancelable: true}"
    page.evaluate(f"document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key}))")
    expect(page.locator("#review-total")).to_have_text("22")
    assert filed(desk)[numbers[0]] == "network"
    with database(desk) as connection:
        connection.execute("update ticket set status = 'closed'")


def test_an_unlikely_proposal_is_asked_about_and_not_accepted(page: Page, desk: Desk) -> None:
    (number,) = make_unsure(desk, "Hardly")
    with database(desk) as connection:
        connection.execute(
            "update analysis set category_confidence = 0.15,"
            ' category_ranking = \'[["printer", 0.15], ["vpn", 0.1]]\' where need_admin'
        )
    page.goto("/triage/review")
    page.keyboard.press("Enter")
    expect(page.locator("[data-review].current [data-typed]")).to_be_focused()
    assert filed(desk)[number] is None
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    expect(page.locator(".review-done", has_text="Hardly")).to_be_visible()


def test_what_comes_and_goes_is_seen_and_a_second_hand_is_told(
    page: Page, browser: Browser, desk: Desk
) -> None:
    make_unsure(desk, "Shared one", "Shared two")
    page.goto("/triage/review")
    mine = page.locator("#review-list > li", has_text="Shared one")
    expect(mine).to_be_visible()
    with database(desk) as connection:
        context = browser.new_context(viewport=DESKTOP, base_url=desk.program.address)
        other = context.new_page()
        come_in(other, "bo@example.com")
        other.goto("/triage/review")
        # A page that hears of nothing any more, as on a train.
        page.route("**/news*", lambda route: route.fulfill(status=204))
        other.locator("[data-review]", has_text="Shared one").locator("[data-choice='2']").click()
        expect(other.locator(".review-done", has_text="Shared one")).to_be_visible()
        mine.locator("[data-accept]").click()
        told = page.locator(".review-meanwhile")
        expect(told).to_contain_text("Bo Agent was a moment quicker")
        expect(told).to_contain_text("network")
        told.get_by_role("button", name="File it under printer all the same").click()
        expect(page.locator(".review-done", has_text="Shared one")).to_contain_text("printer")
        page.unroute("**/news*")

        other.locator("[data-review]", has_text="Shared two").locator("[data-accept]").click()
        gone = page.locator(".review-done", has_text="Shared two")
        expect(gone).to_contain_text("Bo Agent filed it under", timeout=15_000)
        context.close()
        make_unsure(desk, "Just in")
        connection.execute("select pg_notify('ticketyard_live', id::text) from company")
    expect(page.locator("[data-review]", has_text="Just in")).to_be_visible(timeout=15_000)


def test_equal_proposals_are_accepted_without_scripts(browser: Browser, desk: Desk) -> None:
    numbers = make_unsure(desk, "Same one", "Same two", best="vpn")
    context = browser.new_context(
        viewport=DESKTOP, base_url=desk.program.address, java_script_enabled=False
    )
    page = context.new_page()
    come_in(page)
    page.goto("/triage/review")
    page.get_by_label("Proposed").select_option("vpn")
    page.get_by_label("at least").select_option("40")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("button", name="Accept all 2 as vpn").click()
    said(page, "2 tickets filed under vpn.")
    assert [filed(desk)[number] for number in numbers] == ["vpn", "vpn"]
    page.get_by_role("button", name="Undo").click()
    said(page, "2 tickets wait again")
    first = page.locator("[data-review]", has_text="Same one")
    first.get_by_label("Any other category").fill("email")
    first.get_by_role("button", name="File").click()
    said(page, f"{numbers[0]} is filed under email.")
    context.close()


def test_a_training_is_seen_to_run_and_gone_back_from(
    page: Page, desk: Desk, tmp_path: Path
) -> None:
    lesson = tmp_path / "lesson.csv"
    lesson.write_text(LESSON)
    for number in (1, 2):
        page.goto("/triage/models")
        page.get_by_label("File of texts and categories").set_input_files(lesson)
        page.get_by_label("Put it in use even if").check()
        page.get_by_role("button", name="Train now").click()
        said(page, "It begins in a moment")
        # The page renews itself as it goes, and once more when it is over.
        expect(page.locator(".models-now")).to_contain_text(f"Version {number}", timeout=90_000)
    page.get_by_text("Go back to version 1 …").click()
    page.get_by_role("button", name="Yes, use version 1").click()
    said(page, "Version 1 answers again.")
    page.get_by_label("at most this much wrong").select_option("5")
    page.locator("#settings").get_by_role("button", name="Save").click()
    said(page, "Saved; it holds")


def test_the_pages_of_triage_are_clean(page: Page, desk: Desk) -> None:
    make_unsure(desk, "x" * 180, "Clean one")
    problems: list[str] = []
    for place in (
        "/triage/review", "/triage/review?proposal=printer&sure=40", "/triage/quality",
        "/triage/models", "/settings/company", "/settings/keys",
    ):  # fmt: skip
        problems += flaws(page, place)
    page.goto("/triage/review")
    page.locator("[data-review] .review-title a").first.click()
    problems += flaws(page, page.url)
    assert problems == []
