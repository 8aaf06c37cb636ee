"""Pure: an incident of SAP Solution Manager."""

from pydantic import AliasChoices, Field

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
from ticketyard.intake.sources.mappings import category_of, priority_of_solman
from ticketyard.tickets.drafts import KeptFile, NewTicket


class _File(Open):
    filename: Words | None = Field(None, validation_alias="FileName")
    path: Words | None = Field(None, validation_alias="FilePath")
    size: int | None = Field(None, validation_alias="FileSize", ge=0, le=2**62)
    content_type: Line | None = Field(None, validation_alias="ContentType")


class SolmanIncident(Open):
    """Solution Manager's own names; the flat ones of the integration document are read as well."""

    reference: Words | None = Field(
        None, validation_alias=AliasChoices("IncidentID", "id"), examples=["8000001234"]
    )
    title: Words | None = Field(None, validation_alias=AliasChoices("ShortText", "title"))
    description: Words | None = Field(
        None, validation_alias=AliasChoices("Description", "description")
    )
    reporter_email: Line | None = Field(
        None, validation_alias=AliasChoices("ReporterEmail", "requester_email")
    )
    reporter_name: Line | None = Field(
        None, validation_alias=AliasChoices("ReporterName", "requester_name")
    )
    priority: Line | None = Field(None, validation_alias=AliasChoices("Priority", "priority"))
    category: Line | None = Field(None, validation_alias=AliasChoices("Category", "category"))
    attachments: list[_File] | None = Field(None, validation_alias="Attachments")


_TAKEN = names_of(SolmanIncident)


def read_solman(data: object, at: str = "") -> Arrival:
    """The ticket that Solution Manager tells of. Raises Unreadable."""
    told = read(SolmanIncident, data, at)
    something_said(at, told.title, told.description, told.reference)
    category, guess = category_of(told.category)
    return Arrival(
        ticket=NewTicket(
            source="solman",
            source_reference=short_reference(told.reference),
            title=told.title or "",
            description=told.description or "",
            priority=priority_of_solman(told.priority),
            source_priority=told.priority,
            category=category,
            source_category=told.category,
            requester_name=told.reporter_name or name_beside_email(told.reporter_email),
            requester_email=usable_email(told.reporter_email),
            source_data=extras(data, _TAKEN),
        ),
        files=tuple(_file(each) for each in told.attachments or ()),
        category_is_guess=guess,
    )


def _file(each: _File) -> KeptFile:
    return named_file(each.filename, each.path, each.size, each.content_type)
