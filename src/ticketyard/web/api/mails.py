"""Mail that came in, over HTTP: found, read with the account of it, moved, taken as it came."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from ticketyard.core.shapes import RowId
from ticketyard.insights.mails import MailFilter, get_mail, list_mails
from ticketyard.mailboxes.moving import move_mail
from ticketyard.web.api.mail_shapes import MailOut, MailsOut, MovedOut, MoveIn, Outcome
from ticketyard.web.deps import Acting, Parts, Session, may
from ticketyard.web.mail_files import raw_answer

router = APIRouter(prefix="/api/mails", tags=["mail"])


@router.get("", response_model=MailsOut, dependencies=[may("tickets:read")])
async def get_mails(
    session: Session,
    mailbox_id: RowId | None = None,
    outcome: Outcome | None = None,
    ticket_id: RowId | None = None,
    q: Annotated[str, Query(max_length=320, description="Message-ID, sender or subject")] = "",
    before: RowId | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> MailsOut:
    """Mails with what became of each, newest first; mailbox 0 for what the API handed over."""
    wanted = MailFilter(
        mailbox_id=mailbox_id,
        outcome=outcome,
        ticket_id=ticket_id,
        query=q,
        before=before,
        limit=limit + 1,
    )
    rows = await list_mails(session, wanted)
    return MailsOut(
        mails=[MailOut.of(row) for row in rows[:limit]],
        next_before=rows[limit - 1].inbound_id if len(rows) > limit else None,
    )


@router.get("/{mail_id}", response_model=MailOut, dependencies=[may("tickets:read")])
async def get_one_mail(mail_id: RowId, session: Session) -> MailOut:
    """One mail with the account of why it landed where it is."""
    return MailOut.of(await get_mail(session, mail_id))


@router.post("/{mail_id}/move", response_model=MovedOut, dependencies=[may("tickets:write")])
async def post_move(mail_id: RowId, body: MoveIn, parts: Parts, by: Acting) -> MovedOut:
    """Take a mail to another ticket, or to a new one of its own; nobody is told."""
    moved = await move_mail(
        parts,
        inbound_id=mail_id,
        to=body.target,
        by=by,
        left_is_false_positive=body.left_is_false_positive,
    )
    return MovedOut(
        id=moved.inbound_id,
        ticket_id=moved.ticket_id,
        ticket_number=moved.number,
        created=moved.created,
        from_ticket_number=moved.from_number,
    )


@router.get("/{mail_id}/raw", dependencies=[may("tickets:read")], response_class=Response)
async def get_raw(mail_id: RowId, session: Session, parts: Parts) -> Response:
    """The bytes of a mail as they came (message/rfc822), to be saved."""
    return await raw_answer(session, parts, mail_id)
