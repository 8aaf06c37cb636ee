"""Pure: the instant a date header means, in any of the ways it is written."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz

_LONGEST = 200
_COMMENT = re.compile(r"\([^()]*\)")
_ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_USUAL = re.compile(
    r"(?<!\d)(\d{1,2})[\s,.\-/]+([^\W\d_]{3,10})[\s,.\-/]+(\d{4}|\d{2,3})"
    r"[\s,T]+(\d{1,2})\s*[:.]\s*(\d{2})(?:\s*[:.]\s*(\d{2}))?(?:[.,]\d+)?\s*(am\b|pm\b)?\s*([^,;/]*)",
    re.IGNORECASE,
)
_OFFSET = re.compile(
    r"(?:^|(?<=\s)|(?<=GMT)|(?<=UTC)|(?<=UT))([+-])(\d{2}):?(\d{2})(?!\d)", re.IGNORECASE
)
_MONTHS = {
    **{"jan": 1, "ene": 1, "gen": 1, "янв": 1, "feb": 2, "fév": 2, "fev": 2, "фев": 2, "mar": 3},
    **{"mär": 3, "mrz": 3, "maa": 3, "mrt": 3, "мар": 3, "apr": 4, "avr": 4, "abr": 4, "апр": 4},
    **{"may": 5, "mai": 5, "mag": 5, "mei": 5, "maj": 5, "май": 5, "мая": 5, "jun": 6, "июн": 6},
    **{"giu": 6, "jul": 7, "июл": 7, "lug": 7, "aug": 8, "aoû": 8, "aou": 8, "ago": 8, "авг": 8},
    **{"sep": 9, "set": 9, "сен": 9, "oct": 10, "okt": 10, "ott": 10, "out": 10, "окт": 10},
    **{"nov": 11, "ноя": 11, "dec": 12, "dez": 12, "déc": 12, "dic": 12, "des": 12, "дек": 12},
}
_LONGER_MONTHS = {"juin": 6, "juil": 7, "juni": 6, "juli": 7}
# Hours from UTC; the letters of the military are all taken as UTC (RFC 5322 4.3).
_ZONES = {
    **{"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7},
    **{"BST": 1, "CET": 1, "CEST": 2, "MET": 1, "MEZ": 1, "MEST": 2, "MESZ": 2, "EET": 2},
    **{"EEST": 3, "MSK": 3, "MSD": 4, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "WEST": 1},
}


def parse_date(text: str) -> datetime | None:
    """The instant in UTC, or None where nobody could say. Without a zone it is taken as UTC."""
    text = text.strip()[:_LONGEST]
    for _ in range(3):
        text = _COMMENT.sub(" ", text)
    if (iso := _ISO.match(text)) is not None:
        return _from_iso(iso)
    if (usual := _USUAL.search(text)) is not None and (month := _month(usual[2])):
        return _from_usual(usual, month)
    return _from_rfc(text)


def _from_iso(match: re.Match[str]) -> datetime | None:
    year, month, day, hour, minute, second = (int(each or 0) for each in match.groups()[:6])
    return _instant(year, month, day, hour, minute, second, _zone(match[7] or ""))


def _from_usual(match: re.Match[str], month: int) -> datetime | None:
    year = int(match[3])
    if len(match[3]) < 4:
        year += 2000 if year < 50 else 1900
    hour = int(match[4])
    if match[7]:
        hour = hour % 12 + (12 if match[7].lower() == "pm" else 0)
    return _instant(
        year, month, int(match[1]), hour, int(match[5]), int(match[6] or 0), _zone(match[8])
    )


def _month(name: str) -> int:
    name = name.lower()
    return _LONGER_MONTHS.get(name[:4]) or _MONTHS.get(name[:3], 0)


def _zone(text: str) -> timedelta:
    if (match := _OFFSET.search(text)) is not None:
        offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return -offset if match[1] == "-" else offset
    return timedelta(hours=_ZONES.get(text.strip().partition(" ")[0].upper(), 0))


def _from_rfc(text: str) -> datetime | None:
    """What is left: `Tue Jul  1 08:52:37 2003` and the like."""
    try:
        fields = parsedate_tz(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if fields is None:
        return None
    year, month, day, hour, minute, second = fields[:6]
    return _instant(year, month, day, hour, minute, second, timedelta(seconds=fields[9] or 0))


def _instant(
    year: int, month: int, day: int, hour: int, minute: int, second: int, offset: timedelta
) -> datetime | None:
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC) - offset
    except (ValueError, OverflowError):
        return None
