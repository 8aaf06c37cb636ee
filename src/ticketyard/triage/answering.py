"""The immediate answer of spec 4's analyse call: what kind of message, how pressing, which team."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from ticketyard.ai.embedding import Embedder, EmbedderAway, NoEmbedder
from ticketyard.ai.sentiment import Sentiment, read_sentiment
from ticketyard.core.db import Database
from ticketyard.core.log import get_logger
from ticketyard.triage.coldstart import Reading
from ticketyard.triage.engines import Engines
from ticketyard.triage.preparing import clean, worded
from ticketyard.triage.teams import TeamFound, Teams, find_teams
from ticketyard.triage.topics import OTHER, REQUEST, find_kind, find_topics

log = get_logger(__name__)

ANSWER_SECONDS = 5.0
"""Who asks waits no longer (contracts 4.3)."""

# Threads of its own: an engine that hangs takes the places of other callers here, of nobody else.
_THREADS = ThreadPoolExecutor(2, thread_name_prefix="analyse")


@dataclass(frozen=True)
class Answer:
    """kind: request, complaint or feedback. topic: one of the eight of contracts 4.6."""

    kind: str
    priority: str
    team: TeamFound
    topic: str
    topic_confidence: float

    @property
    def need_admin(self) -> bool:
        """Whether a person has to choose the team."""
        return self.team.need_admin


# What spec 4 answers when the analysis cannot be had.
UNREADABLE = Answer("back", "low", TeamFound(), OTHER, 0.0)


async def answer_description(
    db: Database,
    company_id: int,
    description: str,
    engines: Engines,
    *,
    seconds: float = ANSWER_SECONDS,
) -> Answer:
    """Analyse a text at once, storing nothing; when an engine breaks or is slow, `UNREADABLE`.

    seconds: how long an answer is waited for. While no vectors can be had, words answer. No
    connection is held while an engine thinks: a few callers would take all there are.
    """
    try:
        async with asyncio.timeout(seconds):
            async with db.transaction(company_id) as session:
                teams = await engines.teams(session)
            loop = asyncio.get_running_loop()
            try:
                return await loop.run_in_executor(
                    _THREADS, _answer, description, teams, engines.embedder
                )
            except EmbedderAway as away:
                log.warning("embedder_away", company_id=company_id, problem=str(away))
            plain = replace(teams, model=None, model_version=None)
            return await loop.run_in_executor(_THREADS, _answer, description, plain, NoEmbedder())
    except TimeoutError:
        log.error("analyse_too_slow", company_id=company_id, seconds=seconds)
        return UNREADABLE
    except Exception:  # an engine may break in any way; the caller's own work must go on
        log.exception("analyse_failed", company_id=company_id)
        return UNREADABLE


def _answer(description: str, teams: Teams, embedder: Embedder) -> Answer:
    content = clean(description)
    feeling = read_sentiment(content)
    reading = Reading("", content, feeling)
    (topic,) = find_topics([reading], embedder)
    (team,) = find_teams([worded(content)], teams, embedder)
    return Answer(
        kind=find_kind(reading).value or REQUEST,
        priority=priority_by_feeling(feeling),
        team=team,
        topic=topic.value or OTHER,
        topic_confidence=topic.confidence,
    )


def priority_by_feeling(feeling: Sentiment) -> str:
    """Contracts 4.6: the unhappier the writer, the sooner."""
    if feeling.score < -0.3:
        return "high"
    return "medium" if feeling.score < 0.3 else "low"
