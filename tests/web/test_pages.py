"""The desk's pages, read and used as a browser without scripts would."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from tests.world import PASSWORD, World
from ticketyard.core.db import Database
from ticketyard.people.accounts import add_person
from ticketyard.people.logging_in import make_login_link
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.commenting import add_comment

Client = httpx2.AsyncClient
RunJobs = Callable[[], Awaitable[None]]
SAMPLES = Path(__file__).resolve().parents[2] / "src" / "ticketyard" / "samples"
HTML = {"accept": "text/html"}

READABLE = (
    "/queue",
    "/queue?view=mine&q=printer&priority=high&assignee=none&language=RU&office=1",
    "/queue?status=closed&sentiment=negative&source=email&category=vpn",
    "/queue?after=nonsense&view=nonsense",
    "/dashboard",
    "/dashboard?days=7",
    "/agents",
    "/import",
    "/needs-a-look",
    "/settings/account",
    "/settings/people",
    "/settings/keys",
    "/settings/company",
)


@pytest.fixture
async def desk(client: Client, world: World) -> Client:
    """The admin's browser."""
    await come_in(client, "ada@example.com")
    return client


async def come_in(client: Client, email: str, to: str = "/queue") -> None:
    """Log in through the form, which leads to `to`."""
    client.headers.update(HTML)
    answer = await client.post(
        "/login", data={"email": email, "password": PASSWORD, "next": "/queue"}
    )
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == to


