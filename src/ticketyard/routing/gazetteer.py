"""Pure once loaded: the places of Kazakhstan, found by whatever people call them."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import resources
from typing import Literal

from ticketyard.routing.spelling import allowed_typos, says_nothing, spelling_key, typos_between

How = Literal["exact", "region", "typo", "region_centre", "map"]

# A place this large is meant even when the region beside it is another one: people err in regions.
KNOWN_TO_ALL = 100_000


@dataclass(frozen=True, slots=True)
class Place:
    """A city, town or village; `name` is how we show it."""

    id: str
    name: str
    region: str
    latitude: float
    longitude: float
    population: int


@dataclass(frozen=True, slots=True)
class Region:
    """A region and where its people live on average; `kin` are regions it once was one with."""

    key: str
    name: str
    kin: frozenset[str]
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Spot:
    """A point on the map, what it is called, and how it was found."""

    latitude: float
    longitude: float
    name: str
    how: How


@dataclass(frozen=True, slots=True)
class Nowhere:
    """No point could be given, and why, as the end of a sentence."""

    why: str


@dataclass(frozen=True, slots=True)
class _Named:
    place: Place
    is_main_name: bool


_SPLIT = re.compile(r"[/;()|]|\s[-–—]\s|,")
_SETTLEMENT = re.compile(
    r"^(?:(?:город|гор|г|город областного значения|село|сел|с|пос[её]лок|пос|п|пгт|аул|ауыл|"
    r"а|станция|ст|"
    r"city of|city|town|village|g|s|pos)(?:\.\s*|\s+))+|"
    r"\s+(?:қаласы|қ\.?|ауылы|кенті|город|г\.?|city|village)$",
    re.IGNORECASE,
)
_RUSSIAN = re.compile(r"^[А-Яа-яЁё][А-Яа-яЁё .\-]+$")
_REGION_MARK = re.compile(
    r"\b(?:область|облысы|обл|oblysy|oblast'?|obl|region|reg|province|ob)\b\.?", re.IGNORECASE
)


class Gazetteer:
    """Places and regions by every spelling we know."""

    def __init__(
        self, places: Iterable[tuple[Place, list[str]]], regions: Iterable[tuple[Region, list[str]]]
    ):
        self._by_key: dict[str, list[_Named]] = {}
        for place, aliases in places:
            for position, key in enumerate(
                dict.fromkeys(map(spelling_key, [place.name, *aliases]))
            ):
                self._by_key.setdefault(key, []).append(_Named(place, position == 0))
        self._regions: dict[str, Region] = {}
        self._region_by_key: dict[str, Region] = {}
        for region, aliases in regions:
            self._regions[region.key] = region
            for name in [region.name, *aliases]:
                self._region_by_key.setdefault(_region_key(name), region)
        self._by_length: dict[int, list[str]] = {}
        for key in self._by_key:
            self._by_length.setdefault(len(key), []).append(key)
        self.locate = lru_cache(maxsize=65_536)(self._locate)

    def _locate(self, city: str, region: str) -> Spot | Nowhere:
        """Where a city (and the region beside it, either may be empty) lies.

        Exact names first, the region deciding between namesakes; then one or two typos; then the
        middle of the region. Two different places in one field ("Almaty/Astana") are nowhere.
        """
        wanted = _region_hint(self, region)
        names: list[str] = []
        for part in _parts(city):
            if _REGION_MARK.search(part) and (named := self.region(part)):
                wanted = wanted or named
            else:
                names.append(part)
        found = self._distinct([self._one(name, wanted) for name in names])
        if len(found) > 1:
            return Nowhere("the address names " + " and ".join(sorted(s.name for s in found)))
        if found:
            return found[0]
        if wanted:
            return Spot(wanted.latitude, wanted.longitude, wanted.name, "region_centre")
        if names:
            return Nowhere("the place is not one we know")
        return Nowhere("the address names no place")

    def region(self, text: str) -> Region | None:
        """The region of this name, with or without the word "region" in any language."""
        if says_nothing(text):
            return None
        key = _region_key(text)
        return self._region_by_key.get(key) or self._region_with_typo(key)

    def is_known(self, name: str) -> bool:
        """Whether some place bears exactly this name."""
        return spelling_key(bare_name(name)) in self._by_key

    def _one(self, name: str, region: Region | None) -> Spot | None:
        key = spelling_key(bare_name(name))
        if spot := _best(self._by_key.get(key, []), region):
            return spot
        return self._with_typo(key, region)

    def _with_typo(self, key: str, region: Region | None) -> Spot | None:
        for distance in range(1, allowed_typos(key) + 1):
            near = [
                named
                for length in range(len(key) - distance, len(key) + distance + 1)
                for candidate in self._by_length.get(length, ())
                if typos_between(key, candidate, at_most=distance) is not None
                for named in self._by_key[candidate]
            ]
            if region is None and len({named.place.id for named in near}) > 1:
                near = [named for named in near if named.place.population >= KNOWN_TO_ALL]
                if len({named.place.id for named in near}) > 1:
                    return None
            if spot := _best(near, region):
                return Spot(spot.latitude, spot.longitude, spot.name, "typo")
        return None

    def _region_with_typo(self, key: str) -> Region | None:
        near = {
            region.key: region
            for known, region in self._region_by_key.items()
            if typos_between(key, known, at_most=min(1, allowed_typos(key))) is not None
        }
        return next(iter(near.values())) if len(near) == 1 else None

    @staticmethod
    def _distinct(spots: Iterable[Spot | None]) -> list[Spot]:
        by_point = {(spot.latitude, spot.longitude): spot for spot in spots if spot}
        return list(by_point.values())


def _best(found: list[_Named], region: Region | None) -> Spot | None:
    """The namesake meant: in the region, else in its kin, else one too large to be mistaken."""
    ranked = sorted(found, key=lambda n: (-n.is_main_name, -n.place.population, n.place.id))
    if region is None:
        return _spot(ranked[0].place, "exact") if ranked else None
    inside = [n.place for n in ranked if n.place.region == region.key]
    beside = [n.place for n in ranked if n.place.region in region.kin]
    large = [n.place for n in ranked if n.place.population >= KNOWN_TO_ALL]
    chosen = next(iter([*inside, *beside, *large]), None)
    if chosen is None:
        return None
    return _spot(chosen, "region" if len({n.place.id for n in ranked}) > 1 else "exact")


def _spot(place: Place, how: How) -> Spot:
    return Spot(place.latitude, place.longitude, place.name, how)


def bare_name(text: str) -> str:
    """The name without "city", "village" and their short forms around it."""
    return _SETTLEMENT.sub("", text.strip()).strip()


def _parts(text: str) -> Iterator[str]:
    for part in _SPLIT.split(text):
        if not says_nothing(part):
            yield part.strip()


def _region_hint(gazetteer: Gazetteer, text: str) -> Region | None:
    return next((found for part in _parts(text) if (found := gazetteer.region(part))), None)


@lru_cache(maxsize=4_096)
def _region_key(text: str) -> str:
    return spelling_key(_REGION_MARK.sub(" ", text))


@dataclass(slots=True)
class _Draft:
    name: str
    region: str
    latitude: float
    longitude: float
    population: int
    aliases: list[str] = field(default_factory=list)


@cache
def kazakhstan() -> Gazetteer:
    """The gazetteer that comes with the program: GeoNames (CC BY 4.0) and names kept by hand."""
    drafts: dict[str, _Draft] = {}
    for row in _rows("kazakhstan.tsv"):
        drafts[row["id"]] = _draft(row)
    for row in _rows("kazakhstan_by_hand.tsv"):
        draft = drafts.get(row["id"])
        if draft is None:
            drafts[row["id"]] = _draft(row)
            continue
        draft.aliases += [draft.name, *row["aliases"].split("|")]
        draft.name = row["name"]
        draft.population = int(row["population"] or draft.population)
    for draft in drafts.values():
        draft.name = _in_russian(draft)
    places = [
        (
            Place(id_, d.name, d.region, d.latitude, d.longitude, d.population),
            [a for a in d.aliases if a],
        )
        for id_, d in drafts.items()
    ]
    return Gazetteer(places, _regions([place for place, _ in places]))


def _regions(places: list[Place]) -> Iterator[tuple[Region, list[str]]]:
    for row in _rows("regions.tsv"):
        inside = [place for place in places if place.region == row["key"]]
        people = sum(place.population for place in inside)
        yield (
            Region(
                key=row["key"],
                name=row["name"],
                kin=frozenset(row["kin"].split("|")) - {""},
                latitude=round(sum(p.latitude * p.population for p in inside) / people, 5),
                longitude=round(sum(p.longitude * p.population for p in inside) / people, 5),
            ),
            row["aliases"].split("|"),
        )


def _in_russian(draft: _Draft) -> str:
    """The same name in Russian letters, where GeoNames has one."""
    key = spelling_key(draft.name)
    same = (a for a in draft.aliases if _RUSSIAN.match(a) and spelling_key(a) == key)
    return draft.name if _RUSSIAN.match(draft.name) else next(same, draft.name)


def _draft(row: dict[str, str]) -> _Draft:
    return _Draft(
        name=row["name"],
        region=row["region"],
        latitude=float(row["latitude"]),
        longitude=float(row["longitude"]),
        population=int(row["population"]),
        aliases=row["aliases"].split("|"),
    )


def _rows(name: str) -> Iterator[dict[str, str]]:
    file = resources.files("ticketyard.routing") / "places" / name
    with file.open(encoding="utf-8") as lines:
        yield from csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
