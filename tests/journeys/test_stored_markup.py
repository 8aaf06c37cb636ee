"""Whatever strangers write is only text: a real browser reads every page of it and runs nothing."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page

from tests.journeys.browsing import DESKTOP, Complaints, open_browser
from tests.journeys.running import Program
from tests.world import PASSWORD, build_world
from ticketyard.core.config import Settings
from ticketyard.core.storage import Blobs
from ticketyard.people.accounts import change_person, set_agent_profile
from ticketyard.people.companies import change_company
from ticketyard.people.keys import create_key
from ticketyard.people.teams import add_team
from ticketyard.tickets.assigning import assign_ticket
from ticketyard.tickets.attaching import attach_files, keep_file
from ticketyard.tickets.categorizing import add_categories
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.labelling import Changes, change_ticket
from ticketyard.tickets.viewing import save_view
from ticketyard.wiring import build_resources, open_database

pytestmark = pytest.mark.browser

RUN = "document.documentElement.dataset.run=1"
MARKUP = (
    f"<img src=x onerror={RUN}>",
    f"<script>{RUN}</script>",
    f'"><svg onload={RUN}>',
    f"' onmouseover={RUN} x='",
    f"</script><script>{RUN}</script>",
    f"javascript:{RUN}",
    f"{{{{constructor.constructor('{RUN}')()}}}}",
)
PAGES = (
    "/queue?view=all",
    "/queue?view=all&q=%3Csvg%20onload%3Dalert(1)%3E&category=%22%3E%3Cscript%3E",
    "/tickets/{number}",
    "/dashboard",
    "/agents",
    "/needs-a-look",
    "/import",
    "/settings/people",
    "/settings/keys",
    "/settings/company",
    "/settings/account",
    "/form",
    "/form/north/thanks?number=%3Cscript%3E",
    "/docs",
    "/no/such/<svg onload=alert(1)>",
)


async def _write_markup(url: str, folder: Path) -> str:
    """The sample cast with markup in everything that has a text; gives the ticket's number."""
    settings = Settings(_env_file=None, data_dir=folder)
    db = open_database(url)
    resources = build_resources(db, Blobs.on_disk(folder / "blobs"), settings)
    world = await build_world(resources)
    by = world.as_person(world.admin)
    everything = " ".join(MARKUP)
    opened = await world.open(
        everything[:290],
        description=everything,
        requester_name=MARKUP[0],
        requester_email="rita@example.com",
        source_category=MARKUP[2],
        location=MARKUP[1],
        asset_tag=MARKUP[2],
        segment=MARKUP[0],
        address={"city": MARKUP[0], "street": MARKUP[2]},
    )
    files = [
        await keep_file(resources.blobs, world.company_id, filename=f"{each}.html", content=b"<b>")
        for each in MARKUP
    ]
    async with db.transaction(world.company_id) as session:
        await add_categories(session, [each[:90] for each in MARKUP[:3]])
        await add_team(session, name=MARKUP[2], description=MARKUP[1])
        await change_person(session, person_id=world.ana.id, name=MARKUP[0], by=by)
        await set_agent_profile(
            session, person_id=world.ana.id, position=MARKUP[2], skills=MARKUP[:2], by=by
        )
        await change_company(session, name=MARKUP[2], by=by)
        await create_key(session, name=MARKUP[0], by=by)
        await save_view(session, name=MARKUP[2][:50], query={"q": MARKUP[0]}, by=by)
        for each in MARKUP:
            comment = await add_comment(session, ticket_id=opened.id, body=each, by=by)
        await attach_files(session, ticket_id=opened.id, files=files, by=by, comment_id=comment.id)
        await change_ticket(
            session,
            ticket_id=opened.id,
            changes=Changes.of(
                {
                    "tags": [each[:45] for each in MARKUP],
                    "custom_fields": {each[:50]: each for each in MARKUP},
                    "subcategory": MARKUP[0],
                }
            ),
            by=by,
        )
        await assign_ticket(
            session, ticket_id=opened.id, agent_id=world.ana.id, reason=MARKUP[0], by=by
        )
    await db.close()
    return opened.number


@pytest.fixture
def visit(database_url: str, tmp_path: Path) -> Iterator[tuple[Page, str]]:
    """The admin's browser at a desk that is full of markup, and the ticket's number."""
    with ThreadPoolExecutor(1) as thread:
        number = thread.submit(asyncio.run, _write_markup(database_url, tmp_path)).result()
    program = Program(database_url, tmp_path).start()
    with open_browser() as browser:
        context = browser.new_context(viewport=DESKTOP, base_url=program.address)
        yield context.new_page(), number
        context.close()
    program.stop()


def test_markup_is_only_text(visit: tuple[Page, str]) -> None:
    page, number = visit
    dialogs: list[str] = []

    def opened(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", opened)
    complaints = Complaints(page)
    page.goto("/login")
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/queue**")

    for path in PAGES:
        answer = page.goto(path.format(number=number))
        assert answer is not None
        page.wait_for_load_state("load")
        # What hides until the mouse comes near gets its chance as well.
        page.evaluate(
            "for (const e of document.querySelectorAll('*'))"
            " for (const t of ['mouseover', 'focus']) e.dispatchEvent(new Event(t))"
        )
        assert page.evaluate("document.documentElement.dataset.run") is None, path
        assert page.evaluate(_STRANGE) == [], path
        # A policy that had to step in would say so here.
        refused = [each for each in complaints.heard if "Content Security Policy" in each]
        assert refused == [], path
        if "{number}" in path:
            # It is there, to be read.
            shown = page.inner_text("body")
            assert all(each in shown for each in MARKUP)
    assert dialogs == []


# Elements and links that none of our templates has.
_STRANGE = """
[...document.querySelectorAll('*')].filter(e =>
  e.getAttributeNames().some(n => n.startsWith('on')) ||
  (e.getAttribute('src') === 'x') ||
  /^\\s*javascript:/i.test(e.getAttribute('href') || e.getAttribute('action') || '') ||
  (e.localName === 'script' && !e.src && !/json/.test(e.type))
).map(e => e.outerHTML.slice(0, 200))
"""
