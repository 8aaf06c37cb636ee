"""The board, promises, escalation, webhooks, reports and notifications in a real browser."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.journeys.browsing import open_browser
from tests.journeys.staffed import TITLES, Desk, flaws, receiver, said, visit
from tests.world import PASSWORD

pytestmark = pytest.mark.browser

VPN, PRINTER, SOUND = TITLES


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, desk: Desk) -> Iterator[Page]:
    with visit(browser, desk) as opened:
        yield opened


def test_the_board_is_moved_by_keys_and_by_its_form(page: Page) -> None:
    page.goto("/board")
    page.wait_for_load_state("load")
    here = page.locator("[data-step]", has=page.locator("[data-card]", has_text=VPN))
    first = here.get_attribute("data-step")
    page.get_by_role("link", name=VPN).focus()
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_url("**/board**#ticket-*")
    expect(here).not_to_have_attribute("data-step", first or "")
    # The card that was moved has the focus, so that one can go on.
    expect(page.get_by_role("link", name=VPN)).to_be_focused()
    moved = here.get_attribute("data-step")
    page.reload()
    expect(here).to_have_attribute("data-step", moved or "")

    card = page.locator("[data-card]", has_text=PRINTER)
    card.hover()
    way = card.locator("select option:not([value=''])").first.get_attribute("value")
    card.locator("select").select_option(way)
    card.get_by_role("button", name="Move").click()
    there = page.locator(f'[data-step="{way}"]')
    expect(there.locator("[data-card]", has_text=PRINTER)).to_be_visible()


def test_a_promise_is_foreseen_kept_and_explained(page: Page, desk: Desk) -> None:
    page.goto("/settings/service-levels")
    page.get_by_role("link", name="Add a calendar").click()
    page.get_by_label("Name").fill("Late shift")
    page.get_by_label("Time zone").fill("Asia/Almaty")
    page.get_by_label("Saturday").fill("10:00-25:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Saturday").fill("10:00-14:00")
    page.get_by_role("button", name="Save").click()
    said(page, "Saved.")
    expect(page.locator("#calendars")).to_contain_text("Sat 10:00–14:00")

    page.get_by_role("link", name="Add a policy").click()
    page.get_by_label("Name").fill("Everybody")
    page.get_by_label("Counts by").select_option(label="Late shift")
    page.get_by_label("Order among equals").fill("1")
    page.locator(".target-row").first.get_by_label("All").fill("5h")
    page.get_by_role("button", name="What would change?").click()
    expect(page.locator("#foreseen")).to_contain_text("open tickets")
    expect(page.locator("#foreseen")).to_contain_text(desk.numbers[SOUND])
    page.get_by_role("button", name="Save").click()
    said(page, "Saved.")
    expect(page.locator(".mailbox", has_text="Everybody")).to_contain_text("All 5h")
    desk.wait_until_idle()
    page.goto(f"/tickets/{desk.numbers[SOUND]}")
    clock = page.locator("#clocks .clock").first
    clock.get_by_text("Why?").click()
    expect(clock.locator(".clock-intervals li").first).to_be_visible()


def test_an_escalation_is_made_and_tried(page: Page, desk: Desk) -> None:
    page.goto("/settings/escalation")
    page.get_by_label("Name", exact=True).fill("Nobody looks")
    page.get_by_label("Level 2: after minutes").fill("15")
    page.locator("#e-whom-1").select_option(label="team: Billing")
    page.get_by_label("raise the priority").nth(1).check()
    page.get_by_role("button", name="Add the policy").click()
    said(page, "“Nobody looks” watches from now on.")
    policy = page.locator("article", has_text="Nobody looks")
    expect(policy).to_contain_text("after 15m: tell Billing, raise the priority")
    policy.get_by_label("Ticket").fill(desk.numbers[SOUND])
    policy.get_by_role("button", name="Dry run").click()
    tried = page.locator("section[role=status]")
    expect(tried).to_contain_text(f"What “Nobody looks” would do with {desk.numbers[SOUND]}")
    expect(tried).to_contain_text("Told: Ana Agent. Priority medium becomes high.")
    assert tried.locator("li").count() == 2
    policy.get_by_label("Ticket").fill("TKT-19990101-001")
    policy.get_by_role("button", name="Dry run").click()
    expect(page.get_by_role("alert")).to_be_visible()


def test_a_webhook_is_tried_and_replayed(page: Page) -> None:
    with receiver() as (address, got):
        page.goto("/settings/webhooks")
        page.get_by_label("Address").fill("http://10.0.0.1/hook")
        page.get_by_label("Events").fill("ticket.*")
        page.get_by_role("button", name="Add").click()
        expect(page.locator(".field-error")).to_be_visible()
        page.get_by_label("Address").fill(address)
        page.get_by_role("button", name="Add").click()
        expect(page.locator("#secret")).to_be_visible()
        page.get_by_role("button", name="Send a test").click()
        delivery = page.locator("tbody tr", has_text="webhook.test")
        _look_until(page, delivery.locator("summary", has_text="1"))
        expect(delivery).to_contain_text("Delivered")
        page.get_by_role("button", name="Send again: webhook.test").click()
        _look_until(page, delivery.locator("summary", has_text="2"))
        ids = {each["webhook-id"] for each in got}
        assert (len(got), len(ids)) == (2, 1)
        assert all("webhook-signature" in each for each in got)


def _look_until(page: Page, wanted: Locator) -> None:
    """Load the page until it shows this: it is not renewed by itself."""
    for _ in range(80):
        page.goto(page.url.split("?")[0].split("#")[0])
        if wanted.count():
            return
        page.wait_for_timeout(200)
    raise AssertionError(page.locator("tbody").inner_text())


def test_a_report_of_given_days_is_downloaded(page: Page) -> None:
    today = datetime.now(UTC).date()
    first = today - timedelta(days=3)
    page.goto("/reports")
    page.get_by_label("Count by").first.select_option(label="Source")
    page.get_by_label("From").fill(str(first))
    page.get_by_label("To", exact=True).first.fill(str(today))
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="By source")).to_be_visible()
    expect(page.get_by_role("row", name="Web form 3")).to_be_visible()
    expect(page.get_by_text(f"{first} – {today}")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    text = Path(download.value.path()).read_text("utf-8-sig")
    assert str(first) in download.value.suggested_filename
    assert "\nweb_form,3," in text.replace("\r", "")


def test_what_one_is_told_is_read(page: Page, desk: Desk) -> None:
    with desk.program.client() as client:
        login = {"email": "ana@example.com", "password": PASSWORD, "company": "north"}
        token = client.post("/api/auth/login", json=login).json()["csrf_token"]
        me = page.request.get("/api/auth/me").json()
        for number in desk.numbers.values():
            answer = client.put(
                f"/api/tickets/{number}/assignee",
                json={"agent_id": me["id"]},
                headers={"x-csrf-token": token},
            )
            assert answer.status_code == 200, answer.text
    # However early the page is read: what comes meanwhile is told as soon as it listens.
    page.goto("/queue")
    expect(page.locator(".bell-count")).to_have_text("3", timeout=15_000)
    page.locator(".bell").click()
    unread = page.locator(".notice.unread")
    expect(unread).to_have_count(3)
    unread.first.get_by_role("button").click()
    page.wait_for_url("**/tickets/**")
    page.goto("/notifications")
    expect(unread).to_have_count(2)
    page.get_by_role("button", name="Mark all as read").click()
    expect(unread).to_have_count(0)
    expect(page.locator(".bell-count")).to_have_count(0)


def test_a_proposed_answer_is_checked_and_sent(page: Page, desk: Desk) -> None:
    know(page, "How do I clear a paper jam?", "Open the rear tray. Pull the paper out.", "public")
    know(page, "Who has the key?", "For the jam in the tray room ask Bo for the key.", "internal")
    with desk.program.client(**{"x-api-key": desk.key}) as client:
        sent = {"description": "How do I clear the paper jam?", "name": "Rita"}
        sent |= {"title": "How do I clear the paper jam?", "email": "rita@example.com"}
        number = client.post("/api/tickets/web-form", json=sent).json()["ticket_number"]
    page.goto(f"/tickets/{number}")
    card = page.locator("#proposal")
    # It fills itself: the page is not loaded again.
    expect(card.locator(".proposal-step").first).to_be_visible(timeout=60_000)
    card.locator(".proof summary").first.click()
    expect(card.locator("blockquote").first).to_be_visible()
    box = page.locator("#body")
    box.fill("Hello Rita,")
    card.get_by_role("link", name="Use as answer").click()
    expect(box).to_be_focused()
    expect(box).to_have_value(re.compile(r"Hello Rita,\n\n.*rear tray", re.DOTALL))
    # Until its internal words are checked it does not leave the page.
    if "[internal" not in box.input_value():
        box.fill(f"{box.input_value()}\n[internal: check before sending] Ask Bo.")
    page.keyboard.press("Control+Enter")
    assert page.url.endswith(number)
    assert "take the mark away" in box.evaluate("box => box.validationMessage")
    assert flaws(page, f"/tickets/{number}") == []
    # What was not sent survived the reload, and is still known to have begun as the proposal.
    expect(box).to_have_value(re.compile("internal: check"))
    box.fill("1. Open the rear tray.\n2. Pull the paper out.")
    page.keyboard.press("Control+Enter")
    said(page, "Reply sent.")
    expect(page.locator(".proposal-human summary")).to_contain_text("Solved by Ada")


def know(page: Page, title: str, body: str, visibility: str) -> None:
    """An article, published, and read to its end."""
    page.goto("/knowledge")
    token = page.locator("[name=csrf_token]").first.get_attribute("value") or ""
    headers = {"x-csrf-token": token}
    article = {"title": title, "body": body, "visibility": visibility}
    made = page.request.post("/api/articles", data=article, headers=headers).json()
    place = f"/api/articles/{made['id']}"
    published = {"publication": "published"}
    page.request.put(f"{place}/publication", data=published, headers=headers)
    for _ in range(300):
        if page.request.get(place).json()["state"] == "ready":
            return
        page.wait_for_timeout(200)
    raise AssertionError(page.request.get(place).text())


def test_the_new_pages_are_clean(page: Page, desk: Desk) -> None:
    page.goto("/settings/webhooks")
    webhook = page.locator("tbody a").first.get_attribute("href") or ""
    problems: list[str] = []
    for place in (
        "/board", "/board?whose=mine", f"/tickets/{desk.numbers[SOUND]}", "/settings/steps",
        "/settings/service-levels", "/settings/service-levels/policies/1",
        "/settings/service-levels/calendars/new", "/settings/escalation", "/settings/webhooks",
        webhook, "/reports", "/notifications", "/settings/notifications",
        "/settings/notification-log", "/settings/automation", "/settings/automation/solutions/1",
        "/settings/automation/actions/unlock_account",
    ):  # fmt: skip
        problems += flaws(page, place)
    assert problems == []
