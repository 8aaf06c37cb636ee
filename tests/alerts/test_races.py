"""Reports of one alert that meet in the database: whichever comes first, nothing is spoilt."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import text

from tests.alerts.conftest import Desk, alert
from ticketyard.alerts.filing import Taken
from ticketyard.alerts.maintenance import add_window


@asynccontextmanager
async def in_flight(desk: Desk, fingerprint: str) -> AsyncIterator["asyncio.Task[list[Taken]]"]:
    """A first report that is written and not committed: what it came in waits for another's turn."""
    about = {
        "identity": f"alert:{hashlib.sha256(b'first').hexdigest()}",
        "sha256": "0", "content_type": "application/json",
    }  # fmt: skip
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        await session.execute(
            text("select keep_delivery(cast(:about as jsonb), '', null)"),
            {"about": orjson.dumps(about).decode()},
        )
        first = asyncio.create_task(desk.report(alert(fingerprint, identity="first")))
        await asyncio.sleep(0.3)
        assert not first.done()
        yield first
        await session.rollback()


async def test_an_end_that_overtakes_its_alarm_is_its_end(desk: Desk) -> None:
    await desk.fire("another, so that the provider is known")
    async with in_flight(desk, "f") as first:
        ending = asyncio.create_task(desk.clear("f"))
        await asyncio.sleep(0.3)
    (fired,), ended = await first, await ending

    assert (fired.outcome, ended.outcome) == ("opened", "recovered")
    assert (ended.alert_id, ended.status) == (fired.alert_id, "resolved")
    assert (await desk.fire("f")).outcome == "reopened"


async def test_an_alarm_that_waits_for_an_end_is_heard_after_it(desk: Desk) -> None:
    await desk.fire("another, so that the provider is known")
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        await session.execute(text("select hold_fingerprint('p', 'f')"))
        ending = asyncio.create_task(desk.clear("f", occurred_at=desk.now))
        await asyncio.sleep(0.2)
        before = desk.now - timedelta(seconds=1)
        firing = asyncio.create_task(desk.fire("f", occurred_at=before))
        await asyncio.sleep(0.2)
        assert not firing.done()
    ended, fired = await ending, await firing
    assert (ended.outcome, fired.outcome) == ("recovered", "late")


@pytest.mark.parametrize("report", ["fire", "clear"])
async def test_what_is_active_counts_before_a_later_end(desk: Desk, report: str) -> None:
    fires = await desk.fire("f")
    await desk.value(
        "select insert_alert(jsonb_build_object('provider_id', 'p', 'fingerprint', 'f',"
        " 'state', 'recovered'))"
    )
    again = await (desk.fire("f") if report == "fire" else desk.clear("f"))
    assert again.outcome == {"fire": "repeated", "clear": "recovered"}[report]
    assert again.alert_id == fires.alert_id
    await desk.move(fires.ticket_id, *(["resolved"] if report == "fire" else []), "closed")
    desk.later(minutes=11)
    assert (await desk.fire("f")).outcome == "opened"


async def test_the_end_of_a_window_and_the_end_of_an_alert_do_not_block_each_other(
    desk: Desk,
) -> None:
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        ends = desk.now + timedelta(minutes=10)
        given = {"name": "W", "starts_at": desk.now, "ends_at": ends}
        await add_window(session, fields=given, by=desk.world.system)
    held, other = await desk.fire("f"), await desk.fire("g")
    desk.later(minutes=10)
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        # As an end does that was here first.
        await session.execute(text("select hold_fingerprint('p', 'f')"))
        releasing = asyncio.create_task(desk.keep_up())
        await asyncio.sleep(0.3)
        await session.execute(
            text("update alert set state = 'recovered', recovered_at = now() where id = :id"),
            {"id": held.alert_id},
        )
    await releasing
    assert (await desk.alert(held.alert_id))["ticket_id"] is None
    assert (await desk.alert(other.alert_id))["ticket_status"] == "open"
    assert await desk.value("select released_at is not null from alert_maintenance")
