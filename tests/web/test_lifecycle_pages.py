"""The pages for merging, macros, templates, fields and steps, as a browser without scripts uses them."""

import re

import httpx2
import pytest

from tests.world import World
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.fields.defining import add_field
from ticketyard.tickets.queries import get_ticket, list_fields, list_macros, list_templates
from ticketyard.tickets.related.listing import list_related
from ticketyard.tickets.related.merging import merge_tickets
from ticketyard.tickets.steps.setting import list_steps


@pytest.fixture
async def admin(world: World, client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    await world.log_in(client, world.admin)
    return client


async def send(client: httpx2.AsyncClient, path: str, expects: int = 303, **data: object) -> str:
    answer = await client.post(path, data=data)
    assert answer.status_code == expects, answer.text
    return answer.headers.get("location", "") or answer.text


async def show(client: httpx2.AsyncClient, path: str, status: int = 200) -> str:
    answer = await client.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


async def test_a_ticket_is_linked_followed_up_split_and_merged_on_its_page(
    world: World, admin: httpx2.AsyncClient
) -> None:
    one, two = await world.open("One"), await world.open("Two")
    async with world.resources.db.transaction(world.company_id) as session:
        rita = world.as_person(world.rita)
        said = await add_comment(session, ticket_id=one.id, body="The lamp.", by=rita)
    path = f"/tickets/{one.number}"

    await send(admin, f"{path}/links", other=two.number, kind="blocks")
    shown = await show(admin, path)
    assert "blocks" in shown
    assert f"/tickets/{two.number}" in shown
    await send(admin, f"{path}/links/remove", link=f"blocks {two.number}")
    new = await send(admin, f"{path}/split", comment_id=said.id, title="The lamp")
    await send(admin, f"{path}/follow-up", description="Again.")
    async with world.resources.db.transaction(world.company_id) as session:
        related = await list_related(session, one.id, world.as_person(world.ana))
        version = (await get_ticket(session, one.id)).version
    assert [each.kind for each in related] == ["relates", "followed_by"]
    assert new.startswith("/tickets/TKT-")
    late = await send(admin, f"{path}/merge", 409, into=two.number, version=1)
    assert two.number in late, "who is late may do it all the same"
    assert await send(admin, f"{path}/merge", into=two.number, version=version) == (
        f"/tickets/{two.number}"
    )
    shown = await show(admin, path)
    assert "It goes on in" in shown
    assert "data-composer" not in shown
    assert "took in" in await show(admin, f"/tickets/{two.number}")


async def test_the_report_can_leave_out_what_is_only_for_the_desk(
    world: World, admin: httpx2.AsyncClient
) -> None:
    opened = await world.open()
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.ana)
        await add_comment(session, ticket_id=opened.id, body="A secret.", by=by, is_internal=True)
        await add_comment(session, ticket_id=opened.id, body="An answer.", by=by)
    path = f"/tickets/{opened.number}/report"

    assert "A secret." in await show(admin, path)
    shown = await show(admin, f"{path}?notes=no")
    assert "An answer." in shown
    assert "A secret." not in shown


async def test_a_macro_is_made_applied_and_deleted(world: World, admin: httpx2.AsyncClient) -> None:
    opened, other = await world.open(), await world.open()
    given = {
        "name": "Wait",
        "status": "pending",
        "tags": "Parts, slow",
        "comment": "Soon, {agent}.",
    }
    refused = await send(admin, "/settings/macros/save", 422, name="Nothing")
    assert "Say what the macro does" in refused
    await send(admin, "/settings/macros/save", is_active="1", assignee="me", **given)
    async with world.resources.db.transaction(world.company_id) as session:
        (macro,) = await list_macros(session)
    assert macro.actions["assignee"] == "me"
    assert "parts" in await show(admin, "/settings/macros")
    assert "Soon, {agent}." in await show(admin, f"/settings/macros/{macro.id}")
    path = f"/tickets/{opened.number}"
    assert "Wait" in await show(admin, path)
    await send(admin, f"{path}/macro", 409, macro_id=macro.id, version=9)
    await send(admin, f"{path}/macro", macro_id=macro.id, version=1)
    await send(admin, "/queue/bulk", action="macro", macro_id=macro.id, ticket=other.id)
    async with world.resources.db.transaction(world.company_id) as session:
        for each in (opened, other):
            ticket = await get_ticket(session, each.id)
            assert (ticket.status, ticket.tags) == ("pending", ["parts", "slow"])
    await send(admin, f"/settings/macros/{macro.id}/delete")
    assert "No macro yet" in await show(admin, "/settings/macros")


