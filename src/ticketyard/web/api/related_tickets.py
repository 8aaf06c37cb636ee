"""How tickets belong together, over HTTP: merged, split, linked, followed up."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from ticketyard.core.shapes import Body, RowId
from ticketyard.tickets.numbering import Numbers
from ticketyard.tickets.opening import OpenedTicket
from ticketyard.tickets.related.following_up import follow_up_ticket
from ticketyard.tickets.related.linking import link_tickets, unlink_tickets
from ticketyard.tickets.related.listing import find_survivor, list_related, list_taken_in
from ticketyard.tickets.related.merging import merge_tickets
from ticketyard.tickets.related.splitting import SPLIT_MAX, split_ticket
from ticketyard.web.api.ticket_changes import IfMatch, seen_version
from ticketyard.web.api.ticket_shapes import Version
from ticketyard.web.deps import Acting, Parts, Session, VisibleTicket, may
from ticketyard.web.idempotency import IdempotentRoute

router = APIRouter(prefix="/api/tickets", tags=["tickets"], route_class=IdempotentRoute)

# A ticket's id or number, in a body.
Reference = Annotated[int | str, Field(union_mode="left_to_right")]
Kind = Literal[
    "relates", "blocks", "blocked_by", "duplicates", "duplicated_by", "parent", "child",
    "follows", "followed_by",
]  # fmt: skip


class MergeIn(Body):
    """The ticket that takes this one in."""

    into: Reference = Field(examples=["TKT-20251215-002"])
    reason: str | None = Field(None, max_length=1_000)
    version: Version = None


class SplitIn(Body):
    """The comments that go to a ticket of their own, and what that is called."""

    comment_ids: list[RowId] = Field(min_length=1, max_length=SPLIT_MAX, examples=[[12, 13]])
    title: str = Field(max_length=1_000, examples=["The lamp flickers as well"])
    version: Version = None


class LinkIn(Body):
    """Another ticket, and how this one belongs to it: `blocks` says that this one blocks the other,
    `parent` that this one is its parent."""

    other: Reference = Field(examples=["TKT-20251215-002"])
    kind: Kind = Field(examples=["blocks"])


class FollowUpIn(Body):
    """What the ticket that goes on is about; the title is the old one's unless given."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"description": "It is back."}]})

    description: str = Field(max_length=200_000)
    title: str | None = Field(None, max_length=1_000)


class OpenedOut(BaseModel):
    """A ticket that was opened."""

    message: str = Field(examples=["Ticket created."])
    ticket_id: int
    ticket_number: str = Field(examples=["TKT-20251215-003"])


def opened_out(opened: OpenedTicket) -> OpenedOut:
    """What is answered about a ticket just opened."""
    return OpenedOut(message="Ticket created.", ticket_id=opened.id, ticket_number=opened.number)


@router.post("/{ticket_id}/merge", dependencies=[may("tickets:write")])
async def post_merge(
    ticket: VisibleTicket, body: MergeIn, session: Session, by: Acting, if_match: IfMatch = None
) -> dict[str, Any]:
    """Merge this ticket into another: comments, files, tags, links and people go along, and this one
    is closed for good. Changes to it are refused with 409 from then on, which names the other."""
    survivor = await merge_tickets(
        session,
        ticket_id=ticket.id,
        into=body.into,
        reason=body.reason,
        by=by,
        version=seen_version(body.version, if_match),
    )
    return {
        "message": "Merged",
        "ticket_id": survivor.id,
        "ticket_number": survivor.number,
        "merged_id": ticket.id,
        "merged_number": ticket.number,
    }


@router.post("/{ticket_id}/split", dependencies=[may("tickets:write")], status_code=201)
async def post_split(
    ticket: VisibleTicket,
    body: SplitIn,
    session: Session,
    parts: Parts,
    by: Acting,
    if_match: IfMatch = None,
) -> OpenedOut:
    """Take comments with their files to a new ticket of the same requester, linked with this one."""
    opened = await split_ticket(
        session,
        ticket_id=ticket.id,
        comment_ids=body.comment_ids,
        title=body.title,
        numbers=parts.part(Numbers),
        now=parts.clock(),
        by=by,
        version=seen_version(body.version, if_match),
    )
    return opened_out(opened)


@router.post("/{ticket_id}/follow-up", dependencies=[may("tickets:write")], status_code=201)
async def post_follow_up(
    ticket: VisibleTicket, body: FollowUpIn, session: Session, parts: Parts, by: Acting
) -> OpenedOut:
    """Open a ticket that goes on where this one ended; this one stays as it is."""
    opened = await follow_up_ticket(
        session,
        ticket_id=ticket.id,
        description=body.description,
        title=body.title,
        numbers=parts.part(Numbers),
        now=parts.clock(),
        by=by,
    )
    return opened_out(opened)


@router.get("/{ticket_id}/links", dependencies=[may("tickets:read_own")])
async def get_links(ticket: VisibleTicket, session: Session, by: Acting) -> dict[str, Any]:
    """What belongs to this ticket: links, the ticket it was merged into, those it took in.
    Requesters see their own tickets among them."""
    survivor = await find_survivor(session, ticket.id)
    taken_in = await list_taken_in(session, ticket.id)
    shown = [
        each
        for each in (survivor, *taken_in)
        if each and (by.may("tickets:read") or each.requester_id == by.person_id)
    ]
    plain = {each.id: {"id": each.id, "number": each.number, "title": each.title} for each in shown}
    return {
        "ticket_id": ticket.id,
        "links": [vars(each) for each in await list_related(session, ticket.id, by)],
        "merged_into": plain.get(survivor.id) if survivor else None,
        "took_in": [plain[each.id] for each in taken_in if each.id in plain],
    }


@router.post("/{ticket_id}/links", dependencies=[may("tickets:write")], status_code=201)
async def post_link(
    ticket: VisibleTicket, body: LinkIn, session: Session, by: Acting
) -> dict[str, Any]:
    """Link this ticket with another. Said again, it changes nothing."""
    changed = await link_tickets(
        session, ticket_id=ticket.id, other=body.other, kind=body.kind, by=by
    )
    return {"message": "Linked" if changed else "Linked before", "ticket_id": ticket.id}


@router.delete("/{ticket_id}/links/{other}", dependencies=[may("tickets:write")], status_code=204)
async def delete_link(
    ticket: VisibleTicket,
    other: str,
    session: Session,
    by: Acting,
    kind: Annotated[Kind, Query()],
) -> None:
    """Take a link away."""
    await unlink_tickets(session, ticket_id=ticket.id, other=other, kind=kind, by=by)
