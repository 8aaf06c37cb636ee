"""Alerts end, come back, come late: what happens to their tickets."""

import asyncio
from datetime import timedelta

import pytest

from tests.alerts.conftest import Desk, alert
from ticketyard.alerts.filing import Delivery, take_alerts
from ticketyard.tickets.assigning import assign_ticket
from ticketyard.tickets.commenting import add_comment


async def test_the_end_of_an_alert_resolves_its_ticket(desk: Desk) -> None:
    first = await desk.fire()
    desk.later(minutes=1)
    cleared = await desk.clear()

    assert (cleared.outcome, cleared.status, cleared.ticket_id) == (
        "recovered", "resolved", first.ticket_id)  # fmt: skip
    found = await desk.alert(first.alert_id)
    assert (found["state"], found["recovered_at"]) == ("recovered", desk.now)
    assert (
        await desk.value(
            "select by_kind || ': ' || reason from state_change where to_status = 'resolved'"
        )
        == "system: The alert has recovered."
    )
    assert (
        await desk.value("select payload ->> 'resolved' from event where type = 'alert.recovered'")
        == "true"
    )


async def test_the_end_is_noted_on_a_ticket_that_a_person_touched(desk: Desk) -> None:
    first = await desk.fire()
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        await add_comment(
            session, ticket_id=first.ticket_id or 0, body="Looking.", is_internal=True,
            by=desk.world.as_person(desk.world.ana),
        )  # fmt: skip
    cleared = await desk.clear()

    assert cleared.status == "open"
    assert await desk.value("select body from comment where author_kind = 'system'") == (
        "The alert “Disk full” has recovered."
    )
    assert await desk.value("select bool_and(is_internal) from comment")


async def test_what_routing_does_by_itself_is_nobodys_touch(desk: Desk) -> None:
    first = await desk.fire()
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        await assign_ticket(
            session, ticket_id=first.ticket_id or 0, agent_id=desk.world.ana.id,
            by=desk.world.system,
        )  # fmt: skip
    assert (await desk.clear()).status == "resolved"


async def test_what_a_person_reports_is_no_touch(desk: Desk) -> None:
    told = alert("f", identity="by hand")
    (first,) = await take_alerts(
        desk.world.resources, [told], delivery=Delivery(content=b"{}"),
        by=desk.world.as_person(desk.world.admin),
    )  # fmt: skip
    assert await desk.value("select count(*) from event where by_kind = 'person'") == 2
    assert (await desk.clear()).status == "resolved"
    assert await desk.status(first.ticket_id) == "resolved"


async def test_a_latched_alarm_is_settled_only_when_somebody_saw_it(desk: Desk) -> None:
    unseen = await desk.fire("unseen", is_latched=True)
    seen = await desk.fire("seen", is_latched=True)
    await desk.move(seen.ticket_id, "in_progress")
    await desk.clear("unseen")
    await desk.clear("seen")
    assert await desk.status(unseen.ticket_id) == "open"
    assert await desk.status(seen.ticket_id) == "resolved"


async def test_a_provider_may_want_its_ends_only_noted(desk: Desk) -> None:
    await desk.rules(recovery_resolves=False)
    await desk.fire()
    assert (await desk.clear()).status == "open"


async def test_a_second_end_is_kept_and_nothing_follows(desk: Desk) -> None:
    first = await desk.fire()
    await desk.clear()
    desk.later(seconds=5)
    again = await desk.clear()
    assert (again.outcome, again.alert_id, again.status) == ("late", first.alert_id, "resolved")
    assert await desk.value("select count(*) from event where type = 'alert.recovered'") == 1
    assert await desk.value("select count(*) from inbound_message") == 3


async def test_an_end_before_the_alarm_is_kept_and_its_late_alarm_opens_nothing(
    desk: Desk,
) -> None:
    began, ended = desk.now - timedelta(seconds=60), desk.now - timedelta(seconds=30)
    end = await desk.clear(occurred_at=ended)
    assert (end.outcome, end.ticket_id) == ("recovered", None)
    late = await desk.fire(occurred_at=began)
    assert (late.outcome, late.alert_id, late.ticket_id) == ("late", end.alert_id, None)
    assert await desk.value("select count(*) from ticket") == 0

    # One that says nothing of when it began, or that began since, is an alarm like any other.
    assert (await desk.fire(occurred_at=desk.now)).outcome == "opened"
    await desk.clear("other")
    assert (await desk.fire("other")).outcome == "opened"


