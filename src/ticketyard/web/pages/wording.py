"""Values as a reader wants to see them: ages, instants, sizes, names."""

import unicodedata
from datetime import UTC, datetime

STATUS = {
    "open": "Open",
    "assigned": "Assigned",
    "in_progress": "In progress",
    "pending": "Pending",
    "resolved": "Resolved",
    "closed": "Closed",
    "false_positive": "False positive",
}

# What the button says that leads to a status; reopening depends on where one stands.
STATUS_VERB = {
    "open": "Put back to open",
    "assigned": "Mark assigned",
    "in_progress": "Start work",
    "pending": "Wait for someone",
    "resolved": "Resolve",
    "closed": "Close",
    "false_positive": "False positive",
}

PRIORITY = {
    "low": "Low",
    "medium": "Medium",
    "high": "High",
    "urgent": "Urgent",
    "critical": "Critical",
}

SENTIMENT = {"positive": "Positive", "neutral": "Neutral", "negative": "Negative"}

SOURCE = {
    "web_form": "Web form",
    "email": "E-mail",
    "chatbot": "Chat",
    "glpi": "GLPI",
    "solman": "SAP Solman",
    "alert": "Alert",
    "csv": "CSV import",
    "api": "API",
    "phone": "Phone",
    "walk_in": "Walk-in",
}

# What found a category (triage/engine.py).
ENGINE = {
    "rules": "word rules",
    "descriptions": "the categories’ descriptions",
    "classifier": "the model trained here",
    "language_model": "the language model",
}

LANGUAGE = {
    "RU": "Russian",
    "KZ": "Kazakh",
    "ENG": "English",
    "EN": "English",
    "DA": "Danish",
    "DE": "German",
}
LINK = {
    "relates": "relates to",
    "blocks": "blocks",
    "blocked_by": "is blocked by",
    "duplicates": "duplicates",
    "duplicated_by": "is duplicated by",
    "parent": "is the parent of",
    "child": "is a part of",
    "follows": "follows",
    "followed_by": "goes on in",
}


def word(table: dict[str, str], value: str | None) -> str:
    """The word for a stored value; a value nobody foresaw is shown as it is."""
    if value is None:
        return "–"
    return table.get(value, value.replace("_", " ").capitalize())


def category(name: str) -> str:
    """A category as it is read: the ones of contracts 1.3 are written with underscores."""
    return name.replace("_", " ")


def engine(name: str, version: int | None = None) -> str:
    """What found a category, with the version of what was learned."""
    words = ENGINE.get(name, name.replace("_", " ") or "nobody")
    return f"{words}, version {version}" if version else words


def status_verb(current: str, target: str) -> str:
    """What a button says that takes a ticket from one status to another."""
    if target == "in_progress" and current in ("resolved", "closed"):
        return "Reopen"
    if target == "in_progress" and current == "pending":
        return "Go on"
    return STATUS_VERB.get(target, target)


def age(moment: datetime, now: datetime) -> str:
    """How long ago, in the largest unit that says enough: 4m, 3h, 12d, 5mo."""
    seconds = max(0, int((now - moment).total_seconds()))
    for limit, unit_seconds, unit in (
        (60, 1, "s"),
        (3_600, 60, "m"),
        (86_400, 3_600, "h"),
        (86_400 * 60, 86_400, "d"),
        (86_400 * 730, 86_400 * 30, "mo"),
    ):
        if seconds < limit:
            return f"{seconds // unit_seconds}{unit}"
    return f"{seconds // (86_400 * 365)}y"


def duration(seconds: int) -> str:
    """A span of time in its two largest units: 45s, 12m, 3h 20m, 2d 4h."""
    if seconds < 60:
        return f"{seconds}s"
    minutes, hours, days = seconds // 60, seconds // 3_600, seconds // 86_400
    if not hours:
        return f"{minutes}m"
    large, small = (f"{days}d", f"{hours % 24}h") if days else (f"{hours}h", f"{minutes % 60}m")
    return large if small[:-1] == "0" else f"{large} {small}"


def instant(moment: datetime) -> str:
    """21 Nov 2026, 14:05 UTC."""
    moment = moment.astimezone(UTC)
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"


def short_instant(moment: datetime) -> str:
    """21 Nov, 14:05."""
    moment = moment.astimezone(UTC)
    return f"{moment.day} {moment:%b, %H:%M}"


def size(count: int) -> str:
    """A number of bytes in the unit people use: 820 B, 14 kB, 3.2 MB."""
    if count < 1_000:
        return f"{count} B"
    if count < 1_000_000:
        return f"{count / 1_000:.0f} kB"
    return f"{count / 1_000_000:.1f} MB"


def percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.0f}%"


def initials(name: str) -> str:
    """Up to two letters that stand for a person, in any script."""
    words = [part for part in name.split() if part[0].isalpha()]
    return "".join(part[0] for part in words[:2]).upper() or "?"


def plain_name(file_name: str) -> str:
    """A file name that cannot dress up as another: no direction marks, no control characters."""
    kept = "".join(c for c in file_name if unicodedata.category(c) not in ("Cc", "Cf"))
    return kept if len(kept) <= 80 else f"{kept[:48]}…{kept[-24:]}"
