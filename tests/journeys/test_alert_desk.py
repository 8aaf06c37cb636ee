"""Alerts in a real browser: an alarm appears by itself, opens its ticket, and its end resolves it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.browsing import DESKTOP, open_browser
from tests.journeys.staffed import Desk, come_in, flaws, said, visit

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, desk: Desk) -> Iterator[Page]:
    with visit(browser, desk) as opened:
        yield opened


def test_an_alarm_appears_opens_its_ticket_and_resolves_it(page: Page, desk: Desk) -> None:
    page.goto("/alerts?q=nothing-like-it")
    page.get_by_role("link", name="Clear the filters").click()
    fence = {"camera_id": 3, "alarm_type": "fence", "title": "Fence touched at gate 3",
             "thumbnail_url": "https://img.example/3.jpg"}  # fmt: skip
    told = desk.alarm(**fence)
    page.get_by_role("link", name="1 new").click(timeout=15_000)
    line = page.locator(".alert-line", has_text="Fence touched at gate 3")
    expect(line).to_contain_text("Firing")

    # The open list renews its lines by itself.
    desk.alarm(alarm_type="fence", camera_id=3)
    desk.alarm(alarm_type="smoke", title="Smoke in hall 2")
    expect(page.get_by_role("link", name="1 new")).to_be_visible(timeout=15_000)
    expect(line).to_contain_text("× 2")

    line.get_by_role("link", name=told["ticket_number"]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Fence touched at gate 3")
    block = page.locator("#alerts")
    expect(block).to_contain_text("Firing")
    expect(block).to_contain_text("× 2")
    expect(block.get_by_role("link", name="Picture")).to_have_attribute(
        "href", "https://img.example/3.jpg"
    )
    desk.wait_until_idle()
    desk.alarm(alarm_type="fence", camera_id=3, is_clear=True)
    page.get_by_role("link", name="Show it as it is now").click(timeout=15_000)
    expect(page.locator(".way .here")).to_contain_text("Resolved")
    expect(block).to_contain_text("Recovered")

    block.get_by_role("link", name="Fence touched at gate 3", exact=True).click()
    times = page.locator(".alert-times li")
    expect(times).to_have_count(3)
    expect(times.first).to_contain_text("Recovered")
    page.goto("/alerts?view=recovered&q=gate+fence")
    expect(line).to_be_visible()


def test_a_provider_is_settled_without_scripts(browser: Browser, desk: Desk) -> None:
    desk.alarm(alarm_type="smoke")
    context = browser.new_context(
        viewport=DESKTOP,
        base_url=desk.program.address,
        java_script_enabled=False,
    )
    page = context.new_page()
    come_in(page)
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Alert providers").click()
    page.get_by_role("link", name="yard-cams").click()
    page.get_by_label("Name on the desk").fill("Yard cameras")
    page.get_by_label("One incident, where these are the same").fill("colour")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".field.bad")).to_contain_text("“colour” is no field of an alert.")
    expect(page.get_by_label("Name on the desk")).to_have_value("Yard cameras")
    page.get_by_label("One incident, where these are the same").fill("alert_data.site")
    page.get_by_role("button", name="Save").click()
    said(page, "It holds for what “Yard cameras” sends from now on.")
    expect(page.get_by_text("One incident: the same alert_data.site within 5m.")).to_be_visible()
    context.close()


def test_alerts_of_one_cause_share_a_ticket(page: Page, desk: Desk) -> None:
    for n in range(12):
        told = desk.alarm(
            alarm_type=f"camera {n}", title=f"Camera {n} is dark", alert_data={"site": "north"}
        )
    page.goto("/alerts?view=incidents")
    line = page.locator(".alert-line", has_text=told["ticket_number"])
    expect(line).to_contain_text("12 alerts, 12 firing")
    line.locator(".row-title").click()
    expect(page.locator("#alerts li")).to_have_count(10)
    page.get_by_role("link", name="all 12").click()
    expect(page.locator(".alert-line")).to_have_count(12)
    page.get_by_label("Words of the title").fill("dark c?m*a")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".alert-line")).to_have_count(12)
    page.get_by_label("Words of the title").fill("camera?11")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".alert-line")).to_have_count(1)


def test_a_window_holds_alarms_back_until_it_ends(page: Page, desk: Desk) -> None:
    page.goto("/alerts/care")
    page.get_by_label("What is done").fill("New firmware")
    page.get_by_label("Minutes from now").fill("30")
    page.get_by_role("button", name="Begin now").click()
    said(page, "Alerts are held back from now on.")
    desk.alarm(alarm_type="reboot", title="Camera 9 restarts")
    page.goto("/alerts?view=held")
    line = page.locator(".alert-line", has_text="Camera 9 restarts")
    expect(line).to_contain_text("No ticket")
    page.goto("/alerts/care")
    page.get_by_role("button", name="End New firmware").click()
    said(page, "The window is over")
    page.goto("/alerts")
    expect(line).to_contain_text("TKT-", timeout=15_000)


def test_the_pages_of_alerts_are_clean(page: Page, desk: Desk) -> None:
    told = desk.alarm(
        alarm_type="long", title="x" * 180, camera_id=2_000_000_000,
        video_clip_url="https://img.example/1.mp4",
    )  # fmt: skip
    problems: list[str] = []
    for place in (
        "/alerts", "/alerts?view=incidents", "/alerts?q=nothing-like-it", "/alerts/care",
        f"/alerts/{told['alert_id']}", f"/tickets/{told['ticket_number']}",
        "/settings/alert-providers",
    ):  # fmt: skip
        problems += flaws(page, place)
    page.get_by_role("link", name="Yard cameras").click()
    problems += flaws(page, page.url)
    assert problems == []
