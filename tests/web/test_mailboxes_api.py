"""Mailboxes and mail over HTTP: secrets go in and never come out, books balance, mail is moved."""

import asyncio
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from tests.mailboxes.post import deliver, mail
from tests.web.hostile import TEXTS
from tests.world import World
from ticketyard.core.sealing import Sealer
from ticketyard.mailboxes.boxes.changing import get_mailbox
from ticketyard.mailboxes.boxes.secrets import open_secret

SECRET = "s3cret-of-the-mailbox"
BOX = {
    "address": "support@desk.example",
    "imap_server": "127.0.0.1",
    "imap_port": 1,
    "username": "support",
    "password": SECRET,
}


@pytest.fixture
async def admin(client: httpx2.AsyncClient, world: World) -> httpx2.AsyncClient:
    await world.log_in(client, world.admin)
    return client


async def add(admin: httpx2.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await admin.post("/api/mailboxes", json={**BOX, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def stored_password(world: World, mailbox_id: int) -> str:
    async with world.resources.db.transaction(world.company_id) as session:
        mailbox = await get_mailbox(session, mailbox_id)
        return open_secret(world.resources.part(Sealer), mailbox.secret).password


async def test_a_mailbox_is_added_changed_and_switched_off(
    admin: httpx2.AsyncClient, world: World
) -> None:
    box = await add(admin)
    assert (box["imap_port"], box["is_enabled"], box["origin"]) == (1, True, "desk")
    href = f"/api/mailboxes/{box['id']}"

    changed = await admin.patch(href, json={"poll_seconds": 60, "display_name": "Help"})
    assert (changed.json()["poll_seconds"], changed.json()["display_name"]) == (60, "Help")
    assert await stored_password(world, box["id"]) == SECRET
    off = await admin.patch(href, json={"is_enabled": False})
    assert off.json()["is_enabled"] is False
    # A change of something else switches nothing on.
    again = await admin.patch(href, json={"poll_seconds": None})
    assert (again.json()["is_enabled"], again.json()["poll_seconds"]) == (False, None)


async def test_secrets_never_come_out(admin: httpx2.AsyncClient) -> None:
    box = await add(admin)
    answers = [
        await admin.get("/api/mailboxes"),
        await admin.get(f"/api/mailboxes/{box['id']}"),
        await admin.post(f"/api/mailboxes/{box['id']}/test"),
        await admin.patch(f"/api/mailboxes/{box['id']}", json={"username": ""}),
        await admin.patch(f"/api/mailboxes/{box['id']}", json={"password": SECRET, "folder": ""}),
        await admin.get(f"/settings/mailboxes/{box['id']}"),
        await admin.post(
            f"/settings/mailboxes/{box['id']}",
            data={"address": "no address", "password": SECRET, "client_secret": SECRET},
        ),
    ]
    assert answers[-1].status_code == 422
    for answer in answers:
        assert SECRET not in answer.text, answer.url


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ({"imap_server": "elsewhere.example"}, False),
        ({"smtp_server": "elsewhere.example"}, False),
        ({"imap_server": "elsewhere.example", "password": "x"}, True),
        ({"auth": "xoauth2"}, False),
        ({"folder": "Tickets"}, True),
        ({"team_id": 10**9}, False),
    ],
)
async def test_a_stored_password_goes_to_no_other_server(
    admin: httpx2.AsyncClient, change: dict[str, Any], allowed: bool
) -> None:
    box = await add(admin)
    answer = await admin.patch(f"/api/mailboxes/{box['id']}", json=change)
    assert answer.status_code == (200 if allowed else 422), answer.text


async def test_one_of_the_settings_is_only_read(admin: httpx2.AsyncClient, world: World) -> None:
    box = await add(admin)
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(text("update mailbox set origin = 'settings'"))
    answer = await admin.patch(f"/api/mailboxes/{box['id']}", json={"is_enabled": False})
    assert answer.status_code == 422
    page = (await admin.get(f"/settings/mailboxes/{box['id']}")).text
    assert "from EMAIL_CREDENTIALS" in page
    assert 'name="password"' not in page


async def test_a_trial_says_in_a_sentence_how_it_went(admin: httpx2.AsyncClient) -> None:
    box = await add(admin)
    answer = (await admin.post(f"/api/mailboxes/{box['id']}/test")).json()
    assert answer["went_well"] is False
    assert "127.0.0.1" in answer["text"]
    page = await admin.post(f"/settings/mailboxes/{box['id']}/trial")
    assert page.headers["location"] == f"/settings/mailboxes/{box['id']}"


async def test_agents_manage_no_mailboxes(client: httpx2.AsyncClient, world: World) -> None:
    await world.log_in(client, world.ana)
    for path in ("/api/mailboxes", "/settings/mailboxes", "/settings/mailboxes/new"):
        assert (await client.get(path)).status_code == 403


async def test_the_ledger_balances_and_is_read_in_pages(
    admin: httpx2.AsyncClient, world: World
) -> None:
    box = await add(admin)
    raw = mail(message_id="<wanted@mailer.example>")
    for each in (raw, raw, mail(sender="support@desk.example"), mail(subject="100% off")):
        await deliver(world, each, box["id"])

    ledger = (await admin.get(f"/api/mailboxes/{box['id']}/ledger", params={"limit": 3})).json()
    books = ledger["books"]
    assert books["balances"] is True
    names = ("received", "tickets", "replies", "duplicates", "refused", "waiting")
    assert [books[name] for name in names] == [4, 2, 0, 1, 0, 1]
    assert len(ledger["mails"]) == 3
    rest = await admin.get(
        f"/api/mailboxes/{box['id']}/ledger", params={"before": ledger["next_before"]}
    )
    assert (len(rest.json()["mails"]), rest.json()["next_before"]) == (1, None)

    page = (await admin.get(f"/settings/mailboxes/{box['id']}/ledger")).text
    assert "It balances" in page
    page = (await admin.get(f"/settings/mailboxes/{box['id']}/ledger?outcome=duplicate")).text
    assert page.count('class="ledger-line"') == 1


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "<wanted@mailer.example>"}, 2),
        ({"q": "RITA@example.com"}, 3),
        ({"q": "100%"}, 1),
        ({"q": "_"}, 0),
        ({"outcome": "ticket"}, 2),
        ({"mailbox_id": 0}, 0),
        ({"limit": 1}, 1),
    ],
)
async def test_mails_are_found(
    admin: httpx2.AsyncClient, world: World, asked: dict[str, Any], found: int
) -> None:
    box = await add(admin)
    raw = mail(message_id="<wanted@mailer.example>")
    for each in (raw, raw, mail(subject="100% off")):
        await deliver(world, each, box["id"])
    answer = (await admin.get("/api/mails", params=asked)).json()
    assert len(answer["mails"]) == found
    assert (answer["next_before"] is not None) == (asked == {"limit": 1})


