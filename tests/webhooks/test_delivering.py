"""Webhooks against real receivers: what arrives, in which order, and what trouble costs."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from contextlib import suppress

import pytest
from sqlalchemy import text

from tests.receiver import Received, Receiver, listening
from tests.webhooks.conftest import AddHook, Hook, Run
from tests.world import World
from ticketyard.core.outgoing import Outgoing, Patience
from ticketyard.core.sealing import Sealer
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.commenting import add_comment
from ticketyard.webhooks import delivering
from ticketyard.webhooks.delivering import deliver_to
from ticketyard.webhooks.endpoints import change_endpoint, delete_endpoint, rotate_secret
from ticketyard.webhooks.jobs import prune_deliveries


def proves(got: Received, secret: str) -> bool:
    """A receiver's check, written from the specification."""
    signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    key = base64.b64decode(secret[len("whsec_") :])
    right = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    fresh = abs(time.time() - int(got.headers["webhook-timestamp"])) < 300
    return fresh and f"v1,{right}" in got.headers["webhook-signature"].split(" ")


async def test_what_happened_arrives_signed(
    world: World, hook: Hook, receiver: Receiver, deliver: Run
) -> None:
    opened = await world.open()
    await deliver()
    (got,) = receiver.got
    assert got.method == "POST"
    assert got.headers["content-type"] == "application/json"
    assert proves(got, hook.secret)
    assert not proves(got, "whsec_" + base64.b64encode(b"another secret, as long").decode())
    body = json.loads(got.body)
    assert body["type"] == "ticket.opened"
    assert body["data"]["ticket"] == {"id": opened.id, "number": opened.number}
    assert body["data"]["source"] == "web_form"
    assert body["timestamp"].endswith("Z")
    (delivery,) = await hook.deliveries()
    assert (delivery.state, delivery.status, delivery.attempts) == ("delivered", 200, 1)
    assert delivery.message_id == got.headers["webhook-id"]
    assert (await hook.now()).succeeded_at is not None
    await deliver()
    assert len(receiver.got) == 1


async def test_the_worker_itself_brings_it(
    world: World, hook: Hook, receiver: Receiver, run_jobs: Run
) -> None:
    await world.open()
    await run_jobs()
    assert [json.loads(got.body)["type"] for got in receiver.got] == ["ticket.opened"]


@pytest.mark.parametrize(
    ("wanted", "hears"),
    [
        (("ticket.comment_added",), 1), (("ticket.*",), 2), (("*",), 2), (("ticket.opened", "*"), 2),
        (("mail.*",), 0), (("webhook.*",), 0),
    ],
)  # fmt: skip
async def test_an_endpoint_hears_what_it_asked_for(
    world: World, add_hook: AddHook, receiver: Receiver, deliver: Run,
    wanted: tuple[str, ...], hears: int,
) -> None:  # fmt: skip
    await add_hook(receiver.url, *wanted)
    opened = await world.open()
    async with world.resources.db.transaction(world.company_id) as session:
        await add_comment(session, ticket_id=opened.id, body="Hello", by=world.as_person(world.ana))
    await deliver()
    types = [json.loads(got.body)["type"] for got in receiver.got]
    told = ["ticket.opened", "ticket.comment_added"]
    heard = [each for each in types if each in told]
    assert heard == ([] if not hears else told[-hears:])


async def test_nothing_is_put_down_for_one_that_is_off_beside_one_that_is_on(
    world: World, add_hook: AddHook, receiver: Receiver
) -> None:
    off, on = await add_hook(receiver.url), await add_hook(receiver.url)
    async with world.resources.db.transaction(world.company_id) as session:
        await change_endpoint(
            session,
            endpoint_id=off.id,
            is_enabled=False,
            outgoing=world.resources.part(Outgoing),
            by=world.as_person(world.admin),
        )
    await world.open()
    assert (len(await off.deliveries()), len(await on.deliveries())) == (0, 1)


async def test_what_happens_to_webhooks_is_told_to_who_names_it_alone(
    add_hook: AddHook, receiver: Receiver
) -> None:
    everything, named = await add_hook(receiver.url, "*"), await add_hook(receiver.url, "webhook.*")
    await add_hook(receiver.url)
    assert await everything.deliveries() == []
    assert "webhook.changed" in {each.event_type for each in await named.deliveries()}


async def test_what_was_undone_is_told_to_nobody(
    world: World, hook: Hook, receiver: Receiver, deliver: Run
) -> None:
    await world.open()
    await deliver()
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(_HAPPENS)
        await session.rollback()
    await deliver()
    assert len(receiver.got) == 1


async def test_another_company_hears_nothing(
    world: World, hook: Hook, receiver: Receiver, deliver: Run
) -> None:
    async with world.resources.db.transaction(world.other_company_id) as session:
        await session.execute(_HAPPENS)
    await deliver()
    assert receiver.got == []


