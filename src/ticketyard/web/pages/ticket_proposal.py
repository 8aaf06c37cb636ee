"""What the knowledge proposes, on the ticket's own page: read, used, judged, asked for again."""

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.core.errors import Refusal
from ticketyard.knowledge.answering.adopting import reject_proposal
from ticketyard.knowledge.answering.asking_again import ask_again
from ticketyard.knowledge.answering.queries import Solution, find_solution, knows_anything
from ticketyard.tickets.lifecycle import ACTIVE
from ticketyard.tickets.models import Ticket
from ticketyard.web.deps import Acting, Session, VisibleTicket, may
from ticketyard.web.pages.frame import Flash, OwnFrame, back_to, fragment
from ticketyard.web.pages.knowledge import PAGE_CHUNKS
from ticketyard.web.pages.proposal_view import ProposalCard, Proposed, proposal_card

router = APIRouter(prefix="/tickets", include_in_schema=False)


async def read_proposal(
    session: AsyncSession, ticket: Ticket, by: Principal
) -> ProposalCard | None:
    """The card of a ticket; None for whoever may not read the knowledge, or where there is none."""
    if not by.may("knowledge:read"):
        return None
    found = await find_solution(session, ticket.id)
    return proposal_card(
        _proposed(found) if found else None,
        is_open=ticket.status in ACTIVE and ticket.merged_into is None,
        knows_anything=await knows_anything(session),
        opened_at=ticket.created_at,
        now=now_of(session),
        pieces_a_page=PAGE_CHUNKS,
    )


def _proposed(found: Solution) -> Proposed:
    return Proposed(
        state=found.state,
        steps=found.steps,
        withdrawn=found.withdrawn,
        confidence=found.confidence,
        engine=found.engine,
        proposed_at=found.proposed_at,
        human_steps=found.human_steps,
        human_by=found.human_by,
        human_at=found.human_at,
    )


def may_use(ticket: Ticket, by: Principal) -> bool:
    """Whether `by` may answer this ticket with it."""
    return by.may("tickets:write") and ticket.merged_into is None


@router.get("/{ticket_id}/proposal", dependencies=[may("knowledge:read")])
async def get_proposal(
    ticket: VisibleTicket, session: Session, by: Acting, frame: OwnFrame
) -> Response:
    """The card alone, for a page that waits for it."""
    return fragment(
        "ticket/proposal.html",
        frame,
        href=f"/tickets/{ticket.number}",
        proposal=await read_proposal(session, ticket, by),
        may_use=may_use(ticket, by),
    )


@router.post("/{ticket_id}/proposal/unhelpful", dependencies=[may("knowledge:read")])
async def post_unhelpful(ticket: VisibleTicket, session: Session, by: Acting) -> Response:
    """Say of the documents it stands on that they did not help."""
    told = await reject_proposal(session, ticket_id=ticket.id, by=by)
    said = "Thank you. Its documents are marked as not helpful." if told else "It is gone already."
    return back_to(f"/tickets/{ticket.number}#proposal", Flash("clear", said))


@router.post("/{ticket_id}/proposal/again", dependencies=[may("tickets:write")])
async def post_again(ticket: VisibleTicket, session: Session, by: Acting) -> Response:
    """Have the knowledge looked through once more."""
    place = f"/tickets/{ticket.number}#proposal"
    try:
        await ask_again(session, ticket_id=ticket.id, by=by)
    except Refusal as refusal:
        return back_to(place, Flash("caution", refusal.detail))
    return back_to(place, Flash("info", "The knowledge is looked through again."))
