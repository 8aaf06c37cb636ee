"""Answer a question in a chat: what the knowledge says, with numbered proof, and what can be done next."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of, now_of
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.knowledge.answering.answer import Answer
from ticketyard.knowledge.answering.citing import Citation, find_citations
from ticketyard.knowledge.chatbot.keeping import ChatKey, get_chat, guest, say_back, standing_of
from ticketyard.knowledge.chatbot.models import Chat, ChatMessage, ChatQuestion
from ticketyard.knowledge.chatbot.sentences import say
from ticketyard.knowledge.chatting.conversing import Reply, begin_turn, converse
from ticketyard.knowledge.chatting.tracing import Stage
from ticketyard.knowledge.models import Document
from ticketyard.knowledge.retrieving.asked import PUBLIC, Narrow

log = get_logger(__name__)

ANSWER_SECONDS: Final = 60.0
QUOTE_MAX: Final = 600
_UUID_LENGTH = 36


@dataclass(frozen=True)
class Asked:
    """A question that was heard and kept. question_id: None for small talk."""

    key: ChatKey
    text: str
    question_id: int | None
    language: str


async def answer_asked(resources: Resources, asked: Asked) -> AsyncIterator[Stage | ChatMessage]:
    """The stages, then what is said. Whatever breaks or hangs, a ticket is offered in its stead."""
    reply: Reply | None = None
    try:
        by = guest(asked.key.company_id, asked.key.conversation_id)
        turn = await begin_turn(
            resources, by, asked.text, conversation_id=asked.key.conversation_id
        )
        stages = converse(resources, by, turn, Narrow((PUBLIC,)), language=asked.language)
        ends_at = time.monotonic() + ANSWER_SECONDS
        while reply is None:
            async with asyncio.timeout(ends_at - time.monotonic()):
                each = await anext(stages)
            if isinstance(each, Reply):
                reply = each
            else:
                yield each
    except Exception:  # an engine may break in any way; the conversation goes on
        log.exception("chat_answer_failed", company_id=asked.key.company_id)
    async with resources.db.transaction(asked.key.company_id) as session:
        told = await _keep(session, asked, reply)
    for message in told:
        yield message


async def _keep(session: AsyncSession, asked: Asked, reply: Reply | None) -> list[ChatMessage]:
    chat = await get_chat(session, asked.key)
    text = say("failed", chat.language)
    citations: list[dict[str, Any]] = []
    if reply is not None:
        text, citations = await number_citations(session, reply.text, reply.answers)
        if asked.question_id is not None:
            await _note(session, asked.question_id, reply, bool(citations))
    if await _has_gone_on(session, chat, asked.question_id):
        told = await say_back(
            session, chat, text, asks=chat.asks, choices=chat.choices, citations=citations
        )
        return [told]
    chat.state = "answering"
    if citations:
        return await _ask_whether_it_helped(session, chat, text, citations)
    if reply is not None and asked.question_id is None:
        return [await say_back(session, chat, text)]
    if reply is not None:
        text = f"{text}\n\n{say('no_answer', chat.language)}"
    return [await say_back(session, chat, text, choices=["ticket", "person"])]


async def _has_gone_on(session: AsyncSession, chat: Chat, question_id: int | None) -> bool:
    """Whether somebody was quicker than the answer: they fill in a ticket, have one, or have a person.

    What they are asked for then must not be taken away from under them.
    """
    if chat.asks is not None or standing_of(session, chat).is_with_person:
        return True
    question = await session.get(ChatQuestion, question_id) if question_id is not None else None
    return question is not None and question.outcome is not None


async def _ask_whether_it_helped(
    session: AsyncSession, chat: Chat, text: str, citations: Sequence[dict[str, Any]]
) -> list[ChatMessage]:
    question = say("did_it_help", chat.language)
    choices = ["helped", "not_helped", "person"]
    return [
        await say_back(session, chat, text, citations=citations),
        await say_back(session, chat, question, choices=choices),
    ]


async def _note(session: AsyncSession, question_id: int, reply: Reply, is_answered: bool) -> None:
    question = await session.get_one(ChatQuestion, question_id)
    question.is_answered = is_answered
    question.classification = reply.outcome.classification
    question.refusal_code = reply.outcome.refusal_code
    question.confidence = reply.confidence
    question.citations = [str(each.citation) for each in reply.sources]
    question.answered_at = now_of(session)


async def number_citations(
    session: AsyncSession, text: str, answers: Sequence[Answer]
) -> tuple[str, list[dict[str, Any]]]:
    """The text with `[1]` for each citation, and what these numbers stand for."""
    quotes: dict[Citation, list[str]] = {}
    for answer in answers:
        for step in answer.steps:
            quotes.setdefault(step.citation, []).append(step.quote)
    found = [each for each in dict.fromkeys(find_citations(text)) if each in quotes]
    titles = await _titles(session, found)
    told = []
    for number, citation in enumerate(found, 1):
        text = text.replace(str(citation), f"[{number}]")
        quote = " … ".join(dict.fromkeys(quotes[citation]))
        told.append(
            {
                "label": str(number),
                "title": titles.get(_file_of(citation), ""),
                "quote": quote[:QUOTE_MAX],
                "url": None,
            }
        )
    return text, told


def _file_of(citation: Citation) -> str:
    return citation.chunk_id[:_UUID_LENGTH]


async def _titles(session: AsyncSession, cited: Sequence[Citation]) -> Mapping[str, str]:
    files = {_file_of(each) for each in cited}
    rows = await session.execute(
        select(Document.file_id, Document.title).where(
            Document.company_id == company_of(session),
            Document.file_id.in_(files),
            Document.visibility == PUBLIC,
        )
    )
    return {str(row.file_id): row.title for row in rows}
