"""Pure: what a macro does to a ticket, as it is written down and as it is carried out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ticketyard.tickets.errors import BadField
from ticketyard.tickets.labels import normal_priority, normal_severity, normal_tags
from ticketyard.tickets.lifecycle import STATUSES

ME: Final = "me"
NOBODY: Final = "nobody"
COMMENT_MAX: Final = 20_000
FIELDS: Final = (
    "priority", "severity", "category", "team_id", "add_tags", "remove_tags", "custom_fields",
    "comment", "is_internal", "assignee", "status", "reason",
)  # fmt: skip
_LABELS: Final = FIELDS[:7]
# What stands in braces in an answer and is filled in for each ticket.
WORDS: Final = ("number", "title", "requester", "agent", "category", "priority")
_WORD: Final = re.compile(r"\{\s*(\w{1,20})\s*\}")
_ID_MAX: Final = 2**31 - 1


@dataclass(frozen=True)
class Actions:
    """What a macro does. labels: as Changes of a ticket take them. assignee: me, nobody or an id."""

    labels: Mapping[str, Any]
    comment: str = ""
    is_internal: bool = False
    assignee: int | str | None = None
    status: str | None = None
    reason: str | None = None

    @property
    def assigns(self) -> bool:
        """Whether it gives the ticket to somebody, or takes it from them."""
        return self.assignee is not None


def read_actions(given: Mapping[str, Any]) -> Actions:
    """The actions that a mapping names; empty ones are left out. Raises BadField."""
    if set(given) - set(FIELDS):
        # Not by its name: what stands there may be anything.
        raise BadField(f"A macro cannot do this; it knows {', '.join(FIELDS)}.")
    said = {name: value for name, value in given.items() if value not in (None, "", [], {}, False)}
    actions = Actions(
        labels={name: _label(name, said[name]) for name in _LABELS if name in said},
        comment=_comment(said.get("comment", "")),
        is_internal=said.get("is_internal", False) is True,
        assignee=_assignee(said.get("assignee")),
        status=_status(said.get("status")),
        reason=_text(said.get("reason"), 500) or None,
    )
    if not (actions.labels or actions.comment or actions.assigns or actions.status):
        raise BadField("Say what the macro does: a change, an answer, an agent or a status.")
    return actions


def render_actions(actions: Actions) -> dict[str, Any]:
    """The actions as they are stored and shown."""
    found: dict[str, Any] = dict(actions.labels)
    for name in ("comment", "is_internal", "assignee", "status", "reason"):
        value = getattr(actions, name)
        if value not in (None, "", False):
            found[name] = value
    return found


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its words in braces filled in; braces around anything else stay as they are."""
    return _WORD.sub(lambda word: values.get(word[1].lower(), word[0]), text)


def _label(name: str, value: Any) -> Any:
    if name in ("add_tags", "remove_tags"):
        if not (isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)):
            raise BadField("Tags are a list of words.")
        return normal_tags(value)
    if name == "custom_fields":
        if not isinstance(value, Mapping):
            raise BadField("Custom fields are names with values.")
        return dict(value)
    if name == "team_id":
        return _id(value, "team")
    word = _text(value, 200)
    return {"priority": normal_priority, "severity": normal_severity}.get(name, str)(word)


def _assignee(value: Any) -> int | str | None:
    if value is None or value in (ME, NOBODY):
        return None if value is None else str(value)
    return _id(value, "agent")


def _id(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _ID_MAX:
        raise BadField(f"No such {what}.")
    return value


def _status(value: Any) -> str | None:
    if value is None:
        return None
    if value not in STATUSES:
        raise BadField(f"No such status; there are {', '.join(STATUSES)}.")
    return str(value)


def _comment(value: Any) -> str:
    return _text(value, COMMENT_MAX)


def _text(value: Any, limit: int) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadField("A text, please.")
    if len(value) > limit:
        raise BadField(f"That text is too long; {limit:,} characters are allowed.")
    return value.strip()
