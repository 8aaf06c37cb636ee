"""A folder is read to its end, once, whatever the server does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import undefer

from tests.mailboxes.conftest import AddMailbox
from tests.mailboxes.dovecot import Dovecot
from tests.mailboxes.letters import letter
from tests.world import World
from ticketyard.core.resources import Resources
from ticketyard.intake.models import InboundMessage
from ticketyard.mailboxes.fetching.folder import (
    BATCH_BYTES,
    BATCH_MESSAGES,
    FolderReader,
    Suspects,
    batches,
)
from ticketyard.mailboxes.fetching.sources import source_of
from ticketyard.mailboxes.filing import file_waiting
from ticketyard.mailboxes.imap.answers import Listed
from ticketyard.mailboxes.imap.errors import CommandRefused, FolderMissing
from ticketyard.mailboxes.imap.thread import ImapThread
from ticketyard.mailboxes.keeping import raw_of
from ticketyard.mailboxes.ledger import list_books
from ticketyard.mailboxes.models import Mailbox

Read = Callable[[Mailbox], Awaitable[int]]


@asynccontextmanager
async def reading(resources: Resources, mailbox: Mailbox) -> AsyncIterator[FolderReader]:
    async with ImapThread(source_of(resources, mailbox).server) as imap:
        reader = FolderReader(
            resources, imap, company_id=mailbox.company_id, mailbox_id=mailbox.id,
            folder=mailbox.folder, look_back_hours=mailbox.look_back_hours,
            suspects=Suspects(), on_kept=lambda _: None,
        )  # fmt: skip
        await reader.open()
        yield reader


async def kept(resources: Resources, world: World) -> list[tuple[int, str]]:
    async with resources.db.transaction(world.company_id) as session:
        rows = await session.execute(
            text(
                "select m.uid, i.raw, i.sha256 from mail_message m"
                " join inbound_message i on i.id = m.inbound_id order by i.id"
            )
        )
        found = [(row.uid, row.sha256, bytes(row.raw)) for row in rows]
    assert all(sha256(raw).hexdigest() == digest for _, digest, raw in found)
    return [(uid, digest) for uid, digest, _ in found]


@pytest.fixture
def read(resources: Resources) -> Read:
    async def read_once(mailbox: Mailbox) -> int:
        async with reading(resources, mailbox) as reader:
            return await reader.catch_up()

    return read_once


async def test_each_message_is_kept_once_as_it_came_and_no_flag_is_set(
    dovecot: Dovecot,
    user: str,
    add_mailbox: AddMailbox,
    resources: Resources,
    world: World,
    read: Read,
) -> None:
    letters = [letter(number) for number in range(250)]
    dovecot.deliver(user, *letters)
    mailbox = await add_mailbox()

    assert await read(mailbox) == 250
    assert await read(mailbox) == 0

    assert await kept(resources, world) == [
        (uid, sha256(each).hexdigest()) for uid, each in enumerate(letters, 1)
    ]
    assert not [line for line in dovecot.flags(user) if b"Seen" in line]
    assert dovecot.uids(user) == list(range(1, 251))


async def test_what_had_grown_old_before_the_first_reading_is_not_asked_for(
    dovecot: Dovecot,
    user: str,
    add_mailbox: AddMailbox,
    resources: Resources,
    world: World,
    read: Read,
) -> None:
    """SINCE counts days, so what is young enough is told by the instant of arrival."""
    now = datetime.now(UTC)
    for number, hours in enumerate((90, 30, 25, 3, 26, 1), 1):
        dovecot.deliver(user, letter(number), at=now - timedelta(hours=hours))
    mailbox = await add_mailbox()

    await read(mailbox)
    # Moved there later by somebody: new to the desk, however old.
    dovecot.deliver(user, letter(7), at=now - timedelta(days=400))
    await read(mailbox)

    assert [uid for uid, _ in await kept(resources, world)] == [4, 6, 7]
    async with reading(resources, mailbox) as reader:
        assert (reader.position.first_uid, reader.position.last_uid) == (4, 7)


async def test_a_folder_with_nothing_young_begins_with_what_comes(
    dovecot: Dovecot,
    user: str,
    add_mailbox: AddMailbox,
    resources: Resources,
    world: World,
    read: Read,
) -> None:
    dovecot.deliver(user, letter(1), at=datetime.now(UTC) - timedelta(days=9))
    mailbox = await add_mailbox(look_back_hours=0)

    assert await read(mailbox) == 0
    dovecot.deliver(user, letter(2))
    assert await read(mailbox) == 1
    assert [uid for uid, _ in await kept(resources, world)] == [2]


async def test_uids_that_vanish_hold_nothing_up(
    dovecot: Dovecot,
    user: str,
    add_mailbox: AddMailbox,
    resources: Resources,
    world: World,
    read: Read,
) -> None:
    dovecot.deliver(user, *[letter(number) for number in range(6)])
    mailbox = await add_mailbox()
    async with reading(resources, mailbox) as reader:
        listed = await reader.list_range(1, None)
        dovecot.expunge(user, 2, 3, 6)
        assert await reader._take(listed, moves_mark=True) == 3
    assert [uid for uid, _ in await kept(resources, world)] == [1, 4, 5]
    assert await read(mailbox) == 0


async def test_a_folder_made_anew_is_read_again_from_a_day_before_the_last_reading(
    dovecot: Dovecot,
    user: str,
    add_mailbox: AddMailbox,
    resources: Resources,
    world: World,
    read: Read,
) -> None:
    dovecot.create(user, "Desk")
    dovecot.deliver(user, letter(1), letter(2), folder="Desk")
    mailbox = await add_mailbox(folder="Desk", look_back_hours=1)
    await read(mailbox)

    dovecot.make_anew(user, "Desk")
    now = datetime.now(UTC)
    for number, hours in ((0, 60), (1, 20), (3, 0)):
        dovecot.deliver(user, letter(number), folder="Desk", at=now - timedelta(hours=hours))
    assert await read(mailbox) == 2

    assert [uid for uid, _ in await kept(resources, world)] == [1, 2, 2, 3]
    async with resources.db.transaction(world.company_id) as session:
        assert await session.scalar(text("select count(*) from mailbox_position")) == 2


async def test_a_missing_folder_is_named(
    dovecot: Dovecot, user: str, add_mailbox: AddMailbox, resources: Resources, read: Read
) -> None:
    mailbox = await add_mailbox(folder="Пошта & more")
    with pytest.raises(FolderMissing, match="has no folder “Пошта & more”"):
        await read(mailbox)
    dovecot.create(user, '"&BB8EPgRIBEIEMA- &- more"')
    assert await read(mailbox) == 0


async def test_a_large_message_lies_among_the_blobs_whole(
    dovecot: Dovecot,
    user: str,
    add_mailbox: AddMailbox,
    resources: Resources,
    world: World,
    read: Read,
) -> None:
    large = letter("large", size=3_000_000)
    dovecot.deliver(user, letter(1), large, letter(2))
    await read(await add_mailbox())

    async with resources.db.transaction(world.company_id) as session:
        stored = await session.scalars(
            select(InboundMessage).options(undefer(InboundMessage.raw)).order_by(InboundMessage.id)
        )
        messages = list(stored)
    assert [len(each.raw) for each in messages] == [len(letter(1)), 65536, len(letter(2))]
    assert [each.size_bytes for each in messages][1] == len(large)
    assert await raw_of(resources, messages[1]) == large
    assert await raw_of(resources, messages[2]) == letter(2)


async def test_two_readers_at_once_keep_each_message_once(
    dovecot: Dovecot, user: str, add_mailbox: AddMailbox, resources: Resources, world: World
) -> None:
    dovecot.deliver(user, *[letter(number) for number in range(300)])
    mailbox = await add_mailbox()
    async with reading(resources, mailbox) as one, reading(resources, mailbox) as other:
        new = await asyncio.gather(one.catch_up(), other.catch_up())
    assert sum(new) == 300
    assert [uid for uid, _ in await kept(resources, world)] == list(range(1, 301))


class Stubborn:
    """A server that will not hand out some messages (a session of ours in its place)."""

    def __init__(self, reader: FolderReader, *uids: int) -> None:
        self._session = reader._imap.session
        self._fetch = self._session.fetch
        self.uids = set(uids)
        self.says_no = True
        self._session.fetch = self.fetch  # type: ignore[method-assign]

    def fetch(self, uids: Sequence[int]) -> dict[int, bytes]:
        if self.uids & set(uids) and self.says_no:
            raise CommandRefused("127.0.0.1 refuses FETCH: [SERVERBUG] Internal error")
        return {uid: raw for uid, raw in self._fetch(uids).items() if uid not in self.uids}


@pytest.mark.parametrize("says_no", [True, False])
async def test_a_message_the_server_does_not_hand_out_is_noted_and_asked_for_again(
    dovecot: Dovecot, user: str, add_mailbox: AddMailbox, resources: Resources, world: World,
    says_no: bool,
) -> None:  # fmt: skip
    dovecot.deliver(user, *[letter(number) for number in range(1, 6)])
    mailbox = await add_mailbox()
    async with reading(resources, mailbox) as reader:
        stubborn = Stubborn(reader, 2, 4)
        stubborn.says_no = says_no
        assert await reader.catch_up() == 5
        async with resources.db.transaction(world.company_id) as session:
            (books,) = await list_books(session)
        assert (books.received, books.waiting, books.unfetched, books.balances) == (5, 5, 2, True)
        assert await file_waiting(resources, world.company_id) == 3

        stubborn.uids = {4}
        dovecot.expunge(user, 4)
        assert await reader.look_again() == 1
        assert await file_waiting(resources, world.company_id) == 1
    async with resources.db.transaction(world.company_id) as session:
        (books,) = await list_books(session)
    assert (books.tickets, books.refused, books.waiting, books.balances) == (4, 1, 0, True)


async def test_what_shows_up_below_the_mark_is_found(
    dovecot: Dovecot, user: str, add_mailbox: AddMailbox, resources: Resources, world: World
) -> None:
    dovecot.deliver(user, *[letter(number) for number in range(1, 6)])
    mailbox = await add_mailbox()
    async with reading(resources, mailbox) as reader:
        listed = await reader.list_range(1, None)
        await reader._take([each for each in listed if each.uid != 3], moves_mark=True)
        assert await reader.catch_up() == 0
        assert await reader.look_again() == 1
    assert sorted(uid for uid, _ in await kept(resources, world)) == [1, 2, 3, 4, 5]


def listed(uid: int, size: int = 1000) -> Listed:
    return Listed(uid, size, None)


@pytest.mark.parametrize(
    ("sizes", "careful_until", "expected"),
    [
        ([10] * (BATCH_MESSAGES + 1), 0, [BATCH_MESSAGES, 1]),
        ([BATCH_BYTES - 1, 1, 1], 0, [2, 1]),
        ([10, 60 * 1024 * 1024, 10], 0, [1, 1, 1]),
        ([10] * 5, 3, [1, 1, 1, 2]),
        ([], 0, []),
    ],
)
def test_batches_are_limited_and_a_large_message_goes_alone(
    sizes: list[int], careful_until: int, expected: list[int]
) -> None:
    messages = [listed(uid, size) for uid, size in enumerate(sizes, 1)]
    found = list(batches(messages, careful_until))
    assert [len(batch) for batch in found] == expected
    assert [each for batch in found for each in batch] == messages


def test_a_message_that_breaks_the_connection_alone_three_times_is_hopeless() -> None:
    suspects = Suspects()
    suspects.note([listed(5), listed(6)])
    assert suspects.careful_until == 6
    for _ in range(3):
        assert not suspects.is_hopeless(5)
        suspects.note([listed(5)])
    assert suspects.is_hopeless(5)
    assert not suspects.is_hopeless(6)
