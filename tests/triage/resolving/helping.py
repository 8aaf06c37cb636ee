"""A desk that lets a machine resolve, and what its tickets look like."""

from typing import Any

from sqlalchemy import select, text

from tests.world import World
from ticketyard.core.jobs import Worker
from ticketyard.core.outgoing import Outgoing
from ticketyard.core.sealing import Sealer
from ticketyard.tickets.models import Comment, Ticket
from ticketyard.tickets.queries import get_ticket
from ticketyard.triage.resolving.actions import Actions
from ticketyard.triage.resolving.lane import ActionLane
from ticketyard.triage.resolving.models import ActionRun, AutoResolution, Solution
from ticketyard.triage.resolving.setting_up import change_rule, set_endpoint
from ticketyard.triage.resolving.solutions import SolutionDraft, add_solution

FORGOTTEN = "I forgot my password, please reset my password: password expired and I am locked out"

LINK = SolutionDraft(
    title="Choose a new password yourself",
    category="password_reset",
    kind="self_service_link",
    description="It takes a minute.",
    steps=("Open the page.", "Choose a new password."),
    link="https://password.north.test/reset",
    success_rate=0.95,
    minutes=5,
    state="active",
)
SCRIPT = SolutionDraft(
    title="Start the reset for them",
    category="password_reset",
    kind="automated_script",
    steps=("Open the message you got.",),
    action="password_reset",
    success_rate=0.97,
    minutes=2,
    state="active",
)


async def let_machines(world: World, *drafts: SolutionDraft, **rule: Any) -> None:
    """Switch the rule on, with these solutions active."""
    async with world.resources.db.transaction(world.company_id) as session:
        await change_rule(session, by=world.system, **{"is_on": True, **rule})
        for draft in drafts:
            await add_solution(
                session, draft, actions=world.resources.part(Actions), by=world.system
            )


async def work(world: World, worker: Worker) -> None:
    """Do all work that waits, run the actions that are due, and what either wakes."""
    await worker.run_pending()
    while await ActionLane(world.resources).run_due():
        await worker.run_pending()


async def point(world: World, action: str, url: str) -> str:
    """Let this URL do the action; gives its secret."""
    async with world.resources.db.transaction(world.company_id) as session:
        _, secret = await set_endpoint(
            session,
            action=action,
            url=url,
            actions=world.resources.part(Actions),
            sealer=world.resources.part(Sealer),
            outgoing=world.resources.part(Outgoing),
            by=world.system,
        )
    assert secret is not None
    return secret


async def look(world: World, ticket_id: int) -> tuple[Ticket, list[Comment]]:
    """The ticket and its thread."""
    async with world.resources.db.transaction(world.company_id) as session:
        ticket = await get_ticket(session, ticket_id)
        rows = await session.scalars(
            select(Comment).where(Comment.ticket_id == ticket_id).order_by(Comment.id)
        )
        return ticket, list(rows)


async def runs(world: World) -> list[ActionRun]:
    """Every run of the first company."""
    async with world.resources.db.transaction(world.company_id) as session:
        return list(await session.scalars(select(ActionRun).order_by(ActionRun.id)))


async def kept(world: World) -> list[AutoResolution]:
    """What a machine resolved, or tries to."""
    async with world.resources.db.transaction(world.company_id) as session:
        return list(
            await session.scalars(select(AutoResolution).order_by(AutoResolution.ticket_id))
        )


async def change(world: World, statement: str, **values: Any) -> None:
    """Make the database look like this."""
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(text(statement), values)


async def solution_of(world: World, title: str) -> Solution:
    """The solution of this title."""
    async with world.resources.db.transaction(world.company_id) as session:
        return (await session.scalars(select(Solution).where(Solution.title == title))).one()
