"""Maintenance windows, incidents, storms, flapping, heartbeats."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.alerts.conftest import Desk, alert
from ticketyard.alerts.errors import BadRule
from ticketyard.alerts.heartbeats import add_heartbeat, beat, change_heartbeat
from ticketyard.alerts.maintenance import add_window, change_window, end_window


async def window(desk: Desk, minutes: float = 10, **fields: Any) -> int:
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        given = {
            "name": "W",
            "starts_at": desk.now,
            "ends_at": desk.now + timedelta(minutes=minutes),
        }
        added = await add_window(session, fields={**given, **fields}, by=desk.world.system)
        return added.id


# -- windows ---------------------------------------------------------------------------------------


async def test_in_a_window_alerts_are_kept_and_open_no_ticket(desk: Desk) -> None:
    await window(desk)
    first = await desk.fire()
    again = await desk.fire()
    assert (first.outcome, first.ticket_id, again.outcome) == ("suppressed", None, "repeated")
    assert (await desk.alert(first.alert_id))["state"] == "suppressed"
    assert await desk.value("select count(*) from ticket") == 0
    assert await desk.value("select count(*) from inbound_message") == 2
    assert await desk.value("select count(*) from event where type = 'alert.suppressed'") == 1


async def test_at_its_end_what_still_fires_opens_its_ticket(desk: Desk) -> None:
    await window(desk, provider_ids=["p"])
    held = await desk.fire("held")
    await desk.fire("held")
    over = await desk.fire("over")
    assert (await desk.clear("over")).outcome == "recovered"
    await desk.keep_up()
    assert await desk.value("select count(*) from ticket") == 0

    desk.later(minutes=10)
    await desk.keep_up()
    await desk.keep_up()
    found = await desk.alert(held.alert_id)
    assert (found["state"], found["ticket_status"], found["count"]) == ("firing", "open", 2)
    assert found["suppressed_by"] is None
    assert (await desk.alert(over.alert_id))["ticket_id"] is None
    assert await desk.value("select count(*) from ticket") == 1
    assert (await desk.fire("held")).ticket_id == found["ticket_id"]


async def test_another_window_may_hold_it_back_still(desk: Desk) -> None:
    await window(desk, minutes=20)
    await window(desk, minutes=10)
    held = await desk.fire()
    desk.later(minutes=10)
    await desk.keep_up()
    assert (await desk.alert(held.alert_id))["state"] == "suppressed"
    desk.later(minutes=10)
    await desk.keep_up()
    assert (await desk.alert(held.alert_id))["state"] == "firing"


async def test_a_shorter_window_that_is_over_hands_on_to_a_longer_one(desk: Desk) -> None:
    short = await window(desk, minutes=10)
    held = await desk.fire()
    long = await window(desk, minutes=20)
    assert (await desk.alert(held.alert_id))["suppressed_by"] == short
    desk.later(minutes=10)
    await desk.keep_up()
    assert (await desk.alert(held.alert_id))["suppressed_by"] == long


async def test_a_window_is_about_what_it_says_and_when_it_says(desk: Desk) -> None:
    await window(desk, camera_ids=[0], labels={"site": "north"})
    await window(
        desk, starts_at=desk.now + timedelta(hours=1), ends_at=desk.now + timedelta(hours=2)
    )
    inside = {"camera_id": 0, "labels": {"site": "north", "floor": "1"}}
    assert (await desk.fire("a", **inside)).outcome == "suppressed"
    assert (await desk.fire("b", **{**inside, "camera_id": 1})).outcome == "opened"
    assert (await desk.fire("c", **{**inside, "labels": {}})).outcome == "opened"
    desk.later(minutes=61)
    assert (await desk.fire("d", camera_id=9)).outcome == "suppressed"


async def test_what_fired_before_the_window_keeps_its_ticket(desk: Desk) -> None:
    first = await desk.fire()
    await window(desk)
    assert (await desk.fire()).ticket_id == first.ticket_id


async def test_a_window_can_be_ended_early_and_not_changed_after(desk: Desk) -> None:
    window_id = await window(desk)
    held = await desk.fire()
    desk.later(seconds=30)
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        await end_window(session, window_id=window_id)
    await desk.keep_up()
    assert (await desk.alert(held.alert_id))["ticket_status"] == "open"
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        with pytest.raises(BadRule):
            await change_window(session, window_id=window_id, changes={"name": "X"})


async def test_a_window_ends_after_it_starts(desk: Desk) -> None:
    with pytest.raises(BadRule):
        await window(desk, minutes=0)


async def test_the_end_of_a_window_is_one_incident_where_its_alerts_are(desk: Desk) -> None:
    await desk.rules(group_by=["labels.cluster"], group_seconds=300)
    await window(desk, minutes=300)
    for name in "abc":
        await desk.fire(name, labels={"cluster": "x"})
    desk.later(minutes=300)
    await desk.keep_up()
    assert await desk.value("select count(*) from alert where state = 'firing'") == 3
    assert await desk.value("select count(*) from ticket") == 1
    assert (await desk.fire("d", labels={"cluster": "x"})).outcome == "joined"


async def test_the_end_of_a_window_may_be_a_storm(desk: Desk) -> None:
    await desk.rules(storm_alerts=3, storm_seconds=60)
    await window(desk, minutes=300)
    for n in range(8):
        await desk.fire(f"a{n}")
    desk.later(minutes=300)
    await desk.keep_up()
    tickets = await desk.values("select title from ticket order by id")
    assert tickets == ["Disk full"] * 3 + ["Alert storm from p"]
    assert await desk.value("select count(*) from alert where storm_id is not null") == 5
    await desk.keep_up()
    assert (await desk.fire("b")).outcome == "joined"


async def test_neither_what_is_held_back_nor_an_unknown_end_makes_a_storm(desk: Desk) -> None:
    await desk.rules(storm_alerts=3)
    await window(desk, camera_ids=[1])
    for n in range(4):
        await desk.fire(f"held{n}", camera_id=1)
        await desk.clear(f"over{n}")
    assert (await desk.fire("a")).outcome == "opened"
    assert await desk.value("select title from ticket") == "Disk full"


@pytest.mark.parametrize("how", ["recovered", "by hand", "flaps"])
async def test_a_window_holds_back_what_fires_again(desk: Desk, how: str) -> None:
    await desk.rules(flap_start=2 if how == "flaps" else 8, flap_stop=1)
    first = await desk.fire()
    if how == "by hand":
        await desk.move(first.ticket_id, "resolved")
        desk.later(minutes=11)
    else:
        await desk.clear()
    before = await desk.status(first.ticket_id)
    await window(desk)
    again = await desk.fire()
    assert (again.outcome, again.ticket_id) == ("suppressed", None)
    assert await desk.status(first.ticket_id) == before
    assert (await desk.fire()).outcome == "repeated"

    desk.later(minutes=10)
    await desk.keep_up()
    assert (await desk.alert(again.alert_id))["ticket_status"] == "open"
    assert await desk.value("select count(*) from alert where state = 'firing'") == 1


# -- incidents -------------------------------------------------------------------------------------


async def test_alerts_with_the_same_labels_near_each_other_are_one_incident(desk: Desk) -> None:
    await desk.rules(group_by=["labels.cluster"], group_seconds=300)
    first = await desk.fire("a", labels={"cluster": "x"})
    desk.later(minutes=4)
    second = await desk.fire("b", labels={"cluster": "x"})
    other = await desk.fire("c", labels={"cluster": "y"})
    without = [await desk.fire(name, labels={}) for name in "de"]

    assert (first.outcome, second.outcome) == ("opened", "joined")
    assert second.ticket_id == first.ticket_id
    assert len({first.ticket_id, other.ticket_id, *(each.ticket_id for each in without)}) == 4
    # The window counts from the last that joined.
    desk.later(minutes=4)
    assert (await desk.fire("f", labels={"cluster": "x"})).ticket_id == first.ticket_id
    desk.later(minutes=6)
    assert (await desk.fire("g", labels={"cluster": "x"})).ticket_id != first.ticket_id


async def test_an_incident_is_resolved_with_its_last_alert(desk: Desk) -> None:
    await desk.rules(group_by=["labels.cluster"])
    first = await desk.fire("a", labels={"cluster": "x"})
    await desk.fire("b", labels={"cluster": "x"})
    assert (await desk.clear("a")).status == "open"
    assert (await desk.clear("b")).status == "resolved"
    # What comes now is another incident.
    assert (await desk.fire("c", labels={"cluster": "x"})).ticket_id != first.ticket_id


async def test_twenty_of_one_incident_at_once_open_one_ticket(desk: Desk) -> None:
    await desk.rules(group_by=["labels.cluster"])
    taken = await asyncio.gather(*(desk.fire(f"a{n}", labels={"cluster": "x"}) for n in range(20)))
    assert len({each.ticket_id for each in taken}) == 1
    assert await desk.value("select count(*) from ticket") == 1


# -- storms ----------------------------------------------------------------------------------------


async def test_in_a_storm_all_new_alerts_go_on_one_ticket(desk: Desk) -> None:
    await desk.rules(storm_alerts=5, storm_seconds=60)
    taken = [await desk.fire(f"a{n}") for n in range(12)]
    assert [each.outcome for each in taken] == ["opened"] * 5 + ["joined"] * 7
    storm = {each.ticket_id for each in taken[5:]}
    assert len(storm) == 1
    assert await desk.value("select count(*) from ticket") == 6
    assert await desk.value("select count(*) from event where type = 'ticket.opened'") == 6
    assert await desk.value("select count(*) from inbound_message") == 12
    assert await desk.value("select title from ticket order by id desc limit 1") == (
        "Alert storm from p"
    )
    # What fired before goes on on its own ticket; another provider has its own weather.
    assert (await desk.fire("a0")).ticket_id == taken[0].ticket_id
    assert (await desk.fire("a0", provider_id="q")).outcome == "opened"

    await desk.keep_up()
    assert (await desk.fire("b")).outcome == "joined"
    desk.later(seconds=61)
    await desk.keep_up()
    assert (await desk.fire("c")).outcome == "opened"
    assert await desk.value("select body from comment") == (
        "The storm is over; 8 alerts are on this ticket."
    )
    assert await desk.values("select type from event where type like 'alert.storm%' order by id") == [
        "alert.storm_started", "alert.storm_ended"]  # fmt: skip


@pytest.mark.parametrize("before", [0, 2])
async def test_a_storm_may_begin_within_one_delivery(desk: Desk, before: int) -> None:
    await desk.rules(storm_alerts=5)
    for n in range(before):
        await desk.fire(f"a{n}")
    taken = await desk.report(*(alert(f"b{n}") for n in range(9)))
    assert await desk.value("select count(*) from ticket") == 6
    assert [each.outcome for each in taken].count("opened") == 5 - before


async def test_a_storm_that_begins_many_times_at_once_has_one_ticket(desk: Desk) -> None:
    await desk.rules(storm_alerts=5)
    for n in range(5):
        await desk.fire(f"a{n}")
    taken = await asyncio.gather(*(desk.fire(f"b{n}") for n in range(15)))
    assert len({each.ticket_id for each in taken}) == 1


@pytest.mark.parametrize("statuses", [("resolved",), ("resolved", "closed"), ("false_positive",)])
@pytest.mark.parametrize("kept_up", [False, True])
async def test_a_storm_whose_ticket_is_done_takes_nothing_more(
    desk: Desk, statuses: tuple[str, ...], kept_up: bool
) -> None:
    await desk.rules(storm_alerts=3)
    taken = [await desk.fire(f"a{n}") for n in range(5)]
    storm = taken[-1].ticket_id
    await desk.move(storm, *statuses)
    if kept_up:
        await desk.keep_up()
    # Many are new still, so that it is another storm; later they are alerts like any others.
    again = [await desk.fire(f"b{n}") for n in range(3)]
    assert [each.outcome for each in again] == ["joined"] * 3
    (second,) = {each.ticket_id for each in again}
    assert (second != storm, await desk.status(second)) == (True, "open")
    await desk.move(second, *statuses)
    desk.later(seconds=61)
    assert (await desk.fire("c")).outcome == "opened"
    assert await desk.value("select count(*) from alert_storm where ended_at is null") == 0


@pytest.mark.parametrize("status", ["in_progress", "pending"])
async def test_a_storm_that_is_worked_on_goes_on(desk: Desk, status: str) -> None:
    await desk.rules(storm_alerts=3)
    taken = [await desk.fire(f"a{n}") for n in range(4)]
    await desk.move(taken[-1].ticket_id, status)
    assert (await desk.fire("b")).ticket_id == taken[-1].ticket_id


async def test_without_a_limit_there_is_no_storm(desk: Desk) -> None:
    await desk.rules(storm_alerts=0)
    taken = [await desk.fire(f"a{n}") for n in range(8)]
    assert len({each.ticket_id for each in taken}) == 8


# -- flapping --------------------------------------------------------------------------------------


async def test_what_flaps_leaves_its_ticket_alone_until_it_calms(desk: Desk) -> None:
    await desk.rules(flap_start=4, flap_stop=1, flap_seconds=600)
    first = await desk.fire()
    statuses = []
    for _ in range(4):
        desk.later(seconds=10)
        await desk.clear()
        statuses.append(await desk.status(first.ticket_id))
        desk.later(seconds=10)
        await desk.fire()
        statuses.append(await desk.status(first.ticket_id))
    # Fired, cleared, fired: three changes; from the fourth on it flaps.
    assert statuses == ["resolved", "in_progress"] + ["in_progress"] * 6
    assert (await desk.alert(first.alert_id))["is_flapping"]
    assert await desk.value("select count(*) from ticket") == 1
    assert await desk.value("select count(*) from event where type = 'alert.flapping'") == 1
    assert await desk.value("select count(*) from event where type = 'alert.recovered'") == 1

    await desk.clear()
    desk.later(seconds=500)
    await desk.keep_up()
    assert (await desk.alert(first.alert_id))["is_flapping"]
    desk.later(seconds=200)
    await desk.keep_up()
    found = await desk.alert(first.alert_id)
    assert (found["is_flapping"], found["state"]) == (False, "recovered")
    assert await desk.status(first.ticket_id) == "resolved"
    assert await desk.values("select body from comment order by id") == [
        "The alert fires and recovers again and again. Its ticket is left as it is until it calms.",
        "The alert has calmed down.",
    ]


async def test_what_calms_does_not_wait_for_what_goes_on_flapping(desk: Desk) -> None:
    await desk.rules(flap_start=2, flap_stop=1, flap_seconds=600)
    await desk.value(
        "select count(insert_alert(jsonb_build_object('provider_id', 'p', 'fingerprint', n,"
        " 'flapping_since', cast(:now as timestamptz), 'changed_states', (select jsonb_agg("
        " cast(:now as timestamptz) + interval '1 hour') from generate_series(1, 9)))))"
        " from generate_series(1, 120) n",
        now=desk.now,
    )
    first = await desk.fire()
    await desk.clear()
    assert (await desk.alert(first.alert_id))["is_flapping"]
    desk.later(seconds=700)
    await desk.keep_up()
    assert not (await desk.alert(first.alert_id))["is_flapping"]
    assert await desk.status(first.ticket_id) == "resolved"
    assert await desk.value("select count(*) from alert where flapping_since is not null") == 120


# -- heartbeats ------------------------------------------------------------------------------------


async def heartbeat(desk: Desk, **fields: Any) -> int:
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        given = {"name": "backup", "every_seconds": 60, "grace_seconds": 10}
        return (await add_heartbeat(session, fields={**given, **fields})).id


async def beats(desk: Desk, reference: str = "backup") -> str:
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        resources = desk.world.resources
        return (await beat(session, resources, reference=reference, by=desk.world.system)).state


async def test_silence_is_an_alarm_and_a_beat_is_its_end(desk: Desk) -> None:
    heartbeat_id = await heartbeat(desk)
    desk.later(days=1)
    await desk.keep_up()
    assert await desk.value("select state from alert_heartbeat") == "waiting"
    assert await beats(desk) == "alive"

    desk.later(seconds=70)
    await desk.keep_up()
    assert await desk.value("select count(*) from ticket") == 0
    desk.later(seconds=1)
    await desk.keep_up()
    await desk.keep_up()
    assert await desk.value("select title from ticket") == "Nothing heard of backup"
    assert await desk.value("select state from alert_heartbeat") == "missing"

    assert await beats(desk, str(heartbeat_id)) == "alive"
    assert await desk.value("select status from ticket") == "resolved"
    assert await desk.values("select type from event where type like '%heartbeat%' order by id") == [
        "alert.heartbeat_missed", "alert.heartbeat_returned"]  # fmt: skip


async def test_a_heartbeat_that_is_off_alarms_nobody(desk: Desk) -> None:
    heartbeat_id = await heartbeat(desk)
    await beats(desk)
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        await change_heartbeat(session, heartbeat_id=heartbeat_id, changes={"is_enabled": False})
    desk.later(days=1)
    await desk.keep_up()
    assert await desk.value("select count(*) from ticket") == 0


async def test_a_heartbeat_that_is_to_come_more_often_is_missed_earlier(desk: Desk) -> None:
    heartbeat_id = await heartbeat(desk)
    await beats(desk)
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        changes = {"every_seconds": 5, "grace_seconds": 0}
        await change_heartbeat(session, heartbeat_id=heartbeat_id, changes=changes)
    desk.later(seconds=6)
    await desk.keep_up()
    assert await desk.value("select count(*) from ticket") == 1
