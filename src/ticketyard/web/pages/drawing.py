"""Geometry for the drawings on the pages: the map of offices and the daily columns. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 320.0
HEIGHT_MAX = 260.0
MARGIN = 26.0
LABEL_HEIGHT = 11.0
LETTER_WIDTH = 5.4
LIT_LETTER_WIDTH = 6.8


@dataclass(frozen=True)
class Place:
    """Something with coordinates in degrees. role: '', 'primary', 'chosen' or 'client'."""

    name: str
    latitude: float
    longitude: float
    role: str = ""


@dataclass(frozen=True)
class Dot:
    name: str
    role: str
    x: float
    y: float
    label_x: float
    label_y: float
    anchor: str
    labelled: bool


@dataclass(frozen=True)
class Segment:
    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True)
class Map:
    width: float
    height: float
    dots: list[Dot]
    tracks: list[Segment]
    lines: dict[str, Segment]


def draw_map(places: Sequence[Place]) -> Map | None:
    """Offices as stations joined by the shortest network, and the client's way to the chosen one.

    Nothing is drawn for fewer than two places: one dot is no map.
    """
    if len(places) < 2:
        return None
    points, height = _project(places)
    offices = [i for i, place in enumerate(places) if place.role != "client"]
    return Map(
        width=WIDTH,
        height=height,
        dots=_label(places, points, height),
        tracks=[_segment(points[a], points[b]) for a, b in _network(points, offices)],
        lines=_ways(places, points),
    )


def _project(places: Sequence[Place]) -> tuple[list[tuple[float, float]], float]:
    """Degrees to drawing units, the longitudes narrowed as they are at this latitude."""
    middle = math.radians(sum(p.latitude for p in places) / len(places))
    flat = [(p.longitude * math.cos(middle), -p.latitude) for p in places]
    west, east = min(x for x, _ in flat), max(x for x, _ in flat)
    north, south = min(y for _, y in flat), max(y for _, y in flat)
    scale = min(
        (WIDTH - 2 * MARGIN) / max(east - west, 1e-6),
        (HEIGHT_MAX - 2 * MARGIN) / max(south - north, 1e-6),
    )
    height = max(2 * MARGIN + (south - north) * scale, 90.0)
    left = (WIDTH - (east - west) * scale) / 2
    top = (height - (south - north) * scale) / 2
    return [
        (round(left + (x - west) * scale, 1), round(top + (y - north) * scale, 1)) for x, y in flat
    ], round(height, 1)


def _network(
    points: Sequence[tuple[float, float]], members: Sequence[int]
) -> list[tuple[int, int]]:
    """The pairs that join all members with the least track (Prim's minimum spanning tree)."""
    if not members:
        return []
    joined, waiting = {members[0]}, set(members[1:])
    pairs: list[tuple[int, int]] = []
    while waiting:
        a, b = min(
            ((a, b) for a in sorted(joined) for b in sorted(waiting)),
            key=lambda pair: math.dist(points[pair[0]], points[pair[1]]),
        )
        pairs.append((a, b))
        joined.add(b)
        waiting.remove(b)
    return pairs


def _ways(places: Sequence[Place], points: Sequence[tuple[float, float]]) -> dict[str, Segment]:
    """client → first office, and first office → chosen one where the first had nobody."""
    at = {place.role: points[i] for i, place in enumerate(places) if place.role}
    ways: dict[str, Segment] = {}
    first = at.get("primary", at.get("chosen"))
    if "client" in at and first:
        ways["client"] = _segment(at["client"], first)
    if "primary" in at and "chosen" in at:
        ways["fallback"] = _segment(at["primary"], at["chosen"])
    return ways


def _label(
    places: Sequence[Place], points: Sequence[tuple[float, float]], height: float
) -> list[Dot]:
    """Each name beside its dot where it covers nothing; a name without room is left out.

    The places a reader came for are served first.
    """
    taken = [(x - 4, y - 4, x + 4, y + 4) for x, y in points]
    chosen: dict[int, tuple[float, float, str]] = {}
    order = sorted(range(len(places)), key=lambda i: (places[i].role == "", i))
    for i in order:
        x, y = points[i]
        for label_x, label_y, anchor in _spots(x, y):
            box = _box(label_x, label_y, anchor, _width(places[i]))
            if _fits(box, taken, height):
                taken.append(box)
                chosen[i] = (label_x, label_y, anchor)
                break
    return [
        Dot(
            name=place.name,
            role=place.role,
            x=points[i][0],
            y=points[i][1],
            label_x=chosen.get(i, (0.0, 0.0, ""))[0],
            label_y=chosen.get(i, (0.0, 0.0, ""))[1],
            anchor=chosen.get(i, (0.0, 0.0, "start"))[2],
            labelled=i in chosen,
        )
        for i, place in enumerate(places)
    ]


def _spots(x: float, y: float) -> list[tuple[float, float, str]]:
    return [
        (round(x + 7, 1), round(y + 3.5, 1), "start"),
        (round(x - 7, 1), round(y + 3.5, 1), "end"),
        (x, round(y - 8, 1), "middle"),
        (x, round(y + 15, 1), "middle"),
    ]


def _width(place: Place) -> float:
    return len(place.name) * (LIT_LETTER_WIDTH if place.role else LETTER_WIDTH)


def _box(x: float, y: float, anchor: str, width: float) -> tuple[float, float, float, float]:
    left = {"start": x, "end": x - width, "middle": x - width / 2}[anchor]
    return (left, y - LABEL_HEIGHT + 2, left + width, y + 2)


def _fits(
    box: tuple[float, float, float, float],
    taken: Sequence[tuple[float, float, float, float]],
    height: float,
) -> bool:
    if box[0] < 2 or box[2] > WIDTH - 2 or box[1] < 0 or box[3] > height:
        return False
    return all(
        box[2] <= other[0] or box[0] >= other[2] or box[3] <= other[1] or box[1] >= other[3]
        for other in taken
    )


def _segment(a: tuple[float, float], b: tuple[float, float]) -> Segment:
    return Segment(x1=a[0], y1=a[1], x2=b[0], y2=b[1])


@dataclass(frozen=True)
class Column:
    x: float
    y: float
    width: float
    height: float
    label: str
    value: int


def draw_columns(
    values: Sequence[tuple[str, int]], *, width: float = 720.0, height: float = 180.0
) -> list[Column]:
    """One column per value, standing on the ground line of a width × height drawing."""
    if not values:
        return []
    top = max(value for _, value in values) or 1
    step = width / len(values)
    return [
        Column(
            x=round(index * step + step * 0.15, 1),
            y=round(height - value / top * height, 1),
            width=round(step * 0.7, 1),
            height=round(value / top * height, 1),
            label=label,
            value=value,
        )
        for index, (label, value) in enumerate(values)
    ]


def draw_pairs(
    values: Sequence[tuple[str, int, int]],
) -> tuple[list[Column], list[Column]]:
    """Two columns for each, beside each other and on one scale."""
    columns = draw_columns([(label, value) for label, *pair in values for value in pair])
    return columns[::2], columns[1::2]