async def test_a_ticket_is_opened_by_hand_from_a_template(
    world: World, admin: httpx2.AsyncClient
) -> None:
    await send(
        admin,
        "/settings/ticket-templates/save",
        name="Joiner",
        title="New colleague",
        tags="joiner",
        is_active="1",
    )
    async with world.resources.db.transaction(world.company_id) as session:
        (template,) = await list_templates(session)
    assert "New colleague" in await show(admin, f"/tickets/new?template={template.id}")
    assert "New colleague" in await show(admin, f"/settings/ticket-templates/{template.id}")
    refused = await send(admin, "/tickets/new", 422, title="", requester_name="Cy")
    assert "A ticket needs a title" in refused
    assert "Cy" in refused
    place = await send(admin, "/tickets/new", title="New colleague: Cy", tags="joiner")
    assert "New colleague: Cy" in await show(admin, place)
    await send(admin, f"/settings/ticket-templates/{template.id}/delete")
    assert "No template yet" in await show(admin, "/settings/ticket-templates")


async def test_a_field_is_defined_filled_in_and_found(
    world: World, admin: httpx2.AsyncClient
) -> None:
    opened = await world.open()
    form = {"name": "Building", "kind": "choice", "choices": "North\nSouth", "on_form": "1"}
    await send(admin, "/settings/fields", **form)
    assert "There is a field of this name" in await send(admin, "/settings/fields", 422, **form)
    async with world.resources.db.transaction(world.company_id) as session:
        (field,) = await list_fields(session)
    path = f"/tickets/{opened.number}"
    assert "Building" in await show(admin, path)
    await send(admin, f"{path}/fields", name="Building", value="south")
    assert opened.number in await show(admin, "/queue?field=Building:South")
    assert opened.number not in await show(admin, "/queue?field=Building:North")
    change = {"choices": "North", "is_required": "1", "is_active": "1", "on_form": "1"}
    await send(admin, f"/settings/fields/{field.id}", **change)
    assert "Please fill in: Building" in await send(
        admin, "/tickets/new", 422, title="Somebody rang"
    )
    given = {"title": "Somebody rang", "field_name": "Building", "field_value": "North"}
    await send(admin, "/tickets/new", **given)
    shown = await show(admin, path)
    assert '<option value="South" selected>' in shown, "what it holds is shown, allowed or not"
    await send(admin, f"/settings/fields/{field.id}/delete")
    assert "No field of your own yet" in await show(admin, "/settings/fields")


async def test_the_board_is_worked_by_its_forms(world: World, admin: httpx2.AsyncClient) -> None:
    opened = await world.open("Printer on fire")
    shown = await show(admin, "/board")
    assert re.findall(r'data-step="([^"]+)"', shown) == [
        "Open", "Assign to Team", "Assign to Member", "In Progress", "Done",
    ]  # fmt: skip
    move = {"ticket_id": opened.id, "step": "In Progress", "version": 1}
    place = await send(admin, "/board/move", **move)
    assert place == f"/board#ticket-{opened.id}"
    assert await send(admin, "/board/move", **{**move, "step": "Open", "version": 2}) == "/board"
    shown = await show(admin, "/board")
    assert "cannot become open" in shown
    assert "Printer on fire" in shown.partition('data-step="In Progress"')[2]
    assert "Printer on fire" not in await show(admin, "/board?whose=mine")


async def test_the_steps_are_the_companys_own(world: World, admin: httpx2.AsyncClient) -> None:
    assert "The usual ones" in await show(admin, "/settings/steps")
    rows = {
        "step": ["New", "", "Workshop", "Home"],
        "stands_for": ["open", "open", "in_progress", "resolved"],
        "was": ["Open", "", "", "Done"],
    }
    refused = await send(admin, "/settings/steps", 422, **{**rows, "stands_for": ["open"] * 4})
    assert "work that is over" in refused
    assert "Workshop" in await send(admin, "/settings/steps", 200, then="more", **rows)
    await send(admin, "/settings/steps", **rows)
    assert "Workshop" in await show(admin, "/board")
    shown = await show(admin, "/settings/steps")
    assert re.findall(r'name="place"[^>]* value="(\d)"', shown)[:3] == ["1", "2", "3"]
    await send(admin, "/settings/steps", then="default", **rows)
    async with world.resources.db.transaction(world.company_id) as session:
        assert len(await list_steps(session)) == 5


