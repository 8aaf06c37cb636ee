"""The registry of actions: what a machine can be told to do, by whom it is done, and its own code.

An action is a named piece of work with declared parameters. Those built in are done by an endpoint
that each company names for itself (calling.py). Further ones come from installed packages, through
the entry-point group `ticketyard.actions` (docs/automation.md).
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from ticketyard.core.log import get_logger
from ticketyard.triage.resolving.errors import ActionNotFound, BadAction

log = get_logger(__name__)

GROUP: Final = "ticketyard.actions"
TIME_LIMIT_SECONDS: Final = 30.0
VALUE_MAX: Final = 500
_NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One value an action needs. is_requester: their e-mail address, where nothing else is given."""

    name: str
    about: str
    is_required: bool = True
    is_requester: bool = False


@dataclass(frozen=True, kw_only=True)
class ActionCall:
    """What an action is told. id: the same for every try of one run, so that nothing is done twice.

    attempt: 1 for the first try.
    """

    id: str
    action: str
    company_id: int
    ticket_id: int
    ticket_number: str
    requester_email: str
    requester_name: str
    parameters: Mapping[str, str]
    attempt: int


@dataclass(frozen=True, kw_only=True)
class ActionOutcome:
    """What came of it. may_retry: it failed for a reason that may pass."""

    is_success: bool
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)
    may_retry: bool = False


Run = Callable[[ActionCall], Awaitable[ActionOutcome]]


@dataclass(frozen=True, kw_only=True)
class Action:
    """A named piece of work. resolves: whether its success is all that a ticket asked for.

    run: its own code; None: the company's endpoint does it.
    """

    name: str
    about: str
    parameters: tuple[Parameter, ...] = ()
    resolves: bool = False
    run: Run | None = None
    time_limit_seconds: float = TIME_LIMIT_SECONDS

    def filled(self, given: Mapping[str, str], requester_email: str) -> dict[str, str]:
        """The parameters by name. Raises BadAction for one too many, too long or missing."""
        known = {each.name for each in self.parameters}
        if strange := sorted(set(given) - known):
            raise BadAction(f"{self.name} knows no parameter {', '.join(strange)[:200]}.")
        found: dict[str, str] = {}
        for each in self.parameters:
            value = given.get(each.name, "").strip()
            value = value or (requester_email if each.is_requester else "")
            if len(value) > VALUE_MAX:
                raise BadAction(f"{each.name} has {VALUE_MAX} characters at most.")
            if value:
                found[each.name] = value
            elif each.is_required:
                raise BadAction(f"{self.name} needs {each.name}: {each.about}")
        return found


_USER = Parameter(
    name="user", about="Whose it is: an e-mail address or a log-in.", is_requester=True
)
BUILT_IN: Final = (
    Action(
        name="password_reset",
        about="Start a reset of somebody's password.",
        parameters=(_USER,),
        resolves=True,
    ),
    Action(
        name="unlock_account",
        about="Unlock somebody's account.",
        parameters=(_USER,),
        resolves=True,
    ),
    Action(name="vpn_reconnect", about="Cut somebody's VPN connection.", parameters=(_USER,)),
    Action(name="email_quota_check", about="Look how full a mailbox is.", parameters=(_USER,)),
    Action(
        name="restart_service",
        about="Restart a service.",
        parameters=(Parameter(name="service", about="The service's name."),),
    ),
)


class Actions:
    """Part of `Resources`: every action there is, by name."""

    def __init__(self, more: Iterable[Action] = ()) -> None:
        self._known = {each.name: each for each in BUILT_IN}
        for action in more:
            self._add(action)

    @classmethod
    def installed(cls) -> "Actions":
        """Those built in and those of installed packages."""
        return cls(_from_packages(_points()))

    def _add(self, action: Action) -> None:
        if not _NAME.fullmatch(action.name) or action.name in self._known or action.run is None:
            log.error("action_passed_over", action=action.name[:60])
            return
        self._known[action.name] = action

    def get(self, name: str) -> Action:
        """The action of this name. Raises ActionNotFound."""
        found = self._known.get(name)
        if found is None:
            raise ActionNotFound("There is no such action.", known=sorted(self._known))
        return found

    def all(self) -> list[Action]:
        """Every action, by name."""
        return [self._known[name] for name in sorted(self._known)]


@cache
def _points() -> tuple[EntryPoint, ...]:
    """What is installed stays so while a program runs, and reading it looks at every package there is."""
    return tuple(entry_points(group=GROUP))


def _from_packages(points: Iterable[EntryPoint]) -> list[Action]:
    """What the entry points name: an action, or something that gives one when called."""
    found = []
    for point in points:
        try:
            named = point.load()
            action = named() if callable(named) else named
        except Exception:  # somebody else's code: that it breaks must not stop the desk
            log.exception("action_unusable", entry_point=point.name)
            continue
        if isinstance(action, Action):
            found.append(action)
        else:
            log.error("action_unusable", entry_point=point.name)
    return found
