"""Flags and moves on the server: only where asked, only after filing."""

import pytest
from sqlalchemy import text

from tests.mailboxes.conftest import AddMailbox
from tests.mailboxes.dovecot import Dovecot
from tests.mailboxes.letters import letter
from tests.mailboxes.proxy import Proxy
from tests.mailboxes.test_fetching import reading
from tests.world import World
from ticketyard.core.outgoing import Outgoing
from ticketyard.core.resources import Resources
from ticketyard.mailboxes.fetching.tidying import tidy_mailbox
from ticketyard.mailboxes.fetching.tokens import AccessTokens
from ticketyard.mailboxes.filing import file_waiting
from ticketyard.mailboxes.models import Mailbox


async def tidy(resources: Resources, mailbox: Mailbox) -> int:
    tokens = AccessTokens(resources.clock, resources.part(Outgoing))
    return await tidy_mailbox(resources, mailbox.company_id, mailbox.id, tokens)


async def fetch_and_file_two_of_three(
    dovecot: Dovecot, user: str, resources: Resources, mailbox: Mailbox
) -> None:
    dovecot.deliver(user, letter(1), letter(2))
    async with reading(resources, mailbox) as reader:
        await reader.catch_up()
        assert await file_waiting(resources, mailbox.company_id) == 2
        dovecot.deliver(user, letter(3))
        await reader.catch_up()


async def test_nothing_is_touched_unless_asked(
    dovecot: Dovecot, user: str, add_mailbox: AddMailbox, resources: Resources
) -> None:
    mailbox = await add_mailbox()
    await fetch_and_file_two_of_three(dovecot, user, resources, mailbox)
    assert await tidy(resources, mailbox) == 0
    assert not dovecot.uids(user, search="SEEN")


async def test_what_was_filed_is_marked_as_seen_and_what_waits_is_not(
    dovecot: Dovecot, user: str, add_mailbox: AddMailbox, resources: Resources, world: World
) -> None:
    mailbox = await add_mailbox(after_filing="seen")
    await fetch_and_file_two_of_three(dovecot, user, resources, mailbox)
    assert await tidy(resources, mailbox) == 2
    assert dovecot.uids(user, search="SEEN") == [1, 2]
    assert await tidy(resources, mailbox) == 0
    async with resources.db.transaction(world.company_id) as session:
        tidied = await session.scalars(
            text("select uid from mail_message where tidied_at is not null")
        )
        assert sorted(tidied) == [1, 2]


@pytest.mark.parametrize("without", [b"", b" MOVE", b" UIDPLUS"])
async def test_what_was_filed_is_moved_with_or_without_the_servers_help(
    dovecot: Dovecot, user: str, add_mailbox: AddMailbox, resources: Resources, without: bytes
) -> None:
    proxy = Proxy(dovecot.port).start()
    if without:
        # Of a server that has no UIDPLUS we take it that it has no MOVE either.
        proxy.from_server = lambda piece: (
            piece.replace(b" MOVE", b" M0VE").replace(without, b" NONE") if without else piece
        )
    mailbox = await add_mailbox(after_filing="move", move_to="Filed & done", imap_port=proxy.port)
    await fetch_and_file_two_of_three(dovecot, user, resources, mailbox)
    # Somebody else has marked a message; it is not ours to remove.
    with dovecot.client(user) as client:
        client.select("INBOX")
        client.uid("STORE", "3", "+FLAGS", r"(\Deleted)")

    assert await tidy(resources, mailbox) == 2

    assert len(dovecot.uids(user, '"Filed &- done"')) == 2
    assert 3 in dovecot.uids(user)
    left = dovecot.uids(user, search="UNDELETED")
    assert 1 not in left
    assert 2 not in left
    proxy.stop()


async def test_uids_of_a_folder_that_was_made_anew_are_left_alone(
    dovecot: Dovecot, user: str, add_mailbox: AddMailbox, resources: Resources
) -> None:
    dovecot.create(user, "Desk")
    mailbox = await add_mailbox(after_filing="seen", folder="Desk")
    dovecot.deliver(user, letter(1), folder="Desk")
    async with reading(resources, mailbox) as reader:
        await reader.catch_up()
    await file_waiting(resources, mailbox.company_id)
    dovecot.make_anew(user, "Desk")
    dovecot.deliver(user, letter(2), folder="Desk")

    assert await tidy(resources, mailbox) == 0
    assert not dovecot.uids(user, "Desk", search="SEEN")