async def test_a_mail_is_read_with_its_account_and_moved(
    client: httpx2.AsyncClient, world: World
) -> None:
    await world.log_in(client, world.ana)
    placed = await deliver(world, mail(cc="cy@elsewhere.example"))
    target = await world.open("Target")
    (row,) = (await client.get("/api/mails")).json()["mails"]

    one = (await client.get(f"/api/mails/{row['id']}")).json()
    assert (one["ticket_id"], one["why"]) == (placed.ticket_id, "It names no ticket: a new one.")
    assert (one["to"], one["cc"]) == (["support@desk.example"], ["cy@elsewhere.example"])
    assert one["account"]["kind"] == "open"

    moved = await client.post(f"/api/mails/{row['id']}/move", json={"to": target.number})
    assert moved.json() == {
        "id": row["id"], "ticket_id": target.id, "ticket_number": target.number,
        "created": False, "from_ticket_number": placed.number,
    }  # fmt: skip
    again = await client.post(f"/api/mails/{row['id']}/move", json={"to": target.id})
    assert again.status_code == 409
    nowhere = await client.post(f"/api/mails/{row['id']}/move", json={"to": -1})
    assert nowhere.status_code == 404
    apart = await client.post(f"/api/mails/{row['id']}/move", json={})
    assert apart.json()["created"] is True


async def test_two_who_move_one_mail_at_once_make_one_ticket(
    client: httpx2.AsyncClient, world: World
) -> None:
    await world.log_in(client, world.ana)
    target = await world.open("Target")
    await deliver(world, mail())
    (row,) = (await client.get("/api/mails")).json()["mails"]
    await client.post(f"/api/mails/{row['id']}/move", json={"to": target.id})

    answers = await asyncio.gather(
        *(client.post(f"/api/mails/{row['id']}/move", json={}) for _ in range(4))
    )

    assert sorted(each.status_code for each in answers) == [200, 409, 409, 409]


async def test_nonsense_in_the_form_is_said_beside_its_field(admin: httpx2.AsyncClient) -> None:
    for name in ("address", "imap_server", "imap_port", "username", "auth", "folder", "team_id",
                 "poll_seconds", "password", "token_url", "authserv_id", "smtp_port"):  # fmt: skip
        for value in TEXTS:
            answer = await admin.post("/settings/mailboxes", data={**BOX, name: value})
            assert answer.status_code in (303, 422), (name, value[:40], answer.status_code)
            assert SECRET not in answer.text


async def test_the_desk_tells_admins_of_a_mailbox_that_fails(
    admin: httpx2.AsyncClient, world: World
) -> None:
    await add(admin)
    assert "cannot be read" not in (await admin.get("/queue")).text
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text(
                "update mailbox set alarmed_at = now(), failing_since = now(),"
                " last_error = 'No <b>answer</b>.'"
            )
        )
    page = (await admin.get("/queue")).text
    assert "support@desk.example cannot be read" in page
    assert "No &lt;b&gt;answer&lt;/b&gt;." in page
    await world.log_in(admin, world.ana)
    assert "cannot be read" not in (await admin.get("/queue")).text


async def test_what_needs_a_look_is_readable(admin: httpx2.AsyncClient, world: World) -> None:
    box = await add(admin)
    odd = mail("Scanned page one.", sender="support@desk.example", subject="Scan")
    await deliver(world, odd, box["id"])
    (row,) = (await admin.get("/api/mails", params={"outcome": "waiting"})).json()["mails"]
    assert row["needs_look"] is True

    page = (await admin.get("/needs-a-look")).text
    assert "Scanned page one." in page
    assert "It bears the address of one of our own mailboxes." in page
    assert "Content-Transfer-Encoding" not in page

    answer = await admin.post(f"/mails/{row['id']}/move", data={"new": "1"})
    assert answer.headers["location"].startswith("/tickets/TKT-")
    again = await admin.post(f"/mails/{row['id']}/move", data={"to": "TKT-1"})
    assert again.headers["location"] == "/needs-a-look"
