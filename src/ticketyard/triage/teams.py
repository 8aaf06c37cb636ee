"""Pure: which team a text is for, by what teams say of themselves and by what they were given.

A team is compared by its "<category>. <description>" (contracts 4.6). Once people have given teams
enough tickets, a model that learned from those answers instead, where it knows the team.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ticketyard.ai.blending import softmax
from ticketyard.ai.classifying import Classifier
from ticketyard.ai.embedding import Embedder, Vectors
from ticketyard.ai.keywords import find_keywords
from ticketyard.ai.ngrams import word_terms, words_of

MIN_SIMILARITY = 0.1
"""Below this likeness to every team's description a person decides (contracts 4.6)."""

DESCRIPTION = "description"
HISTORY = "history"
NONE = "none"

DEFAULT_THRESHOLD = 0.7
"""From this confidence on a team is filled in: a wrong one sends a ticket to the wrong people."""

LEAST_EXAMPLES = 20
"""Learned from fewer tickets that people gave to teams, a model is not asked yet."""

# Likeness to probability, with "none of these teams" as a team of its own that every text is this
# alike. Measured by benchmarks/triage_teams.py: where it errs, it errs towards doubt.
_SHARPNESS = 18.0
_NOBODY = 0.2
MAX_CONFIDENCE = 0.9


@dataclass(frozen=True)
class TeamFound:
    """The likeliest team. is_sure: whether it may be filled in.

    similarity: of the text to this team's description, -1 to 1; evidence: words of the text.
    """

    team_id: int | None = None
    confidence: float = 0.0
    similarity: float = 0.0
    found_by: str = NONE
    is_sure: bool = False
    evidence: tuple[str, ...] = ()
    model_version: int | None = None

    @property
    def need_admin(self) -> bool:
        """Whether a person has to choose the team."""
        return self.team_id is None


@dataclass(frozen=True)
class Teams:
    """A company's teams, and what was learned of them.

    described: id to what the team says of itself. The labels of `model` are ids as text.
    model_threshold: from which confidence on the model's answer is filled in; None is `threshold`.
    """

    described: Mapping[int, str]
    model: Classifier | None = None
    model_version: int | None = None
    threshold: float = DEFAULT_THRESHOLD
    model_threshold: float | None = None


NO_TEAM: Final = TeamFound()
NO_TEAMS: Final = Teams({})


def describe(name: str, category: str | None, description: str) -> str:
    """What a text is compared with; a team without a category is known by its name."""
    return f"{category or name}. {description}".strip()


def find_teams(contents: Sequence[str], teams: Teams, embedder: Embedder) -> list[TeamFound]:
    """The team of each text, in order; none where no team is like it enough."""
    if not teams.described:
        return [TeamFound() for _ in contents]
    likeness = _likeness(contents, tuple(teams.described.values()), embedder)
    by_description = _by_description(contents, likeness, teams)
    model = teams.model
    known = {str(each) for each in teams.described}
    if model is None or not known & set(model.labels):
        return by_description
    threshold = teams.threshold if teams.model_threshold is None else teams.model_threshold
    columns = {str(team_id): place for place, team_id in enumerate(teams.described)}
    found = list(by_description)
    for place, prediction in enumerate(model.predict(contents, embedder)):
        ranking = [(label, chance) for label, chance in prediction.ranking if label in known]
        if contents[place] and ranking:
            label, chance = ranking[0]
            found[place] = TeamFound(
                team_id=int(label),
                confidence=round(chance, 4),
                similarity=_rounded(likeness[place, columns[label]]),
                found_by=HISTORY,
                is_sure=prediction.is_in_scope and chance >= threshold,
                evidence=prediction.evidence if label == prediction.label else (),
                model_version=teams.model_version,
            )
    return found


def _by_description(contents: Sequence[str], likeness: Vectors, teams: Teams) -> list[TeamFound]:
    ids, described = list(teams.described), list(teams.described.values())
    nobody = np.full((len(contents), 1), _NOBODY, np.float32)
    chances = softmax(np.float32(_SHARPNESS) * np.hstack([likeness, nobody]))
    found = []
    for content, row, chance in zip(contents, likeness, chances, strict=True):
        best = int(row.argmax())
        similarity = _rounded(row[best])
        if not content or similarity < MIN_SIMILARITY:
            found.append(TeamFound(similarity=similarity if content else 0.0))
            continue
        confidence = round(min(MAX_CONFIDENCE, float(chance[best])), 4)
        found.append(
            TeamFound(
                team_id=ids[best],
                confidence=confidence,
                similarity=similarity,
                found_by=DESCRIPTION,
                is_sure=confidence >= teams.threshold,
                evidence=_shared_words(content, described[best]),
            )
        )
    return found


def _likeness(contents: Sequence[str], described: tuple[str, ...], embedder: Embedder) -> Vectors:
    """(texts, teams), -1 to 1; without a model by the words they share."""
    if not embedder.dimensions:
        shared = [[_shared(content, each) for each in described] for content in contents]
        return np.array(shared, np.float32).reshape(len(contents), len(described))
    return embedder.embed(contents) @ _vectors(embedder, described).T


def _vectors(embedder: Embedder, described: tuple[str, ...]) -> Vectors:
    """Teams change rarely, and tickets come by the thousand: once for each set of descriptions."""
    key = (embedder.name, described)
    vectors = _KEPT.get(key)
    if vectors is None:
        vectors = embedder.embed(described)
        if len(_KEPT) >= _KEPT_MAX:
            _KEPT.clear()
        _KEPT[key] = vectors
    return vectors


# Of two threads that miss at once both work it out, and both keep the same.
_KEPT: Final[dict[tuple[str, tuple[str, ...]], Vectors]] = {}
_KEPT_MAX = 256


def _shared(one: str, other: str) -> float:
    mine, theirs = set(word_terms(words_of(one))), set(word_terms(words_of(other)))
    return len(mine & theirs) / (len(mine) * len(theirs)) ** 0.5 if mine and theirs else 0.0


def _shared_words(content: str, described: str) -> tuple[str, ...]:
    """Words that text and description have in common; else what the text is about."""
    own = find_keywords(content)
    theirs = described.casefold()
    return tuple(word for word in own if word.casefold()[:6] in theirs)[:4] or own[:3]


def _rounded(value: float) -> float:
    """float32 may end a hair beyond 1."""
    return round(max(-1.0, min(1.0, float(value))), 4)
