import pytest

from tests.world import World
from ticketyard.tickets.bulk import BULK_MAX, BulkChange, change_many
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.errors import BadField, BadStatus
from ticketyard.tickets.labelling import Changes
from ticketyard.tickets.queries import get_ticket, list_comments


async def test_what_one_ticket_refuses_leaves_the_others_alone(world: World) -> None:
    first, closed, third = [await world.open(f"Ticket {n}") for n in range(3)]
    by = world.as_person(world.ana)
    async with world.resources.db.transaction(world.company_id) as session:
        for status in ("resolved", "closed"):
            await change_status(session, ticket_id=closed.id, status=status, by=by)
    async with world.resources.db.transaction(world.company_id) as session:
        outcomes = await change_many(
            session,
            [third.number.lower(), closed.id, first.id, "999999999", first.id],
            BulkChange(
                changes=Changes.of({"add_tags": ["Fire"], "priority": "urgent"}),
                comment="All of them.",
                assignee_id=world.bo.id,
                status="in_progress",
            ),
            by=by,
        )
    assert [each.reference for each in outcomes] == [
        third.number, str(closed.id), str(first.id), "999999999",
    ]  # fmt: skip
    assert [each.refusal is None for each in outcomes] == [True, False, True, False]
    assert outcomes[1].status == "closed"
    async with world.resources.db.transaction(world.company_id) as session:
        ticket = await get_ticket(session, first.id)
        untouched = await get_ticket(session, closed.id)
        assert (ticket.status, ticket.assignee_id, ticket.tags, ticket.priority) == (
            "in_progress", world.bo.id, ["fire"], "urgent",
        )  # fmt: skip
        assert (untouched.tags, untouched.version) == ([], 3), "its part is undone as a whole"
        assert not await list_comments(session, closed.id, by)
        assert outcomes[2].version == ticket.version


@pytest.mark.parametrize(
    ("references", "change", "refusal"),
    [
        ([], BulkChange(status="resolved"), BadField),
        (list(range(1, BULK_MAX + 2)), BulkChange(status="resolved"), BadField),
        ([1], BulkChange(), BadField),
        ([1], BulkChange(changes=Changes.of({})), BadField),
        ([1], BulkChange(status="done"), BadStatus),
    ],
)
async def test_a_change_of_nothing_or_too_much_is_refused(
    world: World, references: list[int | str], change: BulkChange, refusal: type[Exception]
) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        with pytest.raises(refusal):
            await change_many(session, references, change, by=world.as_person(world.ana))


async def test_two_hundred_at_once(world: World) -> None:
    ids = [(await world.open(f"Ticket {n}")).id for n in range(BULK_MAX)]
    async with world.resources.db.transaction(world.company_id) as session:
        outcomes = await change_many(
            session, ids, BulkChange(status="resolved"), by=world.as_person(world.ana)
        )

    assert all(each.refusal is None and each.status == "resolved" for each in outcomes)


async def test_a_ticket_named_by_its_id_and_its_number_is_changed_once(world: World) -> None:
    opened, other = await world.open(), await world.open()
    by = world.as_person(world.ana)
    async with world.resources.db.transaction(world.company_id) as session:
        outcomes = await change_many(
            session,
            [opened.number, other.id, opened.id, f"0{opened.id}"],
            BulkChange(comment="Once."),
            by=by,
        )
        assert [each.reference for each in outcomes] == [opened.number, str(other.id)]
        assert len(await list_comments(session, opened.id, by)) == 1
