"""Pure: the instant a date header means, in any of the ways it is written."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz

_ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"\([^()]*\)")
_ZONE_WITH_COLON = re.compile(r"([+-]\d{2}):(\d{2})\b")
_PREFIXED_ZONE = re.compile(r"\b(?:GMT|UTC|UT)\s*(?=[+-]\d)", re.IGNORECASE)
_DOTTED_TIME = re.compile(r"\b(\d{1,2})\.(\d{2})\.(\d{2})\b(?=\s|$)")
_DASHED_DAY = re.compile(r"\b(\d{1,2})-([A-Za-z]{3,9})-(\d{2,4})\b")
_LONGEST = 200


def parse_date(text: str) -> datetime | None:
    """The instant in UTC, or None where nobody could say. Without a zone it is taken as UTC."""
    text = text.strip()[:_LONGEST]
    for _ in range(3):
        text = _COMMENT.sub(" ", text)
    if (iso := _ISO.match(text)) is not None:
        return _from_iso(iso)
    text = _PREFIXED_ZONE.sub("", _ZONE_WITH_COLON.sub(r"\1\2", text))
    text = _DASHED_DAY.sub(r"\1 \2 \3", _DOTTED_TIME.sub(r"\1:\2:\3", text))
    return _from_rfc(text)


def _from_iso(match: re.Match[str]) -> datetime | None:
    year, month, day, hour, minute, second = (int(each or 0) for each in match.groups()[:6])
    try:
        when = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
        return when - _offset(match[7] or "Z")
    except (ValueError, OverflowError):
        return None


def _offset(zone: str) -> timedelta:
    if zone in "Zz":
        return timedelta()
    digits = zone[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -offset if zone[0] == "-" else offset


def _from_rfc(text: str) -> datetime | None:
    try:
        fields = parsedate_tz(text)
        if fields is None:
            return None
        year, month, day, hour, minute, second = fields[:6]
        when = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
        return when - timedelta(seconds=fields[9] or 0)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
