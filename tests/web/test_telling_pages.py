"""Webhooks and notifications on the desk."""

from collections.abc import Awaitable, Callable

import httpx2
import pytest

from tests.receiver import Receiver, listening
from tests.world import World
from ticketyard.tickets.assigning import assign_ticket
from ticketyard.webhooks.jobs import deliver_due

Run = Callable[[], Awaitable[None]]


@pytest.fixture
async def admin(client: httpx2.AsyncClient, world: World) -> httpx2.AsyncClient:
    await world.log_in(client, world.admin)
    client.headers["origin"] = "http://desk.test"
    return client


async def test_an_admin_adds_a_webhook_tests_it_and_reads_the_log(
    admin: httpx2.AsyncClient, world: World
) -> None:
    async with listening(Receiver(status=500, body=b"<b>not today</b>")) as receiver:
        made = await admin.post(
            "/settings/webhooks",
            data={"url": receiver.url, "events": "ticket.*, sla.*", "name": "Reporting"},
        )
        assert made.status_code == 200, made.text
        assert "whsec_" in made.text
        home = "/settings/webhooks/1"
        assert (await admin.post(f"{home}/test")).status_code == 303
        await deliver_due(world.resources, world.company_id)
        shown = (await admin.get(home)).text
        assert "webhook.test" in shown
        assert "Answered 500." in shown
        assert "&lt;b&gt;not today" in shown
        assert "whsec_" not in shown
        receiver.status = 200
        await admin.post(f"{home}/deliveries/1/replay")
        await deliver_due(world.resources, world.company_id)
        assert "Delivered" in (await admin.get(f"{home}?state=delivered")).text
        assert "whsec_" in (await admin.post(f"{home}/secret")).text
        assert (await admin.post(f"{home}/switch", data={"on": "false"})).status_code == 303
        assert "Switch on" in (await admin.get(home)).text
        assert (await admin.post(f"{home}/switch", data={"on": "true"})).status_code == 303
        replayed = await admin.post(f"{home}/replay", data={"age": "hour"})
        assert replayed.status_code == 303
        assert (await admin.post(f"{home}/delete")).status_code == 303
        assert (await admin.get(home)).status_code == 404


async def test_what_is_wrong_stands_beside_the_field(admin: httpx2.AsyncClient) -> None:
    refused = await admin.post(
        "/settings/webhooks", data={"url": "http://10.0.0.1/", "events": "ticket.*"}
    )
    assert refused.status_code == 422
    assert "TICKETYARD_OUTGOING_ALLOWED" in refused.text
    assert 'value="http://10.0.0.1/"' in refused.text
    target = await admin.post(
        "/settings/notifications/targets",
        data={"target": "slack", "name": "x", "url": "http://10.0.0.1/", "kinds": ["assigned"]},
    )
    assert target.status_code == 422
    assert "TICKETYARD_OUTGOING_ALLOWED" in target.text
    assert "http://10.0.0.1/" not in target.text


async def test_the_bell_counts_and_a_click_leads_to_the_ticket(
    client: httpx2.AsyncClient, world: World, run_jobs: Run
) -> None:
    opened = await world.open("Printer <i>on fire</i>")
    async with world.resources.db.transaction(world.company_id) as session:
        await assign_ticket(
            session, ticket_id=opened.id, agent_id=world.ana.id, by=world.as_person(world.admin)
        )
    await run_jobs()
    await world.log_in(client, world.ana)
    bell = await client.get("/notifications/bell")
    assert 'class="bell-count" aria-hidden="true">1<' in bell.text
    assert "bell-count" in (await client.get("/queue")).text
    listed = (await client.get("/notifications")).text
    assert "Ada Admin gave you this ticket" in listed
    assert "&lt;i&gt;on fire" in listed
    went = await client.post("/notifications/1/open")
    assert went.headers["location"] == f"/tickets/{opened.number}"
    assert "bell-count" not in (await client.get("/notifications/bell")).text
    assert (await client.post("/notifications/read")).status_code == 303


async def test_opening_a_ticket_reads_what_one_was_told_of_it(
    client: httpx2.AsyncClient, world: World, run_jobs: Run
) -> None:
    here, there = await world.open(), await world.open()
    async with world.resources.db.transaction(world.company_id) as session:
        for ticket_id in (here.id, there.id):
            await assign_ticket(
                session, ticket_id=ticket_id, agent_id=world.ana.id, by=world.as_person(world.admin)
            )
    await run_jobs()
    await world.log_in(client, world.admin)
    await client.get(f"/tickets/{here.number}")
    client.cookies.clear()
    await world.log_in(client, world.ana)
    assert (await client.get("/api/notifications")).json()["unread"] == 2
    page = await client.get(f"/tickets/{here.number}")
    assert 'class="bell-count" aria-hidden="true">1<' in page.text
    left = (await client.get("/api/notifications?unread=true")).json()["items"]
    assert [each["ticket_id"] for each in left] == [there.id]


async def test_what_is_ticked_holds_and_all_else_does_not(
    client: httpx2.AsyncClient, world: World
) -> None:
    await world.log_in(client, world.ana)
    page = (await client.get("/settings/notifications")).text
    assert 'value="assigned.email" checked' in page
    assert "mailbox_failing" not in page
    assert "targets" not in page
    await client.post("/settings/notifications", data={"choice": ["assigned.in_app"]})
    page = (await client.get("/settings/notifications")).text
    assert 'value="assigned.in_app" checked' in page
    assert page.count("checked") == 1


async def test_targets_are_kept_by_admins_and_their_log_is_read(
    admin: httpx2.AsyncClient, world: World, run_jobs: Run
) -> None:
    async with listening(Receiver()) as receiver:
        await admin.post(
            "/settings/notifications/targets",
            data={"target": "teams", "name": "Desk", "url": receiver.url, "kinds": ["assigned"]},
        )
        page = (await admin.get("/settings/notifications")).text
        assert "127.0.0.1" in page
        assert receiver.url not in page
        await admin.post("/settings/notifications/targets/1/test")
        await run_jobs()
        assert len(receiver.got) == 1
    log = (await admin.get("/settings/notification-log?status=sent")).text
    assert "Desk" in log
    for act in ("off", "on", "delete"):
        done = await admin.post(f"/settings/notifications/targets/1/{act}")
        assert done.status_code == 303
    assert "Desk</td>" not in (await admin.get("/settings/notifications")).text


async def test_agents_keep_no_webhooks(client: httpx2.AsyncClient, world: World) -> None:
    await world.log_in(client, world.ana)
    for path in ("/settings/webhooks", "/settings/notification-log"):
        assert (await client.get(path)).status_code == 403
