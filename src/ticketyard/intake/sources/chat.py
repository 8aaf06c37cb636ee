"""Pure: a question asked in the chat that becomes a ticket."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from ticketyard.core.shapes import Closed, Email, Line, Text, read
from ticketyard.intake.arrivals import Arrival
from ticketyard.intake.sources.fields import extras
from ticketyard.tickets.drafts import NewTicket

TITLE_MAX = 100


class ChatQuestion(Closed):
    """One question, by somebody the chat knows."""

    query: Annotated[Text, StringConstraints(min_length=1, max_length=100_000)] = Field(
        examples=["I forgot my password and cannot log in."]
    )
    user_id: Annotated[Line, StringConstraints(min_length=1)] = Field(examples=["u-17"])
    user_email: Email = Field(examples=["rita@example.com"])
    user_name: Annotated[Line, StringConstraints(min_length=1)] = Field(examples=["Rita Requester"])
    context: dict[str, Any] | None = Field(
        None, description="Whatever the chat knows besides; kept with the ticket."
    )


def read_chat(data: object, at: str = "") -> Arrival:
    """The ticket a question becomes: its first hundred characters are the title. Raises
    Unreadable."""
    asked = read(ChatQuestion, data, at)
    return Arrival(
        ticket=NewTicket(
            source="chatbot",
            title=" ".join(asked.query.split())[:TITLE_MAX],
            description=asked.query,
            requester_name=asked.user_name,
            requester_email=asked.user_email,
            source_data=extras({"user_id": asked.user_id, "context": asked.context}),
        )
    )
