"""Spec 4's other doors of the knowledge: being told of a ticket, and articles to try it with."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field, StringConstraints

from ticketyard.core.errors import NotFound
from ticketyard.core.shapes import BIGINT_MAX, Body, Line, Words
from ticketyard.knowledge.retrieving.index import PieceIndex
from ticketyard.knowledge.seeding import seed_knowledge
from ticketyard.outlet.consuming.messages import EVENT_ID_MAX, NAME_MAX, TEXT_MAX
from ticketyard.outlet.consuming.told_tickets import take_ticket_event
from ticketyard.people.errors import CompanyNotFound
from ticketyard.web.deps import Parts, web_settings_of
from ticketyard.web.field_errors import FieldErrors
from ticketyard.web.rag_door import RagActing, rag_may

router = APIRouter(tags=["knowledge"], route_class=FieldErrors)

_COMPANY_MAX = 2**31 - 1
_Name = Annotated[Words, StringConstraints(max_length=NAME_MAX)]


class TicketEventIn(Body):
    """`ticket.created`, as the broker's message of the same name tells it."""

    event: Literal["ticket.created"] = Field(examples=["ticket.created"])
    event_id: Annotated[Line, StringConstraints(min_length=1, max_length=EVENT_ID_MAX)] = Field(
        description="The same for every try: what was done once is not done again.",
        examples=["5f0c3a52-6b0e-4d8e-9a55-0c5c8f2b7d11"],
    )
    ticket_id: int = Field(ge=1, le=BIGINT_MAX, examples=[7])
    description: Annotated[Words, StringConstraints(max_length=TEXT_MAX)] = Field(
        examples=["The printer on floor 3 reports a paper jam."]
    )
    category: _Name = Field(examples=["printer"])
    priority: _Name = Field(examples=["low"])
    company_id: int | None = Field(None, ge=1, le=_COMPANY_MAX, examples=[1])


class AcceptedOut(BaseModel):
    """It is kept and will be done."""

    accepted: Literal[True] = True


class SeedIn(Body):
    """What to do with the sample articles. company_id: 0 is the company of the key."""

    wipe: bool = Field(
        False,
        description="Take the untouched ones away first; nothing else is ever deleted.",
        examples=[False],
    )
    company_id: int = Field(0, ge=0, le=_COMPANY_MAX, examples=[0])


class SeededOut(BaseModel):
    """How many sample articles there are now, and what their collection is called."""

    seeded: int = Field(examples=[5])
    collection: str = Field(examples=["ticketyard"])


async def _is_open(request: Request) -> None:
    if not web_settings_of(request).test_routes:
        raise NotFound("There is nothing here.")


@router.post(
    "/rag/events",
    status_code=202,
    response_model=AcceptedOut,
    dependencies=[rag_may("knowledge:read")],
    responses={
        400: {"description": "Another event, or a field that is missing or cannot be used."},
        503: {"description": "It could not be kept; send it again under the same event_id."},
    },
)
async def post_rag_event(body: TicketEventIn, by: RagActing, resources: Parts) -> AcceptedOut:
    """Have a solution proposed for a ticket, as if a broker had told of it."""
    if body.company_id not in (None, by.company_id):
        raise CompanyNotFound("Company not found.", error="Company not found.")
    async with resources.db.transaction(by.company_id) as session:
        await take_ticket_event(session, event_id=body.event_id, ticket_id=body.ticket_id, by=by)
    return AcceptedOut()


@router.post(
    "/rag/dev/seed",
    response_model=SeededOut,
    dependencies=[rag_may("knowledge:read"), Depends(_is_open)],
    responses={
        404: {"description": "TICKETYARD_TEST_ROUTES is off, as it should be in production."}
    },
)
async def post_rag_seed(body: SeedIn, by: RagActing, resources: Parts) -> SeededOut:
    """Put five public articles there to try the knowledge with; twice is once.

    Only where TICKETYARD_TEST_ROUTES is on. What somebody has worked on is never taken away.
    """
    if body.company_id not in (0, by.company_id):
        raise CompanyNotFound("Company not found.", error="Company not found.")
    async with resources.db.transaction(by.company_id) as session:
        seeded = await seed_knowledge(session, wipe=body.wipe)
    return SeededOut(seeded=seeded, collection=resources.part(PieceIndex).options.collection)
