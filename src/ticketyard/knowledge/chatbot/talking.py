"""Go on with a chat: keep what was said, find what it means, have that done, and answer."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.ai.language import identify_language
from ticketyard.ai.phrases import plain_words
from ticketyard.core.db import now_of
from ticketyard.core.resources import Resources
from ticketyard.core.shapes import storable
from ticketyard.knowledge.chatbot.acting import act, go_on_proven
from ticketyard.knowledge.chatbot.asking import Asked, answer_asked
from ticketyard.knowledge.chatbot.ending import reopen
from ticketyard.knowledge.chatbot.keeping import (
    ChatKey,
    find_twin,
    get_chat,
    hear_words,
    keep_message,
    list_answers,
    say_back,
    standing_of,
)
from ticketyard.knowledge.chatbot.models import Chat, ChatMessage, ChatQuestion
from ticketyard.knowledge.chatbot.moves import Move, read_message
from ticketyard.knowledge.chatbot.opening import open_ticket_of
from ticketyard.knowledge.chatbot.proving import check_code, refuse, send_code
from ticketyard.knowledge.chatbot.sentences import LANGUAGES, label_of, say
from ticketyard.knowledge.chatting.tracing import Stage
from ticketyard.knowledge.chatting.wording import find_small_talk
from ticketyard.knowledge.errors import NotOffered
from ticketyard.notify.servers import MailOut

HIDDEN: Final = "••••••"
_WORDS_OF_A_LANGUAGE = 3


@dataclass(frozen=True)
class Heard:
    """What was said, kept, and what it means."""

    key: ChatKey
    text: str
    move: Move
    question_id: int | None = None
    language: str = ""


async def hear(resources: Resources, key: ChatKey, text: str) -> Heard:
    """Keep a message before anything else. Raises ConversationNotFound, ChatTooLong."""
    text = str(storable(text)).strip()
    async with resources.db.transaction(key.company_id) as session:
        chat = await get_chat(session, key)
        if twin_id := await find_twin(session, chat, text):
            return Heard(key, text, Move("repeat", str(twin_id)))
        move = read_message(standing_of(session, chat), text)
        # A code is no word to be kept.
        await hear_words(session, chat, HIDDEN if move.kind == "check_code" else text)
        await reopen(session, chat)
        question_id = await _note_question(session, chat, text) if move.kind == "answer" else None
        return Heard(key, text, move, question_id, chat.language)


async def _note_question(session: AsyncSession, chat: Chat, text: str) -> int | None:
    spoken = identify_language(text, LANGUAGES)
    # "Hi" and "OK" are said in all languages.
    if len(plain_words(text)) >= _WORDS_OF_A_LANGUAGE or spoken.code != LANGUAGES[0]:
        chat.language = spoken.code
    if find_small_talk(text):
        return None
    question = ChatQuestion(
        company_id=chat.company_id,
        conversation_id=chat.conversation_id,
        question=text,
        language=chat.language,
        citations=[],
        asked_at=now_of(session),
    )
    session.add(question)
    await session.flush()
    return question.id


async def respond(resources: Resources, heard: Heard) -> AsyncIterator[Stage | ChatMessage]:
    """What comes of it: stages where something is looked up, and what is said.

    It is done to its end, also where nobody listens any more: the answer is there after a reload.
    """
    told: asyncio.Queue[Stage | ChatMessage | None] = asyncio.Queue()

    async def work() -> None:
        try:
            async for each in _respond(resources, heard):
                told.put_nowait(each)
        finally:
            told.put_nowait(None)

    task = asyncio.create_task(work())
    working.add(task)
    task.add_done_callback(working.discard)
    while (each := await told.get()) is not None:
        yield each
    await task


working: Final[set[asyncio.Task[None]]] = set()
"""Answers on their way: who began one may be gone."""


async def _respond(resources: Resources, heard: Heard) -> AsyncIterator[Stage | ChatMessage]:
    if heard.move.kind == "answer":
        asked = Asked(heard.key, heard.text, heard.question_id, heard.language)
        async for each in answer_asked(resources, asked):
            yield each
        return
    if heard.move.kind == "repeat":
        for message in await list_answers(resources, heard.key, int(heard.move.value)):
            yield message
        return
    for message in await _do(resources, heard.key, heard.move):
        yield message


async def choose(resources: Resources, key: ChatKey, choice: str) -> list[ChatMessage]:
    """Do what was chosen. Raises ConversationNotFound; NotOffered for what is not offered now."""
    async with resources.db.transaction(key.company_id) as session:
        chat = await get_chat(session, key)
        if choice not in chat.choices:
            raise NotOffered("This is not offered any more; look at the last message.")
        pressed = await keep_message(session, chat, "requester", label_of(choice, chat.language))
    return [pressed, *await _do(resources, key, Move("choose", choice))]


async def _do(resources: Resources, key: ChatKey, move: Move) -> list[ChatMessage]:
    async with resources.db.transaction(key.company_id) as session:
        chat = await get_chat(session, key)
        told = await act(session, chat, move, resources)
        if told is not None:
            return [told]
    return await open_ticket_of(resources, key)


async def ask_for_code(resources: Resources, key: ChatKey, email: str) -> list[ChatMessage]:
    """Send a code to the address that was typed into its own box.

    Raises ConversationNotFound, TooManyCodes.
    """
    async with resources.db.transaction(key.company_id) as session:
        chat = await get_chat(session, key)
        await send_code(session, chat, email, out=resources.part(MailOut))
        chat.state = "asking"
        text = say("ask_code", chat.language)
        return [await say_back(session, chat, text, asks="code", choices=["cancel"])]


async def show_code(resources: Resources, key: ChatKey, code: str) -> list[ChatMessage]:
    """Try the code that was typed into its own box. Raises ConversationNotFound, WrongCode, CodeOver."""
    async with resources.db.transaction(key.company_id) as session:
        chat = await get_chat(session, key)
        verdict = await check_code(session, chat, code)
        told = await go_on_proven(session, chat) if verdict == "right" else None
    refuse(verdict)
    return [told] if told is not None else await open_ticket_of(resources, key)
