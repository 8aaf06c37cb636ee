import pytest

from tests.world import World
from ticketyard.core.auth import Principal
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.commenting import COMMENT_MAX, add_comment
from ticketyard.tickets.errors import BadComment, NotForRequesters
from ticketyard.tickets.queries import get_ticket, list_comments, list_state_changes


async def test_a_requester_sees_no_internal_note(world: World) -> None:
    opened = await world.open()
    ana, rita = world.as_person(world.ana), world.as_person(world.rita)
    async with world.resources.db.transaction(world.company_id) as session:
        await add_comment(
            session, ticket_id=opened.id, body="Known to be rude", is_internal=True, by=ana
        )
        await add_comment(session, ticket_id=opened.id, body="Please restart it", by=ana)
        assert [each.body for each in await list_comments(session, opened.id, rita)] == [
            "Please restart it"
        ]
        assert len(await list_comments(session, opened.id, ana)) == 2


async def test_a_requester_writes_no_internal_note(world: World) -> None:
    opened = await world.open()
    with pytest.raises(NotForRequesters):
        async with world.resources.db.transaction(world.company_id) as session:
            await add_comment(
                session, ticket_id=opened.id, body="x", is_internal=True,
                by=world.as_person(world.rita),
            )  # fmt: skip


@pytest.mark.parametrize(
    ("who", "is_internal", "counts"),
    [("ana", False, True), ("ana", True, False), ("rita", False, False)],
)
async def test_the_first_public_answer_of_the_desk_is_the_first_response(
    world: World, who: str, is_internal: bool, counts: bool
) -> None:
    opened = await world.open()
    by = world.as_person(getattr(world, who))
    async with world.resources.db.transaction(world.company_id) as session:
        await add_comment(session, ticket_id=opened.id, body="Hi", is_internal=is_internal, by=by)
        first = (await get_ticket(session, opened.id)).first_response_at
        await add_comment(session, ticket_id=opened.id, body="More", by=world.system)
        later = (await get_ticket(session, opened.id)).first_response_at

    assert (first is not None) == counts
    assert first == later


async def test_a_reply_on_a_resolved_ticket_reopens_it_and_says_why(world: World) -> None:
    opened = await world.open()
    async with world.resources.db.transaction(world.company_id) as session:
        await change_status(
            session, ticket_id=opened.id, status="resolved", by=world.as_person(world.ana),
            reason="Restarted", resolution="Restart the spooler.",
        )  # fmt: skip
        await add_comment(
            session, ticket_id=opened.id, body="Again!", by=world.as_person(world.rita)
        )
        ticket = await get_ticket(session, opened.id)
        last = (await list_state_changes(session, opened.id))[-1]

    assert ticket.status == "in_progress"
    assert ticket.resolution == "Restart the spooler."
    assert (last.from_status, last.by_name) == ("resolved", "Rita Requester")
    assert "replied" in (last.reason or "")


async def test_a_machine_speaking_for_somebody_does_not_reopen(world: World) -> None:
    opened = await world.open()
    gateway = Principal("integration", 1, world.company_id, "Gateway", world.system.permissions)
    async with world.resources.db.transaction(world.company_id) as session:
        await change_status(session, ticket_id=opened.id, status="resolved", by=gateway)
        await add_comment(session, ticket_id=opened.id, body="Done.", by=gateway)
        ticket = await get_ticket(session, opened.id)

    assert ticket.status == "resolved"
    assert ticket.first_response_at is not None, "a gateway acts for people at the desk"


@pytest.mark.parametrize("body", ["", "  \n ", "x" * (COMMENT_MAX + 1)])
async def test_a_comment_without_text_or_with_too_much_is_refused(world: World, body: str) -> None:
    opened = await world.open()
    with pytest.raises(BadComment):
        async with world.resources.db.transaction(world.company_id) as session:
            await add_comment(
                session, ticket_id=opened.id, body=body, by=world.as_person(world.ana)
            )


async def test_what_postgres_cannot_keep_is_replaced(world: World) -> None:
    opened = await world.open()
    async with world.resources.db.transaction(world.company_id) as session:
        comment = await add_comment(
            session, ticket_id=opened.id, body="a\x00b\ud800", by=world.as_person(world.ana)
        )

    assert comment.body == "a\ufffdb?"
