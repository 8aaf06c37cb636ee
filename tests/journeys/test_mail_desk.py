"""Mail at the desk in a real browser: a nasty one is shown harmlessly, moved, and the books balance."""

import asyncio
import base64
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

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
from tests.mailboxes.post import add_mailbox, deliver, mail, sent
from tests.world import PASSWORD, build_world
from ticketyard.core.config import Settings
from ticketyard.core.storage import Blobs
from ticketyard.mailboxes.models import Mailbox
from ticketyard.wiring import build_resources, open_database

pytestmark = pytest.mark.browser

# Four green pixels.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGNkYPgPRAwQCgAQHAEBh0tJXQAAAABJRU5ErkJggg=="
)
RUN = "document.documentElement.dataset.run=1"


@dataclass
class Tracker:
    """A web server elsewhere that counts who asks it for a picture, and what they tell of themselves."""

    asked: list[str] = field(default_factory=list)
    address: str = ""

    @classmethod
    def start(cls) -> "tuple[Tracker, HTTPServer]":
        tracker = cls()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                tracker.asked.append(f"{self.path} {self.headers.get('referer', '')}".strip())
                self.send_response(200)
                self.send_header("Content-Type", "image/png")
                self.end_headers()
                self.wfile.write(PNG)

            def log_message(self, *_: object) -> None:
                return None

        server = HTTPServer(("127.0.0.1", 0), Handler)
        tracker.address = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return tracker, server


def nasty_mail(tracker: str) -> bytes:
    """A mail with its own picture, one from elsewhere, and whatever runs or fetches in HTML."""
    message = EmailMessage()
    message["From"] = "Rita Requester <rita@example.com>"
    message["To"] = "support@desk.example"
    message["Subject"] = f"<script>{RUN}</script> VPN drops"
    message["Message-ID"] = "<nasty@mailer.example>"
    message.set_content("The VPN drops.")
    message.add_alternative(
        f"""<html><head><script>{RUN}</script><meta http-equiv="refresh" content="0;url={tracker}/r">
        <link rel="stylesheet" href="{tracker}/s.css"></head>
        <body onload="{RUN}" background="{tracker}/b.png"><p>The <b>VPN</b> drops.</p>
        <img id="own" src="cid:own@mailer.example"><img id="far" src="{tracker}/pixel.png">
        <img src=x onerror="{RUN}"><svg onload="{RUN}"></svg><iframe src="{tracker}/f"></iframe>
        <a href="{tracker}/link">a link</a><form action="{tracker}/form"><input name=a></form>
        <div style="background:url({tracker}/css.png)">x</div></body></html>""",
        subtype="html",
    )
    parts = message.get_payload()
    assert isinstance(parts, list)
    html = parts[1]
    assert isinstance(html, EmailMessage)
    html.add_related(PNG, maintype="image", subtype="png", cid="<own@mailer.example>")
    return message.as_bytes()


async def _fill(url: str, folder: Path, tracker: str) -> dict[str, str]:
    """The cast, a mailbox and its mail; gives the numbers of the tickets by what they are about."""
    settings = Settings(_env_file=None, data_dir=folder)
    db = open_database(url)
    resources = build_resources(db, Blobs.on_disk(folder / "blobs"), settings)
    world = await build_world(resources)
    box = await add_mailbox(world)
    async with db.transaction(world.company_id) as session:
        # Nobody is to look for its server while the journey runs.
        (await session.get_one(Mailbox, box)).is_enabled = False
    nasty = await deliver(world, nasty_mail(tracker), box)
    ours = await sent(world, nasty.ticket_id or 0, nasty.number or "")
    door = await deliver(world, mail("The door squeaks.", subject="Door"), box)
    reply = mail("The door again!\n\nOn Monday you wrote:\n> VPN", in_reply_to=f"<{ours}>")
    await deliver(world, reply, box)
    await deliver(world, reply, box)
    own = mail("Scanned page one.", sender="support@desk.example", subject="Scan")
    await deliver(world, own, box)
    await db.close()
    return {"nasty": nasty.number or "", "door": door.number or "", "box": str(box)}


@dataclass
class Desk:
    """A running desk with mail in it."""

    page: Page
    numbers: dict[str, str]
    tracker: Tracker
    complaints: Complaints


@dataclass
class Filled:
    """The program over a database with mail in it."""

    program: Program
    numbers: dict[str, str]
    tracker: Tracker


