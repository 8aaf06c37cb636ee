"""The send log: every mail of ours, what became of it, and the servers' own words."""

from typing import Literal

from fastapi import APIRouter, Response

from ticketyard.core.errors import Conflict
from ticketyard.core.shapes import RowId
from ticketyard.notify.queries import (
    STATES,
    count_outgoing,
    get_outgoing,
    list_attempts,
    list_outgoing,
)
from ticketyard.notify.sending_again import send_again
from ticketyard.notify.servers import MailOut
from ticketyard.tickets.queries import get_ticket
from ticketyard.web.deps import Acting, Parts, Session, may
from ticketyard.web.pages.frame import DeskFrame, Flash, back_to, page

router = APIRouter(prefix="/settings/mail-log", include_in_schema=False)

PAGE = 50
State = Literal["waiting", "sent", "failed", "suppressed", "bounced"]


@router.get("", dependencies=[may("tickets:read")])
async def get_log(
    session: Session,
    frame: DeskFrame,
    state: State | None = None,
    before: RowId | None = None,
) -> Response:
    """The newest mails, all or of one state."""
    mails = await list_outgoing(session, state=state, before=before, limit=PAGE + 1)
    next_href = ""
    if len(mails) > PAGE:
        only = f"&state={state}" if state else ""
        next_href = f"/settings/mail-log?before={mails[PAGE - 1].id}{only}"
    return page(
        "settings/mail_log.html",
        frame,
        place="settings",
        tab="mail-log",
        mails=mails[:PAGE],
        state=state or "",
        states=STATES,
        counts=await count_outgoing(session),
        next_href=next_href,
    )


@router.get("/{outgoing_id}", dependencies=[may("tickets:read")])
async def get_mail_page(outgoing_id: RowId, session: Session, frame: DeskFrame) -> Response:
    """One mail: to whom, what it says, and what servers said to it."""
    mail = await get_outgoing(session, outgoing_id)
    tries = await list_attempts(session, [mail.id])
    ticket = await get_ticket(session, mail.ticket_id) if mail.ticket_id else None
    return page(
        "settings/mail_sent.html",
        frame,
        place="settings",
        tab="mail-log",
        mail=mail,
        ticket=ticket,
        tries=tries[mail.id],
    )


@router.post("/{outgoing_id}/again", dependencies=[may("tickets:write")])
async def post_again(
    outgoing_id: RowId, session: Session, by: Acting, resources: Parts
) -> Response:
    """Try it once more."""
    place = f"/settings/mail-log/{outgoing_id}"
    try:
        async with session.begin_nested():
            await send_again(session, mail_id=outgoing_id, out=resources.part(MailOut), by=by)
    except Conflict as refusal:
        return back_to(place, Flash("stop", refusal.detail))
    return back_to(place, Flash("info", "On its way again. Reload to see what the server says."))
