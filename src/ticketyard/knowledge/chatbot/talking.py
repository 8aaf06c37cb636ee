"""Go on with a chat: keep what was said, find what it means, do that, and answer."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.ai.language import identify_language
from ticketyard.ai.phrases import plain_words
from ticketyard.core.auth import REQUESTER, Principal
from ticketyard.core.db import now_of
from ticketyard.core.resources import Resources
from ticketyard.core.shapes import storable
from ticketyard.knowledge.chatbot.asking import Asked, answer_asked
from ticketyard.knowledge.chatbot.ending import end_questions, note_not_helped, reopen
from ticketyard.knowledge.chatbot.keeping import (
    ChatKey,
    find_twin,
    get_chat,
    hear_words,
    keep_message,
    list_answers,
    proven_email,
    say_back,
    standing_of,
)
from ticketyard.knowledge.chatbot.models import Chat, ChatMessage, ChatQuestion
from ticketyard.knowledge.chatbot.moves import Move, next_slot, read_message, slots_of
from ticketyard.knowledge.chatbot.opening import open_ticket_of
from ticketyard.knowledge.chatbot.own_tickets import list_tickets_of, tell_tickets
from ticketyard.knowledge.chatbot.proving import check_code, refuse, send_code
from ticketyard.knowledge.chatbot.sentences import LANGUAGES, label_of, say
from ticketyard.knowledge.chatting.tracing import Stage
from ticketyard.knowledge.chatting.wording import find_small_talk
from ticketyard.knowledge.errors import NotOffered, TooManyCodes
from ticketyard.notify.servers import MailOut
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.models import Ticket

COMMENT_SOURCE: Final = "chatbot"
_WORDS_OF_A_LANGUAGE = 3


@dataclass(frozen=True)
class Heard:
    """What was said, kept, and what it means."""

    key: ChatKey
    text: str
    move: Move
    question_id: int | None = None


async def hear(resources: Resources, key: ChatKey, text: str) -> Heard:
    """Keep a message before anything else. Raises ConversationNotFound, ChatTooLong."""
    text = str(storable(text)).strip()
    async with resources.db.transaction(key.company_id) as session:
        chat = await get_chat(session, key)
        if twin_id := await find_twin(session, chat, text):
            return Heard(key, text, Move("repeat", str(twin_id)))
        move = read_message(standing_of(session, chat), text)
        await hear_words(session, chat, text)
        await reopen(session, chat)
        question_id = await _note_question(session, chat, text) if move.kind == "answer" else None
    return Heard(key, text, move, question_id)


async def _note_question(session: AsyncSession, chat: Chat, text: str) -> int | None:
    if len(plain_words(text)) >= _WORDS_OF_A_LANGUAGE:
        chat.language = identify_language(text, LANGUAGES).code
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
    """What comes of it: stages where something is looked up, and what is said."""
    if heard.move.kind == "answer":
        asked = Asked(heard.key, heard.text, heard.question_id)
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
        told = await _ACTS[move.kind](session, chat, move, resources)
        if told is not None:
            return [told]
    return await open_ticket_of(resources, key)


# Each gives what is said, or None where all is known that a ticket needs.
Told = ChatMessage | None


async def _choose(session: AsyncSession, chat: Chat, move: Move, resources: Resources) -> Told:
    if move.value in ("ticket", "person"):
        return await _begin(session, chat, move.value)
    if move.value == "verify":
        return await _send(session, chat, str(chat.slots.get("email", "")), resources)
    return await _CHOICES[move.value](session, chat)


async def _helped(session: AsyncSession, chat: Chat) -> ChatMessage:
    await end_questions(session, chat, "resolved_confirmed")
    chat.state = "resolved"
    return await say_back(session, chat, say("glad", chat.language))


async def _not_helped(session: AsyncSession, chat: Chat) -> ChatMessage:
    await note_not_helped(session, chat)
    choices = ["ticket", "person", "again"]
    return await say_back(session, chat, say("sorry", chat.language), choices=choices)


async def _again(session: AsyncSession, chat: Chat) -> ChatMessage:
    """Back to the knowledge, also from a person; their ticket stays as it is."""
    chat.state, chat.ticket_id = "answering", None
    return await say_back(session, chat, say("ask_again", chat.language))


async def _cancel(session: AsyncSession, chat: Chat) -> ChatMessage:
    chat.purpose = None
    chat.state = chat.outcome if chat.ticket_id and chat.outcome else "answering"
    return await say_back(session, chat, say("cancelled", chat.language))


_CHOICES: Final[Mapping[str, Callable[[AsyncSession, Chat], Awaitable[ChatMessage]]]] = {
    "helped": _helped,
    "not_helped": _not_helped,
    "again": _again,
    "cancel": _cancel,
}


async def _begin(session: AsyncSession, chat: Chat, purpose: str) -> Told:
    """Towards a ticket: with what was already said, and who it is."""
    rows = await session.scalars(
        select(ChatQuestion.question)
        .where(
            ChatQuestion.company_id == chat.company_id,
            ChatQuestion.conversation_id == chat.conversation_id,
            ChatQuestion.outcome.is_(None),
        )
        .order_by(ChatQuestion.id)
    )
    email = proven_email(session, chat) or chat.slots.get("email")
    known = {**slots_of("\n".join(rows)), **({"email": email} if email else {})}
    chat.slots, chat.purpose = known, purpose
    return await _next(session, chat)


async def _next(session: AsyncSession, chat: Chat) -> Told:
    """Ask for the next thing a ticket lacks; None where it lacks nothing."""
    missing = next_slot(chat.slots, chat.purpose or "ticket")
    if missing is None:
        return None
    chat.state = "asking"
    text = say(f"ask_{missing}", chat.language)
    return await say_back(session, chat, text, asks=missing, choices=["cancel"])


async def _fill(session: AsyncSession, chat: Chat, move: Move, resources: Resources) -> Told:
    chat.slots = {**chat.slots, move.slot: move.value}
    return await _next(session, chat)


async def _refuse(session: AsyncSession, chat: Chat, move: Move, resources: Resources) -> Told:
    text = say(move.value, chat.language)
    return await say_back(session, chat, text, asks=chat.asks, choices=chat.choices)


async def _send_code(session: AsyncSession, chat: Chat, move: Move, resources: Resources) -> Told:
    return await _send(session, chat, move.value, resources)


async def _send(session: AsyncSession, chat: Chat, email: str, resources: Resources) -> ChatMessage:
    try:
        await send_code(session, chat, email, out=resources.part(MailOut))
    except TooManyCodes:
        return await say_back(session, chat, say("too_many_codes", chat.language))
    chat.state = "asking"
    text = say("ask_code", chat.language)
    return await say_back(session, chat, text, asks="code", choices=["cancel"])


async def _check(session: AsyncSession, chat: Chat, move: Move, resources: Resources) -> Told:
    verdict = await check_code(session, chat, move.value)
    if verdict == "right":
        return await _go_on_proven(session, chat)
    if verdict == "over":
        chat.purpose = chat.purpose or "own_tickets"
        text = say("code_over", chat.language)
        return await say_back(session, chat, text, asks="email", choices=["cancel"])
    text = say("wrong_code", chat.language)
    return await say_back(session, chat, text, asks="code", choices=["cancel"])


async def _go_on_proven(session: AsyncSession, chat: Chat) -> Told:
    """What it was asked for."""
    purpose, number = chat.purpose, str(chat.slots.get("number", ""))
    if purpose in ("ticket", "person"):
        return await _next(session, chat)
    chat.state = chat.outcome if chat.ticket_id and chat.outcome else "answering"
    chat.purpose = None
    chat.slots = {name: value for name, value in chat.slots.items() if name != "number"}
    verified = say("verified", chat.language)
    if purpose is None:
        return await say_back(session, chat, verified)
    found = await list_tickets_of(session, chat.verified_email or "", number=number)
    told = tell_tickets(found, chat.language, number=number)
    return await say_back(session, chat, f"{verified}\n\n{told}")


async def _own_tickets(session: AsyncSession, chat: Chat, move: Move, resources: Resources) -> Told:
    email = proven_email(session, chat)
    if email is None:
        chat.state, chat.purpose = "asking", "own_tickets"
        chat.slots = {**chat.slots, "number": move.value}
        text = say("verify_first", chat.language)
        return await say_back(session, chat, text, asks="email", choices=["cancel"])
    found = await list_tickets_of(session, email, number=move.value)
    told = tell_tickets(found, chat.language, number=move.value)
    return await say_back(session, chat, told, choices=chat.choices)


async def _to_the_person(
    session: AsyncSession, chat: Chat, move: Move, resources: Resources
) -> Told:
    ticket = await session.get_one(Ticket, chat.ticket_id)
    await add_comment(
        session,
        ticket_id=ticket.id,
        body=move.value,
        by=_writer(session, chat, ticket),
        source=COMMENT_SOURCE,
        reopens=True,
    )
    text = say("to_the_person", chat.language, number=ticket.number)
    about = {"number": ticket.number, "subject": ticket.title}
    return await say_back(session, chat, text, choices=chat.choices, ticket=about)


def _writer(session: AsyncSession, chat: Chat, ticket: Ticket) -> Principal:
    """The requester where the address was proven; else the system in their name."""
    email = proven_email(session, chat)
    if ticket.requester_id is None or email != (ticket.requester_email or "").lower():
        return Principal.system(chat.company_id, f"Chat with {ticket.requester_email}"[:200])
    name = ticket.requester_name or email
    return Principal("person", ticket.requester_id, chat.company_id, name, REQUESTER, email=email)


_ACTS: Final[Mapping[str, Callable[[AsyncSession, Chat, Move, Resources], Awaitable[Told]]]] = {
    "choose": _choose,
    "fill": _fill,
    "refuse": _refuse,
    "send_code": _send_code,
    "check_code": _check,
    "own_tickets": _own_tickets,
    "to_the_person": _to_the_person,
}


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
        told = await _go_on_proven(session, chat) if verdict == "right" else None
    refuse(verdict)
    return [told] if told is not None else await open_ticket_of(resources, key)
