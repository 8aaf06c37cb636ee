"""Pure: which examples a new model is not taught, so that it can be judged by them."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ticketyard.triage.learning.examples import Example

NEWEST_SHARE = 0.2
NEWEST_LEAST = 20
"""With fewer new texts than this the judgement says how few there were."""

_ANCHOR_EACH = 5
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
    """Every fifth of each label among what was taught before."""
    known = [place for place, example in enumerate(examples) if example.digest in learned]
    known.sort(key=lambda place: examples[place].digest)
    seen: Counter[str] = Counter()
    chosen = []
    for place in known:
        label = examples[place].label
        seen[label] += 1
        if seen[label] % _ANCHOR_EACH == 0:
            chosen.append(place)
    step = -(-len(chosen) // ANCHOR_MOST) if chosen else 1
    return tuple(chosen[::step])


def _counts(examples: Sequence[Example]) -> Counter[str]:
    return Counter(example.label for example in examples)


def _when(example: Example) -> float:
    return example.at.timestamp() if example.at else 0.0
