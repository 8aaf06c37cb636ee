"""Alerts fold: one ticket, an exact count, every report kept."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from tests.alerts.conftest import Desk, alert
from ticketyard.alerts.errors import DeliveryKeyReused
from ticketyard.alerts.filing import Delivery, take_alerts
from ticketyard.alerts.told import LEFT_OUT, short_data, short_labels


async def test_a_repeat_is_counted_and_opens_nothing(desk: Desk) -> None:
    first = await desk.fire()
    desk.later(seconds=5)
    again = [await desk.fire() for _ in range(3)]

    assert (first.outcome, {each.outcome for each in again}) == ("opened", {"repeated"})
    assert {each.ticket_id for each in again} == {first.ticket_id}
    assert await desk.value("select count(*) from ticket") == 1
    found = await desk.alert(first.alert_id)
    assert (found["count"], found["detection_count"]) == (4, 4)
    assert found["last_occurred_at"] == desk.now > found["first_occurred_at"]
    assert await desk.value("select count(*) from inbound_message") == 4
    assert await desk.values("select outcome from alert_occurrence order by id") == [
        "opened", "repeated", "repeated", "repeated"]  # fmt: skip


async def test_a_count_is_the_same_before_and_after_it_is_added_up(desk: Desk) -> None:
    first = await desk.fire()
    await desk.fire(detections=7)
    before = await desk.alert(first.alert_id)
    await desk.keep_up()
    await desk.keep_up()

    after = await desk.alert(first.alert_id)
    assert dict(before) == dict(after)
    assert (after["count"], after["detection_count"]) == (2, 8)
    assert await desk.value("select count from alert") == 2
    assert await desk.value("select count(*) from alert_uncounted") == 0


async def test_forty_of_one_alert_at_once_open_one_ticket_and_count_forty(desk: Desk) -> None:
    await desk.fire("other")
    taken = await asyncio.gather(*(desk.fire() for _ in range(40)))
    await desk.keep_up()

    assert sorted(each.outcome for each in taken) == ["opened", *["repeated"] * 39]
    assert len({each.ticket_id for each in taken}) == 1
    assert (await desk.alert(taken[0].alert_id))["count"] == 40
    assert await desk.value("select count(*) from ticket") == 2


async def test_deliveries_of_the_same_alerts_in_any_order_do_not_block_each_other(
    desk: Desk,
) -> None:
    await desk.fire("other")
    names = [f"a{n}" for n in range(8)]
    taken = await asyncio.gather(
        *(desk.report(*(alert(name) for name in order)) for order in (names, names[::-1]) * 4)
    )
    assert await desk.value("select count(*) from ticket") == 9
    assert {len(each) for each in taken} == {8}
    counts = await desk.values(
        "select a.count + (select count(*) from alert_uncounted u where u.alert_id = a.id)"
        " from alert a where fingerprint <> 'other'"
    )
    assert counts == [8] * 8


async def test_answers_come_in_the_order_of_the_reports(desk: Desk) -> None:
    taken = await desk.report(alert("z", title="Z"), alert("a", title="A"), alert("z", title="Z"))
    titles = [(await desk.alert(each.alert_id))["title"] for each in taken]
    assert titles == ["Z", "A", "Z"]
    assert [each.outcome for each in taken] == ["opened", "opened", "repeated"]


async def test_a_report_with_an_identity_counts_once(desk: Desk) -> None:
    told = alert(identity="event-1")
    first, again = (await desk.report(told))[0], (await desk.report(told))[0]

    assert (first.outcome, again.outcome) == ("opened", "replayed")
    assert (again.alert_id, again.ticket_id) == (first.alert_id, first.ticket_id)
    other = (await desk.report(alert(identity="event-2")))[0]
    assert other.outcome == "repeated"
    assert (await desk.alert(first.alert_id))["count"] == 2


@pytest.mark.parametrize("is_clear", [False, True])
async def test_an_idempotency_key_counts_once_and_is_not_for_two_things(
    desk: Desk, is_clear: bool
) -> None:
    await desk.fire()
    told = alert(is_clear=is_clear)
    first, again = (await desk.report(told, key="k"))[0], (await desk.report(told, key="k"))[0]
    assert again == replace(first, is_replay=True)
    assert await desk.value("select count(*) from inbound_message") == 2

    with pytest.raises(DeliveryKeyReused):
        await take_alerts(
            desk.world.resources,
            [told],
            delivery=Delivery(content=b"another body", key="k"),
            by=desk.world.system,
        )


async def test_ten_of_one_identity_at_once_are_one(desk: Desk) -> None:
    taken = await asyncio.gather(*(desk.report(alert(identity="e")) for _ in range(10)))
    assert len({each.alert_id for (each,) in taken}) == 1
    assert await desk.value("select count(*) from alert_occurrence") == 1


async def test_alerts_without_a_fingerprint_are_each_their_own(desk: Desk) -> None:
    taken = [(await desk.report(alert(None)))[0] for _ in range(3)]
    assert len({each.ticket_id for each in taken}) == 3


async def test_a_provider_may_choose_what_makes_alerts_the_same(desk: Desk) -> None:
    await desk.rules(fingerprint_fields=["labels.host", "camera_id"])
    one = await desk.fire("x", labels={"host": "db1"}, camera_id=0, is_event=True)
    same = await desk.fire("y", labels={"host": "db1"}, camera_id=0, is_event=True)
    other = await desk.fire("x", labels={"host": "db1"}, camera_id=1, is_event=True)
    without = await desk.fire("x", labels={})

    assert (same.outcome, same.alert_id) == ("repeated", one.alert_id)
    assert {other.outcome, without.outcome} == {"opened"}
    # By its own choice it is a state, that may come again, whatever the shape says.
    assert await desk.value("select bool_or(is_event) from alert") is False


async def test_the_future_is_believed_to_be_now_and_kept_as_said(desk: Desk) -> None:
    tomorrow = desk.now + timedelta(days=1)
    first = await desk.fire(occurred_at=tomorrow)
    await desk.fire(occurred_at=datetime(9000, 1, 1, tzinfo=UTC))

    found = await desk.alert(first.alert_id)
    assert found["first_occurred_at"] == found["last_occurred_at"] == desk.now
    claimed = await desk.values("select claimed_at from alert_occurrence order by id")
    assert claimed[0] == tomorrow
    # It may still recover: nothing waits for that tomorrow.
    assert (await desk.clear(occurred_at=tomorrow)).outcome == "recovered"
    assert (await desk.alert(first.alert_id))["recovered_at"] == desk.now


async def test_a_repeat_that_arrives_late_is_not_the_last(desk: Desk) -> None:
    first = await desk.fire()
    at = desk.now
    await desk.fire(occurred_at=at - timedelta(hours=1))
    assert (await desk.alert(first.alert_id))["last_occurred_at"] == at
    await desk.keep_up()
    assert (await desk.alert(first.alert_id))["last_occurred_at"] == at


async def test_a_megabyte_of_labels_is_kept_whole_in_the_message_alone(desk: Desk) -> None:
    labels = {f"label{n}": "x" * 10_000 for n in range(100)}
    first = await desk.fire(labels=labels, alert_data={"blob": "y" * 1_000_000})
    found = await desk.alert(first.alert_id)
    assert len(found["labels"]) == 64
    assert {len(value) for value in found["labels"].values()} == {1_000}
    assert found["alert_data"] == LEFT_OUT
    assert short_data({"a": 1}) == {"a": 1}
    assert short_labels({"a": "b"}) == {"a": "b"}


async def test_the_ticket_of_an_alert_names_its_organisation_and_its_links(desk: Desk) -> None:
    first = await desk.fire(
        organization_id="9", thumbnail_url="/t.jpg", video_clip_url="https://v.example/c.mp4"
    )
    found = await desk.alert(first.alert_id)
    assert (found["thumbnail_url"], found["video_clip_url"]) == (
        "/t.jpg",
        "https://v.example/c.mp4",
    )
    sql = "select organization_id from ticket where id = :id"
    assert await desk.value(sql, id=first.ticket_id) == "9"


async def test_repeats_leave_no_gaps_in_the_numbers(desk: Desk) -> None:
    for n in range(3):
        for _ in range(5):
            await desk.fire(f"n{n}")
    numbers = await desk.values("select number from ticket order by id")
    assert [number[-3:] for number in numbers] == ["001", "002", "003"]


async def test_occurrences_are_never_changed_or_deleted(desk: Desk) -> None:
    await desk.fire()
    for sql in ("update alert_occurrence set outcome = 'late'", "delete from alert_occurrence"):
        with pytest.raises(Exception, match="permission denied"):
            async with desk.world.resources.db.transaction(desk.world.company_id) as session:
                await session.execute(text(sql))


async def test_an_event_is_told_when_it_fires_and_not_when_it_repeats(desk: Desk) -> None:
    for name in ("a", "b", "a", "b", "b"):
        await desk.fire(name)
    assert await desk.value("select count(*) from event where type = 'alert.fired'") == 2
    assert await desk.value("select count(*) from event where type = 'ticket.opened'") == 2
