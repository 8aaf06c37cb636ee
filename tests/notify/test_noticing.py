from tests.notify.conftest import Desk
from ticketyard.notify.templates import switch_template
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.opening import OpenedTicket


async def move(desk: Desk, ticket: OpenedTicket, *statuses: str) -> None:
    world = desk.world
    for status in statuses:
        async with world.resources.db.transaction(world.company_id) as session:
            await change_status(
                session, ticket_id=ticket.id, status=status, by=world.as_person(world.ana),
                resolution="Replaced the toner." if status == "resolved" else None,
            )  # fmt: skip


async def switch_on(desk: Desk) -> None:
    world = desk.world
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.admin)
        await switch_template(session, name="resolved", is_active=True, by=by)


async def test_nobody_is_told_unless_the_company_wants_it(desk: Desk) -> None:
    await move(desk, await desk.open(), "resolved")
    await desk.run()
    assert not await desk.mails()


async def test_the_requester_is_told_once_for_each_time(desk: Desk) -> None:
    await switch_on(desk)
    ticket = await desk.open()
    await move(desk, ticket, "in_progress", "resolved")
    await desk.run()
    await desk.again("ticket.status_changed", "notify.tell_requesters")
    await desk.run()
    (came,) = desk.sink.deliveries
    assert came.mail["Auto-Submitted"] == "auto-generated"
    assert "Replaced the toner." in came.text
    await move(desk, ticket, "in_progress", "resolved")
    await desk.run()
    assert len(desk.sink.deliveries) == 2


async def test_it_says_nothing_of_what_was_taken_up_again_meanwhile(desk: Desk) -> None:
    await switch_on(desk)
    await move(desk, await desk.open(), "resolved", "in_progress")
    await desk.run()
    assert not await desk.mails()
