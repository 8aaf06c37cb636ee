"""A graver report of the same alert, and a graver alert on the same ticket, are not folded away."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.alerts.conftest import Desk, alert
from ticketyard.alerts.maintenance import add_window
from ticketyard.tickets.labelling import Changes, change_ticket

RAISED = "select payload -> 'changes' from event where type = 'ticket.changed' order by id"


async def labels(desk: Desk, ticket_id: int | None) -> tuple[str, str, str]:
    """How grave the ticket is, how urgent, and who says so."""
    sql = "select severity || ' ' || priority || ' ' || priority_by from ticket where id = :id"
    return tuple((await desk.value(sql, id=ticket_id)).split())


async def change(desk: Desk, ticket_id: int | None, **values: Any) -> None:
    """Ana changes the ticket."""
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        await change_ticket(
            session, ticket_id=ticket_id or 0, changes=Changes.of(values),
            by=desk.world.as_person(desk.world.ana),
        )  # fmt: skip


@pytest.mark.parametrize("is_event", [False, True])
async def test_a_graver_repeat_raises_its_alert_and_its_ticket(desk: Desk, is_event: bool) -> None:
    first = await desk.fire(severity="low", is_event=is_event)
    again = await desk.fire(severity="critical", is_event=is_event)

    assert (again.outcome, again.alert_id) == ("repeated", first.alert_id)
    found = await desk.alert(first.alert_id)
    assert (found["severity"], found["count"]) == ("critical", 2)
    assert await labels(desk, first.ticket_id) == ("critical", "critical", "source")
    assert await desk.values(RAISED) == [
        {"severity": ["low", "critical"], "priority": ["low", "critical"]}]  # fmt: skip

    # A lesser one changes nothing, nor does the same again.
    for severity in ("info", "critical"):
        await desk.fire(severity=severity, is_event=is_event)
    assert (await desk.alert(first.alert_id))["severity"] == "critical"
    assert len(await desk.values(RAISED)) == 1
    assert (await desk.clear()).status == "resolved", "rising is nobody's touch"


async def test_the_clocks_follow_a_ticket_that_rises(
    desk: Desk, run_jobs: Callable[[], Awaitable[None]]
) -> None:
    due = "select sla_due_at from ticket"
    await desk.fire(severity="low")
    await run_jobs()
    before = await desk.value(due)
    await desk.fire(severity="critical")
    await run_jobs()
    assert await desk.value(due) < before


async def test_a_priority_that_a_person_chose_stays(desk: Desk) -> None:
    first = await desk.fire(severity="low")
    await change(desk, first.ticket_id, priority="medium")
    await desk.fire(severity="critical")
    assert await labels(desk, first.ticket_id) == ("critical", "medium", "agent")


async def test_a_severity_that_a_person_lowered_stays_until_it_gets_graver(desk: Desk) -> None:
    first = await desk.fire(severity="high")
    await change(desk, first.ticket_id, severity="low")
    # An end beside it, so that all of the delivery is decided.
    await desk.report(alert(severity="high"), alert("other", is_clear=True))
    assert (await labels(desk, first.ticket_id))[0] == "low"


async def test_a_priority_that_is_higher_already_stays(desk: Desk) -> None:
    first = await desk.fire(severity="low")
    await desk.value("update ticket set priority = 'urgent' returning 1")
    await desk.fire(severity="high")
    assert await labels(desk, first.ticket_id) == ("high", "urgent", "source")


async def test_what_got_graver_while_its_ticket_was_finished_rises_when_it_is_reopened(
    desk: Desk,
) -> None:
    first = await desk.fire(severity="low")
    await desk.move(first.ticket_id, "resolved")
    assert (await desk.fire(severity="critical")).outcome == "repeated"
    assert await labels(desk, first.ticket_id) == ("low", "low", "source")
    desk.later(minutes=11)
    assert (await desk.fire(severity="critical")).outcome == "reopened"
    assert await labels(desk, first.ticket_id) == ("critical", "critical", "source")


async def test_what_fires_again_graver_rises(desk: Desk) -> None:
    first = await desk.fire(severity="low")
    await desk.clear()
    assert (await desk.fire(severity="high")).outcome == "reopened"
    assert (await labels(desk, first.ticket_id))[0] == "high"
    assert (await desk.alert(first.alert_id))["severity"] == "high"


async def test_what_is_held_back_is_as_grave_as_it_got(desk: Desk) -> None:
    ends = desk.now + timedelta(minutes=10)
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        given = {"name": "W", "starts_at": desk.now, "ends_at": ends}
        await add_window(session, fields=given, by=desk.world.system)
    held = await desk.fire(severity="low")
    assert (await desk.fire(severity="critical")).outcome == "repeated"
    desk.later(minutes=10)
    await desk.keep_up()
    ticket_id = (await desk.alert(held.alert_id))["ticket_id"]
    assert await labels(desk, ticket_id) == ("critical", "critical", "source")


async def test_an_incident_is_as_grave_as_its_gravest_alert(desk: Desk) -> None:
    await desk.rules(group_by=["labels.cluster"])
    cluster = {"cluster": "x"}
    first = await desk.fire("a", labels=cluster, severity="low")
    for name, severity in (("b", "critical"), ("c", "medium")):
        await desk.fire(name, labels=cluster, severity=severity)
    assert await labels(desk, first.ticket_id) == ("critical", "critical", "source")
    assert len(await desk.values(RAISED)) == 1


async def test_a_storm_is_as_grave_as_its_gravest_alert(desk: Desk) -> None:
    await desk.rules(storm_alerts=2)
    for n in range(3):
        storm = await desk.fire(f"a{n}", severity="low")
    graver = await desk.fire("b", severity="high")
    assert (graver.outcome, graver.ticket_id) == ("joined", storm.ticket_id)
    assert await labels(desk, storm.ticket_id) == ("high", "high", "source")
    assert (await desk.fire("c", severity="low")).outcome == "joined"
