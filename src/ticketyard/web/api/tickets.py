"""Tickets over HTTP: list, export, figures, bulk changes, one ticket."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from ticketyard.core.errors import NotAllowed
from ticketyard.core.shapes import RowId
from ticketyard.insights.exporting import export_tickets
from ticketyard.insights.ticket_detail import list_events, read_ticket
from ticketyard.insights.ticket_list import TicketList
from ticketyard.insights.ticket_query import TicketQuery
from ticketyard.insights.ticket_report import read_report
from ticketyard.insights.ticket_stats import count_by_kind
from ticketyard.tickets.bulk import Outcome, change_many
from ticketyard.tickets.models import SavedView
from ticketyard.tickets.queries import list_saved_views
from ticketyard.tickets.viewing import delete_view, save_view
from ticketyard.web.api.ticket_shapes import (
    LIST_PARAMETERS,
    BulkIn,
    FiltersIn,
    ListIn,
    ViewIn,
    read_list,
)
from ticketyard.web.deps import Acting, Parts, Session, VisibleTicket, may
from ticketyard.web.errors import status_of

router = APIRouter(prefix="/api/tickets", tags=["tickets"])

Asked = Annotated[ListIn, Depends(read_list)]

# -- many tickets ----------------------------------------------------------------------------------


@router.get(
    "",
    dependencies=[may("tickets:read_own")],
    response_class=Response,
    openapi_extra=LIST_PARAMETERS,
)
async def get_tickets(asked: Asked, parts: Parts, by: Acting) -> Response:
    """A page of tickets. Requesters see their own.

    `items` and `tickets` are the same list. `total` is exact up to 10,000; beyond, it may be a few
    seconds old.
    """
    page = await parts.part(TicketList).page(asked.query(by.person_id), by=by)
    return Response(page, media_type="application/json")


@router.get("/export", dependencies=[may("tickets:read")], response_class=Response)
async def get_export(
    asked: Annotated[FiltersIn, Query()], parts: Parts, by: Acting
) -> StreamingResponse:
    """The tickets that match, as CSV in order of their ids; cells that a spreadsheet would take
    for formulas begin with an apostrophe."""
    query = TicketQuery(where=asked.where(by.person_id))
    return StreamingResponse(
        export_tickets(parts.db, by.company_id, query),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="tickets.csv"'},
    )


@router.get("/stats", dependencies=[may("tickets:read")])
async def get_stats(
    session: Session, organization_id: Annotated[str | None, Query(max_length=200)] = None
) -> dict[str, Any]:
    """How many tickets there are, by status, severity, priority, source and provider."""
    counts = await count_by_kind(session, organization_id)
    return counts | {"timestamp": datetime.now(UTC)}


@router.get("/views", dependencies=[may("tickets:read")])
async def get_views(session: Session, by: Acting) -> dict[str, Any]:
    """One's own saved views."""
    views = await list_saved_views(session, by.person_id or 0)
    return {"views": [_view(each) for each in views]}


@router.post("/views", dependencies=[may("tickets:read")], status_code=201)
async def post_view(body: ViewIn, session: Session, by: Acting) -> dict[str, Any]:
    """Keep filters under a name; the same name again replaces them."""
    return _view(await save_view(session, name=body.name, query=body.query, by=by))


@router.delete("/views/{view_id}", dependencies=[may("tickets:read")], status_code=204)
async def remove_view(view_id: RowId, session: Session, by: Acting) -> None:
    """Forget a saved view."""
    await delete_view(session, view_id=view_id, by=by)


@router.post("/bulk", dependencies=[may("tickets:write")])
async def post_bulk(body: BulkIn, session: Session, by: Acting) -> dict[str, Any]:
    """Change up to 200 tickets at once. What one refuses is told in its outcome and leaves the
    others alone."""
    if (body.assignee_id is not None or body.release) and not by.may("tickets:assign"):
        raise NotAllowed("You may not give tickets to anybody.")
    outcomes = await change_many(session, body.ticket_ids, body.change(), by=by)
    done = sum(each.refusal is None for each in outcomes)
    return {
        "done": done,
        "refused": len(outcomes) - done,
        "outcomes": [_outcome(each) for each in outcomes],
    }


def _view(view: SavedView) -> dict[str, Any]:
    return {"id": view.id, "name": view.name, "query": view.query}


def _outcome(outcome: Outcome) -> dict[str, Any]:
    told: dict[str, Any] = {
        "asked": outcome.reference,
        "ticket_id": outcome.ticket_id,
        "ticket_number": outcome.number,
        "status": outcome.status,
        "version": outcome.version,
        "done": outcome.refusal is None,
    }
    if outcome.refusal is not None:
        told["problem"] = {
            **outcome.refusal.extra,
            "title": outcome.refusal.title,
            "status": status_of(outcome.refusal),
            "detail": outcome.refusal.detail,
        }
    return told


# -- one ticket ------------------------------------------------------------------------------------


@router.get("/{ticket_id}", dependencies=[may("tickets:read_own")])
async def get_one(
    ticket: VisibleTicket, session: Session, by: Acting, response: Response
) -> dict[str, Any]:
    """A ticket by id or number, with its thread, history and files.

    The fields of spec 1 (under `ticket` as well), 2 and 5. Requesters see neither internal
    comments nor what triage and routing noted.
    """
    response.headers["ETag"] = f'"v{ticket.version}"'
    return await read_ticket(session, ticket, by)


@router.get("/{ticket_id}/history", dependencies=[may("tickets:read_own")])
async def get_history(
    ticket: VisibleTicket,
    session: Session,
    by: Acting,
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> dict[str, Any]:
    """What happened to the ticket, oldest first, and who did it. Continue with `after`."""
    events = await list_events(session, ticket, by, after=after, limit=limit)
    return {"ticket_id": ticket.id, "events": events}


@router.get("/{ticket_id}/report", dependencies=[may("tickets:read")])
async def get_report(
    ticket: VisibleTicket, session: Session, parts: Parts, by: Acting
) -> dict[str, Any]:
    """The ticket from beginning to end: its fields, links, and all that happened and was said, oldest
    first, with what came along from tickets merged into it. As a page to print:
    `/tickets/{ticket_id}/report`."""
    return await read_report(session, ticket, by, now=parts.clock())
