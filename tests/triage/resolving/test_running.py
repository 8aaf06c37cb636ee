"""Actions are done by somebody who says so, once as far as anybody can tell, and never pretended."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.receiver import Receiver, listening
from tests.triage.resolving.helping import (
    FORGOTTEN,
    SCRIPT,
    change,
    kept,
    let_machines,
    look,
    point,
    runs,
    work,
)
from tests.world import World
from ticketyard.core.clock import utc_now
from ticketyard.core.config import Settings
from ticketyard.core.jobs import Worker
from ticketyard.core.resources import Resources
from ticketyard.tickets.commenting import add_comment
from ticketyard.triage.resolving.actions import (
    Action,
    ActionCall,
    ActionOutcome,
    Actions,
    Parameter,
)
from ticketyard.triage.resolving.errors import BadAction
from ticketyard.triage.resolving.lane import AT_ONCE_EACH, ActionLane
from ticketyard.triage.resolving.models import ActionRun
from ticketyard.triage.resolving.queries import list_records
from ticketyard.triage.resolving.running import LEASE_SECONDS, TRIES, request_action
from ticketyard.wiring import build_action_lane, build_worker

DONE = b'{"status": "success", "message": "A code is on its way.", "details": {"ticket": 7}}'


async def ask(
    world: World, ticket_id: int, action: str = "password_reset", **more: Any
) -> ActionRun:
    """Ana has an action run."""
    async with world.resources.db.transaction(world.company_id) as session:
        return await request_action(
            session,
            ticket_id=ticket_id,
            action=world.resources.part(Actions).get(action),
            by=world.as_person(world.ana),
            **{"given": {}, "key": "one", **more},
        )


def later(world: World, after: timedelta) -> Resources:
    """The program, some time on."""
    world.resources.db.clock = lambda: utc_now() + after
    return world.resources


async def test_a_signed_request_does_it_and_resolves_the_ticket(
    world: World, worker: Worker
) -> None:
    async with listening(Receiver(body=DONE)) as endpoint:
        secret = await point(world, "password_reset", endpoint.url)
        await let_machines(world, SCRIPT)
        opened = await world.open(FORGOTTEN)
        await work(world, worker)
    (sent,) = endpoint.got
    told = json.loads(sent.body)
    assert told["action"] == "password_reset"
    assert told["parameters"] == {"user": "rita@example.com"}
    assert told["ticket"]["number"] == opened.number
    signed = f"{sent.headers['webhook-id']}.{sent.headers['webhook-timestamp']}.".encode()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mark = base64.b64encode(hmac.digest(key, signed + sent.body, hashlib.sha256)).decode()
    assert sent.headers["webhook-signature"] == f"v1,{mark}"
    assert sent.headers["webhook-id"] == told["id"]
    ticket, (result, note, answer) = await look(world, opened.id)
    assert ticket.status == "resolved"
    assert "success" in result.body
    assert "A code is on its way." in result.body
    assert result.is_internal
    assert note.is_internal
    assert "This has been done for you" in answer.body
    (run,) = await runs(world)
    assert (run.state, run.details, run.attempts) == ("success", {"ticket": 7}, 1)
    assert run.executed_at is not None
    assert (await kept(world))[0].resolved_at is not None


async def test_the_answer_leaves_as_a_mail_that_says_it_is_automatic(
    world: World, worker: Worker
) -> None:
    async with listening(Receiver(body=DONE)) as endpoint:
        await point(world, "password_reset", endpoint.url)
        await let_machines(world, SCRIPT)
        await world.open(FORGOTTEN)
        await work(world, worker)
    async with world.resources.db.transaction(world.company_id) as session:
        (mail,) = await session.execute(
            text(
                "select is_automatic, body_text, recipients from outgoing_mail where kind = 'reply'"
            )
        )
    assert mail.is_automatic
    assert "This has been done for you" in mail.body_text
    assert mail.recipients[0]["email"] == "rita@example.com"


async def test_what_nobody_set_up_fails_honestly_and_a_person_has_the_ticket(
    world: World, worker: Worker
) -> None:
    await let_machines(world, SCRIPT)
    opened = await world.open(FORGOTTEN)
    await work(world, worker)
    ticket, (note,) = await look(world, opened.id)
    assert ticket.status == "open"
    assert note.is_internal
    assert "Nobody has set up" in note.body
    (run,) = await runs(world)
    assert (run.state, run.attempts) == ("failed", 0)
    async with world.resources.db.transaction(world.company_id) as session:
        assert await list_records(session) == {}


async def test_a_switched_off_endpoint_is_not_asked(world: World, worker: Worker) -> None:
    async with listening(Receiver(body=DONE)) as endpoint:
        await point(world, "password_reset", endpoint.url)
        await change(world, "update action_endpoint set is_enabled = false")
        opened = await world.open("x")
        await ask(world, opened.id)
        await work(world, worker)
        assert endpoint.got == []
    assert "switched off" in (await runs(world))[0].message


@pytest.mark.parametrize(
    ("says", "message"),
    [
        ({"body": b"thank you"}, "did not say"),
        ({"body": b"{}"}, "did not say"),
        ({"body": b"[]"}, "did not say"),
        ({"body": b'{"status": "done"}'}, "did not say"),
        ({"body": b'{"status": true}'}, "did not say"),
        ({"body": b'{"status": "failed", "message": "No such user."}'}, "No such user."),
        ({"body": b'{"status": "success"}', "status": 404}, "answered 404"),
        ({"body": b'{"status": "success"}', "status": 302}, "answered 302"),
        ({"body": b'{"status": "success", "x": "' + b"x" * 70_000 + b'"}'}, "did not say"),
    ],
)
async def test_only_a_clear_success_is_one_and_a_clear_no_is_final(
    world: World, worker: Worker, says: Mapping[str, Any], message: str
) -> None:
    async with listening(Receiver(**says)) as endpoint:
        await point(world, "password_reset", endpoint.url)
        opened = await world.open("x")
        await ask(world, opened.id, resolves=True)
        await work(world, worker)
        assert len(endpoint.got) == 1
    (run,) = await runs(world)
    assert run.state == "failed"
    assert message in run.message
    assert (await look(world, opened.id))[0].status == "open"


@pytest.mark.parametrize(
    "says", [{"status": 503}, {"status": 429}, {"does": "slam"}, {"does": "garbage"}]
)
async def test_what_may_pass_is_tried_again_with_the_same_id_and_then_given_up(
    world: World, worker: Worker, says: Mapping[str, Any]
) -> None:
    async with listening(Receiver(**says)) as endpoint:
        await point(world, "password_reset", endpoint.url)
        opened = await world.open("x")
        await ask(world, opened.id)
        await work(world, worker)
        assert (await runs(world))[0].state == "waiting"
        for minutes in (1, 3, 5, 9):
            await ActionLane(later(world, timedelta(minutes=minutes))).run_due()
        assert endpoint.connections == TRIES
        assert len({each.headers["webhook-id"] for each in endpoint.got}) <= 1
    (run,) = await runs(world)
    assert (run.state, run.attempts) == ("failed", TRIES)
    _, thread = await look(world, opened.id)
    assert len(thread) == 1


async def test_a_second_try_may_succeed(world: World, worker: Worker) -> None:
    endpoint = Receiver(status=503, body=DONE)
    endpoint.decide = lambda _: 503 if len(endpoint.got) == 1 else 200
    async with listening(endpoint):
        await point(world, "password_reset", endpoint.url)
        opened = await world.open("x")
        await ask(world, opened.id, resolves=True)
        await work(world, worker)
        await ActionLane(later(world, timedelta(minutes=1))).run_due()
    assert (await runs(world))[0].state == "success"
    assert (await look(world, opened.id))[0].status == "resolved"


async def test_a_run_whose_worker_was_killed_is_taken_up_again(
    world: World, worker: Worker
) -> None:
    async with listening(Receiver(body=DONE)) as endpoint:
        await point(world, "password_reset", endpoint.url)
        opened = await world.open("x")
        await ask(world, opened.id)
        await change(
            world,
            "update action_run set state = 'running', attempts = 1,"
            " ready_at = now() + make_interval(secs => :lease)",
            lease=LEASE_SECONDS,
        )
        await work(world, worker)
        assert endpoint.got == []
        await ActionLane(later(world, timedelta(seconds=LEASE_SECONDS + 1))).run_due()
        assert len(endpoint.got) == 1
    assert (await runs(world))[0].state == "success"


async def test_what_kills_every_worker_ends_before_a_person(world: World, worker: Worker) -> None:
    opened = await world.open("x")
    await ask(world, opened.id)
    await change(world, "update action_run set state = 'running', attempts = :n", n=TRIES)
    await ActionLane(world.resources).run_due()
    (run,) = await runs(world)
    assert run.state == "failed"
    assert "never ended" in run.message


async def test_no_transaction_is_open_while_an_endpoint_thinks(
    world: World, worker: Worker
) -> None:
    async with listening(Receiver(body=DONE, does="wait")) as endpoint:
        await point(world, "password_reset", endpoint.url)
        opened = await world.open("x")
        await ask(world, opened.id)
        running = asyncio.create_task(ActionLane(world.resources).run_due())
        await endpoint.reached.wait()
        async with world.resources.db.transaction(world.company_id) as session:
            open_now = await session.scalar(
                text(
                    "select count(*) from pg_stat_activity where datname = current_database()"
                    " and state like 'idle in transaction%'"
                )
            )
            await add_comment(
                session, ticket_id=opened.id, body="Meanwhile.", by=world.as_person(world.ana)
            )
        endpoint.go.set()
        await running
    assert open_now == 0


@asynccontextmanager
async def at_work(*loops: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each) for each in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=15)


async def until(sees: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await sees():  # noqa: ASYNC110 - in the database nothing wakes us
            await asyncio.sleep(0.1)


async def test_a_ticket_is_read_and_given_to_somebody_while_every_action_hangs(
    world: World, settings: Settings
) -> None:
    hands = settings.model_copy(update={"worker_concurrency": AT_ONCE_EACH})
    worker = build_worker(world.resources, hands)
    lane = build_action_lane(world.resources)
    async with listening(Receiver(body=DONE, does="wait")) as endpoint:
        await point(world, "password_reset", endpoint.url)
        waiting = await world.open("x")
        async with at_work(worker.run(), lane.run()):
            for number in range(AT_ONCE_EACH + 2):
                await ask(world, waiting.id, key=str(number))
            await until(lambda: _is(len(endpoint.got) == AT_ONCE_EACH))
            opened = await world.open("I was charged twice for lunch")
            await until(lambda: _is_placed(world, opened.id))
            assert len(endpoint.got) == AT_ONCE_EACH
            endpoint.go.set()
            await until(lambda: _all_done(world))
    assert len(endpoint.got) == AT_ONCE_EACH + 2


async def _is(word: bool) -> bool:
    return word


async def _is_placed(world: World, ticket_id: int) -> bool:
    async with world.resources.db.transaction(world.company_id) as session:
        told = {"ticket": ticket_id}
        read = "select count(*) from analysis where ticket_id = :ticket and state = 'done'"
        given = "select count(*) from assignment where ticket_id = :ticket"
        return bool(await session.scalar(text(read), told)) and bool(
            await session.scalar(text(given), told)
        )


async def _all_done(world: World) -> bool:
    return all(each.state == "success" for each in await runs(world))


async def test_one_company_whose_endpoints_hang_keeps_no_other_waiting(world: World) -> None:
    async with (
        listening(Receiver(body=DONE, does="wait")) as hangs,
        listening(Receiver(body=DONE)) as answers,
    ):
        await point(world, "password_reset", hangs.url)
        opened = await world.open("x")
        for number in range(20):
            await ask(world, opened.id, key=str(number))
        other = replace(world, company_id=world.other_company_id, ana=world.other_admin)
        await point(other, "password_reset", answers.url)
        theirs = await other.open("x")
        async with at_work(build_action_lane(world.resources).run()):
            await until(lambda: _is(len(hangs.got) == AT_ONCE_EACH))
            await ask(other, theirs.id)
            await until(lambda: _all_done(other))
            assert len(hangs.got) == AT_ONCE_EACH
            hangs.go.set()


async def test_who_takes_a_ticket_up_meanwhile_keeps_it(world: World, worker: Worker) -> None:
    async with listening(Receiver(body=DONE, does="wait")) as endpoint:
        await point(world, "password_reset", endpoint.url)
        await let_machines(world, SCRIPT)
        opened = await world.open(FORGOTTEN)
        running = asyncio.create_task(work(world, worker))
        await endpoint.reached.wait()
        async with world.resources.db.transaction(world.company_id) as session:
            await add_comment(
                session, ticket_id=opened.id, body="I am on it.", by=world.as_person(world.ana)
            )
        endpoint.go.set()
        await running
    ticket, thread = await look(world, opened.id)
    assert ticket.status == "open"
    assert [each.is_internal for each in thread] == [False, True]
    assert (await kept(world))[0].resolved_at is None


async def test_an_action_that_is_not_all_that_was_asked_for_resolves_nothing(
    world: World, worker: Worker
) -> None:
    async with listening(Receiver(body=DONE)) as endpoint:
        await point(world, "vpn_reconnect", endpoint.url)
        await let_machines(world, replace(SCRIPT, action="vpn_reconnect"))
        opened = await world.open(FORGOTTEN)
        await work(world, worker)
        assert len(endpoint.got) == 1
    ticket, (note,) = await look(world, opened.id)
    assert ticket.status == "open"
    assert "vpn_reconnect: success" in note.body


async def test_asked_twice_with_one_key_it_is_run_once(world: World, worker: Worker) -> None:
    async with listening(Receiver(body=DONE)) as endpoint:
        await point(world, "unlock_account", endpoint.url)
        opened = await world.open("x")
        first = await ask(world, opened.id, "unlock_account", given={"user": "rr"})
        again = await ask(world, opened.id, "unlock_account", given={"user": "rr"})
        assert first.id == again.id
        await work(world, worker)
        await asyncio.gather(*(ActionLane(world.resources).run_due() for _ in range(3)))
        assert len(endpoint.got) == 1


@pytest.mark.parametrize(
    ("action", "given", "requester", "problem"),
    [
        ("restart_service", {}, "rita@example.com", "needs service"),
        ("password_reset", {}, None, "needs user"),
        ("password_reset", {"nobody": "x"}, "rita@example.com", "no parameter"),
        ("password_reset", {"user": "x" * 501}, "rita@example.com", "500 characters"),
    ],
)
async def test_a_parameter_that_does_not_fit_is_refused_before_anything_runs(
    world: World, action: str, given: dict[str, str], requester: str | None, problem: str
) -> None:
    opened = await world.open("x", requester_email=requester)
    with pytest.raises(BadAction, match=problem):
        await ask(world, opened.id, action, given=given)
    assert await runs(world) == []


async def test_an_endpoint_inside_our_own_house_is_not_spoken_to(
    world: World, worker: Worker
) -> None:
    async with listening(Receiver(body=DONE, host="127.0.0.2")) as endpoint:
        await point(world, "password_reset", "http://127.0.0.1:9/x")
        await change(world, "update action_endpoint set url = :url", url=endpoint.url)
        opened = await world.open("x")
        await ask(world, opened.id)
        await work(world, worker)
        assert endpoint.got == []
    assert "no address of the public Internet" in (await runs(world))[0].message


def own(run: Any, **more: Any) -> Actions:
    """The registry with one action of our own code."""
    action = Action(
        name="greet",
        about="Say hello.",
        parameters=(Parameter(name="word", about="What to say.", is_required=False),),
        run=run,
        **more,
    )
    return Actions([action])


async def _with_own(world: World, actions: Actions) -> tuple[ActionRun, str]:
    parts = {**world.resources.parts, Actions: actions}
    resources = replace(world.resources, parts=parts)
    opened = await world.open("x")
    await ask(replace(world, resources=resources), opened.id, "greet", given={"word": "hi"})
    await ActionLane(resources).run_due()
    (run,) = await runs(world)
    _, thread = await look(world, opened.id)
    return run, thread[-1].body if thread else ""


async def test_installed_code_is_told_what_it_needs_and_its_word_is_kept(world: World) -> None:
    calls: list[ActionCall] = []

    async def greet(call: ActionCall) -> ActionOutcome:
        calls.append(call)
        return ActionOutcome(is_success=True, message="Said\x00 hi.", details={"times": 1})

    run, note = await _with_own(world, own(greet))
    assert (run.state, run.message, run.details) == ("success", "Said\ufffd hi.", {"times": 1})
    assert calls[0].parameters == {"word": "hi"}
    assert calls[0].id == f"action_{run.message_id.hex}"
    assert calls[0].attempt == 1
    assert '"times": 1' in note


async def _breaks(call: ActionCall) -> ActionOutcome:
    raise RuntimeError(f"secret of {call.requester_email}")


async def _sleeps(call: ActionCall) -> ActionOutcome:
    await asyncio.sleep(30)
    return ActionOutcome(is_success=True, message=call.id)


async def _says_nothing(call: ActionCall) -> None:
    assert call


async def _tells_too_much(call: ActionCall) -> ActionOutcome:
    return ActionOutcome(is_success=True, message=call.id * 100, details={"x": "y" * 5000})


async def _tells_what_cannot_be_kept(call: ActionCall) -> ActionOutcome:
    return ActionOutcome(is_success=True, message=call.id, details={"x": object()})


@pytest.mark.parametrize(
    ("program", "state", "word"),
    [
        (_breaks, "waiting", "RuntimeError"),
        (_sleeps, "waiting", "did not end"),
        (_says_nothing, "failed", "did not say"),
        (_tells_too_much, "success", "action_"),
        (_tells_what_cannot_be_kept, "success", "action_"),
    ],
)
async def test_installed_code_that_misbehaves_harms_only_its_run(
    world: World, program: Any, state: str, word: str
) -> None:
    run, _ = await _with_own(world, own(program, time_limit_seconds=0.2))
    assert run.state == state
    assert word in run.message
    assert "secret" not in run.message
    assert len(run.message) <= 500
    assert run.details == {}
