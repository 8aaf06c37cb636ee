"""Open a chat, find it by its token, and keep what is said in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Select, func, select
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal, new_token, same, token_hash
from ticketyard.core.db import company_of, now_of
from ticketyard.core.resources import Resources
from ticketyard.knowledge.chatbot.models import Chat, ChatMessage
from ticketyard.knowledge.chatbot.moves import Standing
from ticketyard.knowledge.chatbot.sentences import label_of
from ticketyard.knowledge.chatting.models import Conversation
from ticketyard.knowledge.chatting.remembering import owner_of
from ticketyard.knowledge.errors import ChatTooLong, ConversationNotFound

MESSAGES_MAX: Final = 300
# Among the slots: somebody of the desk has taken over.
WITH_PERSON: Final = "with_person"
TWICE_WITHIN: Final = timedelta(seconds=15)
VERIFIED_FOR: Final = timedelta(hours=12)


@dataclass(frozen=True)
class ChatKey:
    """Whose chat it is: whoever shows this token."""

    company_id: int
    conversation_id: UUID
    token: str


@dataclass(frozen=True)
class Opened:
    """A new chat. The token is kept nowhere."""

    conversation_id: UUID
    token: str


def guest(company_id: int, conversation_id: UUID) -> Principal:
    """Whoever is at the other end: reads what is public, owns this conversation, may nothing else."""
    may = frozenset({"knowledge:read_public"})
    return Principal("system", None, company_id, f"Chat {conversation_id}", may)


async def open_chat(
    session: AsyncSession, *, language: str, page: str | None = None, reference: str | None = None
) -> Opened:
    """Begin a chat. reference: of a question that another program asks; it gets no token."""
    company_id, conversation_id, token = company_of(session), uuid4(), new_token()
    owner = owner_of(guest(company_id, conversation_id))
    at = now_of(session)
    session.add(
        Conversation(
            company_id=company_id,
            id=conversation_id,
            owner=owner,
            ticket_description="",
            created_at=at,
            updated_at=at,
        )
    )
    await session.flush()
    session.add(
        Chat(
            company_id=company_id,
            conversation_id=conversation_id,
            token_hash=token_hash(token) if reference is None else None,
            language=language,
            page=page,
            reference=reference,
            created_at=at,
            updated_at=at,
        )
    )
    await session.flush()
    return Opened(conversation_id, token)


async def get_chat(session: AsyncSession, key: ChatKey, *, lock: bool = True) -> Chat:
    """The chat that this token opens. Raises ConversationNotFound, also for a wrong token.

    lock: hold it until the end of the transaction.
    """
    query = select(Chat).where(
        Chat.company_id == company_of(session), Chat.conversation_id == key.conversation_id
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    chat = await session.scalar(query)
    if chat is None or not same(chat.token_hash or "", token_hash(key.token)):
        raise ConversationNotFound("There is no such conversation.")
    return chat


def standing_of(session: AsyncSession, chat: Chat) -> Standing:
    """Where it stands."""
    return Standing(
        asks=chat.asks,
        purpose=chat.purpose,
        choices=tuple(chat.choices),
        slots=chat.slots,
        email=proven_email(session, chat),
        is_with_person=WITH_PERSON in chat.slots and chat.ticket_id is not None,
    )


def rest(chat: Chat) -> None:
    """Nothing is asked for any more: back to the person who took over, or to the knowledge."""
    is_with_person = WITH_PERSON in chat.slots and chat.ticket_id is not None
    chat.state, chat.purpose = "handed_over" if is_with_person else "answering", None


def proven_email(session: AsyncSession, chat: Chat) -> str | None:
    """The address that was proven, as long as that holds."""
    fresh = chat.verified_at is not None and now_of(session) - chat.verified_at < VERIFIED_FOR
    return chat.verified_email if fresh else None


async def hear_words(session: AsyncSession, chat: Chat, text: str) -> ChatMessage:
    """Keep what the requester said. Raises ChatTooLong."""
    said = await session.scalar(
        select(func.count())
        .select_from(ChatMessage)
        .where(
            ChatMessage.company_id == chat.company_id,
            ChatMessage.conversation_id == chat.conversation_id,
            ChatMessage.role == "requester",
        )
    )
    if (said or 0) >= MESSAGES_MAX:
        raise ChatTooLong(f"A conversation has {MESSAGES_MAX} messages at most; begin a new one.")
    return await keep_message(session, chat, "requester", text)


async def find_twin(session: AsyncSession, chat: Chat, text: str) -> int | None:
    """The last message, if these very words came a moment ago and were answered: whoever lost the
    answer on its way sends them again."""
    last = await session.scalar(
        _of(chat).where(ChatMessage.role == "requester").order_by(ChatMessage.id.desc()).limit(1)
    )
    if last is None or last.content != text or now_of(session) - last.created_at > TWICE_WITHIN:
        return None
    answered = await session.scalar(_of(chat).where(ChatMessage.id > last.id).limit(1))
    # A document that is gone since answers nothing, not even once more.
    if answered is None or await is_proof_gone(session, chat, text):
        return None
    return last.id


async def is_proof_gone(session: AsyncSession, chat: Chat, question: str | None = None) -> bool:
    """Whether something that an answer stood on is no longer public; question: of this one alone."""
    told = {"conversation": chat.conversation_id, "question": question}
    return bool(await session.scalar(_PROOF_GONE, told))


async def list_answers(resources: Resources, key: ChatKey, message_id: int) -> list[ChatMessage]:
    """What was said after a message. Raises ConversationNotFound."""
    async with resources.db.transaction(key.company_id) as session:
        chat = await get_chat(session, key, lock=False)
        found = _of(chat).where(ChatMessage.id > message_id, ChatMessage.role != "requester")
        return list(await session.scalars(found.order_by(ChatMessage.id)))


async def say_back(
    session: AsyncSession,
    chat: Chat,
    text: str,
    *,
    choices: Sequence[str] = (),
    asks: str | None = None,
    citations: Sequence[dict[str, Any]] = (),
    ticket: dict[str, str] | None = None,
) -> ChatMessage:
    """Answer; from now on only these choices are good, and only this is asked for."""
    chat.choices, chat.asks = list(choices), asks
    told = {
        "citations": list(citations),
        "choices": [{"id": each, "label": label_of(each, chat.language)} for each in choices],
        "asks": asks,
        "state": chat.state,
        "ticket": ticket,
    }
    return await keep_message(session, chat, "assistant", text, told)


async def keep_message(
    session: AsyncSession,
    chat: Chat,
    role: str,
    text: str,
    told: dict[str, Any] | None = None,
    comment_id: int | None = None,
) -> ChatMessage:
    """Keep one message; flushes, so that it has its id."""
    chat.updated_at = now_of(session)
    message = ChatMessage(
        company_id=chat.company_id,
        conversation_id=chat.conversation_id,
        role=role,
        content=text,
        told=told or {"state": chat.state},
        comment_id=comment_id,
        created_at=now_of(session),
    )
    session.add(message)
    await session.flush()
    return message


async def list_chat_messages(session: AsyncSession, chat: Chat) -> list[ChatMessage]:
    """All that was said, in its order."""
    return list(await session.scalars(_of(chat).order_by(ChatMessage.id)))


def _of(chat: Chat) -> Select[ChatMessage]:
    return select(ChatMessage).where(
        ChatMessage.company_id == chat.company_id,
        ChatMessage.conversation_id == chat.conversation_id,
    )


_PROOF_GONE: Final = sql(
    """
    select exists (
      select from chat_question q cross join unnest(q.citations) as c(mark)
      where q.company_id = current_company() and q.conversation_id = :conversation
        and q.question = coalesce(cast(:question as text), q.question)
        and not exists (
          select from knowledge_document d
          join knowledge_chunk k on k.company_id = d.company_id and k.document_id = d.id
            and k.number = cast(substring(c.mark from '-([0-9]+)]$') as integer)
          where d.company_id = q.company_id and d.publication = 'published'
            and d.visibility = 'public'
            and d.file_id = cast(substring(c.mark from '#([0-9a-f-]{36})-') as uuid)
        )
    )
    """
)
