"""A running desk with the sample cast that several visitors share, and a receiver beside it."""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import psycopg
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.conftest import Cluster
from tests.journeys.browsing import AXE, DESKTOP, PHONE, Complaints, overflow
from tests.journeys.running import Program
from tests.world import PASSWORD, build_world
from ticketyard.core.config import Settings
from ticketyard.core.storage import Blobs
from ticketyard.wiring import build_resources, open_database

TITLES = (
    "VPN drops every ten minutes",
    "Printer prints blank pages",
    "No sound in the meeting room",
)
# Everything that can be wrong is looked for once a size and once a scheme.
LOOKS = ((DESKTOP, "light", None), (DESKTOP, "dark", ["color-contrast"]), (PHONE, "dark", None))


@dataclass
class Desk:
    """The program, what machines report with, and the tickets by their titles."""

    program: Program
    url: str
    key: str = ""
    numbers: dict[str, str] = field(default_factory=dict)
    logged_in: StorageState | None = None

    def alarm(self, **fields: Any) -> dict[str, Any]:
        """What a machine reports; gives what became of it."""
        body = {"provider_id": "yard-cams", "event_id": str(time.time_ns()), **fields}
        with self.program.client(**{"x-api-key": self.key}) as client:
            answer = client.post("/api/tickets/alarm", json=body)
        assert answer.status_code in (200, 201), answer.text
        told: dict[str, Any] = answer.json()
        return told

    def wait_until_idle(self) -> None:
        """Until nothing is left to do for the worker."""
        until = time.monotonic() + 60
        with psycopg.connect(self.url, autocommit=True) as connection:
            while time.monotonic() < until:
                (waiting,) = connection.execute("select count(*) from job_item").fetchone() or (0,)
                if not waiting:
                    return
                time.sleep(0.05)
        raise AssertionError("The worker does not come to an end.")


@contextmanager
def open_desk(cluster: Cluster, folder: Path, **environment: str) -> Iterator[Desk]:
    """A desk with three tickets that nobody has taken up."""
    url = cluster.clone()
    given = {"TICKETYARD_OUTGOING_ALLOWED": "127.0.0.1", **environment}
    desk = Desk(Program(url, folder, environment=given), url)
    # In a thread of its own: playwright keeps an event loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _people_it(desk, folder)).result()
    desk.program.start()
    desk.wait_until_idle()
    yield desk
    desk.program.stop()
    cluster.drop(url)


async def _people_it(desk: Desk, folder: Path) -> None:
    db = open_database(desk.url)
    settings = Settings(_env_file=None, data_dir=folder)
    world = await build_world(build_resources(db, Blobs.on_disk(folder / "blobs"), settings))
    desk.key = world.key
    for title in TITLES:
        opened = await world.open(title, description=f"{title}. Please help!")
        desk.numbers[title] = opened.number
    await db.close()


@contextmanager
def visit(browser: Browser, desk: Desk) -> Iterator[Page]:
    """The admin's browser, logged in once for all visits; what its console complains of fails."""
    context = browser.new_context(
        viewport=DESKTOP,
        base_url=desk.program.address,
        locale="en-GB",
        storage_state=desk.logged_in,
    )
    page = context.new_page()
    complaints = Complaints(page)
    if desk.logged_in is None:
        come_in(page)
        desk.logged_in = context.storage_state()
    yield page
    context.close()
    # A form that is refused is no complaint.
    assert [each for each in complaints.heard if "422" not in each] == []


def come_in(page: Page, email: str = "ada@example.com") -> None:
    """Log in through the form."""
    page.goto("/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/queue**")


def flaws(page: Page, place: str) -> list[str]:
    """What axe finds and where it is too wide, large and small, light and dark."""
    page.goto(place)
    page.evaluate(AXE.read_text())
    found = []
    for size, scheme, rules in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        found += [f"{place} {size['width']} {scheme}: {each}" for each in _axe(page, rules)]
        if overflow(page) > 0:
            found.append(f"{place} is {overflow(page)} px too wide at {size['width']}")
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="light")
    return found


def _axe(page: Page, rules: list[str] | None) -> list[str]:
    found: list[str] = page.evaluate(
        """rules => axe.run(document, {resultTypes: ['violations'], ...(rules && {runOnly: rules})})
        .then(r => r.violations.flatMap(v => v.nodes.map(n =>
          `${v.id}: ${n.target} ${n.failureSummary.slice(0, 200)}`)))""",
        rules,
    )
    return found


@contextmanager
def receiver() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A web server elsewhere: its address, and the headers of what it was sent."""
    got: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            got.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"thank you")

        def log_message(self, *_: object) -> None:
            return None

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", got
    server.shutdown()


def said(page: Page, words: str) -> None:
    """The page tells what was just done."""
    expect(page.locator(".flash").first).to_contain_text(words)
