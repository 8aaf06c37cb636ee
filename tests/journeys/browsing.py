"""A real browser for journeys: Debian's Chromium, driven by playwright, with axe-core at hand."""

import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"]
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Chromium. Without one the journey is skipped, and said so as a warning nobody overlooks."""
    if not Path(CHROMIUM).exists():
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(
                "NO CHROMIUM: the desk was not tried in a browser (apt-get install chromium)",
                stacklevel=2,
            )
        pytest.skip("NO CHROMIUM: install Debian's chromium, or set CHROMIUM to one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class Complaints:
    """What a page's console said that nobody wants to read."""

    def __init__(self, page: Page) -> None:
        self.heard: list[str] = []
        page.on("pageerror", lambda error: self.heard.append(f"{page.url}: {error}"))
        page.on("console", self._listen)

    def _listen(self, message: object) -> None:
        kind, text = getattr(message, "type", ""), getattr(message, "text", "")
        # A stream that ends because its page was left is no complaint.
        ended = ("ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_REFUSED", "[object Event]")
        if kind == "error" and not any(word in text for word in ended):
            self.heard.append(text)


def axe_violations(page: Page) -> list[str]:
    """What axe-core finds on the page as it stands, one line each."""
    found = page.evaluate(
        AXE.read_text()
        + ";axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)"
    )
    return [
        f"{page.url}: {rule['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for rule in found
        for node in rule["nodes"]
    ]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
