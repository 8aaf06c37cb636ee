"""The public chat: a conversation that belongs to whoever holds its token."""

from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from itertools import count
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from ticketyard.core.log import get_logger
from ticketyard.knowledge.chatbot.following import list_shown
from ticketyard.knowledge.chatbot.keeping import ChatKey, get_chat, open_chat, say_back
from ticketyard.knowledge.chatbot.sentences import say, usable_language
from ticketyard.knowledge.chatbot.setting_up import ChatSettings, chat_settings_of
from ticketyard.knowledge.chatbot.talking import (
    Heard,
    ask_for_code,
    choose,
    hear,
    respond,
    show_code,
)
from ticketyard.knowledge.chatting.tracing import Stage
from ticketyard.knowledge.errors import ChatOff, ConversationNotFound
from ticketyard.people.models import Company
from ticketyard.people.queries import company_ids, get_company
from ticketyard.web.api.chat_shapes import (
    ChatChoiceIn,
    ChatCodeIn,
    ChatConfigOut,
    ChatEmailIn,
    ChatIn,
    ChatMessageIn,
    ChatMessageOut,
    ChatMessagesOut,
    ChatOpenedOut,
)
from ticketyard.web.crossing import CrossingRoute, check_origin
from ticketyard.web.deps import Parts, public
from ticketyard.web.limits import check_chat_rate, check_code_rate, check_words_rate
from ticketyard.webhooks.delivering import PublicUrl

log = get_logger(__name__)

router = APIRouter(prefix="/chat/{company}", tags=["chat"], route_class=CrossingRoute)


@dataclass(frozen=True)
class ChatDesk:
    """The company whose chat it is, and how it wants it."""

    company: Company
    settings: ChatSettings

    @property
    def name(self) -> str:
        """What the chat is called."""
        return self.settings.name or self.company.name

    def greeting(self, language: str) -> str:
        """How it greets."""
        return self.settings.greeting or say("greeting", language)


async def _desk(request: Request, company: str, resources: Parts) -> ChatDesk:
    """Raises ChatOff for a company that is none or wants no chat; StrangeOrigin."""
    company_id = (await company_ids(resources.db)).get(company)
    if company_id is None:
        raise ChatOff("There is no such chat.")
    async with resources.db.transaction(company_id) as session:
        found = await get_company(session)
    settings = chat_settings_of(found)
    if not settings.is_on:
        raise ChatOff("There is no such chat.")
    check_origin(request, settings.origins, resources.part(PublicUrl).url)
    return ChatDesk(found, settings)


Desk = Annotated[ChatDesk, Depends(_desk)]


async def _key(request: Request, conversation_id: str, desk: Desk) -> ChatKey:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    try:
        wanted = UUID(conversation_id)
    except ValueError:
        wanted = None
    if wanted is None or kind.lower() != "bearer" or not token.strip():
        raise ConversationNotFound("There is no such conversation.")
    return ChatKey(desk.company.id, wanted, token.strip())


Key = Annotated[ChatKey, Depends(_key)]


# Public, all of them: whoever needs help may ask for it; a conversation is opened by its token alone.
@router.get("/config", response_model=ChatConfigOut, dependencies=[public()])
async def get_config(desk: Desk) -> ChatConfigOut:
    """How the chat of this company looks and greets."""
    language = usable_language(desk.company.locale)
    return ChatConfigOut(
        name=desk.name,
        greeting=desk.greeting(language),
        language=language,
        accent=desk.settings.accent or None,
        needs_origin=bool(desk.settings.origins),
        privacy_note=desk.settings.privacy_note or None,
    )


@router.options("/{rest:path}", dependencies=[public()], include_in_schema=False)
async def options_chat(desk: Desk, rest: str) -> Response:
    """What a browser asks before it lets a page of a listed site call."""
    return Response(status_code=204)


@router.post(
    "/conversations",
    status_code=201,
    response_model=ChatOpenedOut,
    dependencies=[public(), Depends(check_chat_rate)],
)
async def post_conversation(body: ChatIn, desk: Desk, resources: Parts) -> ChatOpenedOut:
    """Begin a conversation; the token that opens it is shown this once."""
    language = usable_language(body.language or "", desk.company.locale)
    async with resources.db.transaction(desk.company.id) as session:
        opened = await open_chat(session, language=language, page=body.page)
        key = ChatKey(desk.company.id, opened.conversation_id, opened.token)
        chat = await get_chat(session, key)
        greeting = await say_back(session, chat, desk.greeting(language))
    return ChatOpenedOut(
        conversation_id=opened.conversation_id,
        token=opened.token,
        greeting=greeting.content,
        name=desk.name,
        privacy_note=desk.settings.privacy_note or None,
    )


async def _heard(body: ChatMessageIn, key: Key, resources: Parts) -> Heard:
    """The message, kept; what is wrong with it is answered before the stream begins."""
    return await hear(resources, key, body.text)


@router.post(
    "/conversations/{conversation_id}/messages",
    response_class=EventSourceResponse,
    dependencies=[public(), Depends(check_words_rate)],
)
async def post_message(
    heard: Annotated[Heard, Depends(_heard)], resources: Parts
) -> AsyncIterator[ServerSentEvent]:
    """Say something: `stage` events while it is thought about, `message` events, one `end`."""
    yield ServerSentEvent(comment="thinking")
    numbers = count(1)
    try:
        async for each in respond(resources, heard):
            if isinstance(each, Stage):
                told: Any = {"event_id": next(numbers), **asdict(each), "error": None}
                yield ServerSentEvent(event="stage", data=told)
            else:
                told = ChatMessageOut.of(each).model_dump(mode="json")
                yield ServerSentEvent(event="message", data=told)
        yield ServerSentEvent(event="end", data={"event_id": next(numbers)})
    except Exception:  # the stream has begun: a failure can only be told in it
        log.exception("chat_failed", company_id=heard.key.company_id)
        problem = "That did not work; your message is kept. Try again in a moment."
        yield ServerSentEvent(event="error", data={"message": problem})


@router.post(
    "/conversations/{conversation_id}/choices",
    response_model=ChatMessagesOut,
    dependencies=[public(), Depends(check_words_rate)],
)
async def post_choice(body: ChatChoiceIn, key: Key, resources: Parts) -> ChatMessagesOut:
    """Press one of the buttons that the last message offers."""
    return ChatMessagesOut.of(await choose(resources, key, body.choice))


@router.get(
    "/conversations/{conversation_id}/messages",
    response_model=ChatMessagesOut,
    dependencies=[public()],
)
async def get_messages(key: Key, resources: Parts) -> ChatMessagesOut:
    """All that was said; to a proven address also what the desk has answered since."""
    return ChatMessagesOut.of(await list_shown(resources, key))


@router.post(
    "/conversations/{conversation_id}/identity",
    status_code=202,
    response_model=ChatMessagesOut,
    dependencies=[public(), Depends(check_code_rate)],
)
async def post_identity(body: ChatEmailIn, key: Key, resources: Parts) -> ChatMessagesOut:
    """Have a code sent to an address; the answer is the same whether anybody knows it."""
    return ChatMessagesOut.of(await ask_for_code(resources, key, body.email))


@router.post(
    "/conversations/{conversation_id}/identity/code",
    response_model=ChatMessagesOut,
    dependencies=[public(), Depends(check_code_rate)],
)
async def post_code(body: ChatCodeIn, key: Key, resources: Parts) -> ChatMessagesOut:
    """Show the code that came by mail."""
    return ChatMessagesOut.of(await show_code(resources, key, body.code))
