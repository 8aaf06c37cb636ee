"""Pure: how far a zone's wall clock stands from UTC, as pieces of time with one constant offset.

Python's zone data says the offset at an instant, not where it changes: so a year is looked at every
few hours, and where two looks differ, the change lies between them and is found by halving.
"""

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

# No zone has ever changed its clock twice within so short a while.
_LOOK_EVERY = 6 * 3600


@lru_cache(maxsize=2_000)
def offset_pieces(zone: str, year: int) -> tuple[tuple[int, int, int], ...]:
    """The year in UTC as (begin, end, offset) in seconds since 1970, without gaps, in order."""
    begin, end = year_begin(year), year_begin(year + 1)
    pieces: list[tuple[int, int, int]] = []
    piece_begin, offset = begin, _offset(zone, begin)
    for look in range(begin, end, _LOOK_EVERY):
        last = min(look + _LOOK_EVERY, end - 1)
        if _offset(zone, last) != offset:
            change = _first_other(zone, look, last, offset)
            pieces.append((piece_begin, change, offset))
            piece_begin, offset = change, _offset(zone, change)
    return (*pieces, (piece_begin, end, offset))


def year_begin(year: int) -> int:
    """The first second of a year in UTC."""
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())


def _first_other(zone: str, low: int, high: int, offset: int) -> int:
    """The second at which the offset changes; it is the old one at `low` and another at `high`."""
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle) == offset:
            low = middle
        else:
            high = middle
    return high


def _offset(zone: str, at: int) -> int:
    found = datetime.fromtimestamp(at, _zone(zone)).utcoffset()
    assert found is not None
    return int(found.total_seconds())


@lru_cache(maxsize=700)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
