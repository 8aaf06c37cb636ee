"""Spec 4 from end to end: a file, a broker, a ticket, an answer with its proof; and none without the file.

Everything is real: the program with its worker, Redis, Celery's own command with our consumer, Chromium.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.conftest import Cluster
from tests.journeys.browsing import open_browser
from tests.journeys.staffed import Desk, open_desk, visit
from tests.knowledge.documents import pdf
from tests.outlet.conftest import RedisServer
from tests.world import PASSWORD

pytestmark = pytest.mark.browser

QUESTION = "How do I reset the Zephyr router in the lobby?"
STEP = "To reset the Zephyr router in the lobby press its red button for six seconds."
GUIDE = pdf([[STEP, "Wait two minutes until the light is green, then log in again."]])
PATIENCE_SECONDS = 120
PATIENCE_MS = PATIENCE_SECONDS * 1000


@dataclass
class Flow:
    """The desk with what stands beside it."""

    desk: Desk
    client: httpx2.Client
    site: str

    def done(self, kind: str) -> int:
        """How many messages of this kind the consumer has done."""
        with database(self.desk) as connection:
            row = connection.execute(
                "select count(*) from processed_event where event_type = %s"
                " and status = 'completed'",
                [kind],
            ).fetchone()
        return int(row[0]) if row else 0

    def get(self, path: str, **query: str) -> dict[str, Any]:
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def post(self, path: str, **body: object) -> dict[str, Any]:
        answer = self.client.post(path, json=body)
        assert answer.status_code < 300, answer.text
        told: dict[str, Any] = answer.json()
        return told


@contextmanager
def database(desk: Desk) -> Iterator[psycopg.Connection]:
    """The desk's database, in its first company."""
    with psycopg.connect(desk.url, autocommit=True) as connection:
        connection.execute("select set_config('app.company_id', '1', false)")
        yield connection


