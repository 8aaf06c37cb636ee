"""Mail that came in: shown harmlessly, downloaded as it came, moved where it belongs."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.errors import Refusal
from ticketyard.core.resources import Resources
from ticketyard.core.shapes import RowId
from ticketyard.insights.mails import get_mail
from ticketyard.mail.reading import read_mail
from ticketyard.mailboxes.moving import move_mail
from ticketyard.web.deps import Acting, Parts, Session, VisibleTicket, may
from ticketyard.web.mail_files import raw_answer, readable_raw
from ticketyard.web.pages.frame import Flash, back_to
from ticketyard.web.pages.mail_document import mail_document, policy

router = APIRouter(include_in_schema=False)


@router.get("/tickets/{ticket_id}/mails/{inbound_id}/body", dependencies=[may("tickets:read")])
async def get_ticket_mail_body(
    ticket: VisibleTicket,
    inbound_id: RowId,
    session: Session,
    resources: Parts,
    images: bool = False,
    as_text: bool = False,
) -> Response:
    """A mail of a ticket, for a frame without any rights."""
    await get_mail(session, inbound_id, ticket_id=ticket.id)
    return await _body(session, resources, inbound_id, images, as_text)


@router.get("/mails/{inbound_id}/body", dependencies=[may("tickets:read")])
async def get_mail_body(
    inbound_id: RowId,
    session: Session,
    resources: Parts,
    images: bool = False,
    as_text: bool = False,
) -> Response:
    """Any mail, for a frame without any rights."""
    return await _body(session, resources, inbound_id, images, as_text)


async def _body(
    session: AsyncSession, resources: Resources, inbound_id: int, images: bool, as_text: bool
) -> Response:
    raw = await readable_raw(session, resources, inbound_id)
    mail = await asyncio.to_thread(read_mail, raw)
    return HTMLResponse(
        await asyncio.to_thread(mail_document, mail, images=images, as_text=as_text),
        headers={
            "Content-Security-Policy": policy(images=images and not as_text),
            "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex",
        },
    )


@router.get("/tickets/{ticket_id}/mails/{inbound_id}/raw", dependencies=[may("tickets:read")])
async def get_ticket_mail_raw(
    ticket: VisibleTicket, inbound_id: RowId, session: Session, resources: Parts
) -> Response:
    """The bytes of a mail of a ticket."""
    await get_mail(session, inbound_id, ticket_id=ticket.id)
    return await raw_answer(session, resources, inbound_id)


@router.get("/mails/{inbound_id}/raw", dependencies=[may("tickets:read")])
async def get_mail_raw(inbound_id: RowId, session: Session, resources: Parts) -> Response:
    """The bytes of any mail."""
    return await raw_answer(session, resources, inbound_id)


@router.post("/tickets/{ticket_id}/mails/{inbound_id}/move", dependencies=[may("tickets:write")])
async def post_ticket_mail_move(
    ticket: VisibleTicket,
    inbound_id: RowId,
    session: Session,
    resources: Parts,
    by: Acting,
    to: Annotated[str, Form(max_length=40)] = "",
    new: Annotated[str, Form(max_length=10)] = "",
    close: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Take a mail from this ticket to another, or to one of its own."""
    await get_mail(session, inbound_id, ticket_id=ticket.id)
    here = f"/tickets/{ticket.number}"
    return await _move(resources, inbound_id, "" if new else to, by, here, close=bool(close))


@router.post("/mails/{inbound_id}/move", dependencies=[may("tickets:write")])
async def post_mail_move(
    inbound_id: RowId,
    resources: Parts,
    by: Acting,
    to: Annotated[str, Form(max_length=40)] = "",
    new: Annotated[str, Form(max_length=10)] = "",
    back: Annotated[str, Form(max_length=200)] = "/needs-a-look",
) -> Response:
    """Take a mail to a ticket, or to one of its own. back: where to say that it could not be."""
    return await _move(resources, inbound_id, "" if new else to, by, back)


async def _move(
    resources: Resources, inbound_id: int, to: str, by: Principal, back: str, *, close: bool = False
) -> Response:
    try:
        moved = await move_mail(
            resources,
            inbound_id=inbound_id,
            to=to.strip() or None,
            by=by,
            left_is_false_positive=close,
        )
    except Refusal as refusal:
        if back.startswith("/tickets/") or to.strip():
            return back_to(back, Flash("stop", refusal.detail))
        raise
    said = f"Opened as {moved.number}." if moved.created else f"The mail is in {moved.number} now."
    return back_to(f"/tickets/{moved.number}", Flash("clear", said))
