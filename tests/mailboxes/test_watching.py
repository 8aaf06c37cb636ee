"""A mailbox recovers by itself from whatever its server does, and its neighbours never hear of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.mailboxes.conftest import AddMailbox
from tests.mailboxes.dovecot import Dovecot
from tests.mailboxes.letters import letter
from tests.mailboxes.proxy import CutAt, Proxy
from tests.world import World
from ticketyard.core.db import Database
from ticketyard.core.resources import Resources
from ticketyard.core.sealing import Sealer
from ticketyard.mailboxes.boxes.draft import MailboxSecret
from ticketyard.mailboxes.boxes.secrets import seal_secret
from ticketyard.mailboxes.fetching import watching
from ticketyard.mailboxes.fetching.faring import is_alarming
from ticketyard.mailboxes.imap import server as imap
from ticketyard.mailboxes.mail_room import MailRoom
from ticketyard.mailboxes.models import Mailbox


@asynccontextmanager
async def at_work(resources: Resources) -> AsyncIterator[MailRoom]:
    room = MailRoom(resources)
    running = asyncio.create_task(room.run())
    try:
        yield room
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def until(what: Callable[[], Awaitable[bool]], seconds: float = 20) -> float:
    began = time.monotonic()
    async with asyncio.timeout(seconds):
        while not await what():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return time.monotonic() - began


async def rows(resources: Resources, world: World, query: str) -> list[Any]:
    async with resources.db.transaction(world.company_id) as session:
        return list(await session.execute(text(query)))


def tickets(resources: Resources, world: World, wanted: int) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        ((count,),) = await rows(resources, world, "select count(*) from ticket")
        return bool(count >= wanted)

    return look


def error(
    resources: Resources, world: World, mailbox: Mailbox, words: str
) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        query = f"select last_error from mailbox where id = {mailbox.id}"
        ((found,),) = await rows(resources, world, query)
        return words in (found or "")

    return look


async def test_one_mail_becomes_a_ticket_within_a_second_or_so(
    dovecot: Dovecot, user: str, add_mailbox: AddMailbox, resources: Resources, world: World
) -> None:
    dovecot.deliver(user, letter(1))
    async with at_work(resources):
        # Added while it runs, as in the desk.
        await add_mailbox()
        assert await until(tickets(resources, world, 1)) < 8
        await asyncio.sleep(0.5)
        began = time.monotonic()
        dovecot.deliver(user, letter(2))
        await until(tickets(resources, world, 2))
    # Dovecot itself waits for half a second; the machine may be busy.
    assert time.monotonic() - began < 5


async def test_a_server_without_idle_is_asked_now_and_then(
    dovecot: Dovecot, user: str, add_mailbox: AddMailbox, resources: Resources, world: World
) -> None:
    proxy = Proxy(dovecot.port, from_server=lambda piece: piece.replace(b" IDLE", b" XXXX")).start()
    await add_mailbox(imap_port=proxy.port, poll_seconds=5)
    async with at_work(resources):
        dovecot.deliver(user, letter(1))
        await until(tickets(resources, world, 1))
        dovecot.deliver(user, letter(2))
        assert await until(tickets(resources, world, 2)) > 0.5
    proxy.stop()


@pytest.mark.parametrize(
    ("side", "pattern", "after"),
    [
        ("from_server", r"\* OK", 0),
        ("from_client", "AUTHENTICATE", 0),
        ("from_client", "EXAMINE", 0),
        ("from_client", "UID FETCH", 0),
        ("from_server", r"BODY\[\]", 3_000),
        ("from_client", "IDLE", 0),
    ],
)
async def test_a_cut_connection_is_taken_up_again(
    dovecot: Dovecot, user: str, add_mailbox: AddMailbox, resources: Resources, world: World,
    side: str, pattern: str, after: int,
) -> None:  # fmt: skip
    dovecot.deliver(user, *[letter(number) for number in range(20)])
    proxy = Proxy(dovecot.port).start()
    cutting = CutAt(pattern, after)
    setattr(proxy, side, cutting)
    await add_mailbox(imap_port=proxy.port)
    async with at_work(resources):
        await until(tickets(resources, world, 20))
        dovecot.deliver(user, letter(20))
        await until(tickets(resources, world, 21))
    assert cutting.times == 0
    ((count,),) = await rows(resources, world, "select count(*) from inbound_message")
    assert count == 21
    proxy.stop()


async def test_a_garbled_answer_ends_the_connection_and_no_more(
    dovecot: Dovecot, user: str, add_mailbox: AddMailbox, resources: Resources, world: World
) -> None:
    dovecot.deliver(user, letter(1))
    proxy = Proxy(dovecot.port).start()

    def garble(piece: bytes) -> bytes:
        if b"INTERNALDATE" in piece:
            proxy.from_server = lambda each: each
            return b"\xff\x00 nonsense {9999999999999999999999}\r\n" + piece
        return piece

    proxy.from_server = garble
    await add_mailbox(imap_port=proxy.port)
    async with at_work(resources):
        await until(tickets(resources, world, 1))
    assert proxy.connections >= 2
    proxy.stop()


async def test_a_stalled_and_a_broken_mailbox_leave_the_healthy_one_alone(
    dovecot: Dovecot, user: str, add_mailbox: AddMailbox, resources: Resources, world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(imap.ImapSession.__init__, "__kwdefaults__", {"seconds": 2.0})
    proxy = Proxy(dovecot.port).start()
    stalled = await add_mailbox(
        address="stalled@desk.example", imap_port=proxy.port, username=f"{user}-s"
    )
    proxy.stalled.set()
    sealer = resources.part(Sealer)
    wrong = await add_mailbox(
        address="wrong@desk.example", secret=seal_secret(sealer, MailboxSecret(password="not-it"))
    )
    nowhere = await add_mailbox(address="nowhere@desk.example", imap_port=1)
    unsealed = await add_mailbox(
        address="unsealed@desk.example",
        secret=seal_secret(Sealer("other"), MailboxSecret(password="x")),
    )
    await add_mailbox()
    dovecot.deliver(user, letter(1))
    async with at_work(resources):
        assert await until(tickets(resources, world, 1)) < 8
        await until(error(resources, world, stalled, "does not answer"))
        await until(error(resources, world, wrong, f"refuses {user}"))
        await until(error(resources, world, nowhere, "cannot be reached"))
        await until(error(resources, world, unsealed, "sealed with another key"))
        ((said,),) = await rows(
            resources, world, f"select last_error from mailbox where id = {wrong.id}"
        )
        assert "not-it" not in said
        # And the stalled one comes back by itself.
        proxy.stalled.clear()
        dovecot.deliver(f"{user}-s", letter(2))
        await until(tickets(resources, world, 2))
        query = f"select failing_since, last_error from mailbox where id = {stalled.id}"

        async def is_well() -> bool:
            return (await rows(resources, world, query)) == [(None, None)]

        await until(is_well)
    proxy.stop()
    dovecot.forget(f"{user}-s")


async def test_it_survives_losing_every_connection_to_the_database(
    dovecot: Dovecot,
    user: str,
    add_mailbox: AddMailbox,
    resources: Resources,
    world: World,
    db: Database,
) -> None:
    await add_mailbox()
    async with at_work(resources):
        dovecot.deliver(user, letter(1))
        await until(tickets(resources, world, 1))
        async with db.anonymous() as session:
            await session.execute(
                text(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and pid <> pg_backend_pid()"
                    " and usename = current_user"
                )
            )
        dovecot.deliver(user, letter(2))
        await until(tickets(resources, world, 2), 40)


async def test_of_two_machines_one_reads_and_the_other_takes_over(
    dovecot: Dovecot, user: str, add_mailbox: AddMailbox, resources: Resources, world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(watching, "HELD_ELSEWHERE_SECONDS", 0.2)
    proxy = Proxy(dovecot.port).start()
    await add_mailbox(imap_port=proxy.port)
    async with at_work(resources):
        async with at_work(resources):
            dovecot.deliver(user, letter(1))
            await until(tickets(resources, world, 1))
            await asyncio.sleep(3)
            assert proxy.connections == 1
        dovecot.deliver(user, letter(2))
        await until(tickets(resources, world, 2))
        assert proxy.connections <= 2
    proxy.stop()


async def test_an_alarm_is_given_once_and_taken_back(
    dovecot: Dovecot, user: str, add_mailbox: AddMailbox, resources: Resources, world: World
) -> None:
    mailbox = await add_mailbox(
        folder="Desk", poll_seconds=5, succeeded_at=datetime.now(UTC) - timedelta(seconds=16)
    )
    told = "select type from event where type like 'mailbox.%' order by id"

    async def alarmed() -> bool:
        return bool(await rows(resources, world, told))

    async def recovered() -> bool:
        return len(await rows(resources, world, told)) > 1

    async with at_work(resources):
        await until(alarmed)
        assert await error(resources, world, mailbox, "has no folder “Desk”")()
        await asyncio.sleep(2)
        dovecot.create(user, "Desk")
        await until(recovered)
    assert await rows(resources, world, told) == [("mailbox.failing",), ("mailbox.recovered",)]


NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("succeeded", "failing", "expected"),
    [(None, 100, False), (None, 900, True), (899, 5, False), (900, 5, True), (10, 5000, False)],
)
def test_three_intervals_without_success_are_an_alarm(
    succeeded: int | None, failing: int, expected: bool
) -> None:
    found = is_alarming(
        now=NOW,
        succeeded_at=None if succeeded is None else NOW - timedelta(seconds=succeeded),
        failing_since=NOW - timedelta(seconds=failing),
        interval_seconds=300,
    )
    assert found is expected


def test_the_delay_doubles_varies_and_is_cleared() -> None:
    delay = watching.Delay(longest=30)
    waits = [delay.next() for _ in range(12)]
    for exponent, seconds in enumerate(waits):
        whole = min(0.5 * 2**exponent, 30)
        assert whole / 2 <= seconds <= whole
    delay.clear()
    assert delay.next() <= 0.5
