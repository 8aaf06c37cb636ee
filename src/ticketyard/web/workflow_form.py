"""The form of a mail workflow: rows of steps to a definition, and back.

Every row sends every field, whatever its action uses; what it does not use is left aside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from ticketyard.mailboxes.workflows.steps import ACTIONS, STEPS_MAX

SPARE_ROWS = 2
# The row's field for each kind of parameter; ids of agents and customers are told apart by name.
_FIELD_OF = {
    "assigned_to_user_id": "agent",
    "priority": "level",
    "customer_id": "customer",
    "ticket_number": "number",
    "tags": "words",
    "category": "file_under",
    "reason": "because",
}
ROW_FIELDS = tuple(_FIELD_OF.values())


@dataclass(frozen=True, slots=True)
class Row:
    """One row: an action, and what stands in its fields."""

    action: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


def rows_of(steps: object) -> list[Row]:
    """The steps of a definition as rows, with some empty ones to fill in."""
    found = [_row(each) for each in steps] if isinstance(steps, list) else []
    spare = min(SPARE_ROWS, max(STEPS_MAX - len(found), 0))
    return [*found, *(Row() for _ in range(spare))]


def _row(step: object) -> Row:
    if not isinstance(step, Mapping) or not isinstance(step.get("params") or {}, Mapping):
        return Row()
    params = step.get("params") or {}
    return Row(
        action=str(step.get("action", "")),
        values={
            _FIELD_OF[name]: _shown(value) for name, value in params.items() if name in _FIELD_OF
        },
    )


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def steps_of(actions: Sequence[str], fields: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """The rows that were filled in, as the steps of a definition; whether they are good is asked
    later."""
    columns = [fields.get(name, ()) for name in ROW_FIELDS]
    steps = []
    for action, *values in zip_longest(actions, *columns, fillvalue=""):
        if action:
            said = dict(zip(ROW_FIELDS, values, strict=True))
            steps.append({"action": action, "params": _params(action, said)})
    return steps[: STEPS_MAX + 1]


def _params(action: str, said: Mapping[str, str]) -> dict[str, Any]:
    known = ACTIONS.get(action)
    given: dict[str, Any] = {}
    for param in known.params if known else ():
        text = said[_FIELD_OF[param.name]].strip()
        if not text:
            continue
        given[param.name] = text
        if param.kind == "id" and text.isascii() and text.isdigit() and len(text) < 19:
            given[param.name] = int(text)
        elif param.kind == "tags":
            given[param.name] = [each for each in (w.strip() for w in text.split(",")) if each]
    return given
