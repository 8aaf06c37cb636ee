"""Mailboxes over HTTP: what is read, how it fares, and its books. Secrets go in and never come out."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from ticketyard.core.sealing import Sealer
from ticketyard.core.shapes import Body, Line, RowId, Text
from ticketyard.mailboxes.boxes.changing import (
    add_mailbox,
    change_mailbox,
    get_mailbox,
    switch_mailbox,
)
from ticketyard.mailboxes.errors import MailboxNotFound
from ticketyard.mailboxes.fetching.sources import load_source
from ticketyard.mailboxes.fetching.trying import try_mailbox
from ticketyard.mailboxes.ledger import LedgerLine, list_books, list_ledger
from ticketyard.mailboxes.models import Mailbox
from ticketyard.web.api.mail_shapes import Outcome
from ticketyard.web.deps import Acting, Parts, Session, may
from ticketyard.web.mailbox_form import draft_of

router = APIRouter(prefix="/api/mailboxes", tags=["mailboxes"])

Security = Literal["tls", "starttls", "none"]
_EXAMPLE: dict[str, Any] = {
    "address": "support@example.com",
    "display_name": "Support",
    "imap_server": "imap.example.com",
    "username": "support@example.com",
    "password": "a password for this mailbox alone",
}


class MailboxPatch(Body):
    """What is to change; the rest stays, the secret too. Port 0: the usual one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"poll_seconds": 60}]})

    address: Line | None = None
    display_name: Line | None = None
    imap_server: Line | None = None
    imap_port: int | None = Field(None, ge=0, le=65_535)
    imap_security: Security | None = None
    username: Line | None = None
    auth: Literal["password", "xoauth2"] | None = None
    password: Text | None = Field(None, max_length=1_000)
    client_id: Text | None = Field(None, max_length=1_000)
    client_secret: Text | None = Field(None, max_length=4_000)
    refresh_token: Text | None = Field(None, max_length=4_000)
    token_url: Line | None = None
    folder: Line | None = None
    poll_seconds: int | None = Field(None, ge=5, le=86_400)
    look_back_hours: int | None = Field(None, ge=0, le=175_680)
    after_filing: Literal["leave", "seen", "move"] | None = None
    move_to: Line | None = None
    authserv_id: Line | None = None
    smtp_server: Line | None = None
    smtp_port: int | None = Field(None, ge=0, le=65_535)
    smtp_security: Security | None = None
    team_id: RowId | None = None
    is_enabled: bool | None = None


