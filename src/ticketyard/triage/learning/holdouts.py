"""Pure: which examples a new model is not taught, so that it can be judged by them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ticketyard.ai.near_copies import group_copies
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

    Near copies stand on one side: who was taught one of them would be praised for knowing the other.
    learned: digests of what the model in use was taught; empty when there is none.
    """
    holding = _Holding(examples, learned)
    _hold_newest(holding)
    _hold_anchor(holding)
    held = {*holding.newest, *holding.anchor}
    teach = tuple(place for place in range(len(examples)) if place not in held)
    return Split(teach, tuple(holding.newest), tuple(sorted(holding.anchor)))


class _Holding:
    """What is held so far, and of how many of each label there is room yet."""

    def __init__(self, examples: Sequence[Example], learned: Collection[bytes]) -> None:
        self.examples = examples
        self.is_fresh = [example.digest not in learned for example in examples]
        self.newest: list[int] = []
        self.anchor: list[int] = []
        self.group_of = group_copies([example.text for example in examples])
        self._copies: defaultdict[int, list[int]] = defaultdict(list)
        for place, group in enumerate(self.group_of):
            self._copies[group].append(place)
        self._held: set[int] = set()
        older = Counter(
            self.labels(place for place, fresh in enumerate(self.is_fresh) if not fresh)
        )
        # A fifth of each label among what was taught before; more where that is few, up to half.
        self._room_older = {
            label: max(count // _ANCHOR_EACH, min(_ANCHOR_LEAST, count // 2))
            for label, count in older.items()
        }
        self._room_newest = {
            label: count // 2 for label, count in Counter(self.labels(range(len(examples)))).items()
        }

    def labels(self, places: Iterable[int]) -> Iterator[str]:
        """Of these places."""
        return (self.examples[place].label for place in places)

    def hold(self, place: int, *, newest_most: int | None = None) -> None:
        """Hold this one and all its copies, if there is room for all of them."""
        group = self.group_of[place]
        if group in self._held:
            return
        fresh = [each for each in self._copies[group] if self.is_fresh[each]]
        older = [each for each in self._copies[group] if not self.is_fresh[each]]
        if newest_most is not None and len(self.newest) + len(fresh) > newest_most:
            return
        wanted_newest, wanted_older = Counter(self.labels(fresh)), Counter(self.labels(older))
        if not (_fits(wanted_newest, self._room_newest) and _fits(wanted_older, self._room_older)):
            return
        self._held.add(group)
        self.newest += fresh
        self.anchor += older
        for label, count in wanted_newest.items():
            self._room_newest[label] -= count
        for label, count in wanted_older.items():
            self._room_older[label] -= count


def _hold_newest(holding: _Holding) -> None:
    examples = holding.examples
    fresh = [place for place, is_fresh in enumerate(holding.is_fresh) if is_fresh]
    # What came at one instant, from a file, is spread by its digest.
    fresh.sort(key=lambda place: (_when(examples[place]), examples[place].digest), reverse=True)
    # At least half of what is new is taught: else the judgement would say nothing about it.
    wanted = min(max(NEWEST_LEAST, round(NEWEST_SHARE * len(fresh))), len(fresh) // 2)
    for place in fresh:
        if len(holding.newest) == wanted:
            break
        holding.hold(place, newest_most=wanted)


def _hold_anchor(holding: _Holding) -> None:
    """Where not all find room each label gives as many as the others, as far as it has them."""
    labels: defaultdict[str, list[int]] = defaultdict(list)
    for place, is_fresh in enumerate(holding.is_fresh):
        if not is_fresh:
            labels[holding.examples[place].label].append(place)
    rounds: list[tuple[int, bytes, int]] = []
    for places in labels.values():
        places.sort(key=lambda place: holding.examples[place].digest)
        rounds += [(turn, holding.examples[at].digest, at) for turn, at in enumerate(places)]
    for _, _, place in sorted(rounds):
        if len(holding.anchor) >= ANCHOR_MOST:
            break
        holding.hold(place)


def _fits(wanted: Counter[str], room: Mapping[str, int]) -> bool:
    return all(count <= room[label] for label, count in wanted.items())


def _when(example: Example) -> float:
    return example.at.timestamp() if example.at else 0.0
