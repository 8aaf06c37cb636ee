"""Shapes of the public chat."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from ticketyard.core.shapes import Body, Email, MaybeLine, Words
from ticketyard.knowledge.chatbot.models import ChatMessage

MESSAGE_MAX = 4_000


class ChatIn(Body):
    """A conversation to begin. page: on which page of a site."""

    language: MaybeLine = Field(None, examples=["en"])
    page: MaybeLine = Field(None, examples=["https://www.example.com/help"])


class ChatOpenedOut(BaseModel):
    """Send `token` as `Authorization: Bearer …` from now on; nothing else opens the conversation."""

    conversation_id: UUID
    token: str
    greeting: str = Field(examples=["Hello! What can I help you with?"])
    name: str = Field(examples=["Help desk"])
    privacy_note: str | None


class ChatConfigOut(BaseModel):
    """How the chat looks. needs_origin: other sites may show it, those that were named."""

    name: str = Field(examples=["Help desk"])
    greeting: str = Field(examples=["Hello! What can I help you with?"])
    language: str = Field(examples=["en"])
    accent: str | None = Field(examples=["#2f6f4f"])
    needs_origin: bool
    privacy_note: str | None


class ChatMessageIn(Body):
    """One message."""

    text: Annotated[Words, StringConstraints(min_length=1, max_length=MESSAGE_MAX)] = Field(
        examples=["How do I clear a paper jam?"]
    )


class ChatChoiceIn(Body):
    """One of the choices of the last message."""

    choice: Annotated[str, StringConstraints(min_length=1, max_length=40)] = Field(
        examples=["helped"]
    )


class ChatEmailIn(Body):
    """An address to prove."""

    email: Email = Field(examples=["rita@example.com"])


class ChatCodeIn(Body):
    """The code that came by mail."""

    code: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{6}$")] = Field(
        examples=["482913"]
    )


class ChatCitationOut(BaseModel):
    """What a mark `[1]` in the text stands for."""

    label: str = Field(examples=["1"])
    title: str = Field(examples=["Paper jams"])
    quote: str
    url: str | None = None


class ChatChoiceOut(BaseModel):
    """A button."""

    id: str = Field(examples=["helped"])
    label: str = Field(examples=["Yes, it helped"])


class ChatTicketOut(BaseModel):
    """The ticket that was opened, or that a message went to."""

    number: str = Field(examples=["TKT-20251215-001"])
    subject: str


class ChatMessageOut(BaseModel):
    """One message. author: who of the desk wrote it, where a person did. Plain text, never HTML."""

    id: int
    role: Literal["assistant", "requester", "system"]
    text: str
    at: datetime
    citations: list[ChatCitationOut] = []
    choices: list[ChatChoiceOut] = []
    asks: Literal["title", "email", "code", "details"] | None = None
    state: Literal["answering", "asking", "resolved", "ticket", "handed_over"]
    ticket: ChatTicketOut | None = None
    author: str | None = None

    @classmethod
    def of(cls, message: ChatMessage) -> "ChatMessageOut":
        """The message as it was kept."""
        told = {name: value for name, value in message.told.items() if value is not None}
        return cls.model_validate(
            {
                **told,
                "id": message.id,
                "role": message.role,
                "text": message.content,
                "at": message.created_at,
            }
        )


class ChatMessagesOut(BaseModel):
    """Messages in their order; only the last one's choices are good."""

    messages: list[ChatMessageOut]

    @classmethod
    def of(cls, messages: Sequence[ChatMessage]) -> "ChatMessagesOut":
        """The messages as they were kept."""
        return cls(messages=[ChatMessageOut.of(each) for each in messages])
