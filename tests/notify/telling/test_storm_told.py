"""A storm is told once: to admins, and to chats that did not untick it."""

from collections.abc import Awaitable, Callable

import httpx2
from sqlalchemy import text

from tests.alerts.conftest import Desk
from tests.receiver import Receiver, listening
from tests.world import World
from ticketyard.notify.telling.reading import Told, list_notifications

Run = Callable[[], Awaitable[None]]


async def told(world: World, person_id: int) -> list[Told]:
    async with world.resources.db.transaction(world.company_id) as session:
        return await list_notifications(session, person_id)


async def test_a_storm_is_told_to_admins_and_chats_once(
    world: World, client: httpx2.AsyncClient, run_jobs: Run
) -> None:
    await world.log_in(client, world.admin)
    desk = Desk(world, world.resources.clock())
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(text("update agent set is_available = false"))
    async with listening(Receiver()) as receiver:
        chat = {"kind": "slack", "name": "#desk", "url": receiver.url}
        assert (await client.post("/api/notifications/targets", json=chat)).status_code == 201
        await desk.rules(storm_alerts=3, storm_seconds=60)
        for number in range(6):
            await desk.fire(f"a{number}")
        await run_jobs()
        await desk.fire("b")
        await run_jobs()
        (got,) = receiver.got
        assert b"Alert storm from p" in got.body
        assert b"An alert storm" in got.body
    (found,) = await told(world, world.admin.id)
    assert (found.kind, found.count, found.title) == ("alert_storm", 1, "Alert storm from p")
    assert await told(world, world.ana.id) == []


async def test_a_new_chat_is_told_of_storms_unless_it_is_unticked(
    world: World, client: httpx2.AsyncClient
) -> None:
    await world.log_in(client, world.admin)
    page = (await client.get("/settings/notifications")).text
    assert 'name="kinds" value="alert_storm" checked' in page
    assert 'name="kinds" value="assigned">' in page
    assert "alert_storm.email" in page
    client.cookies.clear()
    await world.log_in(client, world.ana)
    assert "alert_storm" not in (await client.get("/settings/notifications")).text