async def token(client: Client, path: str = "/queue") -> str:
    """The CSRF token of a page's forms."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', (await client.get(path)).text)
    assert found
    return found[1]


def flashes(page: str) -> list[str]:
    """What the page says was just done."""
    return re.findall(r'class="flash \w+">.*?<span>(.*?)</span>', page)


@pytest.mark.parametrize("path", READABLE)
async def test_every_page_opens(desk: Client, world: World, path: str) -> None:
    await world.open("The printer is on fire", tags=("fire",))
    answer = await desk.get(path)
    assert answer.status_code == 200, answer.text
    assert "style=" not in answer.text, "the content policy forbids inline styles"
    assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text), "and inline scripts"


async def test_who_is_not_logged_in_is_sent_to_the_log_in_and_back(
    client: Client, world: World
) -> None:
    client.headers.update(HTML)
    answer = await client.get("/dashboard")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=/dashboard"
    assert "/dashboard" in (await client.get("/login?next=/dashboard")).text


@pytest.mark.parametrize(
    "next_page",
    ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)", "/a\nb"],
)
async def test_nobody_is_led_elsewhere_after_the_log_in(
    client: Client, world: World, next_page: str
) -> None:
    answer = await client.post(
        "/login", data={"email": "ana@example.com", "password": PASSWORD, "next": next_page}
    )
    assert answer.headers["location"] == "/queue"


async def test_a_wrong_password_says_so_and_keeps_the_address(client: Client, world: World) -> None:
    client.headers.update(HTML)
    answer = await client.post("/login", data={"email": "ana@example.com", "password": "wrong"})
    assert answer.status_code == 401
    assert "do not belong together" in answer.text
    assert 'value="ana@example.com"' in answer.text


async def test_another_site_cannot_send_our_forms(client: Client, world: World) -> None:
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.test"}):
        answer = await client.post(
            "/login", data={"email": "ana@example.com", "password": PASSWORD}, headers=headers
        )
        assert answer.status_code == 403


async def test_a_form_without_its_token_changes_nothing(desk: Client, world: World) -> None:
    opened = await world.open()
    answer = await desk.post(
        f"/tickets/{opened.number}/status", data={"status": "in_progress", "version": 1}
    )
    assert answer.status_code == 403
    assert "Open" in (await desk.get(f"/tickets/{opened.number}")).text


async def test_a_ticket_is_worked_on(desk: Client, world: World) -> None:
    opened = await world.open("The printer is on fire")
    address = f"/tickets/{opened.number}"
    csrf = await token(desk, address)

    async def send(action: str, **fields: object) -> str:
        answer = await desk.post(f"{address}/{action}", data={"csrf_token": csrf, **fields})
        assert answer.status_code == 303, answer.text
        return (await desk.get(address)).text

    async def version() -> str:
        found = re.search(r'name="version" value="(\d+)"', (await desk.get(address)).text)
        assert found
        return found[1]

    page = await send("assignee", agent_id=world.ana.id, version=await version())
    assert flashes(page) == ["Given to Ana Agent."]
    page = await send("category", category="printer", version=await version())
    assert flashes(page) == ["Filed under printer."]
    assert "set by a person" in page
    await send("priority", priority="urgent", version=await version())
    await send("tags", tag="Fire")
    page = await send("tags/remove", tag="fire")
    assert "Remove fire" not in page
    page = await send("comments", body="Do not touch it!", kind="internal")
    assert 'class="comment internal"' in page
    page = await send("comments", body="Help is on its way.", kind="reply", then="resolved")
    assert flashes(page) == ["Reply sent. The ticket is resolved."]
    page = await send("status", status="closed", version=await version())
    assert "a closed ticket stays closed" in page
    for told in ("Opened by Web form", "Given to Ana Agent", "In progress → Resolved"):
        assert told in page or told == "In progress → Resolved"


async def test_a_reply_carries_files_that_come_back_as_they_were(
    desk: Client, world: World
) -> None:
    opened = await world.open()
    address = f"/tickets/{opened.number}"
    answer = await desk.post(
        f"{address}/comments",
        data={"csrf_token": await token(desk, address), "body": "See the picture."},
        files=[("files", ("../../<b>photo.svg", b"<svg onload=alert(1)>", "image/svg+xml"))],
    )
    assert answer.status_code == 303, answer.text
    page = (await desk.get(address)).text
    assert "<b>photo" not in page
    found = re.search(rf'href="({address}/attachments/\d+)"', page)
    assert found
    file = await desk.get(found[1])
    assert file.content == b"<svg onload=alert(1)>"
    assert file.headers["content-disposition"].startswith("attachment")
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["x-content-type-options"] == "nosniff"


async def test_who_was_too_late_sees_both_versions_and_may_insist(
    desk: Client, world: World
) -> None:
    opened = await world.open()
    address = f"/tickets/{opened.number}"
    csrf = await token(desk, address)
    first = {"csrf_token": csrf, "priority": "urgent", "version": 1}
    assert (await desk.post(f"{address}/priority", data=first)).status_code == 303
    late = {"csrf_token": csrf, "category": "vpn", "version": 1}
    answer = await desk.post(f"{address}/category", data=late)
    assert answer.status_code == 409
    assert "Someone changed this ticket" in answer.text
    assert "Urgent" in answer.text
    assert "vpn" in answer.text
    insisted = {**late, "version": 2}
    assert (await desk.post(f"{address}/category", data=insisted)).status_code == 303


async def test_many_tickets_are_changed_at_once_and_refusals_are_told(
    desk: Client, world: World
) -> None:
    done = await world.open("Done", status="resolved")
    others = [await world.open(f"Ticket {n}") for n in range(3)]
    csrf = await token(desk)
    answer = await desk.post(
        "/queue/bulk",
        data={
            "csrf_token": csrf,
            "action": "assign",
            "agent_id": world.bo.id,
            "ticket": [each.id for each in (*others, done)],
            "back": "/queue?view=all",
        },
    )
    assert answer.headers["location"] == "/queue?view=all"
    page = (await desk.get("/queue?view=all")).text
    assert flashes(page)[0] == "3 tickets changed."
    assert "1 ticket left as before" in flashes(page)[1]
    assert page.count('<span class="person-name">Bo Agent</span>') == 3
    assert flashes((await desk.get("/queue")).text) == [], "a line is said once"


async def test_a_view_is_saved_found_again_and_forgotten(desk: Client, world: World) -> None:
    csrf = await token(desk)
    answer = await desk.post(
        "/queue/views",
        data={"csrf_token": csrf, "name": "Hot", "query": "/queue?priority=urgent&q=fire"},
    )
    page = (await desk.get(answer.headers["location"])).text
    assert 'aria-current="page">Hot' in page
    forget = re.search(r'action="(/queue/views/\d+/forget)"', page)
    assert forget
    await desk.post(forget[1], data={"csrf_token": csrf})
    assert ">Hot<" not in (await desk.get("/queue")).text


async def test_the_queue_is_read_page_by_page(desk: Client, world: World) -> None:
    for n in range(60):
        await world.open(f"Ticket number {n}")
    first = (await desk.get("/queue")).text
    following = re.search(r'href="(/queue\?after=[^"]+)" rel="next"', first)
    assert following
    second = (await desk.get(following[1].replace("&amp;", "&"))).text
    numbers = [re.findall(r"data-id=\"(\d+)\"", page) for page in (first, second)]
    assert [len(each) for each in numbers] == [50, 10]
    assert not set(numbers[0]) & set(numbers[1])


async def test_news_are_counted_for_this_queue_only(desk: Client, world: World) -> None:
    page = (await desk.get("/queue?q=fire")).text
    news = re.search(r'hx-get="(/queue/news[^"]+)"', page)
    assert news
    address = news[1].replace("&amp;", "&")
    await world.open("A fire")
    await world.open("A flood")
    assert "1 new" in (await desk.get(address)).text


async def test_a_requester_has_no_desk(client: Client, world: World) -> None:
    await come_in(client, "rita@example.com", "/my")
    for path in ("/queue", "/dashboard", "/agents", "/settings/people", "/live"):
        assert (await client.get(path)).status_code == 403


async def test_an_agent_sees_no_settings_of_others(client: Client, world: World) -> None:
    await come_in(client, "ana@example.com")
    for path in ("/settings/people", "/settings/keys", "/settings/company", "/import"):
        assert (await client.get(path)).status_code == 403
    assert (await client.get("/settings", follow_redirects=True)).status_code == 200


async def test_another_companys_ticket_does_not_exist(desk: Client, world: World) -> None:
    opened = await world.open()
    await desk.post("/logout", data={"csrf_token": await token(desk)})
    await desk.post(
        "/login", data={"email": "otto@example.com", "password": PASSWORD, "company": "south"}
    )
    answer = await desk.get(f"/tickets/{opened.number}")
    assert answer.status_code == 404
    assert "Printer" not in answer.text


async def test_people_keys_and_the_company_are_managed(desk: Client, world: World) -> None:
    csrf = await token(desk)
    person = {"csrf_token": csrf, "name": "Cy", "email": "cy@example.com", "password": "short"}
    answer = await desk.post("/settings/people", data=person)
    assert answer.status_code == 422
    assert 'value="cy@example.com"' in answer.text
    answer = await desk.post("/settings/people", data={**person, "password": PASSWORD})
    assert answer.status_code == 303
    answer = await desk.post("/settings/keys", data={"csrf_token": csrf, "name": "GLPI"})
    secret = re.search(r'id="secret">(ty_[^<]+)<', answer.text)
    assert secret
    assert secret[1] not in (await desk.get("/settings/keys")).text, "shown once"
    answer = await desk.post(
        "/settings/company",
        data={"csrf_token": csrf, "name": "Northern Desk", "switch": ["auto_assign"]},
    )
    page = (await desk.get("/settings/company")).text
    assert "Northern Desk" in page
    assert page.count(" checked") == 1


async def test_the_present_password_is_needed_to_change_it(desk: Client, world: World) -> None:
    csrf = await token(desk)
    form = {
        "csrf_token": csrf,
        "name": "Ada",
        "email": "ada@example.com",
        "password": "another long password",
    }
    answer = await desk.post("/settings/account", data=form)
    assert answer.status_code == 422
    answer = await desk.post("/settings/account", data={**form, "present_password": PASSWORD})
    assert answer.status_code == 303
    assert (await desk.get("/queue")).status_code == 303, "logged out everywhere"


async def test_whatever_was_written_is_only_text(desk: Client, world: World) -> None:
    evil = "<img src=x onerror=alert(1)>"
    opened = await world.open(
        evil,
        description=evil,
        requester_name=evil,
        tags=(evil,),
        address={"city": evil},
        custom_fields={evil: evil},
    )
    for path in ("/queue", f"/tickets/{opened.number}", "/queue?q=" + evil):
        assert "<img" not in (await desk.get(path)).text


async def test_the_live_stream_says_that_something_changed(app: FastAPI, world: World) -> None:
    """Asked of the running app piece by piece, as the stream has no end."""
    live = app.state.live
    async with live.watch(world.company_id) as changed:
        changed.clear()
        async with world.resources.db.transaction(world.company_id) as session:
            await session.execute(
                text("select pg_notify('ticketyard_live', :company)"),
                {"company": str(world.company_id)},
            )
        await asyncio.wait_for(changed.wait(), 10)


async def test_what_changed_while_a_page_was_on_its_way_is_told(
    app: FastAPI, desk: Client, world: World
) -> None:
    live = app.state.live
    async with live.watch(world.company_id) as watching, asyncio.timeout(20):
        # That it listens now is told first.
        await watching.wait()
        page = (await desk.get("/queue")).text
        found = re.search(r'sse-connect="/live\?since=([\d.]+)"', page)
        assert found
        since = float(found[1])
        async with live.watch(world.company_id, since=since) as changed:
            assert not changed.is_set()
        watching.clear()
        async with world.resources.db.transaction(world.company_id) as session:
            await session.execute(
                text("select pg_notify('ticketyard_live', :company)"),
                {"company": str(world.company_id)},
            )
        await watching.wait()
    async with live.watch(world.company_id, since=since) as changed:
        assert changed.is_set()
    async with live.watch(world.other_company_id, since=since) as changed:
        assert not changed.is_set()


FORM = {
    "name": "Rita",
    "email": "rita@example.com",
    "title": "No light",
    "description": "It is dark in here.",
}


async def test_a_form_becomes_a_ticket_once(client: Client, world: World) -> None:
    client.headers.update(HTML)
    once = re.search(r'name="once" value="([^"]+)"', (await client.get("/form")).text)
    assert once
    form = {**FORM, "once": once[1]}
    first = await client.post("/form", data=form)
    assert first.status_code == 303, first.text
    assert (await client.post("/form", data=form)).headers["location"] == first.headers["location"]
    page = (await client.get(first.headers["location"])).text
    assert re.search(r"TKT-\d{8}-\d{3}", page)


async def test_each_company_has_its_own_form(client: Client, world: World) -> None:
    client.headers.update(HTML)
    assert "South Desk" in (await client.get("/form/south")).text
    assert (await client.post("/form/south", data=FORM)).status_code == 303
    assert (await client.get("/form/nowhere")).status_code == 404
    await client.post(
        "/login", data={"email": "otto@example.com", "password": PASSWORD, "company": "south"}
    )
    assert "No light" in (await client.get("/queue")).text


async def test_a_form_with_mistakes_keeps_what_was_written(client: Client, world: World) -> None:
    client.headers.update(HTML)
    answer = await client.post("/form", data={**FORM, "email": "nonsense", "title": " "})
    assert answer.status_code == 422
    assert "This is not an e-mail address." in answer.text
    assert "Please say it in one line." in answer.text
    assert "It is dark in here." in answer.text


async def test_what_a_machine_fills_in_is_kept_for_a_look(desk: Client, world: World) -> None:
    answer = await desk.post("/form", data={**FORM, "website": "https://spam.test"})
    assert answer.status_code == 303
    page = (await desk.get("/needs-a-look")).text
    assert "A field that people do not see was filled in." in page
    assert "No light" in page
    address = re.search(r'action="(/needs-a-look/\d+)/ticket"', page)
    assert address
    raw = await desk.get(f"{address[1]}/raw")
    assert raw.headers["content-disposition"].startswith("attachment")
    csrf = await token(desk)
    opened = await desk.post(
        f"{address[1]}/ticket", data={"csrf_token": csrf, "title": "Was honest"}
    )
    assert "It is dark in here." in (await desk.get(opened.headers["location"])).text
    assert (
        await desk.post(f"{address[1]}/dismissal", data={"csrf_token": csrf})
    ).status_code == 409


async def test_three_files_are_imported_and_the_receipt_is_shown(
    desk: Client, world: World, run_jobs: RunJobs
) -> None:
    csrf = await token(desk, "/import")
    files = [
        (name, (f"{name}.csv", (SAMPLES / f"{name}.csv").read_bytes(), "text/csv"))
        for name in ("offices", "managers", "tickets")
    ]
    answer = await desk.post("/import", data={"csrf_token": csrf}, files=files)
    assert answer.status_code == 303, answer.text
    run = answer.headers["location"]
    assert "wait for their turn" in (await desk.get(run)).text
    await run_jobs()
    page = (await desk.get(run)).text
    assert "tickets have a person" in page
    assert "hx-get" not in page.split('id="progress"')[1], "nothing is asked when all is done"
    queue = (await desk.get("/queue?assignee=none&view=all")).text
    assigned = (await desk.get("/queue?segment=VIP")).text
    ticket = re.search(r'class="row-title" href="(/tickets/[^"]+)"', assigned)
    assert ticket
    page = (await desk.get(ticket[1])).text
    assert "Why this person" in page or "Why nobody yet" in page
    assert '<svg class="map"' in page
    assert "data-row" in queue


async def test_files_that_cannot_be_read_are_refused_by_name(desk: Client, world: World) -> None:
    csrf = await token(desk, "/import")
    files = [("tickets", ("letters.csv", b"a;b\n1;2\n", "text/csv"))]
    answer = await desk.post("/import", data={"csrf_token": csrf}, files=files)
    assert answer.status_code == 422
    assert "letters.csv" in answer.text
    answer = await desk.post("/import", data={"csrf_token": csrf})
    assert answer.headers["location"] == "/import"


async def test_a_login_link_works_once_and_leads_to_a_password(
    client: Client, world: World
) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        person = await add_person(
            session, name="Nia New", email=None, role="agent", by=world.system
        )
        link = await make_login_link(session, person_id=person.id, now=world.resources.clock())
    client.headers.update(HTML)
    for _ in range(2):
        assert (await client.get(f"/login/link/{link}")).status_code == 200, "looking uses nothing"
    answer = await client.post(f"/login/link/{link}")
    assert answer.headers["location"] == "/settings/account"
    csrf = await token(client, "/settings/account")
    form = {"csrf_token": csrf, "name": "Nia", "email": "nia@example.com", "password": PASSWORD}
    assert (await client.post("/settings/account", data=form)).status_code == 303
    await come_in(client, "nia@example.com")
    client.cookies.clear()
    again = await client.post(f"/login/link/{link}")
    assert again.status_code in (303, 401)
    assert "ticketyard_session" not in client.cookies


async def test_a_requester_follows_their_own_tickets_only(client: Client, world: World) -> None:
    mine = await world.open("My printer", requester_id=world.rita.id)
    other = await world.open("Not mine", requester_email="someone@example.com")
    async with world.resources.db.transaction(world.company_id) as session:
        ana = world.as_person(world.ana)
        for body, is_internal in (("Secret note", True), ("We are on it", False)):
            await add_comment(
                session, ticket_id=mine.id, body=body, is_internal=is_internal, by=ana
            )
        await change_status(session, ticket_id=mine.id, status="resolved", by=ana)
    await come_in(client, "rita@example.com", "/my")
    page = (await client.get("/my")).text
    assert "My printer" in page
    assert "Not mine" not in page
    page = (await client.get(f"/my/{mine.number}")).text
    assert "We are on it" in page
    assert "Secret note" not in page
    assert (await client.get(f"/my/{other.number}")).status_code == 404
    csrf = await token(client, "/my")
    answer = await client.post(
        f"/my/{mine.number}/comments",
        data={"csrf_token": csrf, "body": "Still broken"},
        files=[("files", ("photo.png", b"png", "image/png"))],
    )
    assert answer.status_code == 303, answer.text
    page = (await client.get(f"/my/{mine.number}")).text
    assert "Still broken" in page
    file = re.search(r'href="(/my/[^"]+/attachments/\d+)"', page)
    assert file
    assert (await client.get(file[1])).content == b"png"
    assert "Resolved" not in re.findall(r'aria-current="step">([^<]+)', page)[0]
    answer = await client.post(
        f"/my/{other.number}/comments", data={"csrf_token": csrf, "body": "Let me in"}
    )
    assert answer.status_code == 404


async def test_an_open_ticket_says_when_somebody_changed_it(desk: Client, world: World) -> None:
    opened = await world.open()
    news = f"/tickets/{opened.number}/news?version=1"
    assert "has changed" not in (await desk.get(news)).text
    csrf = await token(desk)
    await desk.post(f"/tickets/{opened.number}/tags", data={"csrf_token": csrf, "tag": "new"})
    assert "has changed" in (await desk.get(news)).text
    page = (await desk.get("/queue?tag=new&view=all")).text
    assert page.count("data-row data-id") == 1


async def test_the_log_in_form_remembers_its_company(client: Client, world: World) -> None:
    client.headers.update(HTML)
    page = (await client.get("/login?company=south")).text
    assert 'name="company" value="south"' in page


async def test_a_field_of_ones_own_is_set_and_taken_away(desk: Client, world: World) -> None:
    opened = await world.open()
    address = f"/tickets/{opened.number}"
    csrf = await token(desk)
    form = {"csrf_token": csrf, "name": "Cost centre", "value": "4711"}
    assert (await desk.post(f"{address}/fields", data=form)).status_code == 303
    assert "4711" in (await desk.get(address)).text
    await desk.post(f"{address}/fields", data={**form, "value": ""})
    page = (await desk.get(address)).text
    assert "<dt>Cost centre</dt>" not in page


async def test_a_refusal_leads_back_to_the_form(desk: Client, world: World) -> None:
    opened = await world.open(status="resolved")
    address = f"/tickets/{opened.number}"
    answer = await desk.post(
        f"{address}/status",
        data={"csrf_token": await token(desk), "status": "assigned", "version": 1},
        headers={"referer": f"http://desk.test{address}"},
    )
    assert answer.status_code == 409
    assert "cannot become assigned" in answer.text
    assert f'href="{address}"' in answer.text
    stranger = await desk.get("/nowhere", headers={"referer": "https://evil.test/x"})
    assert stranger.status_code == 404
    assert "evil.test" not in stranger.text


async def test_a_reply_sent_twice_is_one_comment(desk: Client, world: World, db: Database) -> None:
    opened = await world.open()
    address = f"/tickets/{opened.number}"
    form = {"csrf_token": await token(desk), "body": "Help is on its way.", "kind": "reply"}
    first, second = await asyncio.gather(
        desk.post(f"{address}/comments", data=form), desk.post(f"{address}/comments", data=form)
    )
    assert first.headers["location"] == second.headers["location"]
    await desk.post(f"{address}/comments", data={**form, "then": "resolved"})
    await desk.post(f"{address}/comments", data={**form, "kind": "internal"})
    async with db.transaction(world.company_id) as session:
        rows = await session.scalars(text("select is_internal from comment order by id"))
        assert list(rows) == [False, True]
        assert await session.scalar(text("select status from ticket")) == "resolved"


async def test_an_agent_is_sent_away_and_given_other_skills(desk: Client, world: World) -> None:
    address = f"/agents/{world.ana.id}"
    form = {
        "csrf_token": await token(desk),
        "position": "Lead",
        "skills": "VIP, ENG,",
        "office": "",
    }
    assert (await desk.post(address, data=form)).status_code == 303
    page = (await desk.get("/agents")).text
    assert "away" in page
    assert "Lead" in page
    assert 'value="ENG, VIP"' in (await desk.get(address)).text
    await desk.post(address, data={**form, "is_available": "true", "base_load": "3"})
    assert "away" not in (await desk.get("/agents")).text
    assert (await desk.get("/agents/4711")).status_code == 404
    assert (await desk.post(address, data={**form, "base_load": "-1"})).status_code == 422


async def test_an_agent_may_not_change_agents(client: Client, world: World) -> None:
    await come_in(client, "ana@example.com")
    assert (await client.get(f"/agents/{world.ana.id}")).status_code == 403
    assert f"/agents/{world.ana.id}" not in (await client.get("/agents")).text
