"""Reading alerts: what is found, and how far back is looked."""

from typing import Any

from tests.alerts.conftest import Desk
from ticketyard.alerts.queries import DAYS_SEARCHED, INCIDENT_DAYS, list_alerts, list_incidents


async def found(desk: Desk, **wanted: Any) -> list[int]:
    """Ids of the alerts found."""
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        return [each["id"] for each in await list_alerts(session, limit=10, **wanted)]


async def incidents(desk: Desk) -> list[int]:
    """Ids of the tickets that several alerts are on."""
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        return [each["id"] for each in await list_incidents(session, limit=10)]


async def test_words_are_looked_for_in_the_titles_of_the_last_months(desk: Desk) -> None:
    old = await desk.fire("old", title="Disk full")
    desk.later(days=DAYS_SEARCHED - 1)
    new = await desk.fire("new", title="Disk full")
    assert await found(desk, q="disk") == [new.alert_id, old.alert_id]
    desk.later(days=2)
    assert await found(desk, q="disk") == [new.alert_id]
    # Without words, or on one ticket, whatever its age.
    assert await found(desk) == [new.alert_id, old.alert_id]
    assert await found(desk, q="disk", ticket_id=old.ticket_id) == [old.alert_id]


async def test_incidents_that_are_done_with_are_listed_for_a_month(desk: Desk) -> None:
    await desk.rules(group_by=["labels.cluster"])
    open_one = await desk.fire("x1", labels={"cluster": "x"})
    done = await desk.fire("y1", labels={"cluster": "y"})
    for cluster in "xy":
        await desk.fire(f"{cluster}2", labels={"cluster": cluster})
    await desk.fire("alone", labels={"cluster": "z"})
    await desk.move(done.ticket_id, "resolved")
    assert await incidents(desk) == [open_one.ticket_id, done.ticket_id]
    desk.later(days=INCIDENT_DAYS + 1)
    assert await incidents(desk) == [open_one.ticket_id]
