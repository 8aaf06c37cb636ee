"""What the ticket's own page says of triage, and how it is set right there."""

import httpx2
import pytest
from sqlalchemy import text

from tests.triage.unsure import unsure
from tests.world import World
from ticketyard.tickets.models import Ticket

Client = httpx2.AsyncClient
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
async def ana(client: Client, world: World) -> Client:
    await world.log_in(client, world.ana)
    return client


async def billing(world: World) -> int:
    async with world.resources.db.transaction(world.company_id) as session:
        found = await session.scalar(text("select id from team where name = 'Billing'"))
    assert isinstance(found, int)
    return found


async def test_it_says_what_found_the_category_and_why(ana: Client, world: World) -> None:
    opened = await unsure(
        world, evidence=["jam", EVIL], found={"engine": "classifier", "model_version": 4}
    )
    page = (await ana.get(f"/tickets/{opened.number}")).text
    block = page.split('id="category"')[1].split("</section>")[0]
    assert "Triage took it for printer, by the model trained here, version 4" in block
    assert "<mark>jam</mark>" in block
    assert EVIL not in page
    assert "Please check" in block


@pytest.mark.parametrize(
    ("state", "answer", "said"),
    [
        ("waiting", None, "A language model is asked as well."),
        ("failed", None, "without an answer"),
        ("done", "vpn", "little says vpn; before it was asked, printer was found."),
        ("done", "printer", "little says printer too."),
        ("done", None, "little says none of the categories"),
    ],
)
async def test_it_says_what_a_language_model_made_of_it(
    ana: Client, world: World, state: str, answer: str | None, said: str
) -> None:
    opened = await unsure(world)
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text(
                "insert into second_opinion (company_id, ticket_id, content_hash, state, next_at,"
                " queued_at, model, found, answer) values (current_company(), :ticket, 'x', :state,"
                " now(), now(), 'little', '{\"category\": \"printer\"}',"
                " jsonb_build_object('category', cast(:answer as text)))"
            ),
            {"ticket": opened.id, "state": state, "answer": answer},
        )
    assert said in (await ana.get(f"/tickets/{opened.number}")).text


async def test_a_proposed_team_is_confirmed_with_one_press(ana: Client, world: World) -> None:
    team_id = await billing(world)
    likely = {"team_id": team_id, "team_confidence": 0.55, "team_by": "description"}
    opened = await unsure(world, found=likely)
    page = (await ana.get(f"/tickets/{opened.number}")).text
    block = page.split('id="team"')[1].split("</section>")[0]
    assert "Billing, 55% sure, by what the team says of itself" in block
    assert f'name="team_id" value="{team_id}"' in block
    answer = await ana.post(
        f"/tickets/{opened.number}/team",
        data={"team_id": str(team_id), "version": "1"},
        follow_redirects=True,
    )
    assert "For the team Billing." in answer.text
    block = answer.text.split('id="team"')[1].split("</section>")[0]
    assert "set by a person" in block
    assert "55% sure" not in block
    late = await ana.post(
        f"/tickets/{opened.number}/team", data={"team_id": str(team_id), "version": "1"}
    )
    assert late.status_code == 409
    assert "Billing" in late.text
    async with world.resources.db.transaction(world.company_id) as session:
        ticket = await session.get_one(Ticket, opened.id)
    assert (ticket.team_id, ticket.team_by) == (team_id, "agent")


async def test_a_desk_without_teams_shows_no_block_of_them(ana: Client, world: World) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(text("delete from team_member"))
        await session.execute(text("delete from team"))
    opened = await unsure(world)
    assert 'id="team"' not in (await ana.get(f"/tickets/{opened.number}")).text


async def test_what_could_not_be_read_is_said(ana: Client, world: World) -> None:
    opened = await unsure(world, ranking=(), found={"state": "failed"})
    page = (await ana.get(f"/tickets/{opened.number}")).text
    assert "could not read this ticket yet" in page


async def test_a_ticket_without_a_team_has_none_chosen_in_the_list(
    ana: Client, world: World
) -> None:
    opened = await unsure(world)
    block = (await ana.get(f"/tickets/{opened.number}")).text.split('id="team-all"')[1]
    assert block.split(">")[1:2] == ['<option value=""']
    await ana.post(
        f"/tickets/{opened.number}/team",
        data={"team_id": str(await billing(world)), "version": "1"},
    )
    block = (await ana.get(f"/tickets/{opened.number}")).text.split('id="team-all"')[1]
    assert '<option value=""' not in block.split("</select>")[0]
    assert "selected>Billing" in block


async def test_nothing_sorted_is_not_said_to_be_sure(ana: Client, world: World) -> None:
    opened = await unsure(world, ranking=())
    block = (await ana.get(f"/tickets/{opened.number}")).text.split('id="category"')[1]
    assert "Not sorted yet" in block
    assert "0% sure" not in block.split("</section>")[0]
