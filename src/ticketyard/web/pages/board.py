"""The board: the company's steps of work, and the tickets on them."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Response
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.errors import Refusal
from ticketyard.core.shapes import RowId
from ticketyard.insights.step_board import read_board
from ticketyard.people.queries import list_teams
from ticketyard.tickets.queries import get_ticket
from ticketyard.tickets.steps.course import step_of
from ticketyard.tickets.steps.setting import list_steps
from ticketyard.tickets.steps.taking import move_to_step
from ticketyard.web.deps import Acting, Session, may
from ticketyard.web.pages.frame import DeskFrame, Flash, back_to, page

router = APIRouter(prefix="/board", include_in_schema=False)


@router.get("", dependencies=[may("tickets:read")])
async def get_board(
    session: Session, by: Acting, frame: DeskFrame, whose: str = "", team: str = ""
) -> Response:
    """All steps side by side. whose: mine, or everybody's."""
    teams = await list_teams(session)
    team_id = next((each.id for each in teams if str(each.id) == team), None)
    mine = whose == "mine"
    return page(
        "board/page.html",
        frame,
        place="board",
        columns=await read_board(
            session, assignee_id=by.person_id if mine else None, team_id=team_id
        ),
        mine=mine,
        team_id=team_id,
        teams=[(each.id, each.name) for each in teams],
        here=_address(mine, team_id),
        may_write=by.may("tickets:write"),
    )


@router.post("/move", dependencies=[may("tickets:write")])
async def post_move(
    session: Session,
    by: Acting,
    ticket_id: Annotated[RowId, Form()],
    version: Annotated[int, Form(ge=0, le=2**31 - 1)],
    step: Annotated[str, Form(max_length=100)] = "",
    back: Annotated[str, Form(max_length=200)] = "/board",
) -> Response:
    """Take a ticket to a step; where that cannot be, the board says why. With none chosen, or the one
    it is shown on, nothing happens."""
    try:
        async with session.begin_nested():
            if not step or step == await _stands_on(session, ticket_id):
                return back_to(f"{back}#ticket-{ticket_id}")
            ticket = await move_to_step(
                session, ticket_id=ticket_id, step=step, by=by, version=version
            )
    except Refusal as refusal:
        return back_to(back, Flash("caution", refusal.detail))
    return back_to(f"{back}#ticket-{ticket.id}", Flash("clear", f"{ticket.number}: {step}."))


async def _stands_on(session: AsyncSession, ticket_id: int) -> str:
    ticket = await get_ticket(session, ticket_id)
    return step_of(await list_steps(session), ticket.status, ticket.work_step).name


def _address(mine: bool, team_id: int | None) -> str:
    pairs = {"whose": "mine"} if mine else {}
    if team_id is not None:
        pairs["team"] = str(team_id)
    return f"/board?{urlencode(pairs)}" if pairs else "/board"
