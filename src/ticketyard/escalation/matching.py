"""Which policy a ticket comes under, and whether its next level is still wanted. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ticketyard.tickets.lifecycle import PRIORITIES, SEVERITIES, is_finished


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """When a policy applies; what is empty is met by every ticket."""

    id: int
    trigger: str
    sources: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    severity_min: str | None = None
    organization_id: str | None = None
    sort_order: int = 100


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is asked of a ticket."""

    source: str
    priority: str
    status: str
    category: str | None = None
    severity: str | None = None
    organization_id: str | None = None


def best_policy(policies: Sequence[Conditions], facts: Facts, trigger: str) -> Conditions | None:
    """Of those that match the first by order, then the older one."""
    if is_finished(facts.status):
        return None
    matching = [each for each in policies if each.trigger == trigger and _applies(each, facts)]
    return min(matching, key=lambda each: (each.sort_order, each.id), default=None)


def _applies(policy: Conditions, facts: Facts) -> bool:
    return (
        (not policy.sources or facts.source in policy.sources)
        and (not policy.priorities or facts.priority in policy.priorities)
        and (not policy.categories or facts.category in policy.categories)
        and (policy.organization_id is None or policy.organization_id == facts.organization_id)
        and (policy.severity_min is None or _is_severe(facts.severity, policy.severity_min))
    )


def _is_severe(severity: str | None, least: str) -> bool:
    return severity is not None and SEVERITIES.index(severity) >= SEVERITIES.index(least)


FINISHED: Final = "The work is over."
ACKNOWLEDGED: Final = "Somebody took it up."


def why_stopped(status: str, *, acknowledged: bool, stop_on_ack: bool) -> str:
    """Why the next level does not happen, or nothing."""
    if is_finished(status):
        return FINISHED
    return ACKNOWLEDGED if acknowledged and stop_on_ack else ""


def raised(priority: str, wanted: str) -> str:
    """The priority that raising gives: what is wanted, or one higher; never a lower one."""
    now = PRIORITIES.index(priority)
    then = PRIORITIES.index(wanted) if wanted else min(now + 1, len(PRIORITIES) - 1)
    return PRIORITIES[max(now, then)]
