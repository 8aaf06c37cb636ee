"""Two tickets become one, and nothing is lost on the way."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text

from tests.mailboxes.post import deliver, mail
from tests.world import World
from ticketyard.core.db import Database
from ticketyard.tickets.attaching import attach_files, keep_file
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.errors import (
    BadMerge,
    TicketChangedMeanwhile,
    TicketMerged,
    TicketNotFound,
)
from ticketyard.tickets.labelling import Changes, change_ticket
from ticketyard.tickets.models import Comment, Ticket
from ticketyard.tickets.queries import (
    get_ticket,
    list_attachments,
    list_comments,
    list_state_changes,
)
from ticketyard.tickets.related.linking import link_tickets
from ticketyard.tickets.related.listing import list_related, list_taken_in
from ticketyard.tickets.related.merging import merge_tickets

Run = Callable[[], Awaitable[None]]


async def merge(world: World, ticket_id: int, into: int, **given: object) -> Ticket:
    async with world.resources.db.transaction(world.company_id) as session:
        return await merge_tickets(
            session,
            ticket_id=ticket_id,
            into=into,
            by=world.as_person(world.ana),
            **given,  # type: ignore[arg-type]
        )


async def comments_of(world: World, ticket_id: int) -> list[Comment]:
    async with world.resources.db.transaction(world.company_id) as session:
        return await list_comments(session, ticket_id, world.as_person(world.ana))


async def test_comments_files_tags_and_links_move_and_the_rest_stays(world: World) -> None:
    ana, rita = world.as_person(world.ana), world.as_person(world.rita)
    survivor, merged, third = [await world.open(f"Ticket {n}", tags=(f"t{n}",)) for n in range(3)]
    blob = await keep_file(
        world.resources.blobs, world.company_id, filename="smoke.txt", content=b"smoke"
    )
    async with world.resources.db.transaction(world.company_id) as session:
        said = await add_comment(session, ticket_id=merged.id, body="It burns.", by=rita)
        noted = await add_comment(
            session, ticket_id=merged.id, body="Hm.", by=ana, is_internal=True
        )
        await attach_files(session, ticket_id=merged.id, files=[blob], by=rita, comment_id=said.id)
        await link_tickets(session, ticket_id=merged.id, other=third.id, kind="blocks", by=ana)
        await link_tickets(session, ticket_id=merged.id, other=survivor.id, kind="relates", by=ana)
    written = said.created_at

    await merge(world, merged.id, survivor.id)

    async with world.resources.db.transaction(world.company_id) as session:
        comments = await list_comments(session, survivor.id, ana)
        assert [each.id for each in comments][:2] == [said.id, noted.id]
        assert (comments[0].author_id, comments[0].created_at) == (world.rita.id, written)
        assert comments[2].is_internal
        assert merged.number in comments[2].body
        assert not await list_comments(session, merged.id, ana)
        assert [each.filename for each in await list_attachments(session, survivor.id)] == [
            "smoke.txt"
        ]
        ticket, gone = await get_ticket(session, survivor.id), await get_ticket(session, merged.id)
        assert (ticket.status, ticket.tags) == ("open", ["t0", "t1"])
        assert (gone.status, gone.merged_into) == ("closed", survivor.id)
        last = (await list_state_changes(session, merged.id))[-1]
        assert (last.to_status, last.reason) == ("closed", f"Merged into {survivor.number}.")
        assert [(each.kind, each.id) for each in await list_related(session, survivor.id, ana)] == [
            ("blocks", third.id)
        ]
        assert not await list_related(session, merged.id, ana)


async def test_nothing_changes_any_more_on_a_merged_ticket(world: World) -> None:
    survivor, merged = await world.open(), await world.open()
    await merge(world, merged.id, survivor.id)

    for by in (world.as_person(world.ana), world.as_person(world.rita)):
        async with world.resources.db.transaction(world.company_id) as session:
            with pytest.raises(TicketMerged) as refusal:
                await add_comment(session, ticket_id=merged.id, body="Hello?", by=by)
            assert refusal.value.extra["merged_into_number"] == survivor.number
            changes = Changes.of({"priority": "high"})
            with pytest.raises(TicketMerged):
                await change_ticket(session, ticket_id=merged.id, changes=changes, by=by)
            with pytest.raises(TicketMerged):
                await change_status(session, ticket_id=merged.id, status="in_progress", by=by)


async def test_what_was_merged_before_leads_to_the_last_one_at_once(world: World) -> None:
    first, second, third = [await world.open() for _ in range(3)]
    await merge(world, first.id, second.id)
    await merge(world, second.id, third.id)

    async with world.resources.db.transaction(world.company_id) as session:
        assert (await get_ticket(session, first.id)).merged_into == third.id
        assert [each.id for each in await list_taken_in(session, third.id)] == [
            first.id, second.id,
        ]  # fmt: skip


async def test_what_cannot_become_one_is_refused(world: World) -> None:
    open_one, done, merged, other = [await world.open() for _ in range(4)]
    ana = world.as_person(world.ana)
    async with world.resources.db.transaction(world.company_id) as session:
        await change_status(session, ticket_id=done.id, status="resolved", by=ana)
    await merge(world, merged.id, other.id)

    with pytest.raises(BadMerge):
        await merge(world, open_one.id, open_one.id)
    with pytest.raises(BadMerge, match="reopen"):
        await merge(world, open_one.id, done.id)
    with pytest.raises(TicketMerged):
        await merge(world, merged.id, open_one.id)
    with pytest.raises(TicketMerged):
        await merge(world, open_one.id, merged.id)
    with pytest.raises(TicketNotFound):
        await merge(world, open_one.id, 999_999)
    with pytest.raises(TicketChangedMeanwhile):
        await merge(world, open_one.id, other.id, version=7)
    assert (await merge(world, done.id, open_one.id)).status == "open"


async def test_another_companys_ticket_is_not_found(world: World) -> None:
    ours = await world.open()
    async with world.resources.db.transaction(world.other_company_id) as session:
        with pytest.raises(TicketNotFound):
            await merge_tickets(
                session, ticket_id=ours.id, into=ours.id, by=world.as_person(world.other_admin)
            )


async def test_mail_to_a_merged_ticket_lands_in_the_survivor(world: World, run_jobs: Run) -> None:
    survivor = await world.open("Survivor")
    merged = await world.open("Merged", requester_email="kim@else.example", requester_name="Kim")
    await merge(world, merged.id, survivor.id)

    await deliver(world, mail("More smoke.", sender="kim@else.example",
                              subject=f"Re: [{merged.number}] Merged"))  # fmt: skip
    await deliver(world, mail("From Rita.", sender="rita@example.com",
                              subject=f"Re: [{merged.number}] Merged"))  # fmt: skip
    await deliver(world, mail("From Kim again.", sender="kim@else.example",
                              subject=f"Re: [{survivor.number}] Survivor"))  # fmt: skip

    comments = await comments_of(world, survivor.id)
    assert [each.body for each in comments if not each.is_internal] == [
        "More smoke.", "From Rita.", "From Kim again.",
    ]  # fmt: skip
    assert not await comments_of(world, merged.id)


async def test_a_strangers_mail_to_a_merged_ticket_proves_nothing(world: World) -> None:
    survivor, merged = await world.open("Survivor"), await world.open("Merged")
    await merge(world, merged.id, survivor.id)

    await deliver(world, mail("Let me in.", sender="eve@evil.example",
                              subject=f"Re: [{merged.number}] Merged"))  # fmt: skip

    assert not [each for each in await comments_of(world, survivor.id) if not each.is_internal]


async def test_mail_to_a_closed_survivor_opens_its_follow_up(world: World) -> None:
    survivor, merged = await world.open("Survivor"), await world.open("Merged")
    await merge(world, merged.id, survivor.id)
    ana = world.as_person(world.ana)
    async with world.resources.db.transaction(world.company_id) as session:
        for status in ("resolved", "closed"):
            await change_status(session, ticket_id=survivor.id, status=status, by=ana)

    await deliver(world, mail("It burns again.", sender="rita@example.com",
                              subject=f"Re: [{merged.number}] Merged"))  # fmt: skip

    async with world.resources.db.transaction(world.company_id) as session:
        (related,) = await list_related(session, survivor.id, ana)
        assert related.kind == "followed_by"


async def test_who_wrote_to_the_merged_ticket_hears_the_survivors_answers(
    world: World, run_jobs: Run
) -> None:
    survivor = await world.open("Survivor")
    merged = await world.open("Merged", requester_email="kim@else.example")
    await merge(world, merged.id, survivor.id)
    await run_jobs()

    assert await participants(world.resources.db, world.company_id, survivor.id) == [
        ("kim@else.example", True)
    ]
    await run_jobs()
    async with world.resources.db.transaction(world.company_id) as session:
        await add_comment(
            session, ticket_id=survivor.id, body="Done.", by=world.as_person(world.ana)
        )
    await run_jobs()
    async with world.resources.db.transaction(world.company_id) as session:
        recipients = await session.scalar(
            text("select recipients from outgoing_mail where kind = 'reply'")
        )
    assert {each["email"] for each in recipients} == {"rita@example.com", "kim@else.example"}


async def participants(db: Database, company_id: int, ticket_id: int) -> list[tuple[str, bool]]:
    async with db.transaction(company_id) as session:
        rows = await session.execute(
            text("select email_key, receives from mail_participant where ticket_id = :id"),
            {"id": ticket_id},
        )
        return [tuple(row) for row in rows]
