"""Take the pictures in docs/screenshots from a running `ticketyard demo` (its address as argument)."""

import sys
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

OUT = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
LOG_IN = ("admin@tobylgy.example", "tobylgy-sample")
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
WIDE: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
SHOWN_BYTES_MAX = 250_000


def open_page(
    browser: Browser, base: str, size: ViewportSize, scheme: Literal["light", "dark"]
) -> Page:
    context = browser.new_context(viewport=size, base_url=base, color_scheme=scheme)
    page = context.new_page()
    page.goto("/login")
    page.fill("#f-email", LOG_IN[0])
    page.fill("#f-password", LOG_IN[1])
    page.click("button.primary")
    page.wait_for_url("**/queue")
    return page


def shoot(page: Page, name: str, address: str = "") -> None:
    if address:
        page.goto(address)
    page.wait_for_timeout(600)
    path = OUT / f"{name}.png"
    page.screenshot(path=path)
    size = path.stat().st_size
    print(f"{path.relative_to(OUT.parent.parent)}  {size / 1000:.0f} kB")
    if size > SHOWN_BYTES_MAX:
        sys.exit(f"{name} is too large to be kept in the repository")


def telling_ticket(page: Page) -> str:
    """A ticket that went to another office than the nearest: its map has most to show."""
    page.goto("/queue?view=all&category=Смена+данных&sort=priority")
    addresses = [
        row.get_attribute("href") or "" for row in page.locator(".row-title").element_handles()
    ]
    for address in addresses[:25]:
        page.goto(address)
        if page.locator(".points .turned").count() and page.locator(".map-line.fallback").count():
            return address
    return addresses[0]


def show_mail(page: Page) -> None:
    """A ticket that somebody answered by mail: the account of the answer, and the first mail opened."""
    shoot(page, "ledger", "/settings/mailboxes/1/ledger")
    page.goto("/settings/mailboxes/1/ledger?outcome=reply")
    page.locator(".ledger-line .number").first.click()
    answer = page.locator(".comment", has=page.locator(".mail")).last
    answer.get_by_text("Why it is here").click()
    answer.get_by_text("Show original").click()
    answer.scroll_into_view_if_needed()
    page.wait_for_timeout(800)
    answer.evaluate("e => window.scrollTo(0, e.getBoundingClientRect().top + scrollY - 70)")
    shoot(page, "ticket-mail")


def show_triage(browser: Browser, base: str) -> None:
    """What waits for a decision, how good triage is, what it learned."""
    page = open_page(browser, base, WIDE, "light")
    shoot(page, "review", "/triage/review")
    shoot(page, "triage-quality", "/triage/quality")
    shoot(page, "triage-models", "/triage/models")
    page = open_page(browser, base, WIDE, "dark")
    shoot(page, "review-dark", "/triage/review")
    page = open_page(browser, base, PHONE, "light")
    shoot(page, "review-phone", "/triage/review")


def show_service_desk(browser: Browser, base: str) -> None:
    """Board, alerts, promises, escalation and reports."""
    page = open_page(browser, base, DESKTOP, "light")
    shoot(page, "board", "/board")
    shoot(page, "alerts", "/alerts")
    page.get_by_role("link", name="Motion in the closed archive").first.click()
    shoot(page, "alert")
    page.goto("/alerts?view=incidents")
    page.locator(".alert-line .row-title").first.click()
    page.locator("#clocks").evaluate("e => e.closest('aside').scrollTo(0, e.offsetTop)")
    shoot(page, "ticket-alerts")
    page.set_viewport_size(WIDE)
    page.goto("/settings/alert-providers")
    page.get_by_role("link", name="Office cameras").click()
    shoot(page, "alert-provider")
    page.goto("/settings/service-levels")
    page.locator(".mailbox strong a").first.click()
    shoot(page, "service-level")
    shoot(page, "escalation", "/settings/escalation")
    shoot(page, "reports", "/reports?period=7d&by=source")


def main() -> None:
    base = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
    OUT.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        page = open_page(browser, base, DESKTOP, "light")
        shoot(page, "queue", "/queue")
        ticket = telling_ticket(page)
        page.goto(ticket)
        shoot(page, "ticket")
        page.locator("#receipt-title").evaluate(
            "e => e.closest('aside').scrollTo(0, e.closest('section').offsetTop)"
        )
        shoot(page, "ticket-receipt")
        for name, address in (
            ("dashboard", "/dashboard"),
            ("agents", "/agents"),
            ("import", "/import"),
            ("form", "/form"),
        ):
            shoot(page, name, address)
        show_mail(open_page(browser, base, WIDE, "light"))
        show_service_desk(browser, base)
        show_triage(browser, base)
        page = open_page(browser, base, DESKTOP, "dark")
        shoot(page, "queue-dark", "/queue?sort=priority")
        shoot(page, "ticket-dark", ticket)
        shoot(page, "dashboard-dark", "/dashboard")
        page = open_page(browser, base, PHONE, "light")
        shoot(page, "queue-phone", "/queue")
        shoot(page, "ticket-phone", ticket)
        page.context.clear_cookies()
        page.set_viewport_size(DESKTOP)
        shoot(page, "log-in", "/login")
        browser.close()


if __name__ == "__main__":
    main()
