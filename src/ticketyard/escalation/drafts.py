"""What an escalation policy may say: when it applies, and what its levels do. Pure."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from ticketyard.escalation.errors import BadEscalation

Trigger = Literal["opened", "sla.warned", "sla.breached"]
Do = Literal["notify", "assign", "raise_priority", "webhook"]
To = Literal["assignee", "admins", "person", "team", "on_call"]

TRIGGERS: Final[tuple[Trigger, ...]] = get_args(Trigger)
DOES: Final[tuple[Do, ...]] = get_args(Do)
TOS: Final[tuple[To, ...]] = get_args(To)
LEVELS_MAX: Final = 10
ACTIONS_MAX: Final = 10
WAIT_MAX: Final = 30 * 86_400


@dataclass(frozen=True, kw_only=True)
class Action:
    """One thing that a level does.

    to, id: for notify and assign; a person, team or rota has an id.  priority: for raise_priority;
    empty is one higher than it is.
    """

    do: Do
    to: To | None = None
    id: int | None = None
    priority: str = ""


@dataclass(frozen=True, kw_only=True)
class Level:
    """What happens when nobody took the ticket up for so long.

    wait_seconds: after the level before, the first one after what set the policy off.  stop_on_ack:
    not where somebody at the desk has acted since.
    """

    wait_seconds: int
    actions: tuple[Action, ...]
    stop_on_ack: bool = True


@dataclass(frozen=True, kw_only=True)
class PolicyDraft:
    """A policy as somebody wants it; empty conditions are met by every ticket."""

    name: str
    levels: tuple[Level, ...]
    trigger: Trigger = "opened"
    sources: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    severity_min: str | None = None
    organization_id: str | None = None
    sort_order: int = 100
    is_active: bool = True


def check_policy(draft: PolicyDraft) -> None:
    """Raises BadEscalation for what can never be done."""
    if not draft.name.strip():
        raise BadEscalation("A policy needs a name.")
    if not 1 <= len(draft.levels) <= LEVELS_MAX:
        raise BadEscalation(f"A policy has 1 to {LEVELS_MAX} levels.")
    for number, level in enumerate(draft.levels, start=1):
        if not 0 <= level.wait_seconds <= WAIT_MAX:
            raise BadEscalation(f"Level {number}: wait up to {WAIT_MAX // 86_400} days.")
        if not 1 <= len(level.actions) <= ACTIONS_MAX:
            raise BadEscalation(f"Level {number}: a level does 1 to {ACTIONS_MAX} things.")
        for action in level.actions:
            _check_action(number, action)


def _check_action(number: int, action: Action) -> None:
    if action.do in ("notify", "assign") and action.to is None:
        raise BadEscalation(f"Level {number}: say who to {action.do}.")
    if action.to in ("person", "team", "on_call") and action.id is None:
        raise BadEscalation(f"Level {number}: say which {action.to.replace('_', '-')}.")
    if action.do == "assign" and action.to == "assignee":
        raise BadEscalation(f"Level {number}: the assignee has it already.")
