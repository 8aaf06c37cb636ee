"""Pure: how far two points are apart on the Earth, and which of many is nearest."""

from collections.abc import Sequence
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt

from geopy.distance import geodesic

Point = tuple[float, float]

_EARTH_RADIUS_KM = 6371.009
# A sphere is wrong by 0.56 % at most against the WGS-84 ellipsoid, so whoever is this much farther
# than the nearest on the sphere cannot be the nearest on the Earth; the rest are measured exactly.
_SPHERE_DOUBT = 1.012


@lru_cache(maxsize=65_536)
def distance_km(one: Point, other: Point) -> float:
    """The geodesic distance on WGS-84 in kilometres, to the metre."""
    return round(float(geodesic(one, other).km), 3)


def nearest(origin: Point, points: Sequence[tuple[int, Point]]) -> tuple[int, float] | None:
    """The (id, km) of the point nearest to `origin`; of two equally near ones the lower id."""
    return _nearest(origin, tuple(points))


@lru_cache(maxsize=65_536)
def _nearest(origin: Point, points: tuple[tuple[int, Point], ...]) -> tuple[int, float] | None:
    if not points:
        return None
    rough = [(_on_a_sphere_km(origin, point), id_, point) for id_, point in points]
    limit = min(km for km, _, _ in rough) * _SPHERE_DOUBT + 0.01
    exact = [(distance_km(origin, point), id_) for km, id_, point in rough if km <= limit]
    km, id_ = min(exact)
    return id_, km


def _on_a_sphere_km(one: Point, other: Point) -> float:
    lat1, lon1, lat2, lon2 = map(radians, (*one, *other))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_RADIUS_KM * asin(min(1.0, sqrt(half)))
