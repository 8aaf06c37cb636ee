"""Pure: an e-mail handed over as JSON; what a mailbox delivers is read from its bytes instead."""

from datetime import datetime
from typing import Annotated

from pydantic import AliasChoices, BeforeValidator, Field

from ticketyard.core.shapes import Line, Open, Words, read
from ticketyard.intake.arrivals import Arrival, short_reference
from ticketyard.intake.sources.fields import (
    extras,
    name_beside_email,
    named_file,
    names_of,
    something_said,
    usable_email,
)
from ticketyard.intake.sources.mappings import category_of, priority_of_word
from ticketyard.mail.outgoing.told import ToldMail
from ticketyard.tickets.drafts import KeptFile, NewTicket


class _Sender(Open):
    email: Line | None = None
    name: Line | None = None


def _object_of_sender(value: object) -> object:
    """`Rita <rita@example.com>` as the object that it is elsewhere."""
    return {"email": value} if not isinstance(value, dict) else value


class _File(Open):
    filename: Words | None = None
    path: Words | None = None
    size: int | None = Field(None, ge=0, le=2**62)
    content_type: Line | None = None


def _line_of_ids(value: object) -> object:
    """References as a list is as good as the header's own line."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return " ".join(value)
    return value


class EmailBody(Open):
    """Subject, body and sender; the flat names of the integration document are read as well.

    in_reply_to, references: as the mail's headers have them; they tell which ticket it continues.
    """

    message_id: Words | None = Field(None, examples=["<7a1f@mail.example.com>"])
    in_reply_to: Words | None = None
    references: Annotated[Words | None, BeforeValidator(_line_of_ids)] = None
    title: Words | None = Field(None, validation_alias=AliasChoices("subject", "title"))
    description: Words | None = Field(None, validation_alias=AliasChoices("body", "description"))
    sender: Annotated[_Sender, BeforeValidator(_object_of_sender)] = Field(
        _Sender(), validation_alias=AliasChoices("from", "from_address")
    )
    requester_email: Line | None = None
    requester_name: Line | None = None
    priority: Line | None = None
    category: Line | None = None
    attachments: list[_File] | None = None


_TAKEN = names_of(EmailBody)


def read_email(data: object, at: str = "") -> Arrival:
    """The ticket that an e-mail asks for. Raises Unreadable."""
    told = read(EmailBody, data, at)
    something_said(at, told.title, told.description)
    address = told.sender.email or told.requester_email
    name = told.sender.name or told.requester_name or name_beside_email(address)
    category, guess = category_of(told.category)
    return Arrival(
        ticket=NewTicket(
            source="email",
            source_reference=short_reference(told.message_id),
            title=told.title or "",
            description=told.description or "",
            priority=priority_of_word(told.priority),
            source_priority=told.priority,
            category=category,
            source_category=told.category,
            requester_name=name,
            requester_email=usable_email(address),
            source_data=extras(data, _TAKEN),
        ),
        files=tuple(_file(each) for each in told.attachments or ()),
        category_is_guess=guess,
        mail=ToldMail(
            message_id=told.message_id or "",
            subject=told.title or "",
            sender=usable_email(address) or "",
            sender_name=name or "",
            body=told.description or "",
            in_reply_to=told.in_reply_to or "",
            references=told.references or "",
            received_at=_instant(data),
        ),
    )


def _instant(data: object) -> datetime | None:
    """When it was received, where that is told as an instant; any other word stays in the extras."""
    told = data.get("received_at") if isinstance(data, dict) else None
    try:
        found = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None
    return found if found and found.tzinfo and 1970 <= found.year < 9999 else None


def _file(each: _File) -> KeptFile:
    return named_file(each.filename, each.path, each.size, each.content_type)
