"""Needs a look: what arrived and could not be understood, as it came; mail as people read it."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from ticketyard.core.shapes import RowId
from ticketyard.insights.mails import MailRow, list_mails_by_ids
from ticketyard.intake.looking import dismiss_message, open_kept_message, shown_raw
from ticketyard.intake.models import InboundMessage
from ticketyard.intake.queries import get_message, list_waiting_messages
from ticketyard.mail.reading import read_mail
from ticketyard.mailboxes.filing import ATTEMPTS_MAX
from ticketyard.mailboxes.keeping import raw_of
from ticketyard.web.deps import Acting, Parts, Session, may
from ticketyard.web.pages.frame import DeskFrame, Flash, back_to, page
from ticketyard.web.pages.mail_view import came_by_mail

router = APIRouter(prefix="/needs-a-look", include_in_schema=False)

PAGE_ITEMS = 50
PREVIEW_CHARACTERS = 4_000
# Larger mails are read when somebody opens them.
PREVIEW_MAX_BYTES = 256 * 1024


@router.get("", dependencies=[may("intake:read")])
async def get_kept(session: Session, frame: DeskFrame, before: RowId | None = None) -> Response:
    """The messages that wait for a look, newest first."""
    messages = await list_waiting_messages(session, before=before, limit=PAGE_ITEMS + 1)
    shown = messages[:PAGE_ITEMS]
    mails = await list_mails_by_ids(session, [message.id for message in shown])
    return page(
        "kept/page.html",
        frame,
        place="kept",
        items=await asyncio.to_thread(_items, shown, mails),
        next_href=f"/needs-a-look?before={shown[-1].id}" if len(messages) > PAGE_ITEMS else None,
    )


def _items(messages: Sequence[InboundMessage], mails: dict[int, MailRow]) -> list[dict[str, Any]]:
    return [
        {
            "id": message.id,
            "source": message.source,
            "problem": message.problem,
            "received_at": message.received_at,
            "repeats": message.repeats,
            "size": message.size_bytes or len(message.raw),
            "preview": shown_raw(message)[:PREVIEW_CHARACTERS],
            **_as_mail(message, mails.get(message.id)),
        }
        for message in messages
    ]


def _as_mail(message: InboundMessage, row: MailRow | None) -> dict[str, Any]:
    """Subject, sender and text, for what is mail and did not break its reader before."""
    if row is None or not row.needs_look or row.attempts >= ATTEMPTS_MAX:
        return {"mail": None, "text": ""}
    text = ""
    if row.size_bytes <= PREVIEW_MAX_BYTES:
        text = read_mail(message.raw).body_text.strip()[:PREVIEW_CHARACTERS]
    return {"mail": came_by_mail(row), "text": text}


@router.get("/{message_id}/raw", dependencies=[may("intake:read")])
async def get_raw(message_id: RowId, session: Session, resources: Parts) -> Response:
    """One message's bytes, as a download that no browser runs or shows."""
    message = await get_message(session, message_id)
    return Response(
        await raw_of(resources, message),
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
