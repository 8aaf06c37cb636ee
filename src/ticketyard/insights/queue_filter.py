"""Pure: which tickets somebody wants to see in the queue, and in which order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

NOBODY: Final = "none"
VIEWS: Final = ("open", "mine", "unassigned", "review", "all")
SORTS: Final[Mapping[str, tuple[str, bool]]] = {
    "": ("created_at", True),
    "oldest": ("created_at", False),
    "priority": ("priority", True),
    "updated": ("updated_at", True),
    "due": ("due", False),
}


@dataclass(frozen=True)
class QueueFilter:
    """What somebody wants to see, and in which order. An empty value does not filter.

    view: one of VIEWS.  promise: `broken` or `kept`.  assignee: a person's id, or `none`.  sort: one of SORTS.
    field: a custom field with its value, as in `Floor:3`.
    """

    view: str = "open"
    q: str = ""
    status: str = ""
    priority: str = ""
    category: str = ""
    sentiment: str = ""
    assignee: str = ""
    office: str = ""
    language: str = ""
    source: str = ""
    tag: str = ""
    promise: str = ""
    field: str = ""
    sort: str = ""
