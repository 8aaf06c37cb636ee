"""The server's UIDs against ours."""

from sqlalchemy import text

from tests.mailboxes.conftest import AddMailbox
from tests.mailboxes.dovecot import Dovecot
from tests.mailboxes.letters import letter
from tests.mailboxes.test_fetching import reading
from tests.world import World
from ticketyard.core.resources import Resources
from ticketyard.mailboxes.fetching.reconciling import reconcile
from ticketyard.mailboxes.filing import file_waiting
from ticketyard.mailboxes.ledger import list_books, list_ledger


async def test_what_is_missing_here_or_gone_there_is_counted_and_fetched_when_asked(
    dovecot: Dovecot, user: str, add_mailbox: AddMailbox, resources: Resources, world: World
) -> None:
    dovecot.deliver(user, *[letter(number) for number in range(1, 7)])
    mailbox = await add_mailbox()
    async with reading(resources, mailbox) as reader:
        await reader.catch_up()
    found = await reconcile(resources, world.company_id, mailbox.id)
    assert (found.kept, found.missing, found.gone, found.is_complete) == (6, (), 0, True)

    dovecot.expunge(user, 1)
    async with resources.db.transaction(world.company_id) as session:
        lost = "delete from inbound_message where id = (select inbound_id from mail_message where uid = 4)"
        await session.execute(text(lost))
    found = await reconcile(resources, world.company_id, mailbox.id)
    assert (found.kept, found.missing, found.gone) == (4, (4,), 1)
    assert not found.is_complete

    found = await reconcile(resources, world.company_id, mailbox.id, refetch=True)
    assert (found.kept, found.missing, found.gone) == (5, (), 1)


async def test_the_books_balance_and_are_listed_by_outcome_in_pages(
    dovecot: Dovecot, user: str, add_mailbox: AddMailbox, resources: Resources, world: World
) -> None:
    dovecot.deliver(user, *[letter(number) for number in range(1, 6)], letter(1))
    mailbox = await add_mailbox()
    async with reading(resources, mailbox) as reader:
        await reader.catch_up()
    await file_waiting(resources, world.company_id)
    dovecot.deliver(user, letter(9))
    async with reading(resources, mailbox) as reader:
        await reader.catch_up()

    async with resources.db.transaction(world.company_id) as session:
        (books,) = await list_books(session)
        first = await list_ledger(session, outcome="ticket", limit=3)
        rest = await list_ledger(session, outcome="ticket", limit=3, before=first.next_before)
        none = await list_ledger(session, mailbox_id=mailbox.id + 1)
    assert (books.received, books.tickets, books.duplicates, books.waiting) == (7, 5, 1, 1)
    assert books.balances
    assert books.last_uid == 7
    assert [line.uid for line in (*first.lines, *rest.lines)] == [5, 4, 3, 2, 1]
    assert all(line.ticket_number for line in first.lines)
    assert rest.next_before is None
    assert not none.lines

    async with resources.db.transaction(world.company_id) as session:
        # A raw message that nobody noted: the books must not hide it.
        await session.execute(text("delete from mail_message where uid = 5"))
        (books,) = await list_books(session)
    assert not books.balances
    async with resources.db.transaction(world.other_company_id) as session:
        assert await list_books(session) == []
