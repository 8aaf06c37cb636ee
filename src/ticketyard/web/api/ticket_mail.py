"""Mail of tickets over HTTP (spec document 3): their thread, tickets of an address, a mail played."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from ticketyard.core.errors import NotFound
from ticketyard.core.shapes import Body, Words, storable
from ticketyard.mail.outgoing.told import ToldMail
from ticketyard.mailboxes.landing.email_log import (
    TICKETS_MAX,
    LoggedMail,
    list_logged_mails,
    list_tickets_of_address,
)
from ticketyard.mailboxes.playing import play_mail
from ticketyard.web.deps import (
    Acting,
    Parts,
    Session,
    VisibleTicket,
    may,
    web_settings_of,
)

router = APIRouter(prefix="/api", tags=["mail"])


class EmailOut(BaseModel):
    """One mail of a ticket's thread. email_message_id: with its angle brackets."""

    id: int
    email_message_id: str
    email_from: str
    email_subject: str | None
    email_received_at: datetime | None
    is_reply: bool
    created_at: datetime
    direction: str | None = Field(None, description="in or out; told with `include_sent` only.")


class EmailsOut(BaseModel):
    """The mails of a ticket, the oldest first."""

    ticket_id: int
    ticket_number: str
    emails: list[EmailOut]


class MailedTicketOut(BaseModel):
    """A ticket of somebody who writes."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    ticket_number: str
    subject: str
    status: str
    created_at: datetime


class MailedTicketsOut(BaseModel):
    """What an address has to do with, the newest first."""

    email_address: str
    tickets: list[MailedTicketOut]


@router.get(
    "/tickets/by-email/{email_address}",
    response_model=MailedTicketsOut,
    dependencies=[may("tickets:read_own")],
)
async def get_tickets_by_email(
    email_address: str,
    session: Session,
    by: Acting,
    limit: Annotated[int, Query(ge=1, le=TICKETS_MAX)] = TICKETS_MAX,
    offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
) -> dict[str, Any]:
    """Tickets that this address asked for or wrote to. Requesters see their own."""
    address = str(storable(email_address))
    found = await list_tickets_of_address(session, address, by, limit=limit, offset=offset)
    return {"email_address": address, "tickets": found}


@router.get(
    "/tickets/{ticket_id}/emails",
    response_model=EmailsOut,
    response_model_exclude_unset=True,
    dependencies=[may("tickets:read_own")],
)
async def get_ticket_emails(
    ticket: VisibleTicket,
    session: Session,
    by: Acting,
    include_sent: Annotated[
        bool, Query(description="Our own mail as well, each with its direction.")
    ] = False,
) -> dict[str, Any]:
    """The mails of a ticket, the oldest first: those received, and ours if asked for."""
    mails = await list_logged_mails(session, ticket.id, by, include_sent=include_sent)
    return {
        "ticket_id": ticket.id,
        "ticket_number": ticket.number,
        "emails": [_mail(each, tell_direction=include_sent) for each in mails],
    }


def _mail(mail: LoggedMail, *, tell_direction: bool) -> dict[str, Any]:
    shown = {name: getattr(mail, name) for name in _SHOWN}
    return {**shown, "direction": mail.direction} if tell_direction else shown


_SHOWN = tuple(name for name in EmailOut.model_fields if name != "direction")


# -- trying out ------------------------------------------------------------------------------------


async def _is_open(request: Request) -> None:
    if not web_settings_of(request).test_routes:
        raise NotFound("There is nothing here.")


def _one_line(value: object) -> object:
    """References as a list are as good as the header's own line."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return " ".join(value)
    return value


_Head = Annotated[Words, Field(max_length=10_000)]


class EmailData(Body):
    """A mail in fields."""

    message_id: _Head = Field("", examples=["<test123@example.com>"])
    subject: _Head = Field("", examples=["Test ticket"])
    from_address: Annotated[Words, Field(max_length=1_000)] = Field(examples=["test@example.com"])
    body: Words = Field("", examples=["This is a test #testing"])
    received_at: AwareDatetime | None = Field(None, examples=["2025-12-15T10:00:00Z"])
    in_reply_to: _Head | None = Field(None, examples=["<TKT-20251215-001@desk.example.com>"])
    references: Annotated[_Head | None, BeforeValidator(_one_line)] = None


class PlayedIn(Body):
    """A mail to be played."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "email_data": {
                        "message_id": "<test123@example.com>",
                        "subject": "Test ticket",
                        "from_address": "test@example.com",
                        "body": "This is a test #testing",
                        "received_at": "2025-12-15T10:00:00Z",
                    }
                }
            ]
        }
    )

    email_data: EmailData


class PlayedOut(BaseModel):
    """What became of it: opened a ticket, was added to one, or neither (then there is none)."""

    ticket_id: int | None
    ticket_number: str | None
    created: bool
    linked: bool


@router.post(
    "/test/email-to-ticket",
    response_model=PlayedOut,
    dependencies=[may("settings:manage"), Depends(_is_open)],
    responses={
        404: {"description": "TICKETYARD_TEST_ROUTES is off, as it should be in production."}
    },
)
async def post_test_email(body: PlayedIn, parts: Parts, by: Acting) -> dict[str, Any]:
    """Play an incoming mail: it is kept, classified and filed like one that a mailbox brought.

    Forges whatever sender it is given, so it is for admins, and only where TICKETYARD_TEST_ROUTES is
    on.
    """
    data = body.email_data
    told = ToldMail(
        message_id=data.message_id,
        subject=data.subject,
        sender=data.from_address,
        body=data.body,
        in_reply_to=data.in_reply_to or "",
        references=data.references or "",
        received_at=data.received_at,
    )
    placed = await play_mail(parts, told, by=by)
    return {
        "ticket_id": placed.ticket_id,
        "ticket_number": placed.number,
        "created": placed.created,
        "linked": placed.linked,
    }
