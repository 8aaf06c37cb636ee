"""Pure: a ticket from a system that we have no adapter for: the flat shape, and nothing else."""

from typing import Any

from pydantic import Field

from ticketyard.core.shapes import Closed, Line, Words, read
from ticketyard.intake.arrivals import Arrival, short_reference
from ticketyard.intake.sources.fields import something_said, usable_email
from ticketyard.intake.sources.mappings import category_of, priority_of_word
from ticketyard.tickets.drafts import NewTicket

TAGS_MAX = 20


class GenericTicket(Closed):
    """What any program can say of a ticket."""

    id: Words | None = Field(None, description="Its id over there; sent again, it is filed once.")
    title: Words | None = Field(None, examples=["Software installation request"])
    description: Words | None = None
    requester_email: Line | None = Field(None, examples=["rita@example.com"])
    requester_name: Line | None = None
    requester_phone: Line | None = None
    category: Line | None = None
    priority: Line | None = Field(None, examples=["Medium"])
    location: Line | None = None
    asset_tag: Line | None = None
    tags: list[Words] = Field(default_factory=list, max_length=TAGS_MAX)
    custom_fields: dict[str, Any] = Field(default_factory=dict)


def read_generic(data: object, at: str = "") -> Arrival:
    """The ticket a program of the company's own asks for. Raises Unreadable."""
    told = read(GenericTicket, data, at)
    something_said(at, told.title, told.description)
    category, guess = category_of(told.category)
    return Arrival(
        ticket=NewTicket(
            source="api",
            source_reference=short_reference(told.id),
            title=told.title or "",
            description=told.description or "",
            priority=priority_of_word(told.priority),
            source_priority=told.priority,
            category=category,
            source_category=told.category,
            requester_name=told.requester_name,
            requester_email=usable_email(told.requester_email),
            requester_phone=told.requester_phone,
            location=told.location,
            asset_tag=told.asset_tag,
            tags=tuple(dict.fromkeys(tag[:50] for tag in told.tags if tag)),
            custom_fields=told.custom_fields,
        ),
        category_is_guess=guess,
    )
