"""Links between tickets, and tickets that come of others."""

import pytest

from tests.world import World
from ticketyard.tickets.attaching import attach_files, keep_file
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.errors import BadField, BadLink, BadSplit, LinkNotFound
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.numbering import Numbers
from ticketyard.tickets.opening import OpenedTicket
from ticketyard.tickets.queries import get_ticket, list_attachments, list_comments
from ticketyard.tickets.related.following_up import follow_up_ticket
from ticketyard.tickets.related.kinds import SEEN, seen_from, stored
from ticketyard.tickets.related.linking import link_tickets, unlink_tickets
from ticketyard.tickets.related.listing import list_related
from ticketyard.tickets.related.splitting import split_ticket


@pytest.mark.parametrize("seen", SEEN)
def test_a_link_reads_from_its_ticket_as_it_was_said(seen: str) -> None:
    for one, two in ((1, 2), (2, 1)):
        link = stored(one, two, seen)

        assert seen_from(link, one) == seen
        assert stored(two, one, seen_from(link, two)) == link, "said from the other side it is one"


def test_a_word_that_is_no_link_is_refused() -> None:
    with pytest.raises(BadField):
        stored(1, 2, "hates")


async def link(world: World, one: int, two: int, kind: str) -> bool:
    async with world.resources.db.transaction(world.company_id) as session:
        return await link_tickets(
            session, ticket_id=one, other=two, kind=kind, by=world.as_person(world.ana)
        )


async def related(world: World, ticket_id: int) -> list[tuple[str, int]]:
    async with world.resources.db.transaction(world.company_id) as session:
        found = await list_related(session, ticket_id, world.as_person(world.ana))
        return [(each.kind, each.id) for each in found]


async def test_a_link_is_seen_from_both_sides_and_taken_away_from_either(world: World) -> None:
    one, two = (await world.open()).id, (await world.open()).id

    assert await link(world, one, two, "blocked_by")
    assert not await link(world, two, one, "blocks"), "said from the other side it is the same"
    assert await link(world, two, one, "relates")
    assert not await link(world, one, two, "relates")
    assert await related(world, one) == [("relates", two), ("blocked_by", two)]
    assert await related(world, two) == [("relates", one), ("blocks", one)]
    ana = world.as_person(world.ana)
    async with world.resources.db.transaction(world.company_id) as session:
        await unlink_tickets(session, ticket_id=two, other=one, kind="blocks", by=ana)
        with pytest.raises(LinkNotFound):
            await unlink_tickets(session, ticket_id=two, other=one, kind="blocks", by=ana)
    assert await related(world, two) == [("relates", one)]


async def test_links_that_contradict_themselves_are_refused(world: World) -> None:
    one, two, three = [(await world.open()).id for _ in range(3)]
    await link(world, one, two, "parent")
    await link(world, two, three, "parent")

    for first, second, kind in (
        (one, one, "relates"),
        (three, one, "parent"),
        (one, three, "parent"),
        (two, one, "parent"),
    ):
        with pytest.raises(BadLink):
            await link(world, first, second, kind)
    assert await link(world, three, one, "blocks"), "another kind makes no circle"


async def test_a_requester_sees_only_links_to_tickets_of_their_own(world: World) -> None:
    mine, also_mine = (await world.open()).id, (await world.open()).id
    theirs = (await world.open(requester_email="kim@else.example")).id
    await link(world, mine, theirs, "relates")
    await link(world, mine, also_mine, "relates")

    async with world.resources.db.transaction(world.company_id) as session:
        found = await list_related(session, mine, world.as_person(world.rita))

    assert [each.id for each in found] == [also_mine]


async def split(world: World, ticket_id: int, comment_ids: list[int]) -> OpenedTicket:
    async with world.resources.db.transaction(world.company_id) as session:
        return await split_ticket(
            session,
            ticket_id=ticket_id,
            comment_ids=comment_ids,
            title=" Another  matter ",
            numbers=world.resources.part(Numbers),
            now=world.resources.clock(),
            by=world.as_person(world.ana),
        )


