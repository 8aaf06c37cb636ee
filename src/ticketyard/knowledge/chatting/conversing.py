"""Answer one message of a conversation, telling each stage as it is done."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from ticketyard.ai.language import identify_language
from ticketyard.core.auth import Principal
from ticketyard.core.resources import Resources
from ticketyard.knowledge.answering.answer import Answer, Source
from ticketyard.knowledge.answering.answering import Evidence, answer_from, gather_evidence
from ticketyard.knowledge.answering.citing import find_citations, unmarked, without_citations
from ticketyard.knowledge.answering.extracting import Passage
from ticketyard.knowledge.answering.verifying import contains
from ticketyard.knowledge.chatting.outcome import ANSWERED, Outcome, judge_answer
from ticketyard.knowledge.chatting.questions import in_context, needs_context, split_questions
from ticketyard.knowledge.chatting.remembering import (
    MESSAGE_MAX,
    Memory,
    TicketAbout,
    answer,
    get_conversation,
    hear,
    open_conversation,
    renew_summary,
)
from ticketyard.knowledge.chatting.tracing import Stage, skipped, timed
from ticketyard.knowledge.chatting.wording import find_small_talk, nothing_known, reply_to
from ticketyard.knowledge.retrieving.asked import Asked, Narrow
from ticketyard.knowledge.retrieving.index import PieceIndex

LANGUAGES = ("en", "ru", "kk", "ar")


@dataclass(frozen=True)
class ChatMemory:
    """Part of `Resources`. How much a conversation remembers; the operator's choice."""

    last: int = 12
    summary_every: int = 8


@dataclass(frozen=True)
class Turn:
    """One message, heard and kept."""

    message: str
    memory: Memory
    heard: Stage


@dataclass(frozen=True)
class Reply:
    """What is said back. answers: one for each question; none for small talk."""

    conversation_id: UUID
    text: str
    outcome: Outcome
    answers: tuple[Answer, ...] = ()

    @property
    def confidence(self) -> float:
        """As sure as the least sure of the answers; small talk is sure."""
        if not self.answers:
            return 1.0 if self.outcome is ANSWERED else 0.0
        return min(each.confidence for each in self.answers)

    @property
    def sources(self) -> tuple[Source, ...]:
        """What all answers stand on, each once."""
        found = {each.citation: each for answer in self.answers for each in answer.sources}
        return tuple(found.values())


async def begin_turn(
    resources: Resources,
    by: Principal,
    message: str,
    *,
    conversation_id: UUID | None = None,
    about: TicketAbout | None = None,
) -> Turn:
    """Keep a message of whoever acts, in a conversation of theirs or a new one.

    Raises ConversationNotFound.
    """
    memory_of = resources.part(ChatMemory)
    message = message.strip()[:MESSAGE_MAX]
    with timed("persist_user_message") as stage:
        async with resources.db.transaction(by.company_id) as session:
            conversation = (
                await get_conversation(session, conversation_id, by)
                if conversation_id
                else await open_conversation(session, about=about, by=by)
            )
            memory = await hear(
                session,
                conversation,
                message,
                last=memory_of.last,
                every=memory_of.summary_every,
            )
        stage.output = {"conversation_id": str(memory.conversation_id)}
    return Turn(message, memory, stage)


async def converse(
    resources: Resources, by: Principal, turn: Turn, narrow: Narrow, *, language: str = ""
) -> AsyncIterator[Stage | Reply]:
    """The stages as they are done, then the reply. No transaction is held while it is thought.

    language: what is spoken here (ISO 639-1); by default that of the message.
    """
    yield turn.heard
    if not language:
        # The first may load a model for a second: what was said so far has to be on its way meanwhile.
        language = (await asyncio.to_thread(identify_language, turn.message, LANGUAGES)).code
    with timed("smalltalk_router") as stage:
        small_talk = find_small_talk(turn.message)
        stage.output = {"small_talk": small_talk}
    yield stage
    if small_talk:
        for each in _unneeded():
            yield each
        reply = Reply(turn.memory.conversation_id, reply_to(small_talk, language), ANSWERED)
    else:
        thinking = _Thinking(resources, by.company_id, turn, narrow, language)
        async for each in thinking.stages():
            yield each
        reply = thinking.reply()
    async for each in _keep(resources, by, turn, reply):
        yield each
    with timed("classify_response") as stage:
        stage.output = {
            "classification": reply.outcome.classification,
            "refusal_code": reply.outcome.refusal_code,
        }
    yield stage
    yield reply


