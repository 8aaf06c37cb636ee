import hashlib

import pytest

from tests.world import World
from ticketyard.core.auth import Principal
from ticketyard.core.errors import TooLarge
from ticketyard.tickets.attaching import attach_files, keep_file
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.drafts import foreign_file
from ticketyard.tickets.errors import (
    AttachmentNotFound,
    BadField,
    NotForRequesters,
    TooManyViews,
    ViewNotFound,
)
from ticketyard.tickets.queries import (
    get_visible_attachment,
    list_saved_views,
    list_visible_attachments,
)
from ticketyard.tickets.rating import rate_ticket
from ticketyard.tickets.viewing import VIEWS_MAX, delete_view, save_view


async def test_a_file_is_kept_under_the_hash_of_its_content(world: World) -> None:
    opened = await world.open()
    kept = await keep_file(
        world.resources.blobs, world.company_id, filename="../../x.sh", content=b"echo",
        content_type="Text/HTML; charset=evil",
    )  # fmt: skip
    async with world.resources.db.transaction(world.company_id) as session:
        (file,) = await attach_files(
            session, ticket_id=opened.id, files=[kept], by=world.as_person(world.ana)
        )

    digest = hashlib.sha256(b"echo").hexdigest()
    assert (file.filename, file.content_type, file.size_bytes) == ("x.sh", "text/html", 4)
    assert file.sha256 == digest
    assert file.blob_key is not None
    assert file.blob_key.endswith(digest)
    assert await world.resources.blobs.get(file.blob_key) == b"echo"


@pytest.mark.parametrize(("content", "refusal"), [(b"", BadField), (b"12345", TooLarge)])
async def test_an_empty_or_oversize_file_is_refused(
    world: World, content: bytes, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await keep_file(
            world.resources.blobs, world.company_id, filename="a", content=content, max_bytes=4
        )


async def test_a_file_that_is_only_named_is_never_opened(world: World) -> None:
    opened = await world.open()
    named = foreign_file(filename=None, reference="/etc/passwd", size_bytes=-1)
    async with world.resources.db.transaction(world.company_id) as session:
        (file,) = await attach_files(
            session, ticket_id=opened.id, files=[named], by=world.as_person(world.ana)
        )

    assert (file.filename, file.blob_key, file.size_bytes) == ("passwd", None, 0)
    assert file.foreign_reference == "/etc/passwd"


async def test_a_file_of_an_internal_note_is_not_shown_to_the_requester(world: World) -> None:
    opened = await world.open()
    ana, rita = world.as_person(world.ana), world.as_person(world.rita)
    kept = await keep_file(
        world.resources.blobs, world.company_id, filename="secret.txt", content=b"s"
    )
    async with world.resources.db.transaction(world.company_id) as session:
        note = await add_comment(
            session, ticket_id=opened.id, body="See file", is_internal=True, by=ana
        )
        (file,) = await attach_files(
            session, ticket_id=opened.id, files=[kept], comment_id=note.id, by=ana
        )
        assert len(await list_visible_attachments(session, opened.id, ana)) == 1
        assert await list_visible_attachments(session, opened.id, rita) == []
        with pytest.raises(AttachmentNotFound):
            await get_visible_attachment(session, opened.id, file.id, rita)


async def test_a_view_belongs_to_one_person_and_is_replaced_by_name(world: World) -> None:
    ana, bo = world.as_person(world.ana), world.as_person(world.bo)
    async with world.resources.db.transaction(world.company_id) as session:
        await save_view(session, name=" Mine ", query={"status": "open"}, by=ana)
        view = await save_view(session, name="Mine", query={"status": "pending"}, by=ana)
        assert view.query == {"status": "pending"}
        assert [each.name for each in await list_saved_views(session, world.ana.id)] == ["Mine"]
        with pytest.raises(ViewNotFound):
            await delete_view(session, view_id=view.id, by=bo)
        await delete_view(session, view_id=view.id, by=ana)
        assert not await list_saved_views(session, world.ana.id)


async def test_views_have_limits(world: World) -> None:
    ana = world.as_person(world.ana)
    key = Principal("integration", 1, world.company_id, "Key", world.system.permissions)
    async with world.resources.db.transaction(world.company_id) as session:
        with pytest.raises(NotForRequesters):
            await save_view(session, name="x", query={}, by=key)
        for name, query in (("", {}), ("x" * 61, {}), ("x", {"q": "y" * 4_000})):
            with pytest.raises(BadField):
                await save_view(session, name=name, query=query, by=ana)
        for number in range(VIEWS_MAX):
            await save_view(session, name=f"View {number}", query={}, by=ana)
        with pytest.raises(TooManyViews):
            await save_view(session, name="One more", query={}, by=ana)
        await save_view(session, name="View 3", query={"status": "open"}, by=ana)


async def test_the_newest_rating_stands_and_words_stay(world: World) -> None:
    opened = await world.open()
    rita = world.as_person(world.rita)
    async with world.resources.db.transaction(world.company_id) as session:
        await rate_ticket(session, ticket_id=opened.id, rating=2, feedback="Slow", by=rita)
        ticket = await rate_ticket(session, ticket_id=opened.id, rating=5, helpful=True, by=rita)
        assert (ticket.satisfaction_rating, ticket.satisfaction_feedback) == (5, "Slow")
        for given in ({}, {"rating": 0}, {"rating": 6}, {"feedback": "x" * 5_001}):
            with pytest.raises(BadField):
                await rate_ticket(session, ticket_id=opened.id, by=rita, **given)  # type: ignore[arg-type]
