"""Needs a look: what arrived and could not be understood, as it came."""

from typing import Annotated

from fastapi import APIRouter, Form, Response

from ticketyard.core.shapes import RowId
from ticketyard.intake.looking import dismiss_message, open_kept_message, shown_raw
from ticketyard.intake.queries import get_message, list_waiting_messages
from ticketyard.web.deps import Acting, Parts, Session, may
from ticketyard.web.pages.frame import DeskFrame, Flash, back_to, page

router = APIRouter(prefix="/needs-a-look", include_in_schema=False)

PAGE_ITEMS = 50
PREVIEW_CHARACTERS = 4_000


@router.get("", dependencies=[may("intake:read")])
async def get_kept(session: Session, frame: DeskFrame, before: RowId | None = None) -> Response:
    """The messages that wait for a look, newest first."""
    messages = await list_waiting_messages(session, before=before, limit=PAGE_ITEMS + 1)
    shown = messages[:PAGE_ITEMS]
    return page(
        "kept/page.html",
        frame,
        place="kept",
        items=[
            {
                "id": message.id,
                "source": message.source,
                "problem": message.problem,
                "received_at": message.received_at,
                "repeats": message.repeats,
                "size": len(message.raw),
                "preview": shown_raw(message)[:PREVIEW_CHARACTERS],
            }
            for message in shown
        ],
        next_href=f"/needs-a-look?before={shown[-1].id}" if len(messages) > PAGE_ITEMS else None,
    )


@router.get("/{message_id}/raw", dependencies=[may("intake:read")])
async def get_raw(message_id: RowId, session: Session) -> Response:
    """One message's bytes, as a download that no browser runs or shows."""
    message = await get_message(session, message_id)
    return Response(
        message.raw,
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="message-{message_id}.raw"'},
    )


@router.post("/{message_id}/ticket", dependencies=[may("tickets:write")])
async def post_kept_ticket(
    message_id: RowId,
    session: Session,
    resources: Parts,
    by: Acting,
    title: Annotated[str, Form(max_length=300)],
) -> Response:
    """Make a ticket of a message, with a title a person gave."""
    opened = await open_kept_message(session, resources, message_id=message_id, title=title, by=by)
    return back_to(f"/tickets/{opened.number}", Flash("clear", f"Opened as {opened.number}."))


@router.post("/{message_id}/dismissal", dependencies=[may("tickets:write")])
async def post_dismissal(message_id: RowId, session: Session, by: Acting) -> Response:
    """Decide that no ticket is needed; the message stays kept."""
    await dismiss_message(session, message_id=message_id, by=by)
    return back_to("/needs-a-look", Flash("clear", "Dismissed. The original stays kept."))
