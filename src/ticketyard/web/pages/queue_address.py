"""The queue's address: what it says, and how to write one. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from urllib.parse import urlencode

from ticketyard.insights.desk import VIEWS, Key, QueueFilter

FIELDS = tuple(asdict(QueueFilter()))
VALUE_MAX = 300


def parse_filter(query: Mapping[str, str]) -> QueueFilter:
    """What the address asks for; a view nobody knows is the open one."""
    given = {name: query.get(name, "").strip()[:VALUE_MAX] for name in FIELDS}
    if given["view"] not in VIEWS:
        # A status that is over is only to be found among all.
        given["view"] = "all" if given["status"] else "open"
    return QueueFilter(**given)


def render_address(wanted: QueueFilter, after: Key | None = None) -> str:
    """The address of this queue, as short as it can be."""
    pairs = {name: value for name, value in asdict(wanted).items() if value}
    if wanted.view == "open" and not wanted.status:
        pairs.pop("view")
    if after is not None:
        pairs["after"] = render_key(after)
    return "/queue" + (f"?{urlencode(pairs)}" if pairs else "")


def is_filtered(wanted: QueueFilter) -> bool:
    """Whether anything narrows the view."""
    return wanted != QueueFilter(view=wanted.view)


def without_filters(wanted: QueueFilter) -> QueueFilter:
    """The same view, whole."""
    return QueueFilter(view=wanted.view)


def in_view(wanted: QueueFilter, view: str) -> QueueFilter:
    """The same filters in another view."""
    return replace(wanted, view=view)


def render_key(key: Key) -> str:
    """Where a page begins, for an address."""
    return f"{key.opened_at.isoformat()}_{key.id}"


def parse_key(word: str) -> Key | None:
    """Where a page begins; None for nothing or nonsense, which means the beginning."""
    moment, _, number = word.rpartition("_")
    try:
        opened_at = datetime.fromisoformat(moment)
        id_ = int(number)
    except ValueError:
        return None
    if opened_at.tzinfo is None or not 0 <= id_ < 2**63:
        return None
    return Key(opened_at, id_)
