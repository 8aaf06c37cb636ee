"""Spec 4's /rag/chat: an answer as a stream of server-sent events, stage by stage."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict
from itertools import count
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import Field, StringConstraints

from ticketyard.core.log import get_logger
from ticketyard.core.shapes import Body, MaybeLine, RowId, Words
from ticketyard.knowledge.chatting.conversing import Reply, Turn, begin_turn, converse
from ticketyard.knowledge.chatting.remembering import TicketAbout
from ticketyard.knowledge.chatting.tracing import Stage
from ticketyard.knowledge.retrieving.asked import Narrow
from ticketyard.people.errors import CompanyNotFound
from ticketyard.web.deps import Parts
from ticketyard.web.rag_door import RagActing, rag_may, visible_to

log = get_logger(__name__)

router = APIRouter(tags=["knowledge"])

MESSAGE_MAX = 100_000


class ChatTicketIn(Body):
    """The ticket the conversation is about."""

    description: Annotated[Words, StringConstraints(min_length=1, max_length=1_000_000)]
    category: MaybeLine = None
    priority: MaybeLine = None


class RagChatIn(Body):
    """One message. Without a conversation a new one begins."""

    message: Annotated[Words, StringConstraints(min_length=1, max_length=MESSAGE_MAX)] = Field(
        examples=["How do I clear a paper jam?"]
    )
    company_id: RowId = Field(examples=[1])
    conversation_id: UUID | None = None
    ticket: ChatTicketIn | None = None


async def _turn(body: RagChatIn, by: RagActing, resources: Parts) -> Turn:
    """The message, kept; what is wrong with it is answered before the stream begins."""
    if body.company_id != by.company_id:
        raise CompanyNotFound("Company not found.", error="Company not found.")
    about = (
        TicketAbout(body.ticket.description, body.ticket.category, body.ticket.priority)
        if body.ticket
        else None
    )
    return await begin_turn(
        resources, by, body.message, conversation_id=body.conversation_id, about=about
    )


@router.post(
    "/rag/chat",
    response_class=EventSourceResponse,
    dependencies=[rag_may("knowledge:read_public")],
)
async def post_rag_chat(
    turn: Annotated[Turn, Depends(_turn)], by: RagActing, resources: Parts
) -> AsyncIterator[ServerSentEvent]:
    """Answer a message: `stage` events while it is thought about, then one `final` or `error`."""
    yield ServerSentEvent(comment="thinking")
    numbers = count(1)
    try:
        async for each in converse(resources, by, turn, Narrow(visible_to(by))):
            name, data = _event(each)
            yield ServerSentEvent(event=name, data={"event_id": next(numbers), **data})
    except Exception:  # the stream has begun: a failure can only be told in it
        log.exception("chat_failed", company_id=by.company_id)
        problem = {"stage": "error", "message": "The answer failed. Try again, or open a ticket."}
        yield ServerSentEvent(event="error", data={"event_id": next(numbers), **problem})


def _event(each: Stage | Reply) -> tuple[str, Mapping[str, Any]]:
    if isinstance(each, Stage):
        return "stage", asdict(each) | {"error": None}
    return "final", {"stage": "final", "payload": payload_of(each)}


def payload_of(reply: Reply) -> dict[str, Any]:
    """The reply in the words of contracts 4.5."""
    return {
        "mode": "chat",
        "conversation_id": str(reply.conversation_id),
        "answer": reply.text,
        "confidence": reply.confidence,
        "sources": [
            {
                "source_type": source.citation.source_type,
                "source_id": source.citation.source_id,
                "chunk_id": source.citation.chunk_id,
                "score": round(source.score, 4),
            }
            for source in reply.sources
        ],
        "refusal": None,
        "classification": reply.outcome.classification,
        "refusal_code": reply.outcome.refusal_code,
        "needs_human": reply.outcome.needs_human,
    }
