"""Pure: a ticket of GLPI, in its own shape or in the flat one of the integration document."""

from collections.abc import Callable
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
from ticketyard.intake.sources.mappings import category_of, priority_of_glpi
from ticketyard.tickets.drafts import KeptFile, NewTicket


def _object_of(name: str) -> Callable[[object], object]:
    """A bare value where GLPI also gives an object: as that object with this one field."""
    return lambda value: value if isinstance(value, dict) else {name: value}


class _Recipient(Open):
    id: Words | None = None
    name: Line | None = None
    email: Line | None = None


class _Category(Open):
    name: Line | None = Field(None, validation_alias=AliasChoices("name", "completename"))


class _Document(Open):
    filename: Words | None = None
    filepath: Words | None = None
    filesize: int | None = Field(None, ge=0, le=2**62)
    mime: Line | None = None


class GlpiTicket(Open):
    """Either shape, or a mixture. GLPI gives related objects as objects, or as bare ids."""

    id: Words | None = Field(None, examples=["12345"])
    title: Words | None = Field(None, validation_alias=AliasChoices("title", "name"))
    description: Words | None = Field(None, validation_alias=AliasChoices("description", "content"))
    requester_email: Line | None = None
    requester_name: Line | None = None
    recipient: Annotated[_Recipient, BeforeValidator(_object_of("id"))] = Field(
        _Recipient(), validation_alias="_users_id_recipient"
    )
    category: Line | None = None
    glpi_category: Annotated[_Category, BeforeValidator(_object_of("name"))] = Field(
        _Category(), validation_alias="itilcategories_id"
    )
    priority: Line | None = None
    documents: list[_Document] | None = None


# The ids behind recipient and category stay beside the ticket, for a later sync.
_TAKEN = names_of(GlpiTicket) - {"_users_id_recipient", "itilcategories_id"}


def read_glpi(data: object, at: str = "") -> Arrival:
    """The ticket that GLPI tells of. Raises Unreadable."""
    told = read(GlpiTicket, data, at)
    something_said(at, told.title, told.description, told.id)
    category_word = told.category or _name(told.glpi_category)
    category, guess = category_of(category_word)
    email = told.requester_email or told.recipient.email
    return Arrival(
        ticket=NewTicket(
            source="glpi",
            source_reference=short_reference(told.id),
            title=told.title or "",
            description=told.description or "",
            priority=priority_of_glpi(told.priority),
            source_priority=told.priority,
            category=category,
            source_category=category_word,
            requester_name=told.requester_name or told.recipient.name or name_beside_email(email),
            requester_email=usable_email(email),
            source_data=extras(data, _TAKEN),
        ),
        files=tuple(_file(each) for each in told.documents or ()),
        category_is_guess=guess,
    )


def _name(category: _Category) -> str | None:
    """A bare number is an id of GLPI's and names nothing."""
    return category.name if category.name and not category.name.isdigit() else None


def _file(document: _Document) -> KeptFile:
    return named_file(document.filename, document.filepath, document.filesize, document.mime)
