"""What a conversation remembers: the last messages, and a summary of those before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.ai.summary import summarize
from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.knowledge.chatting.models import Conversation, ConversationMessage
from ticketyard.knowledge.chatting.questions import needs_context
from ticketyard.knowledge.chatting.wording import find_small_talk
from ticketyard.knowledge.errors import ConversationNotFound

SUMMARY_MAX = 600
MESSAGE_MAX = 8_000
"""So much of a message is kept and read; a question says what it is about at its start."""


@dataclass(frozen=True)
class TicketAbout:
    """The ticket a conversation is about, as whoever opened it says."""

    description: str
    category: str | None = None
    priority: str | None = None


@dataclass(frozen=True)
class Memory:
    """What answering goes by. before: what a message that leans on the last one leans on.

    is_due: the summary is to be written anew.
    """

    conversation_id: UUID
    category: str | None
    before: str
    is_due: bool


def owner_of(by: Principal) -> str:
    """Who a conversation belongs to. A shared key is one owner."""
    return f"{by.kind}:{by.id if by.id is not None else by.name}"


async def open_conversation(
    session: AsyncSession, *, about: TicketAbout | None, by: Principal
) -> Conversation:
    """A new conversation of whoever acts."""
    conversation = Conversation(
        company_id=company_of(session),
        owner=owner_of(by),
        ticket_description=about.description[:MESSAGE_MAX] if about else "",
        ticket_category=about.category if about else None,
        ticket_priority=about.priority if about else None,
        created_at=now_of(session),
        updated_at=now_of(session),
    )
    session.add(conversation)
    await session.flush()  # its id comes from the database
    return conversation


async def get_conversation(
    session: AsyncSession, conversation_id: UUID, by: Principal
) -> Conversation:
    """One's own conversation, held until the end of the transaction. Raises ConversationNotFound, also
    for somebody else's."""
    found = await session.scalar(
        select(Conversation)
        .where(
            Conversation.company_id == company_of(session),
            Conversation.id == conversation_id,
            Conversation.owner == owner_of(by),
        )
        .with_for_update()
    )
    if found is None:
        raise ConversationNotFound("There is no such conversation.")
    return found


async def hear(
    session: AsyncSession, conversation: Conversation, message: str, *, last: int, every: int
) -> Memory:
    """Keep what was said, and give what is needed to understand it.

    last: how many messages are still read.  every: after how many of a person's the summary is due.
    """
    earlier = await list_messages(session, conversation.id, last=last)
    conversation.questions += 1
    conversation.updated_at = now_of(session)
    session.add(_message(session, conversation.id, "user", message, {}))
    return Memory(
        conversation_id=conversation.id,
        category=conversation.ticket_category,
        before=_leaned_on(earlier, conversation),
        is_due=conversation.questions % every == 0,
    )


async def answer(
    session: AsyncSession, conversation_id: UUID, text: str, told: Mapping[str, Any]
) -> None:
    """Keep what was answered."""
    session.add(_message(session, conversation_id, "assistant", text, told))


async def renew_summary(session: AsyncSession, conversation_id: UUID, *, last: int) -> str:
    """Sum up what the person said, so that it is remembered when the messages are no longer read."""
    conversation = await session.get_one(Conversation, (company_of(session), conversation_id))
    said = [each.content for each in await list_messages(session, conversation_id, last=2 * last)
            if each.role == "user" and not find_small_talk(each.content)]  # fmt: skip
    conversation.summary = summarize("\n".join([conversation.summary, *said]))[:SUMMARY_MAX]
    return conversation.summary


async def list_messages(
    session: AsyncSession, conversation_id: UUID, *, last: int
) -> list[ConversationMessage]:
    """The last messages, in the order they were said."""
    rows = await session.scalars(
        select(ConversationMessage)
        .where(
            ConversationMessage.company_id == company_of(session),
            ConversationMessage.conversation_id == conversation_id,
        )
        .order_by(ConversationMessage.id.desc())
        .limit(last)
    )
    return list(reversed(list(rows)))


def _leaned_on(earlier: Sequence[ConversationMessage], conversation: Conversation) -> str:
    """The last thing a person asked that can be understood by itself; else what it is all about."""
    for message in reversed(earlier):
        said = message.content
        if message.role == "user" and not find_small_talk(said) and not needs_context(said):
            return said
    return conversation.summary or conversation.ticket_description


def _message(
    session: AsyncSession, conversation_id: UUID, role: str, text: str, told: Mapping[str, Any]
) -> ConversationMessage:
    return ConversationMessage(
        company_id=company_of(session),
        conversation_id=conversation_id,
        role=role,
        content=text[:MESSAGE_MAX],
        told=dict(told),
        created_at=now_of(session),
    )