async def test_it_is_told_in_the_order_in_which_it_happened(
    world: World, hook: Hook, receiver: Receiver, deliver: Run
) -> None:
    numbers = [(await world.open()).number for _ in range(12)]
    await asyncio.gather(deliver(), deliver(), deliver())
    heard = [json.loads(got.body)["data"]["ticket"]["number"] for got in receiver.got]
    assert heard == numbers


async def test_a_failure_is_tried_again_as_the_same_message(
    world: World, hook: Hook, receiver: Receiver, deliver: Run
) -> None:
    receiver.status, receiver.body = 503, "später ".encode() * 1000
    await world.open()
    await deliver()
    await deliver()
    assert len(receiver.got) == 1
    (delivery,) = await hook.deliveries()
    assert (delivery.state, delivery.reason) == ("waiting", "Answered 503.")
    receiver.status = 200
    await hook.later(seconds=6)
    first, second = receiver.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    (delivery,) = await hook.deliveries()
    assert (delivery.state, delivery.attempts) == ("delivered", 2)
    async with world.resources.db.transaction(world.company_id) as session:
        rows = (
            await session.execute(
                text("select status, duration_ms, answer from webhook_attempt order by id")
            )
        ).all()
    assert [row.status for row in rows] == [503, 200]
    assert rows[0].answer.startswith("später")
    assert len(rows[0].answer) <= 1000
    assert all(row.duration_ms >= 0 for row in rows)


async def test_an_endpoint_that_is_down_is_not_tried_with_each_message(
    world: World, hook: Hook, receiver: Receiver, deliver: Run
) -> None:
    receiver.status = 500
    numbers = [(await world.open()).number for _ in range(5)]
    await deliver()
    await deliver()
    assert len(receiver.got) == 1
    await hook.later(seconds=6)
    assert len(receiver.got) == 2
    receiver.got.clear()
    receiver.status = 200
    # Down for longer than a while: what waited comes when it is back, the oldest first.
    await hook.later(minutes=11)
    heard = [json.loads(got.body)["data"]["ticket"]["number"] for got in receiver.got]
    assert sorted(heard) == sorted(numbers)
    assert heard == numbers


@pytest.mark.parametrize(("status", "comes"), [(503, True), (429, True), (400, False)])
async def test_after_an_outage_what_waited_comes_at_once_save_what_was_refused(
    world: World, hook: Hook, receiver: Receiver, deliver: Run, status: int, comes: bool
) -> None:
    receiver.status = status
    first = await world.open()
    await deliver()
    await hook.later(seconds=6)
    await hook.later(minutes=6)
    # Three times tried: by itself its turn comes in half an hour.
    assert len(receiver.got) == 3
    receiver.got.clear()
    receiver.status = 200
    second = await world.open()
    await hook.later(minutes=6)
    heard = [json.loads(got.body)["data"]["ticket"]["number"] for got in receiver.got]
    assert heard == [second.number, *([first.number] if comes else [])]


async def test_one_message_that_is_refused_does_not_hold_up_the_others(
    world: World, hook: Hook, receiver: Receiver, deliver: Run
) -> None:
    bad = await world.open()
    good = await world.open()
    receiver.decide = lambda got: 400 if bad.number.encode() in got.body else 200
    await deliver()
    # Its second try comes first, and then a longer rest.
    await hook.later(seconds=6)
    await hook.later(seconds=11)
    assert [each.state for each in await hook.deliveries()] == ["waiting", "delivered"]
    assert good.number.encode() in receiver.got[-1].body
    assert (await hook.now()).failing_since is None


async def test_after_three_days_it_is_a_dead_letter(
    world: World, hook: Hook, receiver: Receiver, deliver: Run
) -> None:
    receiver.status = 500
    await world.open()
    await deliver()
    for hours in (1, 10, 30, 45):
        await hook.later(hours=hours)
    (delivery,) = await hook.deliveries()
    assert (delivery.state, delivery.reason) == ("failed", "Answered 500.")
    assert (await hook.now()).is_enabled


async def test_failing_for_five_days_switches_it_off_and_says_so(
    world: World, hook: Hook, receiver: Receiver, deliver: Run
) -> None:
    receiver.status = 500
    await world.open()
    await deliver()
    await hook.later(days=4, hours=23)
    assert (await hook.now()).is_enabled
    await world.open()
    await hook.later(hours=2)
    endpoint = await hook.now()
    assert not endpoint.is_enabled
    assert "5 days" in (endpoint.disabled_reason or "")
    assert {each.state for each in await hook.deliveries()} == {"failed"}
    async with world.resources.db.transaction(world.company_id) as session:
        told = await session.scalar(
            text("select payload ->> 'reason' from event where type = 'webhook.disabled'")
        )
    assert told == endpoint.disabled_reason


