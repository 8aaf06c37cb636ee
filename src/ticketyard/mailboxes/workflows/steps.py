"""Pure: what a workflow may consist of, and whether a definition is one (contracts 3.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from ticketyard.core.shapes import BIGINT_MAX
from ticketyard.mailboxes.errors import BadWorkflow
from ticketyard.mailboxes.landing.classifying import LABELS

STEPS_MAX = 20
NAME_MAX = 200
WORDS_MAX = 500
TAGS_MAX = 10
# The words of spec 3, and those that the desk has besides; normal is our medium.
PRIORITIES: Final[Mapping[str, str]] = {
    "low": "low",
    "normal": "medium",
    "medium": "medium",
    "high": "high",
    "urgent": "urgent",
    "critical": "critical",
}

Kind = Literal["id", "priority", "number", "category", "tags", "words"]


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of an action. label: how the screen calls it."""

    name: str
    kind: Kind
    label: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """Something a step may do. label, does: how the screen calls and explains it."""

    name: str
    label: str
    does: str
    params: tuple[Param, ...] = ()

    def param(self, name: str) -> Param | None:
        """The parameter of this name."""
        return next((each for each in self.params if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a definition that was checked."""

    action: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A workflow that can run. priority: of several that match, the lowest runs first."""

    name: str
    classification_trigger: str
    confidence_threshold: float
    workflow_steps: tuple[Step, ...]
    priority: int = 100
    enabled: bool = True

    def steps_out(self) -> list[dict[str, Any]]:
        """The steps as they are stored and told."""
        return [
            {"action": each.action, "params": dict(each.params)} for each in self.workflow_steps
        ]


ACTIONS: Final[Mapping[str, Action]] = {
    each.name: each
    for each in (
        Action(
            "create_ticket",
            "Create a ticket, or add to one",
            "Adds the mail to the ticket it proves to continue; otherwise opens a ticket.",
            (
                Param("assigned_to_user_id", "id", "Agent"),
                Param("priority", "priority", "Priority"),
                Param("customer_id", "id", "Customer number"),
            ),
        ),
        Action(
            "link_email_to_ticket",
            "Add to a certain ticket",
            "Adds the mail to this ticket, whoever wrote it; as an internal note where the sender "
            "has no part in it.",
            (Param("ticket_number", "number", "Ticket number", required=True),),
        ),
        Action(
            "assign_ticket",
            "Give it to an agent",
            "Gives a ticket that this mail opened to an agent.",
            (Param("assigned_to_user_id", "id", "Agent", required=True),),
        ),
        Action(
            "add_tags",
            "Add tags",
            "Marks the ticket the mail is in.",
            (Param("tags", "tags", "Tags", required=True),),
        ),
        Action(
            "set_priority",
            "Set the priority",
            "Sets the priority of a ticket that this mail opened.",
            (Param("priority", "priority", "Priority", required=True),),
        ),
        Action(
            "set_category",
            "Set the category",
            "Files a ticket that this mail opened under a category.",
            (Param("category", "category", "Category", required=True),),
        ),
        Action(
            "ignore",
            "Ignore the mail",
            "Keeps the mail and makes no ticket of it. An answer to a ticket is never ignored.",
            (Param("reason", "words", "Reason"),),
        ),
    )
}
# What opens or joins a ticket; the others need one.
FILING: Final = frozenset({"create_ticket", "link_email_to_ticket"})


def check_definition(data: Mapping[str, Any]) -> Definition:
    """The workflow that is described, in the words of spec 3. Raises BadWorkflow, which names the
    step and what is wrong with it."""
    return Definition(
        name=_name(data.get("name")),
        classification_trigger=_trigger(data.get("classification_trigger")),
        confidence_threshold=_threshold(data.get("confidence_threshold", 0.7)),
        workflow_steps=check_steps(data.get("workflow_steps")),
        priority=_whole(data.get("priority", 100), 0, 10_000, "priority"),
        enabled=_flag(data.get("enabled", True)),
    )


def check_steps(given: object) -> tuple[Step, ...]:
    """The steps, each with the parameters its action takes. Raises BadWorkflow."""
    if not isinstance(given, list) or not given:
        raise BadWorkflow("A workflow needs at least one step.")
    if len(given) > STEPS_MAX:
        raise BadWorkflow(f"A workflow has {STEPS_MAX} steps at most.")
    steps = tuple(_step(number, each) for number, each in enumerate(given, 1))
    _check_order(steps)
    return steps


def _name(given: object) -> str:
    name = " ".join(given.split()) if isinstance(given, str) else ""
    if not name or len(name) > NAME_MAX:
        raise BadWorkflow(f"A workflow needs a name of {NAME_MAX} letters at most.")
    return name


def _trigger(given: object) -> str:
    if not isinstance(given, str) or given not in LABELS:
        raise BadWorkflow("There is no such classification_trigger.", allowed=list(LABELS))
    return given


def _threshold(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 1:
        raise BadWorkflow("confidence_threshold is a number from 0 to 1.")
    return float(given)


def _whole(given: object, least: int, most: int, what: str) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
        raise BadWorkflow(f"{what} is a whole number from {least} to {most}.")
    return given


def _flag(given: object) -> bool:
    if not isinstance(given, bool):
        raise BadWorkflow("enabled is true or false.")
    return given


def _step(number: int, given: object) -> Step:
    if not isinstance(given, Mapping) or set(given) - {"action", "params"}:
        raise BadWorkflow(f"Step {number} should be an object of action and params.", step=number)
    action = ACTIONS.get(given.get("action") or "") if _is_text(given.get("action")) else None
    if action is None:
        raise BadWorkflow(
            f"Step {number} has no action that exists.", step=number, allowed=list(ACTIONS)
        )
    params = given.get("params") or {}
    if not isinstance(params, Mapping):
        raise BadWorkflow(
            f"Step {number} ({action.name}): params should be an object.", step=number
        )
    return Step(action.name, _params(number, action, params))


def _is_text(given: object) -> bool:
    return isinstance(given, str)


def _params(number: int, action: Action, given: Mapping[str, Any]) -> dict[str, Any]:
    where = f"Step {number} ({action.name})"
    if set(given) - {each.name for each in action.params}:
        known = ", ".join(each.name for each in action.params) or "none"
        raise BadWorkflow(f"{where}: a parameter it does not know; it takes {known}.", step=number)
    params: dict[str, Any] = {}
    for param in action.params:
        value = given.get(param.name)
        if value in (None, "", []):
            if param.required:
                raise BadWorkflow(f"{where}: {param.name} is missing.", step=number)
            continue
        if (problem := _problem(param.kind, value)) is not None:
            raise BadWorkflow(f"{where}: {param.name} should be {problem}.", step=number)
        params[param.name] = _normal(param.kind, value)
    return params


def _problem(kind: Kind, value: object) -> str | None:
    """What the value should be, unless it is."""
    if kind == "id":
        good = type(value) is int and 0 < value <= BIGINT_MAX
        return None if good else "a number from 1"
    if kind == "tags":
        words = isinstance(value, list) and len(value) <= TAGS_MAX and all(map(_is_word, value))
        return None if words else f"a list of up to {TAGS_MAX} words of 50 letters at most"
    if not isinstance(value, str) or not value.strip() or len(value) > WORDS_MAX:
        return "a text"
    if kind == "priority" and value.strip().lower() not in PRIORITIES:
        return f"one of {', '.join(PRIORITIES)}"
    return None


def _is_word(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.strip(" #")) <= 50


def _normal(kind: Kind, value: Any) -> Any:
    if kind == "tags":
        return list(dict.fromkeys(each.strip(" #").lower() for each in value))
    if kind in ("priority", "number"):
        return value.strip().lower() if kind == "priority" else value.strip().upper()
    return value.strip() if isinstance(value, str) else value


def _check_order(steps: Sequence[Step]) -> None:
    """What changes a ticket comes after what opens or joins one."""
    filed = False
    for number, step in enumerate(steps, 1):
        if step.action in FILING:
            filed = True
        elif step.action == "ignore":
            if len(steps) > 1:
                raise BadWorkflow(
                    f"Step {number} (ignore) stands alone: nothing can be done with a mail that is "
                    "ignored.",
                    step=number,
                )
        elif not filed:
            raise BadWorkflow(
                f"Step {number} ({step.action}) needs a ticket: put create_ticket before it.",
                step=number,
            )
