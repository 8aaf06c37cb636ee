"""What a person opens or dismisses under "Needs a look" is counted so in the ledger."""

from collections.abc import Awaitable, Callable

from sqlalchemy import text

from tests.mailboxes.post import add_mailbox, deliver, mail, row_of
from tests.world import World
from ticketyard.intake.looking import dismiss_message, open_kept_message

RunJobs = Callable[[], Awaitable[None]]


async def a_mail_to_look_at(world: World) -> int:
    mailbox = await add_mailbox(world)
    await deliver(world, mail(sender="support@desk.example", subject="Scan"), mailbox)
    async with world.resources.db.transaction(world.company_id) as session:
        found = await session.scalar(text("select max(inbound_id) from mail_message"))
    assert (await row_of(world, int(found or 0))).outcome == "waiting"
    return int(found or 0)


async def test_an_opened_mail_counts_as_a_ticket(world: World, run_jobs: RunJobs) -> None:
    inbound_id = await a_mail_to_look_at(world)
    async with world.resources.db.transaction(world.company_id) as session:
        opened = await open_kept_message(
            session,
            world.resources,
            message_id=inbound_id,
            title="Scan",
            by=world.as_person(world.ana),
        )
    await run_jobs()

    row = await row_of(world, inbound_id)
    assert (row.outcome, row.ticket_id) == ("ticket", opened.id)
    async with world.resources.db.transaction(world.company_id) as session:
        logged = await session.scalar(
            text("select ticket_id from tticket_email_log where inbound_id = :id"),
            {"id": inbound_id},
        )
    assert logged == opened.id


async def test_a_dismissed_mail_counts_as_refused(world: World, run_jobs: RunJobs) -> None:
    inbound_id = await a_mail_to_look_at(world)
    async with world.resources.db.transaction(world.company_id) as session:
        await dismiss_message(session, message_id=inbound_id, by=world.as_person(world.ana))
    await run_jobs()

    row = await row_of(world, inbound_id)
    assert (row.outcome, row.state, row.ticket_id) == ("refused", "dismissed", None)
