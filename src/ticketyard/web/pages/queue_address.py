"""The queue's address: what it says, and how to write one. Pure."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from urllib.parse import urlencode

from ticketyard.insights.queue_filter import SORTS, VIEWS, QueueFilter

FIELDS = tuple(asdict(QueueFilter()))
VALUE_MAX = 300


def parse_filter(query: Mapping[str, str]) -> QueueFilter:
    """What the address asks for; a view nobody knows is the open one."""
    given = {name: query.get(name, "").strip()[:VALUE_MAX].strip() for name in FIELDS}
    if given["view"] not in VIEWS:
        # A status that is over is only to be found among all.
        given["view"] = "all" if given["status"] else "open"
    if given["sort"] not in SORTS:
        given["sort"] = ""
    return QueueFilter(**given)


def render_address(wanted: QueueFilter, after: str = "") -> str:
    """The address of this queue, as short as it can be. after: the cursor of a page."""
    pairs = {name: value for name, value in asdict(wanted).items() if value}
    if wanted.view == "open" and not wanted.status:
        pairs.pop("view")
    if after:
        pairs["after"] = after
    return "/queue" + (f"?{urlencode(pairs)}" if pairs else "")


def is_filtered(wanted: QueueFilter) -> bool:
    """Whether anything narrows the view."""
    return wanted != QueueFilter(view=wanted.view)


def without_filters(wanted: QueueFilter) -> QueueFilter:
    """The same view, whole."""
    return QueueFilter(view=wanted.view)


def parse_instant(word: str) -> datetime:
    """An instant out of an address; nonsense is the beginning of time."""
    try:
        found = datetime.fromisoformat(word)
        # Near the ends of the calendar, another zone has no such instant.
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return datetime(1970, 1, 1, tzinfo=UTC)
