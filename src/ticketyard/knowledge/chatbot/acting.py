"""Do what was asked for in a chat; nothing else can be done in one."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import REQUESTER, Principal
from ticketyard.core.errors import Conflict
from ticketyard.core.resources import Resources
from ticketyard.knowledge.chatbot.ending import end_questions, note_not_helped
from ticketyard.knowledge.chatbot.keeping import WITH_PERSON, proven_email, rest, say_back
from ticketyard.knowledge.chatbot.models import Chat, ChatMessage, ChatQuestion
from ticketyard.knowledge.chatbot.moves import (
    TITLE_MAX,
    Move,
    next_slot,
    short_title,
    slots_of,
)
from ticketyard.knowledge.chatbot.own_tickets import list_tickets_of, tell_tickets
from ticketyard.knowledge.chatbot.proving import check_code, send_code
from ticketyard.knowledge.chatbot.sentences import say
from ticketyard.knowledge.errors import TooManyCodes
from ticketyard.notify.servers import MailOut
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.models import Ticket

COMMENT_SOURCE: Final = "chatbot"

Told = ChatMessage | None
"""What is said, or None where all is known that a ticket needs."""


async def act(session: AsyncSession, chat: Chat, move: Move, resources: Resources) -> Told:
    """Do it, in the transaction that holds the chat."""
    return await _ACTS[move.kind](session, chat, move, resources)


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
    chat.slots = {name: value for name, value in chat.slots.items() if name != WITH_PERSON}
    rest(chat)
    return await say_back(session, chat, say("ask_again", chat.language))


async def _cancel(session: AsyncSession, chat: Chat) -> ChatMessage:
    rest(chat)
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
    filled = {move.slot: move.value}
    if move.slot == "title" and len(move.value) > TITLE_MAX:
        filled = slots_of(move.value) or {"title": short_title(move.value), "details": move.value}
    chat.slots = {**chat.slots, **filled}
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
        return await go_on_proven(session, chat)
    if verdict == "over":
        chat.purpose = chat.purpose or "own_tickets"
        text = say("code_over", chat.language)
        return await say_back(session, chat, text, asks="email", choices=["cancel"])
    text = say("wrong_code", chat.language)
    return await say_back(session, chat, text, asks="code", choices=["cancel"])


async def go_on_proven(session: AsyncSession, chat: Chat) -> Told:
    """What it was asked for."""
    purpose, number = chat.purpose, str(chat.slots.get("number", ""))
    if purpose in ("ticket", "person"):
        return await _next(session, chat)
    rest(chat)
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
    try:
        async with session.begin_nested():
            await add_comment(
                session,
                ticket_id=ticket.id,
                body=move.value,
                by=_writer(session, chat, ticket),
                source=COMMENT_SOURCE,
                reopens=True,
            )
    except Conflict:
        # It was merged into another one, which may be somebody else's.
        chat.slots = {name: value for name, value in chat.slots.items() if name != WITH_PERSON}
        rest(chat)
        text = say("failed", chat.language)
        return await say_back(session, chat, text, choices=["ticket", "person"])
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