async def test_410_switches_it_off_at_once(
    world: World, hook: Hook, receiver: Receiver, deliver: Run
) -> None:
    receiver.status = 410
    await world.open()
    await world.open()
    await deliver()
    assert len(receiver.got) == 1
    endpoint = await hook.now()
    assert not endpoint.is_enabled
    assert "410" in (endpoint.disabled_reason or "")
    await world.open()
    await hook.later(days=1)
    assert len(receiver.got) == 1
    assert [each.state for each in await hook.deliveries()] == ["failed", "failed"]
    async with world.resources.db.transaction(world.company_id) as session:
        await change_endpoint(
            session,
            endpoint_id=hook.id,
            is_enabled=True,
            outgoing=world.resources.part(Outgoing),
            by=world.as_person(world.admin),
        )
    receiver.status = 200
    await world.open()
    await deliver()
    assert len(receiver.got) == 2


@pytest.mark.parametrize("does", ["hang", "break_off", "garbage", "slam"])
async def test_who_misbehaves_costs_a_try_and_no_more(
    world: World, hook: Hook, receiver: Receiver, deliver: Run, does: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    quick = Patience(connect_seconds=0.3, first_byte_seconds=0.3, whole_seconds=0.5)
    monkeypatch.setattr(delivering, "PATIENCE", quick)
    receiver.does = does
    await world.open()
    await deliver()
    (delivery,) = await hook.deliveries()
    assert (delivery.state, delivery.status) == ("waiting", None)
    assert delivery.reason
    receiver.does = ""
    await hook.later(seconds=6)
    assert [each.state for each in await hook.deliveries()] == ["delivered"]


async def test_of_a_hundred_megabytes_the_first_bytes_are_kept(
    world: World, hook: Hook, receiver: Receiver, deliver: Run
) -> None:
    receiver.does = "endless"
    await world.open()
    await deliver()
    assert [each.state for each in await hook.deliveries()] == ["delivered"]
    assert receiver.sent_bytes < 20_000_000
    async with world.resources.db.transaction(world.company_id) as session:
        assert await session.scalar(text("select length(answer) from webhook_attempt")) == 1000


async def test_a_redirect_into_our_house_is_not_followed(
    world: World, hook: Hook, receiver: Receiver, deliver: Run
) -> None:
    async with listening(Receiver(host="127.0.0.2")) as inside:
        receiver.status, receiver.headers = 307, {"Location": inside.url}
        await world.open()
        await deliver()
        (delivery,) = await hook.deliveries()
        assert (delivery.state, delivery.reason) == ("waiting", "Answered 307.")
        assert inside.connections == 0


async def test_an_address_that_became_ours_is_refused_when_it_is_sent(
    world: World, hook: Hook, deliver: Run
) -> None:
    async with listening(Receiver(host="127.0.0.2")) as inside:
        async with world.resources.db.transaction(world.company_id) as session:
            await session.execute(
                text("update webhook_endpoint set url = :url"), {"url": inside.url}
            )
        await world.open()
        await deliver()
        (delivery,) = await hook.deliveries()
        assert delivery.state == "failed"
        assert "TICKETYARD_OUTGOING_ALLOWED" in (delivery.reason or "")
        assert inside.connections == 0


async def test_one_that_hangs_does_not_hold_up_another(
    world: World, add_hook: AddHook, receiver: Receiver, deliver: Run
) -> None:
    async with listening(Receiver(does="hang")) as hanging:
        await add_hook(hanging.url)
        await add_hook(receiver.url)
        await world.open()
        task = asyncio.create_task(deliver())
        for _ in range(100):
            await asyncio.sleep(0.02)
            if receiver.got:
                break
        assert len(receiver.got) == 1
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.mark.parametrize(
    ("status", "state"), [(500, "failed"), (200, "delivered"), (410, "failed")]
)
async def test_what_was_on_its_way_when_it_was_switched_off_does_not_wait_for_ever(
    world: World, hook: Hook, receiver: Receiver, deliver: Run, status: int, state: str
) -> None:
    receiver.does, receiver.status = "wait", status
    await world.open()
    await world.open()
    sending = asyncio.create_task(deliver())
    await asyncio.wait_for(receiver.reached.wait(), 5)
    async with world.resources.db.transaction(world.company_id) as session:
        await change_endpoint(
            session,
            endpoint_id=hook.id,
            is_enabled=False,
            outgoing=world.resources.part(Outgoing),
            by=world.as_person(world.admin),
        )
    receiver.go.set()
    await asyncio.wait_for(sending, 10)
    first, second = await hook.deliveries()
    assert (first.state, second.state) == (state, "failed")
    assert first.settled_at is not None
    if status == 500:
        assert first.reason == "The endpoint was switched off."
    assert not (await hook.now()).is_enabled


async def test_what_was_on_its_way_when_it_was_deleted_ends_in_silence(
    world: World, hook: Hook, receiver: Receiver, deliver: Run
) -> None:
    receiver.does = "wait"
    await world.open()
    sending = asyncio.create_task(deliver())
    await asyncio.wait_for(receiver.reached.wait(), 5)
    async with world.resources.db.transaction(world.company_id) as session:
        await delete_endpoint(session, endpoint_id=hook.id, by=world.as_person(world.admin))
    receiver.go.set()
    await asyncio.wait_for(sending, 10)


async def test_who_settles_waits_for_who_switches_off_and_holds_nothing_meanwhile(
    world: World, hook: Hook, receiver: Receiver, deliver: Run
) -> None:
    """Locked the other way round, the two would wait for each other."""
    receiver.does, receiver.status = "wait", 500
    await world.open()
    sending = asyncio.create_task(deliver())
    await asyncio.wait_for(receiver.reached.wait(), 5)
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(text("select from webhook_endpoint for update"))
        receiver.go.set()
        await asyncio.sleep(0.5)
        await session.execute(text("set local lock_timeout = '2s'"))
        await change_endpoint(
            session,
            endpoint_id=hook.id,
            is_enabled=False,
            outgoing=world.resources.part(Outgoing),
            by=world.as_person(world.admin),
        )
    await asyncio.wait_for(sending, 10)
    (delivery,) = await hook.deliveries()
    assert delivery.state == "failed"


async def test_what_was_put_down_in_the_moment_of_switching_off_is_given_up(
    world: World, hook: Hook, add_hook: AddHook, receiver: Receiver
) -> None:
    other = await add_hook(receiver.url)
    await world.open()
    async with world.resources.db.transaction(world.company_id) as session:
        # As if the event had been committed after the switch.
        await session.execute(
            text("update webhook_endpoint set is_enabled = false where id = :id"), {"id": hook.id}
        )
    await prune_deliveries(world.resources, world.company_id)
    (given_up,), (waits,) = await hook.deliveries(), await other.deliveries()
    assert (given_up.state, given_up.reason) == ("failed", "The endpoint was switched off.")
    assert waits.state == "waiting"


async def test_a_new_secret_and_the_one_before_both_sign_for_a_day(
    world: World, hook: Hook, receiver: Receiver, deliver: Run
) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        new = await rotate_secret(
            session, endpoint_id=hook.id, sealer=world.resources.part(Sealer),
            by=world.as_person(world.admin),
        )  # fmt: skip
    await world.open()
    await deliver()
    assert proves(receiver.got[0], new)
    assert proves(receiver.got[0], hook.secret)
    await world.open()
    await hook.later(hours=25)
    assert len(receiver.got[1].headers["webhook-signature"].split(" ")) == 1


async def test_the_secret_lies_sealed(world: World, hook: Hook) -> None:
    endpoint = await hook.now()
    assert "whsec_" not in endpoint.secret
    assert world.resources.part(Sealer).open(endpoint.secret) == hook.secret
    async with world.resources.db.transaction(world.company_id) as session:
        rows = await session.scalars(
            text("select payload::text from event where type like 'webhook.%'")
        )
        assert all("whsec_" not in row and "/hook" not in row for row in rows)


async def test_killed_after_the_answer_it_is_sent_again_under_the_same_id(
    world: World, hook: Hook, receiver: Receiver, deliver: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a kill -9: the answer is there, nothing of it is written, the lease runs out."""

    async def killed(*_: object) -> None:
        raise asyncio.CancelledError

    await world.open()
    with monkeypatch.context() as patched:
        patched.setattr(delivering, "_settle", killed)
        patched.setattr(delivering, "_release", killed)
        with pytest.raises(asyncio.CancelledError):
            await deliver_to(world.resources, world.company_id, hook.id)
    await deliver()
    assert len(receiver.got) == 1
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text("update webhook_endpoint set claimed_until = now() - interval '1 second'")
        )
    await deliver()
    first, second = receiver.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert [each.state for each in await hook.deliveries()] == ["delivered"]


_HAPPENS = text(
    "insert into event (company_id, type, payload, by_kind, by_name)"
    " values (current_company(), 'ticket.opened', '{}', 'system', 'x')"
)


async def test_a_long_transaction_that_is_told_of_holds_up_nobody(world: World, hook: Hook) -> None:
    by = world.as_person(world.admin)
    first, second = await world.open(), await world.open()
    async with world.resources.db.transaction(world.company_id) as session:
        await change_status(session, ticket_id=first.id, status="in_progress", by=by)
        async with asyncio.timeout(2):
            await world.open()
            async with world.resources.db.transaction(world.company_id) as other:
                await change_status(other, ticket_id=second.id, status="in_progress", by=by)
