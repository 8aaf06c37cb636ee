"""Answer a question from what the company knows: find pieces, answer from them, check, or say nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ticketyard.ai.chat.model import ChatModel
from ticketyard.ai.chat.question import Question, Told
from ticketyard.ai.chat.trouble import MAY_HAVE_COST, ChatTrouble
from ticketyard.ai.embedding import EmbedderAway
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.knowledge.answering.answer import EXTRACTED, Answer, answer_of
from ticketyard.knowledge.answering.citing import Citation
from ticketyard.knowledge.answering.extracting import Passage, Step, extract_steps
from ticketyard.knowledge.answering.written import Written, question_to_write, read_steps
from ticketyard.knowledge.retrieving.asked import Asked, Found
from ticketyard.knowledge.retrieving.finding import retrieve
from ticketyard.knowledge.retrieving.index import PieceIndex
from ticketyard.people.queries import get_company
from ticketyard.triage.second_opinion.budget import correct_tokens, take_tokens
from ticketyard.triage.second_opinion.rules import OpinionRules, wish_of

log = get_logger(__name__)

MIN_SCORE = 0.6
"""Pieces less likely to help are found, but nothing is answered from them: from here on at most 2 % of
questions about something else are answered (benchmarks/off_topic.py)."""


@dataclass(frozen=True)
class Evidence:
    """What was found to answer from. notes: what could not be used."""

    passages: tuple[Passage, ...]
    notes: tuple[str, ...] = ()


async def answer_question(resources: Resources, company_id: int, asked: Asked) -> Answer:
    """The answer with its proof, or one without steps.

    Opens transactions of its own and holds none over the network.
    """
    evidence = await gather_evidence(resources, company_id, asked)
    return await answer_from(resources, company_id, asked.query, evidence)


async def gather_evidence(resources: Resources, company_id: int, asked: Asked) -> Evidence:
    """The pieces good enough to be answered from, as many as RAG_TOP_K, the likeliest first."""
    options = resources.part(PieceIndex).options
    wanted = replace(asked, limit=options.top_k, min_score=max(options.min_score, MIN_SCORE))
    retrieval = await retrieve(resources, company_id, wanted)
    return Evidence(tuple(map(_passage, retrieval.found)), retrieval.notes)


async def answer_from(
    resources: Resources, company_id: int, question: str, evidence: Evidence
) -> Answer:
    """The answer these passages give: written by the model where there is one, else extracted.

    What the model wrote is kept only where its passages bear it out. Without a word of it left a person
    is needed; while it cannot be asked, the passages' own sentences answer.
    """
    if not evidence.passages:
        return answer_of((), (), engine=EXTRACTED, notes=evidence.notes)
    chat = resources.part(ChatModel)
    wanted = question_to_write(question, evidence.passages)
    told = await _ask(resources, company_id, chat, wanted) if chat.is_on else None
    if told is None:
        steps = await extract(resources, question, evidence.passages)
        return answer_of(steps, evidence.passages, engine=EXTRACTED, notes=evidence.notes)
    steps = read_steps(told.value, question, evidence.passages)
    return answer_of(steps, evidence.passages, engine=told.model, notes=evidence.notes)


async def extract(resources: Resources, question: str, passages: Sequence[Passage]) -> list[Step]:
    """The passages' own sentences that answer best, worked out beside the event loop.

    While no vectors can be had, shared words and the passages' ranks say which.
    """
    embedder = resources.part(PieceIndex).embedder

    def likeness(texts: Sequence[str]) -> Sequence[float]:
        try:
            vectors = embedder.embed([question, *texts])
        except EmbedderAway as away:
            log.warning("embedder_away", problem=str(away))
            return [0.0] * len(texts)
        return (vectors[1:] @ vectors[0]).tolist() if embedder.dimensions else [0.0] * len(texts)

    return await asyncio.to_thread(extract_steps, question, passages, likeness)


async def _ask(
    resources: Resources, company_id: int, chat: ChatModel, question: Question[Written]
) -> Told[Written] | None:
    """What the model wrote; None where the company does not want it, its day's budget is spent, or
    there is trouble."""
    rules = resources.part(OpinionRules)
    guess = question.tokens_at_most
    async with resources.db.transaction(company_id) as session:
        if wish_of((await get_company(session)).settings, rules) == "off":
            return None
        day = await take_tokens(session, guess, a_day=rules.tokens_a_day)
    if day is None:
        log.warning("model_over_budget", company_id=company_id)
        return None
    told, used = None, guess
    try:
        told = await chat.ask(question)
        used = told.tokens
    except ChatTrouble as trouble:
        used = max(trouble.tokens, guess if trouble.kind in MAY_HAVE_COST else 0)
    finally:
        async with resources.db.transaction(company_id) as session:
            await correct_tokens(session, day, guess, used)
    return told


def _passage(found: Found) -> Passage:
    piece = found.candidate
    citation = Citation(piece.source_type, found.source_id, found.chunk_id)
    return Passage(citation, piece.text, found.score)
