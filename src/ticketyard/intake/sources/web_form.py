"""Pure: what a person filled in on the web form."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from ticketyard.core.shapes import Closed, Email, Line, MaybeLine, Text, read
from ticketyard.intake.arrivals import Arrival
from ticketyard.intake.sources.mappings import category_of, priority_of_word
from ticketyard.tickets.drafts import NewTicket

Priority = Literal["low", "medium", "normal", "high", "urgent", "critical"]


def _lowered(value: object) -> object:
    return (value.strip().casefold() or None) if isinstance(value, str) else value


class WebForm(Closed):
    """The web form. A form knows its fields, so an unknown one is a mistake worth telling."""

    title: Annotated[Line, StringConstraints(min_length=1)] = Field(
        examples=["Software installation request"]
    )
    description: Annotated[Text, StringConstraints(min_length=1, max_length=200_000)] = Field(
        examples=["I need an office suite on my new laptop."]
    )
    email: Email = Field(examples=["rita@example.com"])
    name: Annotated[Line, StringConstraints(min_length=1)] = Field(examples=["Rita Requester"])
    user_id: MaybeLine = None
    location: MaybeLine = Field(None, examples=["Building B, floor 2"])
    asset_tag: MaybeLine = Field(None, examples=["LT-2041"])
    priority: Annotated[Priority | None, BeforeValidator(_lowered)] = Field(
        None, description="Said by the requester; left out, triage finds it."
    )
    category: MaybeLine = None
    custom_fields: dict[str, Any] = Field(
        default_factory=dict, description="The company's own fields by name."
    )


def read_web_form(data: object, at: str = "") -> Arrival:
    """The ticket a form asks for. Raises Unreadable."""
    form = read(WebForm, data, at)
    category, guess = category_of(form.category)
    return Arrival(
        ticket=NewTicket(
            source="web_form",
            title=form.title,
            description=form.description,
            priority=priority_of_word(form.priority),
            source_priority=form.priority,
            category=category,
            source_category=form.category,
            requester_name=form.name,
            requester_email=form.email,
            location=form.location,
            asset_tag=form.asset_tag,
            custom_fields=form.custom_fields,
            source_data={"user_id": form.user_id} if form.user_id else {},
        ),
        category_is_guess=guess,
    )
