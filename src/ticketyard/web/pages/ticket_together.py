"""A ticket and others: merge, split, link, follow up; and macros, which do several things at once."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from ticketyard.core.shapes import RowId
from ticketyard.insights.ticket_report import read_report
from ticketyard.tickets.errors import TicketChangedMeanwhile
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.numbering import Numbers
from ticketyard.tickets.queries import get_visible_ticket
from ticketyard.tickets.ready.applying import apply_macro
from ticketyard.tickets.ready.keeping import get_macro
from ticketyard.tickets.related.following_up import follow_up_ticket
from ticketyard.tickets.related.linking import link_tickets, unlink_tickets
from ticketyard.tickets.related.merging import merge_tickets
from ticketyard.tickets.related.splitting import split_ticket
from ticketyard.web.deps import Acting, Parts, Session, VisibleTicket, may
from ticketyard.web.pages.frame import DeskFrame, Flash, back_to, page
from ticketyard.web.pages.history_words import tell
from ticketyard.web.pages.lost_update import lost_update

router = APIRouter(prefix="/tickets", include_in_schema=False)

Version = Annotated[int, Form(ge=0, le=2**31 - 1)]
Other = Annotated[str, Form(max_length=60)]
Kind = Annotated[str, Form(max_length=40)]


@router.post("/{ticket_id}/merge", dependencies=[may("tickets:write")])
async def post_merge(
    ticket: VisibleTicket,
    session: Session,
    by: Acting,
    frame: DeskFrame,
    version: Version,
    into: Other = "",
) -> Response:
    """Merge it into another, and go there."""
    try:
        survivor = await merge_tickets(
            session, ticket_id=ticket.id, into=into.strip(), by=by, version=version
        )
    except TicketChangedMeanwhile:
        return await lost_update(session, ticket, frame, "merge", version, {"into": into})
    return back_to(
        f"/tickets/{survivor.number}", Flash("clear", f"{ticket.number} was merged into this one.")
    )


@router.post("/{ticket_id}/split", dependencies=[may("tickets:write")])
async def post_split(
    ticket: VisibleTicket,
    session: Session,
    resources: Parts,
    by: Acting,
    title: Annotated[str, Form(max_length=1_000)] = "",
    comment_id: Annotated[list[RowId] | None, Form()] = None,
) -> Response:
    """Give the chosen comments a ticket of their own, and go there."""
    opened = await split_ticket(
        session,
        ticket_id=ticket.id,
        comment_ids=comment_id or [],
        title=title,
        numbers=resources.part(Numbers),
        now=resources.clock(),
        by=by,
    )
    return back_to(f"/tickets/{opened.number}", Flash("clear", f"Split off {ticket.number}."))


@router.post("/{ticket_id}/follow-up", dependencies=[may("tickets:write")])
async def post_follow_up(
    ticket: VisibleTicket,
    session: Session,
    resources: Parts,
    by: Acting,
    description: Annotated[str, Form(max_length=200_000)] = "",
) -> Response:
    """Open a ticket that goes on where this one ended, and go there."""
    opened = await follow_up_ticket(
        session,
        ticket_id=ticket.id,
        description=description,
        numbers=resources.part(Numbers),
        now=resources.clock(),
        by=by,
    )
    return back_to(f"/tickets/{opened.number}", Flash("clear", f"Follows {ticket.number}."))


@router.post("/{ticket_id}/links", dependencies=[may("tickets:write")])
async def post_link(
    ticket: VisibleTicket, session: Session, by: Acting, other: Other = "", kind: Kind = "relates"
) -> Response:
    """Link it with another."""
    await link_tickets(session, ticket_id=ticket.id, other=other.strip(), kind=kind, by=by)
    return _back(ticket, "Linked.")


@router.post("/{ticket_id}/links/remove", dependencies=[may("tickets:write")])
async def post_unlink(
    ticket: VisibleTicket, session: Session, by: Acting, link: Annotated[str, Form(max_length=100)]
) -> Response:
    """Take a link away. link: its kind and the other ticket, with a blank between."""
    kind, _, other = link.partition(" ")
    await unlink_tickets(session, ticket_id=ticket.id, other=other, kind=kind, by=by)
    return _back(ticket, "The link is gone.")


@router.post("/{ticket_id}/macro", dependencies=[may("tickets:write")])
async def post_macro(
    ticket: VisibleTicket,
    session: Session,
    by: Acting,
    frame: DeskFrame,
    version: Version,
    macro_id: Annotated[int, Form(ge=0, le=2**31 - 1)],
) -> Response:
    """Apply a macro."""
    macro = await get_macro(session, macro_id)
    try:
        await apply_macro(session, ticket_id=ticket.id, macro_id=macro.id, by=by, version=version)
    except TicketChangedMeanwhile:
        wanted = {"macro_id": str(macro_id)}
        return await lost_update(session, ticket, frame, "macro", version, wanted)
    return _back(ticket, f"“{macro.name}” is done.")


@router.get("/{ticket_id}/report", dependencies=[may("tickets:read")])
async def get_report(
    request: Request,
    ticket_id: str,
    session: Session,
    resources: Parts,
    by: Acting,
    frame: DeskFrame,
) -> Response:
    """The ticket from beginning to end, to be printed."""
    ticket = await get_visible_ticket(session, ticket_id, by)
    report = await read_report(session, ticket, by, now=resources.clock())
    with_notes = request.query_params.get("notes") != "no"
    entries = [
        {**each, "text": tell(each["type"], each["facts"])} if each["kind"] == "event" else each
        for each in report["timeline"]
        if with_notes or not (each["kind"] != "file" and _is_for_agents(each))
    ]
    return page(
        "ticket/report.html",
        frame,
        place="queue",
        report=report,
        ticket=report["ticket"],
        entries=entries,
        with_notes=with_notes,
    )


def _is_for_agents(entry: dict[str, object]) -> bool:
    if entry["kind"] == "comment":
        return bool(entry["is_internal"])
    return entry.get("type") not in ("ticket.opened", "ticket.status_changed", "ticket.merged")


def _back(ticket: Ticket, said: str) -> Response:
    return back_to(f"/tickets/{ticket.number}", Flash("clear", said))