class _Thinking:
    """The stages between the message and the answer."""

    def __init__(
        self, resources: Resources, company_id: int, turn: Turn, narrow: Narrow, language: str
    ) -> None:
        self._resources = resources
        self._company_id = company_id
        self._turn = turn
        self._narrow = narrow
        self._language = language
        self._questions: list[str] = []
        self._evidence: list[Evidence] = []
        self._answers: list[Answer] = []

    async def stages(self) -> AsyncIterator[Stage]:
        """Understand, find, answer, check."""
        yield self._understand()
        with timed("multi_question_router") as stage:
            self._questions = [
                self._completed(each) for each in split_questions(self._turn.message)
            ]
            stage.output = {"questions": len(self._questions)}
            stage.skipped = len(self._questions) == 1
        yield stage
        with timed("retrieve") as stage:
            self._evidence = list(await asyncio.gather(*map(self._find, self._questions)))
            stage.output = {
                "found": [len(each.passages) for each in self._evidence],
                "notes": sorted({note for each in self._evidence for note in each.notes}),
            }
        yield stage
        yield self._ranked()
        if not any(each.passages for each in self._evidence):
            self._answers = [await self._answer("", each) for each in self._evidence]
            yield Stage("fallback_no_docs")
        else:
            yield self._context()
            with timed("llm_answer") as stage:
                self._answers = list(
                    await asyncio.gather(*map(self._answer, self._questions, self._evidence))
                )
                stage.output = {"engines": sorted({each.engine for each in self._answers})}
            yield stage
        yield self._checked()

    def _understand(self) -> Stage:
        leans = bool(self._turn.memory.before) and needs_context(self._turn.message)
        return Stage("rewrite", {"leans_on_before": leans}, skipped=not leans)

    def _completed(self, question: str) -> str:
        before = self._turn.memory.before
        return in_context(question, before) if before and needs_context(question) else question

    async def _find(self, question: str) -> Evidence:
        asked = Asked(question, self._narrow, likely_category=self._turn.memory.category)
        return await gather_evidence(self._resources, self._company_id, asked)

    async def _answer(self, question: str, evidence: Evidence) -> Answer:
        return await answer_from(self._resources, self._company_id, question, evidence)

    def _ranked(self) -> Stage:
        scores = [round(each.score, 3) for found in self._evidence for each in found.passages]
        is_on = self._resources.part(PieceIndex).options.rerank
        return Stage("rerank", output={"scores": scores}, skipped=not (is_on and scores))

    def _context(self) -> Stage:
        cited = [str(each.citation) for found in self._evidence for each in found.passages]
        return Stage("build_context", output={"pieces": cited})

    def _checked(self) -> Stage:
        """Every citation of an answer is one of the pieces that were found for it, and says it."""
        with timed("validate_citations") as stage:
            pairs = zip(self._answers, self._evidence, strict=True)
            self._answers = [_only_proven(each, found.passages) for each, found in pairs]
            stage.output = {"citations": sum(len(each.steps) for each in self._answers)}
        return stage

    def reply(self) -> Reply:
        """The answers as one text; where there is none for a question, that is said."""
        texts = [each.text or nothing_known(self._language) for each in self._answers]
        if len(texts) > 1:
            asked = map(unmarked, split_questions(self._turn.message))
            texts = [f"{question}\n{text}" for question, text in zip(asked, texts, strict=True)]
        return Reply(
            self._turn.memory.conversation_id,
            "\n\n".join(texts),
            self._outcome(),
            tuple(self._answers),
        )

    def _outcome(self) -> Outcome:
        outcomes = [
            judge_answer(question, answer=each.text, citations=len(each.sources), found=each.found)
            for question, each in zip(self._questions, self._answers, strict=True)
        ]
        refused = [each for each in outcomes if each.needs_human]
        if len(refused) == len(outcomes):
            return refused[0]
        return replace(ANSWERED, needs_human=bool(refused)) if refused else ANSWERED


def _only_proven(found: Answer, passages: Sequence[Passage]) -> Answer:
    texts = {each.citation: each.text for each in passages}
    steps = [each for each in found.steps if contains(texts.get(each.citation, ""), each.quote)]
    return found if len(steps) == len(found.steps) else replace(found, steps=tuple(steps))


async def _keep(
    resources: Resources, by: Principal, turn: Turn, reply: Reply
) -> AsyncIterator[Stage]:
    memory_of = resources.part(ChatMemory)
    told = {
        "classification": reply.outcome.classification,
        "needs_human": reply.outcome.needs_human,
        "confidence": reply.confidence,
        "citations": [str(each) for each in find_citations(reply.text)],
    }
    with timed("persist_assistant_message") as stage:
        async with resources.db.transaction(by.company_id) as session:
            await answer(session, reply.conversation_id, reply.text, told)
    yield stage
    if not turn.memory.is_due:
        yield skipped("update_summary")
        return
    with timed("update_summary") as stage:
        async with resources.db.transaction(by.company_id) as session:
            summary = await renew_summary(session, reply.conversation_id, last=memory_of.last)
        stage.output = {"characters": len(without_citations(summary))}
    yield stage


def _unneeded() -> list[Stage]:
    return [
        skipped("rewrite"),
        skipped("multi_question_router"),
        skipped("retrieve"),
        skipped("rerank"),
        skipped("build_context"),
        skipped("llm_answer"),
        skipped("validate_citations"),
    ]
