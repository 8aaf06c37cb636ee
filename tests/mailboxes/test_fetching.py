"""A folder is read to its end, once, whatever the server does."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import sha256

import pytest
from sqlalchemy import text

from tests.mailboxes.conftest import AddMailbox
from tests.mailboxes.dovecot import Dovecot
from tests.mailboxes.letters import letter
from tests.world import World
from ticketyard.core.resources import Resources
from ticketyard.mailboxes.fetching import (
    FolderReader,
    Suspects,
)
from ticketyard.mailboxes.imap_thread import ImapThread
from ticketyard.mailboxes.models import Mailbox
from ticketyard.mailboxes.sources import source_of

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
