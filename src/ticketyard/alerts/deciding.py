"""Pure: what becomes of an alert that fires, repeats or recovers.

`now` and every fact are given; what is done about it, alerts/acting.py does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ticketyard.tickets.lifecycle import ACTIVE

Firing = Literal[
    "repeat", "again", "reopen", "late", "suppress", "storm", "start_storm", "incident", "open"
]
Recovery = Literal["recover", "late", "unknown"]
Ending = Literal["resolve", "comment", "nothing"]

CHANGES_KEPT = 50


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How one provider's alerts are taken; named like the columns of `alert_provider`."""

    recovery_resolves: bool = True
    reopen_seconds: int = 600
    flap_start: int = 8
    flap_stop: int = 2
    flap_seconds: int = 900
    storm_alerts: int = 1000
    storm_seconds: int = 60


@dataclass(frozen=True, kw_only=True)
class Known:
    """The newest episode of the same fingerprint, with the ticket it is on.

    ticket_status: None where it has no ticket (any more).  finished_at: when that was finished.
    """

    state: Literal["firing", "suppressed", "recovered"]
    is_event: bool = False
    ticket_status: str | None = None
    finished_at: datetime | None = None
    started_at: datetime | None = None
    recovered_at: datetime | None = None
    flapping: bool = False

    @property
    def is_worked_on(self) -> bool:
        """Whether its ticket is still to be done."""
        return self.ticket_status in ACTIVE


@dataclass(frozen=True, kw_only=True)
class Around:
    """What goes on around it: a maintenance window that covers it, a storm, an open incident."""

    window_id: int | None = None
    storm_id: int | None = None
    is_storming: bool = False
    incident_ticket_id: int | None = None


def decide_firing(
    known: Known | None,
    around: Around,
    rules: Rules,
    *,
    now: datetime,
    started_at: datetime | None = None,
    occurred_at: datetime | None = None,
) -> Firing:
    """What an alert that fires leads to.

    repeat: counted on the one that fires.  again: the same episode goes on, its ticket is still
    open.  reopen: the same, and its ticket with it.  late: it tells of what is over.  suppress,
    storm, start_storm, incident, open: a new episode, and where it goes.
    """
    if known is not None:
        known_way = _on_known(known, rules, now, started_at or occurred_at)
        # What fires again in a window is held back like what is new.
        if known_way is not None and (known_way in ("repeat", "late") or around.window_id is None):
            return known_way
    if around.window_id is not None:
        return "suppress"
    if around.storm_id is not None:
        return "storm"
    if around.incident_ticket_id is not None:
        return "incident"
    return "start_storm" if around.is_storming else "open"


def _on_known(known: Known, rules: Rules, now: datetime, began: datetime | None) -> Firing | None:
    if known.state == "recovered":
        return _after_recovery(known, rules, now, began)
    if known.state == "suppressed" or known.is_worked_on:
        return "repeat"
    if known.ticket_status is None:
        return None
    # Whoever finished the ticket has seen it: what goes on firing is heard again after a while, an
    # event or a false alarm never.
    is_settled = known.is_event or known.ticket_status == "false_positive"
    if is_settled or _lately(known.finished_at, rules, now):
        return "repeat"
    return "reopen" if known.ticket_status == "resolved" else None


def _after_recovery(
    known: Known, rules: Rules, now: datetime, began: datetime | None
) -> Firing | None:
    if began is not None and known.recovered_at is not None and began < known.recovered_at:
        return "late"
    if known.flapping:
        return "again"
    if not _lately(known.recovered_at, rules, now):
        return None
    if known.is_worked_on:
        return "again"
    return "reopen" if known.ticket_status == "resolved" else None


def _lately(at: datetime | None, rules: Rules, now: datetime) -> bool:
    return at is not None and now - at <= timedelta(seconds=rules.reopen_seconds)


def decide_recovery(known: Known | None, *, occurred_at: datetime | None = None) -> Recovery:
    """What the end of an alert leads to. late: it was over, or this is the end of an earlier
    episode.  unknown: nobody heard that it began."""
    if known is None:
        return "unknown"
    is_of_before = (
        occurred_at is not None and known.started_at is not None and occurred_at < known.started_at
    )
    return "late" if known.state == "recovered" or is_of_before else "recover"


def decide_ending(
    *,
    ticket_status: str | None,
    is_touched: bool,
    is_latched: bool,
    is_flapping: bool,
    others_fire: bool,
    rules: Rules,
) -> Ending:
    """What a recovery means for the ticket.

    is_touched: a person has done something about it.  others_fire: other alerts are on it.
    """
    if ticket_status not in ACTIVE or is_flapping or others_fire:
        return "nothing"
    if is_latched:
        # What is latched has to be seen once; then its end may settle it.
        return "resolve" if is_touched else "comment"
    return "resolve" if rules.recovery_resolves and not is_touched else "comment"


def changes_with(changes: Sequence[datetime], now: datetime, rules: Rules) -> list[datetime]:
    """When it fired and recovered of late, with this time."""
    return [*still_counting(changes, now, rules), now][-CHANGES_KEPT:]


def still_counting(changes: Sequence[datetime], now: datetime, rules: Rules) -> list[datetime]:
    """The changes that lie within the time in which flapping is looked for."""
    since = now - timedelta(seconds=rules.flap_seconds)
    return [each for each in changes if each > since]


def flaps(changes: Sequence[datetime], now: datetime, rules: Rules, *, did: bool) -> bool:
    """Whether it flaps: from `flap_start` changes on, until there are no more than `flap_stop`."""
    count = len(still_counting(changes, now, rules))
    return count > rules.flap_stop if did else count >= rules.flap_start


def storm_is_over(new_alerts: int, rules: Rules) -> bool:
    """Whether a storm is over: less than half of what makes one is new within its time."""
    return new_alerts * 2 < rules.storm_alerts or rules.storm_alerts == 0


def covers(
    *,
    provider_ids: Sequence[str],
    camera_ids: Sequence[int],
    labels: dict[str, str],
    provider_id: str,
    camera_id: int | None,
    told_labels: dict[str, str],
) -> bool:
    """Whether a maintenance window is about this alert: all that the window says holds for it."""
    if provider_ids and provider_id not in provider_ids:
        return False
    if camera_ids and camera_id not in camera_ids:
        return False
    return all(told_labels.get(name) == value for name, value in labels.items())