async def test_an_end_of_an_earlier_episode_does_not_end_this_one(desk: Desk) -> None:
    first = await desk.fire(started_at=desk.now)
    late = await desk.clear(occurred_at=desk.now - timedelta(seconds=1))
    assert (late.outcome, await desk.status(first.ticket_id)) == ("late", "open")


@pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(days=9)])
async def test_a_source_whose_clock_is_fast_ends_what_it_began(
    desk: Desk, ahead: timedelta
) -> None:
    first = await desk.fire(started_at=desk.now + ahead)
    began = desk.now
    desk.later(minutes=1)
    assert (await desk.fire(started_at=began + ahead)).outcome == "repeated"
    cleared = await desk.clear(started_at=began + ahead, occurred_at=desk.now + ahead)
    assert (cleared.outcome, cleared.status) == ("recovered", "resolved")
    assert await desk.value("select started_at from alert") == began

    desk.later(minutes=1)
    again = await desk.fire(started_at=desk.now + ahead)
    assert (again.outcome, again.alert_id) == ("reopened", first.alert_id)
    assert await desk.value("select started_at from alert") == desk.now
    # Put right, it is believed again.
    desk.later(minutes=1)
    assert (await desk.clear(occurred_at=desk.now)).outcome == "recovered"


async def test_what_fires_again_soon_reopens_its_ticket(desk: Desk) -> None:
    first = await desk.fire()
    await desk.clear()
    desk.later(minutes=9)
    again = await desk.fire()
    assert (again.outcome, again.alert_id, again.ticket_id, again.status) == (
        "reopened", first.alert_id, first.ticket_id, "in_progress")  # fmt: skip
    found = await desk.alert(first.alert_id)
    assert (found["state"], found["recovered_at"], found["count"]) == ("firing", None, 2)
    assert await desk.values(
        "select payload ->> 'again' from event where type = 'alert.fired' order by id"
    ) == ["false", "true"]


async def test_what_fires_again_much_later_is_a_new_episode(desk: Desk) -> None:
    first = await desk.fire()
    await desk.clear()
    desk.later(minutes=11)
    again = await desk.fire()
    assert again.outcome == "opened"
    assert again.ticket_id != first.ticket_id
    assert again.alert_id != first.alert_id


async def test_what_fires_again_while_its_ticket_is_worked_on_stays_there(desk: Desk) -> None:
    first = await desk.fire()
    await desk.move(first.ticket_id, "in_progress")
    await desk.clear()
    desk.later(minutes=1)
    again = await desk.fire()
    assert (again.outcome, again.ticket_id) == ("again", first.ticket_id)


@pytest.mark.parametrize(
    ("statuses", "minutes", "outcome", "same_ticket"),
    [
        (("resolved",), 9, "repeated", True),
        (("resolved",), 11, "reopened", True),
        (("resolved", "closed"), 9, "repeated", True),
        (("resolved", "closed"), 11, "opened", False),
        (("false_positive",), 999, "repeated", True),
    ],
)
async def test_an_alert_that_goes_on_after_a_person_finished_its_ticket(
    desk: Desk, statuses: tuple[str, ...], minutes: int, outcome: str, same_ticket: bool
) -> None:
    first = await desk.fire()
    await desk.move(first.ticket_id, *statuses)
    desk.later(minutes=minutes)
    again = await desk.fire()
    assert (again.outcome, again.ticket_id == first.ticket_id) == (outcome, same_ticket)
    assert await desk.value("select count(*) from alert where state = 'firing'") == 1


async def test_an_event_for_a_closed_ticket_is_answered_with_that_ticket(desk: Desk) -> None:
    first = await desk.fire(is_event=True, vendor_alert_id="e")
    await desk.move(first.ticket_id, "resolved", "closed")
    desk.later(days=9)
    again = await desk.fire(is_event=True, vendor_alert_id="e")
    assert (again.outcome, again.ticket_id, again.status) == (
        "repeated", first.ticket_id, "closed")  # fmt: skip


async def test_one_alert_that_is_reported_and_ended_by_many_at_once_is_one(desk: Desk) -> None:
    await desk.fire()
    taken = await asyncio.gather(*(desk.clear() if n % 3 == 0 else desk.fire() for n in range(18)))
    assert await desk.value("select count(*) from ticket") == 1
    assert await desk.value("select count(*) from alert_occurrence") == 19
    assert {each.alert_id for each in taken} == {await desk.value("select id from alert")}
