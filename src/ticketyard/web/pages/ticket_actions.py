"""Actions on the ticket's own page: what can be run, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Form, Response
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.errors import Refusal
from ticketyard.core.shapes import storable
from ticketyard.tickets.models import Ticket
from ticketyard.triage.resolving.actions import Action, Actions
from ticketyard.triage.resolving.models import ActionRun
from ticketyard.triage.resolving.queries import list_runs
from ticketyard.triage.resolving.running import request_action
from ticketyard.web.deps import Acting, Parts, Session, VisibleTicket, may
from ticketyard.web.pages.automation import action_rows
from ticketyard.web.pages.frame import Flash, OwnFrame, back_to, fragment
from ticketyard.web.pages.ticket_proposal import may_use

router = APIRouter(prefix="/tickets", include_in_schema=False)

RUNS_SHOWN = 5


@dataclass(frozen=True)
class TicketActions:
    """What can be run on a ticket and what was, the newest first. key: of a run that this page asks
    for, so that two presses are one."""

    offered: Sequence[Action]
    runs: Sequence[ActionRun]
    requester: str
    key: str

    @property
    def is_shown(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.offered or self.runs)

    @property
    def is_waiting(self) -> bool:
        """Whether the outcome of one is still to come."""
        return any(run.state in ("waiting", "running") for run in self.runs)


async def read_actions(session: AsyncSession, ticket: Ticket, actions: Actions) -> TicketActions:
    """What the page shows of actions: those that somebody does here, and what was run."""
    rows = await action_rows(session, actions)
    return TicketActions(
        offered=[row.action for row in rows if row.state in ("program", "on")],
        runs=(await list_runs(session, ticket.id))[:RUNS_SHOWN],
        requester=ticket.requester_email or "",
        key=uuid4().hex,
    )


@router.get("/{ticket_id}/actions", dependencies=[may("tickets:read")])
async def get_actions(
    ticket: VisibleTicket, session: Session, by: Acting, frame: OwnFrame, resources: Parts
) -> Response:
    """The panel alone, for a page that waits for an outcome."""
    return fragment(
        "ticket/actions.html",
        frame,
        href=f"/tickets/{ticket.number}",
        may_use=may_use(ticket, by),
        actions=await read_actions(session, ticket, resources.part(Actions)),
    )


@router.post("/{ticket_id}/actions", dependencies=[may("tickets:write")])
async def post_action(
    ticket: VisibleTicket,
    session: Session,
    by: Acting,
    resources: Parts,
    action: Annotated[str, Form(max_length=50)],
    key: Annotated[str, Form(pattern=r"^[0-9a-zA-Z-]{8,64}$")],
    given: Annotated[list[str] | None, Form(max_length=20)] = None,
) -> Response:
    """Run an action. given: the values of its parameters, in their order."""
    place = f"/tickets/{ticket.number}#actions"
    wanted = resources.part(Actions).get(action)
    names = [each.name for each in wanted.parameters]
    try:
        async with session.begin_nested():
            await request_action(
                session,
                ticket_id=ticket.id,
                action=wanted,
                given=dict(zip(names, storable(given or []), strict=False)),
                resolves=wanted.resolves,
                key=f"page {key}",
                by=by,
            )
    except Refusal as refusal:
        return back_to(place, Flash("stop", refusal.detail))
    return back_to(place, Flash("info", f"{action} is run; its outcome is a note here."))
