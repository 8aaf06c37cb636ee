"""Pure: which examples a new model is not taught, so that it can be judged by them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ticketyard.triage.learning.examples import Example

NEWEST_SHARE = 0.2
NEWEST_LEAST = 20
"""With fewer new texts than this the judgement says how few there were."""

_ANCHOR_EACH = 5
_ANCHOR_LEAST = 8
"""So many of each label where there are enough: with fewer nothing shows that it suffers."""

ANCHOR_MOST = 1000


@dataclass(frozen=True)
class Split:
    """Places in the list of examples.

    newest: the newest the model in use has not seen.  anchor: a spread of what it was taught, to see
    that nothing old is forgotten.  teach: all others.
    """

    teach: tuple[int, ...]
    newest: tuple[int, ...]
    anchor: tuple[int, ...]


def hold_out(examples: Sequence[Example], learned: Collection[bytes]) -> Split:
    """Hold back what a candidate is judged by; of no label more than half, and never its only one.

    learned: digests of what the model in use was taught; empty when there is none.
    """
    newest = _newest(examples, learned)
    anchor = _anchor(examples, learned)
    held = set(newest) | set(anchor)
    teach = tuple(place for place in range(len(examples)) if place not in held)
    return Split(teach, newest, anchor)


def _newest(examples: Sequence[Example], learned: Collection[bytes]) -> tuple[int, ...]:
    fresh = [place for place, example in enumerate(examples) if example.digest not in learned]
    # What came at one instant, from a file, is spread by its digest.
    fresh.sort(key=lambda place: (_when(examples[place]), examples[place].digest), reverse=True)
    # At least half of what is new is taught: else the judgement would say nothing about it.
    wanted = min(max(NEWEST_LEAST, round(NEWEST_SHARE * len(fresh))), len(fresh) // 2)
    room = {label: count // 2 for label, count in _counts(examples).items()}
    chosen: list[int] = []
    for place in fresh:
        if len(chosen) == wanted:
            break
        label = examples[place].label
        if room[label]:
            room[label] -= 1
            chosen.append(place)
    return tuple(chosen)


def _anchor(examples: Sequence[Example], learned: Collection[bytes]) -> tuple[int, ...]:
    """A fifth of each label among what was taught before; more where that is few, up to half."""
    labels: defaultdict[str, list[int]] = defaultdict(list)
    for place, example in enumerate(examples):
        if example.digest in learned:
            labels[example.label].append(place)
    rounds: list[tuple[int, bytes, int]] = []
    for places in labels.values():
        places.sort(key=lambda place: examples[place].digest)
        count = max(len(places) // _ANCHOR_EACH, min(_ANCHOR_LEAST, len(places) // 2))
        rounds += [(turn, examples[at].digest, at) for turn, at in enumerate(places[:count])]
    # Where not all find room each label gives as many as the others, as far as it has them.
    return tuple(sorted(at for _, _, at in sorted(rounds)[:ANCHOR_MOST]))


def _counts(examples: Sequence[Example]) -> Counter[str]:
    return Counter(example.label for example in examples)


def _when(example: Example) -> float:
    return example.at.timestamp() if example.at else 0.0