async def test_a_card_that_is_sent_without_a_choice_stays_as_it_is(
    world: World, admin: httpx2.AsyncClient
) -> None:
    waits, closed = await world.open("Waits"), await world.open("Over")
    by = world.as_person(world.ana)
    async with world.resources.db.transaction(world.company_id) as session:
        for ticket, status in ((waits, "pending"), (closed, "resolved"), (closed, "closed")):
            await change_status(session, ticket_id=ticket.id, status=status, by=by)

    shown = await show(admin, "/board")
    assert f'id="move-{waits.id}"' in shown
    assert f'id="move-{closed.id}"' not in shown, "it can go nowhere"
    (choices,) = re.findall(rf'id="move-{waits.id}".*?</select>', shown)
    assert re.findall(r'option value="(.*?)"', choices) == [
        "", "Open", "Assign to Team", "Assign to Member", "Done",
    ]  # fmt: skip
    for step in ("", "In Progress"):
        await send(admin, "/board/move", ticket_id=waits.id, version=2, step=step)
    async with world.resources.db.transaction(world.company_id) as session:
        ticket = await get_ticket(session, waits.id)
        assert (ticket.status, ticket.version) == ("pending", 2)

    await send(admin, "/board/move", ticket_id=waits.id, version=2, step="Assign to Member")
    assert "to an agent, which takes it there" in await show(admin, "/board")


@pytest.mark.parametrize(
    ("places", "order"),
    [
        (["1", "2", "3", "4"], "ABCD"),
        (["1", "2", "3", "2"], "ADBC"),
        (["1", "4", "3", "4"], "ACDB"),
        (["1", "3", "2", "4"], "ACBD"),
        (["1", "99", "", "x"], "ACDB"),
        ([], "ABCD"),
    ],
)
async def test_steps_are_put_in_another_order_by_their_places(
    world: World, admin: httpx2.AsyncClient, places: list[str], order: str
) -> None:
    rows = {
        "step": list("ABCD"), "stands_for": ["open", "open", "open", "open"], "was": [""] * 4,
    }  # fmt: skip
    rows["step"].append("Z")
    rows["stands_for"].append("closed")
    rows["was"].append("")
    await send(admin, "/settings/steps", **rows, place=places)

    async with world.resources.db.transaction(world.company_id) as session:
        names = [each.name for each in await list_steps(session)]
    assert [each for each in names if each != "Z"] == list(order)


async def test_who_wrote_to_a_merged_ticket_is_shown_no_form_to_write_into_it(
    world: World, client: httpx2.AsyncClient
) -> None:
    survivor, merged = await world.open("Survivor"), await world.open("Merged")
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.ana)
        await merge_tickets(session, ticket_id=merged.id, into=survivor.id, by=by)
    await world.log_in(client, world.rita)

    shown = await show(client, f"/my/{merged.number}")

    assert f"/my/{survivor.number}" in shown
    assert "<textarea" not in shown


async def test_the_public_form_asks_for_the_fields_it_shows(
    world: World, client: httpx2.AsyncClient
) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.admin)
        await add_field(session, name="Hidden", kind="text", by=by, is_required=True)
        await add_field(session, name="Floor", kind="number", by=by, on_form=True, is_required=True)
        await add_field(session, name="Inside", kind="yes_no", by=by, on_form=True)
    shown = await show(client, "/form/north")
    assert "Floor" in shown
    assert "Hidden" not in shown
    form = {
        "name": "Rita", "email": "rita@example.com", "title": "Lamp", "description": "Dark.",
    }  # fmt: skip
    own = {"origin": "http://desk.test"}

    async def sent(**more: str) -> httpx2.Response:
        return await client.post("/form/north", data={**form, **more}, headers=own)

    assert "Please fill in: Floor" in (await sent()).text
    refused = await sent(**{"own-1": "third", "own-2": "yes"})
    assert refused.status_code == 422
    assert "Floor holds a number" in refused.text
    assert 'value="third"' in refused.text
    assert (await sent(**{"own-1": "3", "own-2": "yes"})).status_code == 303
    async with world.resources.db.transaction(world.company_id) as session:
        assert (await get_ticket(session, 1)).custom_fields == {"Floor": 3, "Inside": True}


async def test_a_form_by_the_api_is_held_against_the_fields_too(
    world: World, client: httpx2.AsyncClient
) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.admin)
        await add_field(session, name="Floor", kind="number", by=by)
    form = {
        "name": "Rita", "email": "rita@example.com", "title": "Lamp", "description": "Dark.",
    }  # fmt: skip

    for floor, status in (("third", 422), ("3", 200)):
        answer = await client.post(
            "/api/tickets/web-form", json={**form, "custom_fields": {"floor": floor, "odd": [1]}}
        )
        assert answer.status_code == status, answer.text
    async with world.resources.db.transaction(world.company_id) as session:
        assert (await get_ticket(session, 1)).custom_fields == {"Floor": 3, "odd": [1]}
