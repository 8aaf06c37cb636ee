"""Pure: what is promised. Policies, which of them is in force for a ticket, and how that changed."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final

from ticketyard.sla.calendars import Calendar

CLOCKS: Final = ("first_response", "next_response", "resolution")
# Where a target holds for every priority.
ANY: Final = ""


@dataclass(frozen=True)
class Labels:
    """What a policy looks at."""

    priority: str = "medium"
    severity: str | None = None
    category: str | None = None
    organization_id: str | None = None


@dataclass(frozen=True)
class Policy:
    """A promise. An empty condition is met by every ticket.

    targets: clock and priority (or ANY) to seconds of working time.  pauses: the statuses in which
    its clocks stand still.  warn_percent: the share of the target after which to warn.
    """

    id: int
    name: str
    calendar_id: int
    organization_id: str | None = None
    category: str | None = None
    priorities: frozenset[str] = frozenset()
    severities: frozenset[str] = frozenset()
    sort_order: int = 0
    pauses: frozenset[str] = frozenset({"pending"})
    warn_percent: int | None = 75
    targets: Mapping[tuple[str, str], int] = field(default_factory=dict, hash=False)

    def covers(self, labels: Labels) -> bool:
        """Whether it may be in force for such a ticket."""
        return (
            self.organization_id in (None, labels.organization_id)
            and self.category in (None, labels.category)
            and (not self.priorities or labels.priority in self.priorities)
            and (not self.severities or labels.severity in self.severities)
        )

    @property
    def rank(self) -> tuple[bool, bool, bool, int, int]:
        """The lowest is in force: an organisation says more than a category, that more than a
        priority or severity; where they say as much, the explicit order decides."""
        return (
            self.organization_id is None,
            self.category is None,
            not (self.priorities or self.severities),
            self.sort_order,
            self.id,
        )

    def target(self, clock: str, priority: str) -> int | None:
        """Seconds of working time, or None where nothing is promised."""
        found = self.targets.get((clock, priority))
        return self.targets.get((clock, ANY)) if found is None else found


@dataclass(frozen=True)
class Rules:
    """Every policy and calendar of a company as they stood from an instant, a whole second, on."""

    id: int
    since: datetime
    policies: tuple[Policy, ...]
    calendars: Mapping[int, Calendar] = field(hash=False)

    @cached_property
    def _chosen(self) -> dict[Labels, Policy | None]:
        return {}

    def policy_for(self, labels: Labels) -> Policy | None:
        """The one policy in force for such a ticket, or None."""
        if labels not in self._chosen:
            covering = [each for each in self.policies if each.covers(labels)]
            self._chosen[labels] = min(covering, key=lambda each: each.rank, default=None)
        return self._chosen[labels]

    def calendar_of(self, policy: Policy | None) -> Calendar:
        """The calendar by which a policy counts; around the clock where there is none."""
        return ALWAYS if policy is None else self.calendars[policy.calendar_id]


ALWAYS: Final = Calendar(always=True, name="Around the clock")


@dataclass(frozen=True)
class RuleBook:
    """The rules of a company through time, oldest first; there is always one. The first also holds
    for what was before it."""

    pages: tuple[Rules, ...]

    def at(self, instant: datetime) -> Rules:
        """The rules that stood at an instant."""
        return self.pages[max(0, bisect_right(self._sinces, instant) - 1)]

    @cached_property
    def _sinces(self) -> list[datetime]:
        return [each.since for each in self.pages]