@contextmanager
def consumer(desk: Desk, broker: str, folder: Path) -> Iterator[None]:
    """`celery -A ticketyard.celery worker -Q rag_events` over the same database and files."""
    log = folder / "celery.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "ticketyard.celery", "worker", "-Q", "rag_events",
             "-c", "1"],
            cwd=folder, start_new_session=True, stdout=output, stderr=output,
            env={
                "PATH": os.environ["PATH"], "HOME": str(folder), "DATABASE_URL": desk.url,
                "DATA_DIR": str(folder), "CELERY_BROKER_URL": broker,
                "RAG_FILES_BASE_PATH": str(folder / "blobs"),
            },
        )  # fmt: skip
    try:
        until(lambda: "ready." in log.read_text() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


@contextmanager
def site(desk: Callable[[], str]) -> Iterator[str]:
    """Somebody else's site with the widget's one tag."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tag = f'<script src="{desk()}/chat/widget.js" data-company="north" async></script>'
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(f"<!doctype html><link rel=icon href=data:,><p>Shop</p>{tag}".encode())

        def log_message(self, *_: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def flow(
    browser: Browser, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flow]:
    """One start of everything. Without a browser it is not even begun."""
    folder = tmp_path_factory.mktemp("proof")
    (folder / "redis").mkdir()
    redis = RedisServer(folder / "redis")
    redis.start()
    with (
        open_desk(cluster, folder, RAG_BROKER_URL=redis.url) as desk,
        consumer(desk, redis.url, folder),
        desk.program.client() as client,
        site(lambda: desk.program.address) as address,
    ):
        with database(desk) as connection:
            connection.execute(
                "update company set settings = settings || jsonb_build_object('chat.origins', %s::text)"
                " where id = 1",
                [address],
            )
        told = {"email": "ada@example.com", "password": PASSWORD, "company": "north"}
        entered = client.post("/api/auth/login", json=told)
        assert entered.status_code == 200, entered.text
        client.headers["x-csrf-token"] = entered.json()["csrf_token"]
        yield Flow(desk, client, address)
    redis.kill()


def until(holds: Callable[[], object]) -> None:
    """Wait for it; else fail."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end, "It never came about."
        time.sleep(0.1)


def test_what_is_known_is_answered_with_proof_and_what_is_gone_is_not(
    flow: Flow, browser: Browser
) -> None:
    file_id = _upload(flow)
    ticket_id, number = _open_ticket(flow)
    _solution_is_cited(flow, ticket_id, file_id)
    with visit(browser, flow.desk) as page:
        _desk_shows_the_draft(page, number)
        stranger = browser.new_context(
            base_url=flow.desk.program.address, locale="en-GB"
        ).new_page()
        stranger.goto(flow.site)
        _answers_with_proof(_widget(stranger))
        stranger.goto("/chat/north")
        _answers_with_proof(stranger)

        assert flow.client.delete(f"/api/files/{file_id}/").status_code < 300
        _nothing_answers(flow, ticket_id)
        page.goto(f"/tickets/{number}")
        expect(page.locator("#proposal")).to_contain_text("please answer it yourself")
        assert STEP not in page.content()
        # In the same conversation, and in the same words.
        _ask(stranger)
        expect(stranger.locator(".said .words").last).to_contain_text(
            "found nothing about this", timeout=PATIENCE_MS
        )
        stranger.context.close()
    until(lambda: flow.done("file_deleted") == 1)


def _upload(flow: Flow) -> str:
    sent = flow.client.post(
        "/api/files/",
        data={"kind": "pdf", "visibility": "public"},
        files={"file": ("router.pdf", GUIDE, "application/pdf")},
    )
    assert sent.status_code == 201, sent.text
    file_id = str(sent.json()["uuid"])
    # Through Redis to Celery, and read.
    until(lambda: flow.done("file_uploaded") == 1)
    until(lambda: flow.get(f"/api/files/{file_id}/")["state"] == "ready")
    return file_id


def _open_ticket(flow: Flow) -> tuple[int, str]:
    before = flow.done("ticket.created")
    opened = flow.post(
        "/api/tickets/web-form",
        title=QUESTION,
        description="Nobody is online since this morning.",
        email="rita@example.com",
        name="Rita",
    )
    until(lambda: flow.done("ticket.created") > before)
    return int(opened["ticket_id"]), str(opened["ticket_number"])


def _solution_is_cited(flow: Flow, ticket_id: int, file_id: str) -> None:
    path = f"/api/tickets/{ticket_id}/solution"
    until(lambda: flow.get(path)["state"] == "done")
    found = flow.get(path)
    assert found["solution_steps"][0]["text"] == STEP
    assert found["solution_steps"][0]["citation"] == f"[file:{file_id}#{file_id}-0]"
    asked = flow.post("/rag/solution", company_id=1, ticket_description=QUESTION)
    assert f"[file:{file_id}#{file_id}-0]" in asked["steps"][0]
    assert (
        flow.post("/rag/retrieve", company_id=1, query=QUESTION)["items"][0]["source_id"] == file_id
    )


def _desk_shows_the_draft(page: Page, number: str) -> None:
    page.goto(f"/tickets/{number}")
    proposal = page.locator("#proposal")
    expect(proposal.locator(".proposal-step").first).to_have_text(STEP, timeout=PATIENCE_MS)
    proposal.locator("summary").first.click()
    expect(proposal.locator("blockquote").first).to_have_text(STEP)


def _widget(page: Page) -> FrameLocator:
    page.get_by_role("button", name="Chat with us").click()
    frame = page.frame_locator("ticketyard-chat iframe")
    # It is awake when it takes the cursor.
    expect(frame.get_by_label("Your message")).to_be_focused(timeout=PATIENCE_MS)
    return frame


def _ask(place: Page | FrameLocator) -> None:
    box = place.get_by_label("Your message")
    box.fill(QUESTION)
    box.press("Enter")


def _answers_with_proof(place: Page | FrameLocator) -> None:
    _ask(place)
    expect(place.locator(".said .words").last).to_contain_text(
        "Did that help?", timeout=PATIENCE_MS
    )
    expect(place.locator(".said.assistant .words", has_text=STEP[:40]).first).to_be_visible()
    place.get_by_role("button", name="Source 1").first.click()
    expect(place.locator("blockquote").first).to_contain_text(STEP)


def _nothing_answers(flow: Flow, ticket_id: int) -> None:
    """From the moment on that the deletion was confirmed."""
    assert flow.post("/rag/retrieve", company_id=1, query=QUESTION)["items"] == []
    solution = flow.post("/rag/solution", company_id=1, ticket_description=QUESTION)
    assert (solution["steps"], solution["sources"], solution["needs_human"]) == ([], [], True)
    assert flow.get(f"/api/tickets/{ticket_id}/solution")["solution_steps"] == []
    assert flow.get("/api/tickets/search/suggestions", q=QUESTION)["suggestions"] == []
    streamed = flow.client.post("/rag/chat", json={"company_id": 1, "message": QUESTION}).text
    assert "NO_RETRIEVAL_CONTEXT" in streamed
    assert "red button" not in streamed
