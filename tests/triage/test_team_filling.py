"""A team reaches a ticket only where nobody decided, the company wants it, and it is sure."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select, text

from tests.world import World
from ticketyard.core.jobs import Worker
from ticketyard.people.companies import change_company
from ticketyard.people.errors import TeamNotFound
from ticketyard.people.models import Company, Team
from ticketyard.people.teams import add_team
from ticketyard.tickets.labelling import Changes, Found, change_ticket, label_found
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.queries import get_ticket
from ticketyard.triage.analysing import analyse_tickets
from ticketyard.triage.correcting import correct_team
from ticketyard.triage.learning.training import train_from_history
from ticketyard.triage.models import Analysis, Correction
from ticketyard.triage.queries import get_analysis

INVOICE = "Invoice 4711 was paid twice, please arrange refunds for the second payment of invoices"


async def desktop(world: World) -> Team:
    async with world.resources.db.transaction(world.company_id) as session:
        return await add_team(
            session,
            name="Desktop",
            category="hardware",
            description="Laptops, monitors, printers and docking stations that are broken.",
        )


async def looked_at(world: World, ticket_id: int) -> tuple[Ticket, Analysis]:
    async with world.resources.db.transaction(world.company_id) as session:
        return await get_ticket(session, ticket_id), await get_analysis(session, ticket_id)


async def test_a_sure_team_is_filled_in_and_the_history_says_who_did_it(
    world: World, worker: Worker
) -> None:
    team = await desktop(world)
    opened = await world.open("Laptop, monitors and docking stations broken, printers too")
    await worker.run_pending()
    ticket, analysis = await looked_at(world, opened.id)
    assert (ticket.team_id, ticket.team_by) == (team.id, "triage")
    assert (analysis.team_id, analysis.team_by, analysis.team_is_sure) == (
        team.id,
        "description",
        True,
    )
    assert analysis.evidence["team"]
    async with world.resources.db.transaction(world.company_id) as session:
        changes, by_name = (
            await session.execute(
                text(
                    "select payload -> 'changes' -> 'team_id', by_name from event"
                    " where type = 'ticket.changed' and ticket_id = :id"
                    " and payload -> 'changes' ? 'team_id'"
                ),
                {"id": opened.id},
            )
        ).one()
    assert (changes, by_name) == ([None, team.id], "Triage")


async def test_an_unsure_team_is_proposed_and_not_filled_in(world: World, worker: Worker) -> None:
    await desktop(world)
    opened = await world.open("Something about the office is odd, please have a look")
    await worker.run_pending()
    ticket, analysis = await looked_at(world, opened.id)
    assert ticket.team_id is None
    assert not analysis.team_is_sure


async def test_a_company_that_assigns_by_hand_gets_no_team_filled_in(
    world: World, worker: Worker
) -> None:
    team = await desktop(world)
    async with world.resources.db.transaction(world.company_id) as session:
        await change_company(session, auto_assign=False, by=world.system)
    opened = await world.open("Laptop, monitors and docking stations broken, printers too")
    await worker.run_pending()
    ticket, analysis = await looked_at(world, opened.id)
    assert (ticket.team_id, ticket.team_by) == (None, "default")
    assert analysis.team_id == team.id


async def test_a_team_that_somebody_chose_or_took_away_stays_so(
    world: World, worker: Worker
) -> None:
    team = await desktop(world)
    async with world.resources.db.transaction(world.company_id) as session:
        billing = (await session.scalars(select(Team).where(Team.name == "Billing"))).one()
    words = "Laptop, monitors and docking stations broken, printers too"
    given, taken = await world.open(words, team_id=billing.id), await world.open(words)
    await worker.run_pending()
    assert (await looked_at(world, given.id))[0].team_id == billing.id
    assert (await looked_at(world, given.id))[0].team_by == "source"
    assert (await looked_at(world, taken.id))[0].team_id == team.id
    async with world.resources.db.transaction(world.company_id) as session:
        await change_ticket(
            session,
            ticket_id=taken.id,
            changes=Changes.of({"team_id": None}),
            by=world.as_person(world.ana),
        )
    await analyse_tickets(world.resources, world.company_id, [taken.id], anew=True)
    ticket, _ = await looked_at(world, taken.id)
    assert (ticket.team_id, ticket.team_by) == (None, "agent")


@pytest.mark.parametrize("found", [[0], [987_654]])
async def test_a_team_of_nobody_or_of_another_company_is_never_filled_in(
    world: World, found: Sequence[int]
) -> None:
    async with world.resources.db.transaction(world.other_company_id) as session:
        theirs = await add_team(session, name="Theirs", description="x")
    opened = await world.open("x")
    async with world.resources.db.transaction(world.company_id) as session:
        for team_id in (*found, theirs.id):
            await label_found(session, [Found(opened.id, team_id=team_id)], by=world.system)
        assert (await get_ticket(session, opened.id)).team_id is None


async def test_a_corrected_team_is_kept_by_id_and_told_by_name(
    world: World, worker: Worker
) -> None:
    team = await desktop(world)
    opened = await world.open("Laptop, monitors and docking stations broken, printers too")
    await worker.run_pending()
    async with world.resources.db.transaction(world.company_id) as session:
        billing = (await session.scalars(select(Team).where(Team.name == "Billing"))).one()
        ticket = await correct_team(
            session, ticket_id=opened.id, team_id=billing.id, by=world.as_person(world.ana)
        )
        assert (ticket.team_id, ticket.team_by) == (billing.id, "agent")
    async with world.resources.db.transaction(world.company_id) as session:
        (kept,) = await session.scalars(select(Correction))
        told = (
            await session.execute(text("select payload from event where type = 'triage.corrected'"))
        ).scalar_one()
    assert (kept.field, kept.found, kept.corrected) == ("team", str(team.id), str(billing.id))
    assert (kept.found_engine, kept.found_sure) == ("description", True)
    assert (told["before"], told["after"]) == ("Desktop", "Billing")


async def test_a_team_of_another_company_cannot_be_given(world: World) -> None:
    async with world.resources.db.transaction(world.other_company_id) as session:
        theirs = await add_team(session, name="Theirs", description="x")
    opened = await world.open("x")
    with pytest.raises(TeamNotFound):
        async with world.resources.db.transaction(world.company_id) as session:
            await correct_team(session, ticket_id=opened.id, team_id=theirs.id, by=world.system)


@pytest.mark.parametrize(
    ("each", "found_by", "wishes", "filled_by"),
    [
        (18, "history", {}, "triage"),
        (18, "history", {"triage_max_error": 0.0}, "default"),
        (18, "history", {"triage_max_error": 0.0, "team_threshold": 0.7}, "triage"),
        (7, "description", {}, "default"),
    ],
)
async def test_what_people_gave_to_teams_is_learned_once_there_is_enough_of_it(
    world: World, worker: Worker, each: int, found_by: str, wishes: dict[str, float], filled_by: str
) -> None:
    cranes, roofs = await _people_give(world, worker, each)
    async with world.resources.db.transaction(world.company_id) as session:
        (await session.get_one(Company, world.company_id)).settings = dict(wishes)
    await train_from_history(
        world.resources, world.company_id, by=world.system, field="team", is_forced=True
    )
    opened = await world.open("A crane of the west hall is loose and squeaks")
    await worker.run_pending()
    ticket, analysis = await looked_at(world, opened.id)
    assert analysis.team_by in (found_by, "none")
    if found_by == "history":
        assert (analysis.team_id, ticket.team_by) == (cranes, filled_by)
        assert analysis.team_model_version == 1
        assert analysis.evidence["team"]
    assert roofs != cranes


_THINGS = (["crane", "hoist"], ["roof", "gutter"])
_FAULTS = [
    (place, fault)
    for fault in ("squeaks since the morning", "is loose again", "was hit by a lorry")
    for place in (
        "the east hall",
        "our old depot",
        "the harbour",
        "Odense",
        "building nine",
        "Vejle",
    )
]


async def _people_give(world: World, worker: Worker, each: int) -> tuple[int, int]:
    """Two teams that say nothing of themselves, and what Ana gave to each."""
    async with world.resources.db.transaction(world.company_id) as session:
        teams = [(await add_team(session, name=name)).id for name in ("Aleph", "Beth")]
    opened = [
        (team_id, (await world.open(f"The {thing} of {place} {fault}")).id)
        for team_id, things in zip(teams, _THINGS, strict=True)
        for (place, fault), thing in zip(_FAULTS[:each], things * 9, strict=False)
    ]
    await worker.run_pending()
    async with world.resources.db.transaction(world.company_id) as session:
        for team_id, ticket_id in opened:
            await correct_team(
                session, ticket_id=ticket_id, team_id=team_id, by=world.as_person(world.ana)
            )
    return teams[0], teams[1]


async def test_reading_again_changes_nothing(world: World, worker: Worker) -> None:
    await desktop(world)
    opened = await world.open(INVOICE)
    await worker.run_pending()
    before = await looked_at(world, opened.id)
    await analyse_tickets(world.resources, world.company_id, [opened.id], anew=True)
    after = await looked_at(world, opened.id)
    assert before[0].team_id == after[0].team_id
    assert before[0].version == after[0].version
