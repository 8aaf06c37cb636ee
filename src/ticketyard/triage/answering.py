"""The immediate answer of spec 4's analyse call: what kind of message, how pressing, which team."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.ai.embedding import Embedder
from ticketyard.ai.ngrams import word_terms, words_of
from ticketyard.ai.sentiment import Sentiment, read_sentiment
from ticketyard.core.db import company_of
from ticketyard.core.log import get_logger
from ticketyard.people.queries import list_teams
from ticketyard.triage.coldstart import Reading, categorize
from ticketyard.triage.engines import Engines
from ticketyard.triage.lexicons import phrases
from ticketyard.triage.preparing import clean

log = get_logger(__name__)

MIN_SIMILARITY = 0.1
"""Below this likeness to every team's description a person decides (contracts 4.6)."""

FALLBACK_KIND = "request"


@dataclass(frozen=True)
class TeamChoice:
    """The team whose description is most like the text; none when nothing is like it enough."""

    team_id: int | None
    similarity: float


@dataclass(frozen=True)
class Answer:
    """kind: request, complaint or feedback. topic: one of the eight of contracts 4.6."""

    kind: str
    priority: str
    team: TeamChoice
    topic: str
    topic_confidence: float

    @property
    def need_admin(self) -> bool:
        """Whether a person has to choose the team."""
        return self.team.team_id is None


# What spec 4 answers when the analysis cannot be had.
UNREADABLE = Answer("back", "low", TeamChoice(None, 0.0), "Miscellaneous", 0.0)


async def answer_description(session: AsyncSession, description: str, engines: Engines) -> Answer:
    """Analyse a text at once, storing nothing; when an engine breaks, `UNREADABLE`."""
    teams = [
        (team.id, f"{team.category or team.name}. {team.description}".strip())
        for team in await list_teams(session)
    ]
    try:
        return await asyncio.to_thread(_answer, description, teams, engines.embedder)
    except Exception:  # an engine may break in any way; the caller's own work must go on
        log.exception("analyse_failed", company_id=company_of(session))
        return UNREADABLE


def _answer(description: str, teams: Sequence[tuple[int, str]], embedder: Embedder) -> Answer:
    content = clean(description)
    feeling = read_sentiment(content)
    reading = Reading("", content, feeling)
    kind = categorize(reading, list(phrases("intents")))
    topic = categorize(reading, list(phrases("topics")))
    return Answer(
        kind=kind.value or FALLBACK_KIND,
        priority=priority_by_feeling(feeling),
        team=choose_team(content, teams, embedder),
        topic=topic.value or "Miscellaneous",
        topic_confidence=topic.confidence,
    )


def priority_by_feeling(feeling: Sentiment) -> str:
    """Contracts 4.6: the unhappier the writer, the sooner."""
    if feeling.score < -0.3:
        return "high"
    return "medium" if feeling.score < 0.3 else "low"


def choose_team(content: str, teams: Sequence[tuple[int, str]], embedder: Embedder) -> TeamChoice:
    """The team whose description is nearest in meaning; without a model, in words.

    teams: (id, description).
    """
    if not teams or not content:
        return TeamChoice(None, 0.0)
    if embedder.dimensions:
        vectors = embedder.embed([content, *(description for _, description in teams)])
        likeness = vectors[1:] @ vectors[0]
    else:
        likeness = np.array([_shared(content, description) for _, description in teams])
    best = int(likeness.argmax())
    similarity = round(float(likeness[best]), 4)
    return TeamChoice(teams[best][0] if similarity >= MIN_SIMILARITY else None, similarity)


def _shared(one: str, other: str) -> float:
    mine, theirs = set(word_terms(words_of(one))), set(word_terms(words_of(other)))
    return len(mine & theirs) / (len(mine) * len(theirs)) ** 0.5 if mine and theirs else 0.0
