"""Pure: which examples are not to be learned, because they contradict what is known.

Somebody who files tickets wrongly, by mistake, by a script or on purpose, must not teach the model
that. Only what is new is looked at; what was learned before, or an admin let pass, is the measure.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ticketyard.ai.embedding import Vectors
from ticketyard.ai.near_copies import plain
from ticketyard.triage.learning.examples import RANKS, Example

NEIGHBOURS = 8
_NEAR_LEAST = 0.2
_NEIGHBOURS_LEAST = 4
_MAJORITY = 0.5
_MAJORITY_ALONE = 0.75
"""Where no model has a say, more of the neighbours must agree."""

_UNTHINKABLE = 0.02
_CERTAIN = 0.7
"""The model is sure of another label and gives the one claimed next to no chance."""

PERSON_LEAST = 5
PERSON_SHARE = 0.25
"""From so many suspicious ones on, and such a share, all that is new of one person is put aside."""

FLOOD_MOST = 5
"""Near-equal texts of one person with one label count as this many."""

_ROWS = 256
"""So many rows of likeness at once: of 50,000 texts all together would take ten gigabytes."""

_ALIKE = 0.97


@dataclass(frozen=True)
class Opinion:
    """What a model that was not taught the text says: its label and all labels' chances."""

    label: str
    chances: Mapping[str, float]


@dataclass(frozen=True)
class Suspect:
    """An example put aside.  says: the label its neighbours bear; reason: a sentence."""

    place: int
    reason: str
    says: str | None = None
    certainty: float = 0.0


@dataclass(frozen=True)
class Screened:
    """kept: to be learned.  aside: held back.  covered: stood for by others that are kept."""

    kept: tuple[int, ...]
    aside: tuple[Suspect, ...]
    covered: tuple[int, ...]


def screen(
    examples: Sequence[Example],
    vectors: Vectors,
    *,
    learned: Collection[bytes] = frozenset(),
    opinions: Mapping[int, Opinion] | None = None,
) -> Screened:
    """Sort examples into those to learn and those to hold back.

    vectors: of the texts, of length one.  learned: digests of what the model in use was taught.
    opinions: that model's, by place; none when there is no model.
    """
    is_known = [each.is_accepted or each.digest in learned for each in examples]
    settled = _one_label_a_text(examples)
    standing = _without_floods(examples, vectors, settled, is_known)
    suspects = _suspects(examples, vectors, standing, is_known, opinions or {})
    suspects |= _of_the_same_people(examples, standing, is_known, suspects)
    kept = _with_stand_ins(examples, standing, is_known, suspects)
    gone = set(kept) | set(suspects)
    return Screened(
        kept=tuple(kept),
        aside=tuple(suspects[place] for place in sorted(suspects)),
        covered=tuple(place for place in range(len(examples)) if place not in gone),
    )


def _one_label_a_text(examples: Sequence[Example]) -> list[int]:
    """Of equal texts one: what an admin let pass, the highest role's word, then the newest."""
    best: dict[str, int] = {}
    for place, example in enumerate(examples):
        rival = best.get(example.text)
        if rival is None or _weight(example) > _weight(examples[rival]):
            best[example.text] = place
    return sorted(best.values())


def _weight(example: Example) -> tuple[bool, int, float]:
    return example.is_accepted, example.rank, example.at.timestamp() if example.at else 0.0


def _without_floods(
    examples: Sequence[Example],
    vectors: Vectors,
    settled: Sequence[int],
    is_known: Sequence[bool],
) -> list[int]:
    """At most so many near-equal texts of one person with one label, the newest of them. Of known ones
    only what is the same word for word: that stood back in the training that came to know it. What an
    admin let pass stands."""
    groups: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for place in settled:
        if not examples[place].is_accepted:
            groups[examples[place].by, examples[place].label].append(place)
    dropped: set[int] = set()
    for places in groups.values():
        if len(places) > FLOOD_MOST:
            dropped |= _beyond_the_most(examples, vectors, places, is_known)
    return [place for place in settled if place not in dropped]


def _beyond_the_most(
    examples: Sequence[Example],
    vectors: Vectors,
    places: Sequence[int],
    is_known: Sequence[bool],
) -> set[int]:
    newest_first = sorted(places, key=lambda place: _weight(examples[place]), reverse=True)
    by_words: Counter[str] = Counter()
    kept: list[int] = []
    dropped = set()
    for place in newest_first:
        words = plain(examples[place].text) or examples[place].text
        by_words[words] += 1
        alike = vectors[kept] @ vectors[place] if kept and vectors.shape[1] else np.zeros(0)
        is_flood = int((alike >= _ALIKE).sum()) >= FLOOD_MOST and not is_known[place]
        if by_words[words] > FLOOD_MOST or is_flood:
            dropped.add(place)
        else:
            kept.append(place)
    return dropped


