"""Open a chat's ticket, with all that was said attached; for a person it is given out at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.events import emit
from ticketyard.core.resources import Resources
from ticketyard.intake.arrivals import Arrival
from ticketyard.intake.receiving import RawMessage, Received, receive_within
from ticketyard.knowledge.chatbot.ending import Outcome, end_questions
from ticketyard.knowledge.chatbot.keeping import (
    WITH_PERSON,
    ChatKey,
    get_chat,
    list_chat_messages,
    proven_email,
    say_back,
)
from ticketyard.knowledge.chatbot.models import Chat, ChatMessage
from ticketyard.knowledge.chatbot.moves import next_slot, short_title
from ticketyard.knowledge.chatbot.sentences import say
from ticketyard.knowledge.events import ChatHandedOver
from ticketyard.tickets.attaching import keep_file
from ticketyard.tickets.drafts import KeptFile, NewTicket

FILENAME = "chat.txt"
NAME = "Chat"
_SPEAKERS = {"requester": "Requester", "assistant": "Assistant", "system": "Chat"}


@dataclass(frozen=True)
class _Wanted:
    """Which ticket of the chat it is, so that it is opened once."""

    ordinal: int
    transcript: str


async def open_ticket_of(resources: Resources, key: ChatKey) -> list[ChatMessage]:
    """Open the ticket that was asked for; nothing where another call has just done so.

    The file is stored before, for no transaction is held meanwhile. Raises ConversationNotFound.
    """
    async with resources.db.transaction(key.company_id) as session:
        chat = await get_chat(session, key)
        messages = await list_chat_messages(session, chat)
        wanted = _Wanted(chat.tickets + 1, transcript_of(messages))
    file = await keep_file(
        resources.blobs,
        key.company_id,
        filename=FILENAME,
        content=wanted.transcript.encode(),
        content_type="text/plain",
    )
    async with resources.db.transaction(key.company_id) as session:
        chat = await get_chat(session, key)
        if chat.tickets >= wanted.ordinal or not _is_complete(chat):
            return []
        received = await _receive(session, resources, chat, wanted, file)
        return [await _told(session, chat, received)]


def transcript_of(messages: Sequence[ChatMessage]) -> str:
    """What was said, for people to read."""
    return "\n\n".join(
        f"[{each.created_at:%Y-%m-%d %H:%M} UTC]"
        f" {each.told.get('author') or _SPEAKERS[each.role]}:\n{each.content}"
        for each in messages
    )


def _is_complete(chat: Chat) -> bool:
    return chat.purpose in ("ticket", "person") and next_slot(chat.slots, chat.purpose) is None


async def _receive(
    session: AsyncSession, resources: Resources, chat: Chat, wanted: _Wanted, file: KeptFile
) -> Received:
    identity = f"chat:{chat.conversation_id}:{wanted.ordinal}"
    details = str(chat.slots["details"])
    # Where the address was proven it is theirs; else it is as good as on the public form.
    email = str(chat.slots["email"])
    about = {
        "conversation_id": str(chat.conversation_id),
        "wanted": chat.purpose,
        "is_verified": proven_email(session, chat) == email,
        "page": chat.page,
    }
    new = NewTicket(
        source="chatbot",
        title=str(chat.slots.get("title") or short_title(details)),
        description=details,
        requester_email=email,
        source_data={name: value for name, value in about.items() if value is not None},
    )
    raw = orjson.dumps({"slots": chat.slots, **about, "transcript": wanted.transcript})
    return await receive_within(
        session,
        resources,
        Arrival(ticket=new).with_files([file]),
        message=RawMessage(content=raw),
        identity=identity,
        by=Principal.system(chat.company_id, NAME),
    )


async def _told(session: AsyncSession, chat: Chat, received: Received) -> ChatMessage:
    """The chat as it stands afterwards, and what is said of it."""
    is_person = chat.purpose == "person"
    outcome: Outcome = "handed_over" if is_person else "ticket"
    await end_questions(session, chat, outcome, ticket_id=received.ticket_id)
    chat.state, chat.ticket_id, chat.purpose = outcome, received.ticket_id, None
    chat.tickets += 1
    email, title = str(chat.slots["email"]), str(chat.slots.get("title") or "")
    # The next ticket is about something else, by the same person.
    chat.slots = {"email": email, **({WITH_PERSON: received.number} if is_person else {})}
    if is_person:
        told = ChatHandedOver(
            ticket_id=received.ticket_id, conversation_id=str(chat.conversation_id)
        )
        await emit(session, told, by=Principal.system(chat.company_id, NAME))
    choices = [] if proven_email(session, chat) == email else ["verify"]
    return await say_back(
        session,
        chat,
        say(outcome, chat.language, number=received.number, email=email),
        choices=[*choices, "again"] if is_person else choices,
        ticket={"number": received.number, "subject": title},
    )
