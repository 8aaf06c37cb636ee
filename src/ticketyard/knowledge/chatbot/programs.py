"""Answer the question of another program's chat at once, or say that it needs a ticket."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.ai.language import identify_language
from ticketyard.core.auth import Principal, new_token
from ticketyard.core.db import company_of, now_of
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.intake.errors import KeyReused
from ticketyard.knowledge.answering.answer import Answer
from ticketyard.knowledge.answering.answering import answer_question
from ticketyard.knowledge.chatbot.asking import number_citations
from ticketyard.knowledge.chatbot.ending import end_questions
from ticketyard.knowledge.chatbot.keeping import is_proof_gone, keep_message, open_chat
from ticketyard.knowledge.chatbot.models import Chat, ChatQuestion
from ticketyard.knowledge.chatbot.moves import Standing, read_message
from ticketyard.knowledge.chatbot.sentences import LANGUAGES
from ticketyard.knowledge.chatbot.setting_up import get_chat_settings
from ticketyard.knowledge.chatbot.sorting import Sorted, solutions_of, sort_question
from ticketyard.knowledge.retrieving.asked import PUBLIC, Asked, Narrow

log = get_logger(__name__)

ANSWER_SECONDS: Final = 20.0
MIN_CONFIDENCE: Final = 0.8
"""An answer that is not surer than this goes to a person as well (contracts 1.6)."""
PROBLEM: Final = "The question could not be analysed; a ticket was opened without that."
_REFERENCE_MAX = 200


@dataclass(frozen=True)
class ProgramQuestion:
    """One question. reference: what makes it the same when it comes again; None: nothing does.

    by_key: that is a key of the sender's choosing, good for this content only.
    """

    text: str
    email: str
    reference: str | None
    sha256: str
    by_key: bool = False
    needs_ticket: bool = False


@dataclass(frozen=True)
class ProgramAnswer:
    """What is known at once. reply: the whole answer, where no ticket is needed."""

    classification: dict[str, Any] | None = None
    solutions: tuple[dict[str, Any], ...] = ()
    minutes: int | None = None
    reply: Mapping[str, Any] | None = None
    is_repeated: bool = False
    problem: str | None = None
    answer: Answer | None = None


def reference_of(
    by: Principal, context: Mapping[str, Any] | None, question: str, key: str | None
) -> str | None:
    """What makes a question the same: the sender's key, its chat's own id of the message, or the same
    words in the same conversation. Nobody's ids are mixed with somebody else's."""
    whose = f"{by.kind}:{by.id}"
    if key is not None:
        return f"key:{whose}:{key}"
    told = context or {}
    message = _id(told.get("message_id"))
    conversation = _id(told.get("conversation_id"))
    if message:
        return f"ref:{whose}:{conversation}:{message}"
    if conversation:
        digest = hashlib.sha256(question.encode()).hexdigest()[:32]
        return f"ref:{whose}:{conversation}:{digest}"
    return None


def _id(value: object) -> str:
    usable = isinstance(value, str | int) and not isinstance(value, bool)
    text = str(value).strip() if usable else ""
    if len(text) <= _REFERENCE_MAX:
        return text
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


async def answer_program(
    resources: Resources, company_id: int, asked: ProgramQuestion
) -> ProgramAnswer:
    """The answer, or what is known for the ticket. Whatever breaks or is slow, a ticket can be opened.

    Raises KeyReused.
    """
    known = await _find_reply(resources, company_id, asked)
    if known is not None:
        return ProgramAnswer(reply=known, is_repeated=True)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            found = await _think(resources, company_id, asked)
    except Exception:  # an engine may break in any way; the ticket must be opened all the same
        log.exception("chat_question_failed", company_id=company_id)
        return ProgramAnswer(problem=PROBLEM)
    if found.reply is None:
        return found
    kept = await _keep_reply(resources, company_id, asked, found)
    return found if kept is None else ProgramAnswer(reply=kept, is_repeated=True)


async def _find_reply(
    resources: Resources, company_id: int, asked: ProgramQuestion
) -> Mapping[str, Any] | None:
    """What was answered to the very same before, as long as it still stands."""
    if asked.reference is None:
        return None
    async with resources.db.transaction(company_id) as session:
        chat = await session.scalar(
            select(Chat).where(
                Chat.company_id == company_of(session), Chat.reference == asked.reference
            )
        )
        gone = chat is not None and await is_proof_gone(session, chat)
    if chat is None or chat.reply is None:
        return None
    if asked.by_key and chat.slots.get("sha256") != asked.sha256:
        raise KeyReused("This Idempotency-Key was used before, for something else.")
    return None if gone else chat.reply


async def _think(resources: Resources, company_id: int, asked: ProgramQuestion) -> ProgramAnswer:
    async with resources.db.transaction(company_id) as session:
        is_on = (await get_chat_settings(session)).is_on
    found = await sort_question(resources, company_id, asked.text, asked.email)
    plain = ProgramAnswer(
        classification=found.classification,
        solutions=tuple(solutions_of(found.ranked)),
        minutes=int(found.classification["estimated_resolution_time"]),
    )
    # Who asks for a ticket or a person gets one.
    wants = read_message(Standing(), asked.text)
    if not is_on or asked.needs_ticket or wants.kind != "answer":
        return plain
    if found.may_be_resolved:
        return _by_rule(plain, found)
    return await _by_knowledge(resources, company_id, asked, plain, found)


def _by_rule(plain: ProgramAnswer, found: Sorted) -> ProgramAnswer:
    solution = found.solution
    assert solution is not None
    steps = "\n".join(f"{place}. {step}" for place, step in enumerate(solution.steps, 1))
    parts = (solution.title, solution.description, steps, solution.link)
    message = "\n\n".join(part for part in parts if part)
    decision = found.decision
    rule = {
        "can_auto_resolve": True,
        "auto_action": decision.auto_action,
        "confidence": decision.confidence,
        "reasoning": decision.reasoning,
    }
    return _resolved(plain, plain.solutions, message, rule)


async def _by_knowledge(
    resources: Resources,
    company_id: int,
    asked: ProgramQuestion,
    plain: ProgramAnswer,
    found: Sorted,
) -> ProgramAnswer:
    """With a cited answer, where that is sure and nobody is unhappy."""
    answer = await answer_question(resources, company_id, Asked(asked.text, Narrow((PUBLIC,))))
    is_calm = found.findings.sentiment != "negative" and found.findings.kind != "complaint"
    if not answer.steps or answer.confidence <= MIN_CONFIDENCE or not is_calm:
        return plain
    async with resources.db.transaction(company_id) as session:
        text, citations = await number_citations(session, answer.text, [answer])
    solution = {
        "solution_type": "knowledge_article",
        "title": citations[0]["title"] if citations else "",
        "steps": [step.text for step in answer.steps],
        "confidence": answer.confidence,
        "citations": citations,
    }
    resolved = _resolved(plain, (solution, *plain.solutions), text, None)
    return ProgramAnswer(**{**vars(resolved), "answer": answer})


def _resolved(
    plain: ProgramAnswer,
    solutions: tuple[dict[str, Any], ...],
    message: str,
    rule: dict[str, Any] | None,
) -> ProgramAnswer:
    reply = {
        "status": "resolved",
        "classification": plain.classification,
        "solutions": list(solutions),
        "auto_resolution": rule,
        "message": message,
        "resolution_time": "Immediate",
    }
    return ProgramAnswer(**{**vars(plain), "solutions": solutions, "reply": reply})


async def _keep_reply(
    resources: Resources, company_id: int, asked: ProgramQuestion, found: ProgramAnswer
) -> Mapping[str, Any] | None:
    """Keep it; what another call of the same kept a moment before, where one did."""
    assert found.reply is not None
    try:
        async with resources.db.transaction(company_id) as session:
            chat, question = await _open(session, asked)
            chat.reply = dict(found.reply)
            question.is_answered = True
            if found.answer is not None:
                question.citations = [str(each.citation) for each in found.answer.sources]
                question.confidence = found.answer.confidence
            await keep_message(session, chat, "assistant", str(found.reply["message"]))
    except IntegrityError:
        return await _find_reply(resources, company_id, asked)
    return None


async def note_ticket(
    resources: Resources, company_id: int, asked: ProgramQuestion, ticket_id: int
) -> None:
    """Write down that the question became a ticket; once, however often it is asked."""
    if asked.reference is not None and await _is_noted(resources, company_id, asked.reference):
        return
    try:
        async with resources.db.transaction(company_id) as session:
            chat, question = await _open(session, asked)
            question.is_answered = False
            chat.state, chat.ticket_id = "ticket", ticket_id
            await session.flush()
            await end_questions(session, chat, "ticket", ticket_id=ticket_id)
    except IntegrityError:
        log.info("chat_question_noted_before", company_id=company_id)


async def _is_noted(resources: Resources, company_id: int, reference: str) -> bool:
    async with resources.db.transaction(company_id) as session:
        found = await session.scalar(
            select(Chat.conversation_id).where(
                Chat.company_id == company_of(session), Chat.reference == reference
            )
        )
    return found is not None


async def _open(session: AsyncSession, asked: ProgramQuestion) -> tuple[Chat, ChatQuestion]:
    language = identify_language(asked.text, LANGUAGES).code
    reference = asked.reference or f"one:{new_token()}"
    opened = await open_chat(session, language=language, reference=reference)
    chat = await session.get_one(Chat, (company_of(session), opened.conversation_id))
    chat.slots = {"email": asked.email, "sha256": asked.sha256}
    await keep_message(session, chat, "requester", asked.text)
    question = ChatQuestion(
        company_id=chat.company_id,
        conversation_id=chat.conversation_id,
        question=asked.text,
        language=language,
        citations=[],
        asked_at=now_of(session),
        answered_at=now_of(session),
    )
    session.add(question)
    await session.flush()
    return chat, question