def _suspects(
    examples: Sequence[Example],
    vectors: Vectors,
    standing: Sequence[int],
    is_known: Sequence[bool],
    opinions: Mapping[int, Opinion],
) -> dict[int, Suspect]:
    trusted = [place for place in standing if is_known[place]]
    fresh = [place for place in standing if not is_known[place]]
    if not opinions:
        # The first lesson: there is no measure but the others, and what an admin brings stands.
        trusted, fresh = (
            list(standing),
            [place for place in fresh if examples[place].rank < RANKS["admin"]],
        )
    if len(trusted) < NEIGHBOURS or not fresh or not vectors.shape[1]:
        return {}
    labels = [examples[place].label for place in trusted]
    found = {}
    for place, near in _near_places(examples, vectors, trusted, fresh, alone=not opinions):
        witnesses = [labels[column] for column in near]
        suspect = _suspicion(place, examples[place], witnesses, opinions.get(place))
        if suspect:
            found[place] = suspect
    return found


def _near_places(
    examples: Sequence[Example],
    vectors: Vectors,
    trusted: Sequence[int],
    fresh: Sequence[int],
    *,
    alone: bool,
) -> Iterator[tuple[int, list[int]]]:
    """Each fresh place with its nearest of the trusted (as columns), the nearest first.

    alone: no model has a say; then nobody bears witness for himself, where there are others.
    """
    theirs = np.ascontiguousarray(vectors[trusted])
    floor = _nearness_floor(theirs)
    columns = np.array(trusted)
    numbers: dict[str, int] = {}
    people = np.array([numbers.setdefault(examples[at].by, len(numbers)) for at in trusted])
    for start in range(0, len(fresh), _ROWS):
        block = fresh[start : start + _ROWS]
        distance = -(vectors[block] @ theirs.T)
        for row, place in zip(distance, block, strict=True):
            own = people == numbers.get(examples[place].by, -1)
            if not alone or np.count_nonzero(~own) < max(1, len(trusted) // 4):
                own = columns == place
            row[own] = 1.0
        closest = np.argpartition(distance, NEIGHBOURS - 1, axis=1)[:, :NEIGHBOURS]
        for row, place, near in zip(distance, block, closest, strict=True):
            ordered = sorted(near.tolist(), key=lambda column: (row[column], column))
            yield place, [column for column in ordered if -row[column] >= floor]


def _nearness_floor(vectors: Vectors) -> float:
    """How near known examples are to their nearest: what is farther has no neighbours."""
    sample = vectors[:: max(1, len(vectors) // 500)]
    likeness = sample @ vectors.T
    nearest: NDArray[np.floating] = np.partition(likeness, -2, axis=1)[:, -2]
    # Less a hair, for equal likeness is worked out with unequal rounding.
    return max(_NEAR_LEAST, float(np.quantile(nearest, 0.1)) - 1e-5)


def _suspicion(
    place: int, example: Example, witnesses: Sequence[str], opinion: Opinion | None
) -> Suspect | None:
    if len(witnesses) < _NEIGHBOURS_LEAST:
        return None
    label, votes = Counter(witnesses).most_common(1)[0]
    share = votes / len(witnesses)
    own_share = witnesses.count(example.label) / len(witnesses)
    if label == example.label or own_share > 1 / NEIGHBOURS:
        return None
    if opinion is None:
        if share < _MAJORITY_ALONE:
            return None
        certainty = share
    else:
        certainty = opinion.chances.get(opinion.label, 0.0)
        # A label the model was never taught is news, not a contradiction.
        claimed = opinion.chances.get(example.label, 1.0)
        if (
            opinion.label != label
            or share < _MAJORITY
            or claimed > _UNTHINKABLE
            or certainty < _CERTAIN
        ):
            return None
    return Suspect(
        place,
        f"Filed as {example.label}, but {votes} of {len(witnesses)} texts like it are {label}.",
        label,
        round(certainty, 4),
    )


def _of_the_same_people(
    examples: Sequence[Example],
    standing: Sequence[int],
    is_known: Sequence[bool],
    suspects: Mapping[int, Suspect],
) -> dict[int, Suspect]:
    """Whoever is wrong too often is believed nothing until an admin has looked."""
    fresh = Counter(examples[place].by for place in standing if not is_known[place])
    wrong = Counter(examples[place].by for place in suspects)
    doubted = {
        by
        for by, count in wrong.items()
        if count >= PERSON_LEAST and count >= PERSON_SHARE * fresh[by]
    }
    return {
        place: Suspect(
            place,
            f"{wrong[by]} of {fresh[by]} new examples of the same person contradict what is known.",
        )
        for place in standing
        if not is_known[place] and place not in suspects and (by := examples[place].by) in doubted
    }


def _with_stand_ins(
    examples: Sequence[Example],
    standing: Sequence[int],
    is_known: Sequence[bool],
    suspects: Mapping[int, Suspect],
) -> list[int]:
    """Where the word that counted was put aside, the known one about the same text counts again."""
    missing = {examples[place].text for place in suspects}
    stand_ins: dict[str, int] = {}
    for place, example in enumerate(examples):
        if example.text in missing and is_known[place]:
            rival = stand_ins.get(example.text)
            if rival is None or _weight(example) > _weight(examples[rival]):
                stand_ins[example.text] = place
    kept = [place for place in standing if place not in suspects]
    return sorted({*kept, *stand_ins.values()})