async def test_split_off_comments_go_with_their_files_to_a_ticket_of_the_same_requester(
    world: World,
) -> None:
    rita, ana = world.as_person(world.rita), world.as_person(world.ana)
    opened = await world.open()
    blob = await keep_file(
        world.resources.blobs, world.company_id, filename="lamp.png", content=b"lamp"
    )
    async with world.resources.db.transaction(world.company_id) as session:
        stays = await add_comment(session, ticket_id=opened.id, body="The printer.", by=rita)
        note = await add_comment(
            session, ticket_id=opened.id, body="A secret.", by=ana, is_internal=True
        )
        goes = await add_comment(session, ticket_id=opened.id, body="The lamp.", by=rita)
        await attach_files(session, ticket_id=opened.id, files=[blob], by=rita, comment_id=goes.id)

    new = await split(world, opened.id, [goes.id, note.id])

    async with world.resources.db.transaction(world.company_id) as session:
        ticket: Ticket = await get_ticket(session, new.id)
        assert (ticket.title, ticket.description) == ("Another matter", "The lamp.")
        assert (ticket.requester_id, ticket.status) == (world.rita.id, "open")
        moved = await list_comments(session, new.id, ana)
        assert [(each.id, each.author_name) for each in moved] == [
            (note.id, ana.name), (goes.id, rita.name),
        ]  # fmt: skip
        assert [each.id for each in await list_comments(session, opened.id, ana)] == [stays.id]
        assert [each.comment_id for each in await list_attachments(session, new.id)] == [goes.id]
        assert not await list_attachments(session, opened.id)
    assert await related(world, new.id) == [("relates", opened.id)]


async def test_a_split_is_filed_as_the_ticket_it_came_from(world: World) -> None:
    alike = {"priority": "urgent", "severity": "high", "category": "Hardware"}
    opened = await world.open(**alike, organization_id="acme")
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.rita)
        said = await add_comment(session, ticket_id=opened.id, body="The lamp.", by=by)

    new = await split(world, opened.id, [said.id])

    async with world.resources.db.transaction(world.company_id) as session:
        ticket = await get_ticket(session, new.id)
        assert {name: getattr(ticket, name) for name in alike} == alike
        assert ticket.organization_id == "acme"


async def test_a_split_of_notes_alone_shows_the_requester_none_of_them(world: World) -> None:
    opened = await world.open()
    async with world.resources.db.transaction(world.company_id) as session:
        note = await add_comment(
            session,
            ticket_id=opened.id,
            body="A secret.",
            by=world.as_person(world.ana),
            is_internal=True,
        )

    new = await split(world, opened.id, [note.id])

    async with world.resources.db.transaction(world.company_id) as session:
        assert (await get_ticket(session, new.id)).description == f"Split from {opened.number}."


async def test_comments_of_another_ticket_or_none_cannot_be_split_off(world: World) -> None:
    opened, other = await world.open(), await world.open()
    async with world.resources.db.transaction(world.company_id) as session:
        theirs = await add_comment(
            session, ticket_id=other.id, body="Mine.", by=world.as_person(world.ana)
        )

    for ids in ([], [theirs.id], [999_999]):
        with pytest.raises(BadSplit):
            await split(world, opened.id, ids)


async def test_a_follow_up_takes_over_who_and_what_and_leaves_the_old_one_closed(
    world: World,
) -> None:
    ana = world.as_person(world.ana)
    opened = await world.open(custom_fields={"floor": 3}, organization_id="acme")
    async with world.resources.db.transaction(world.company_id) as session:
        for status in ("resolved", "closed"):
            await change_status(session, ticket_id=opened.id, status=status, by=ana)
    async with world.resources.db.transaction(world.company_id) as session:
        new = await follow_up_ticket(
            session,
            ticket_id=opened.id,
            description="It is back.",
            numbers=world.resources.part(Numbers),
            now=world.resources.clock(),
            by=ana,
        )
        ticket = await get_ticket(session, new.id)
        assert (ticket.title, ticket.description) == ("Printer on fire", "It is back.")
        assert (ticket.requester_id, ticket.custom_fields) == (world.rita.id, {"floor": 3})
        assert ticket.organization_id == "acme"
        assert (await get_ticket(session, opened.id)).status == "closed"
    assert await related(world, new.id) == [("follows", opened.id)]