@pytest.fixture(scope="module")
def filled(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    url, folder = cluster.clone(), tmp_path_factory.mktemp("desk")
    tracker, server = Tracker.start()
    with ThreadPoolExecutor(1) as thread:
        numbers = thread.submit(asyncio.run, _fill(url, folder, tracker.address)).result()
    program = Program(url, folder).start()
    yield Filled(program, numbers, tracker)
    program.stop()
    server.shutdown()
    cluster.drop(url)


@pytest.fixture
def desk(filled: Filled) -> Iterator[Desk]:
    filled.tracker.asked.clear()
    with open_browser() as browser:
        context = browser.new_context(viewport=DESKTOP, base_url=filled.program.address)
        page = context.new_page()
        complaints = Complaints(page)
        page.goto("/login")
        page.get_by_label("E-mail").fill("ada@example.com")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/queue**")
        yield Desk(page, filled.numbers, filled.tracker, complaints)
        context.close()


def test_a_nasty_mail_is_shown_harmlessly(desk: Desk) -> None:
    page, tracker = desk.page, desk.tracker
    page.goto(f"/tickets/{desk.numbers['nasty']}")
    page.get_by_text("Show original").first.click()
    frame = page.frame_locator("iframe.mail-frame").first
    expect(frame.get_by_text("The VPN drops.")).to_be_visible()
    expect(frame.get_by_text("remote image is not shown")).to_be_visible()
    inside = next(each for each in page.frames if each.url.endswith("/body"))

    width = "e => e.naturalWidth"
    own = frame.locator("img[src^='data:image/png']")
    expect(own).to_have_count(1)
    # Scripts of the page do not reach into the frame, but the browser's own protocol does.
    assert own.evaluate(width) == 2
    assert inside.locator("script, iframe, form, svg, link, meta[http-equiv]").count() == 0
    assert tracker.asked == []

    frame.get_by_text("a link").click()
    page.wait_for_timeout(300)
    assert tracker.asked == []
    assert len(page.context.pages) == 1

    page.get_by_role("link", name="With remote images").first.click()
    expect(frame.locator(f"img[src='{tracker.address}/pixel.png']")).to_be_visible()
    page.wait_for_timeout(300)
    # The picture and nothing else, and without a word about where it is looked at.
    assert tracker.asked == ["/pixel.png"]
    assert page.evaluate("document.documentElement.dataset.run") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_mail_are_clean_on_desk_and_phone(desk: Desk, scheme: str) -> None:
    problems: list[str] = []
    box = f"/settings/mailboxes/{desk.numbers['box']}"
    desk.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for size in (DESKTOP, PHONE):
        desk.page.set_viewport_size(size)
        for place in (
            f"/tickets/{desk.numbers['nasty']}", "/settings/mailboxes", "/settings/mailboxes/new",
            box, f"{box}/ledger", f"{box}/ledger?q=nobody", "/needs-a-look",
        ):  # fmt: skip
            desk.page.goto(place)
            problems += axe_violations(desk.page)
            if overflow(desk.page) > 0:
                problems.append(f"{place} is {overflow(desk.page)} px too wide")
    assert problems == []
    assert desk.complaints.heard == []


def test_a_mail_is_moved_and_the_ledger_balances(desk: Desk) -> None:
    page, numbers = desk.page, desk.numbers
    page.goto(f"/tickets/{numbers['nasty']}")
    reply = page.locator(".comment", has_text="The door again!")
    expect(reply).not_to_contain_text("> VPN")
    reply.get_by_text("Why it is here").click()
    expect(reply).to_contain_text("In-Reply-To names it; from the requester.")
    assert axe_violations(page) == []
    reply.get_by_label("Move to ticket").fill(numbers["door"])
    reply.get_by_role("button", name="Move").click()

    expect(page.locator(".flash")).to_contain_text(f"The mail is in {numbers['door']} now.")
    expect(page.locator(".comment", has_text="The door again!")).to_be_visible()
    page.goto(f"/tickets/{numbers['nasty']}")
    expect(page.locator(".comment.internal")).to_contain_text(f"was moved to {numbers['door']}")
    expect(page.locator(".thread")).not_to_contain_text("The door again!")

    page.goto("/needs-a-look")
    expect(page.get_by_text("Scanned page one.")).to_be_visible()
    assert axe_violations(page) == []
    page.get_by_role("button", name="Open a ticket", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Scan")

    page.goto("/settings/mailboxes")
    page.get_by_role("link", name="Ledger").click()
    expect(page.get_by_text("It balances")).to_be_visible()
    sums = page.locator(".sum dd").all_inner_texts()
    assert sums == ["5", "3", "1", "1", "0", "0"]
    page.get_by_role("link", name="Duplicate").click()
    expect(page.locator(".ledger-line")).to_have_count(1)
    expect(page.locator(".ledger-line")).to_contain_text(numbers["door"])
    assert desk.complaints.heard == []