class MailboxIn(MailboxPatch):
    """A new mailbox. A password, or for xoauth2 client_id and refresh_token, belongs to it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    address: Line
    imap_server: Line


class MailboxOut(BaseModel):
    """A mailbox, without what it is entered with. origin: settings for EMAIL_CREDENTIALS.

    failing_since, last_error: while it cannot be read.
    """

    model_config = ConfigDict(from_attributes=True)

    id: int
    address: str
    display_name: str
    origin: str
    is_enabled: bool
    imap_server: str
    imap_port: int
    imap_security: str
    username: str
    auth: str
    folder: str
    poll_seconds: int | None
    look_back_hours: int
    after_filing: str
    move_to: str
    authserv_id: str
    smtp_server: str
    smtp_port: int
    smtp_security: str
    team_id: int | None
    attempted_at: datetime | None
    succeeded_at: datetime | None
    failing_since: datetime | None
    last_error: str | None
    created_at: datetime


class BooksOut(BaseModel):
    """The books of a mailbox: received = tickets + replies + duplicates + refused + waiting.

    mailbox_id: null for what was handed over by the API. last_uid: how far its folder was read.
    """

    model_config = ConfigDict(from_attributes=True)

    mailbox_id: int | None
    address: str
    folder: str
    is_enabled: bool
    received: int
    tickets: int
    replies: int
    duplicates: int
    refused: int
    waiting: int
    unfetched: int
    balances: bool
    newest_at: datetime | None
    succeeded_at: datetime | None
    failing_since: datetime | None
    last_error: str | None
    uidvalidity: int | None
    last_uid: int | None


class LedgerLineOut(BaseModel):
    """One delivery. why: one sentence."""

    id: int
    uid: int | None
    outcome: Outcome
    sender: str
    subject: str
    received_at: datetime
    filed_at: datetime | None
    ticket_id: int | None
    ticket_number: str | None
    why: str


class LedgerOut(BaseModel):
    """The sum and a page of what it is made of. next_before: ask with it for the next page."""

    books: BooksOut
    mails: list[LedgerLineOut]
    next_before: int | None


class TrialOut(BaseModel):
    """How a trial went, in a sentence."""

    model_config = ConfigDict(from_attributes=True)

    went_well: bool
    text: str


@router.get("", response_model=list[BooksOut], dependencies=[may("settings:manage")])
async def get_mailboxes(session: Session) -> list[BooksOut]:
    """Every mailbox with its health and its books."""
    return [BooksOut.model_validate(each) for each in await list_books(session)]


@router.post("", response_model=MailboxOut, status_code=201, dependencies=[may("settings:manage")])
async def post_mailbox(body: MailboxIn, session: Session, parts: Parts, by: Acting) -> Mailbox:
    """Add a mailbox; the mail process reads it within seconds."""
    draft = await draft_of(session, body.model_dump(exclude_none=True, exclude={"is_enabled"}))
    mailbox = await add_mailbox(session, draft, sealer=parts.part(Sealer), by=by)
    if body.is_enabled is False:
        await switch_mailbox(session, mailbox.id, is_enabled=False, by=by)
    await session.flush()
    await session.refresh(mailbox)
    return mailbox


@router.get("/{mailbox_id}", response_model=MailboxOut, dependencies=[may("settings:manage")])
async def get_one_mailbox(mailbox_id: RowId, session: Session) -> Mailbox:
    """One mailbox, without its secret."""
    return await get_mailbox(session, mailbox_id)


@router.patch("/{mailbox_id}", response_model=MailboxOut, dependencies=[may("settings:manage")])
async def patch_mailbox(
    mailbox_id: RowId, body: MailboxPatch, session: Session, parts: Parts, by: Acting
) -> Mailbox:
    """Change a mailbox, or switch it on or off. Those of EMAIL_CREDENTIALS are changed there."""
    mailbox = await get_mailbox(session, mailbox_id)
    wanted = mailbox.is_enabled if body.is_enabled is None else body.is_enabled
    given = body.model_dump(exclude_unset=True, exclude={"is_enabled"})
    for name in [name for name, value in given.items() if value is None]:
        # Only these can be nothing; of the others null means that they stay.
        if name not in ("poll_seconds", "team_id"):
            del given[name]
    if given:
        draft = await draft_of(session, given, mailbox)
        await change_mailbox(session, mailbox_id, draft, sealer=parts.part(Sealer), by=by)
    await switch_mailbox(session, mailbox_id, is_enabled=wanted, by=by)
    await session.flush()
    return mailbox


@router.post("/{mailbox_id}/test", response_model=TrialOut, dependencies=[may("settings:manage")])
async def post_test(mailbox_id: RowId, parts: Parts, by: Acting) -> TrialOut:
    """Connect, log in and look at the folder; nothing is read or changed."""
    # No session in this route: a mail server may take its time.
    trial = await try_mailbox(parts, await load_source(parts, by.company_id, mailbox_id))
    return TrialOut.model_validate(trial)


@router.get("/{mailbox_id}/ledger", response_model=LedgerOut, dependencies=[may("settings:manage")])
async def get_ledger(
    mailbox_id: RowId,
    session: Session,
    outcome: Outcome | None = None,
    before: RowId | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> LedgerOut:
    """The sum of a mailbox and its mails, newest first; 0 for what the API handed over."""
    books = [each for each in await list_books(session) if each.mailbox_id == (mailbox_id or None)]
    if not books:
        raise MailboxNotFound("There is no such mailbox.")
    page = await list_ledger(
        session, mailbox_id=mailbox_id, outcome=outcome, before=before, limit=limit
    )
    return LedgerOut(
        books=BooksOut.model_validate(books[0]),
        mails=[_line(each) for each in page.lines],
        next_before=page.next_before,
    )


def _line(line: LedgerLine) -> LedgerLineOut:
    return LedgerLineOut(
        id=line.inbound_id,
        uid=line.uid,
        outcome=line.outcome,
        sender=line.sender,
        subject=line.subject,
        received_at=line.received_at,
        filed_at=line.filed_at,
        ticket_id=line.ticket_id,
        ticket_number=line.ticket_number,
        why=str(line.why.get("reason") or line.last_error or ""),
    )
