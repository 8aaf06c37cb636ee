"""What there is to tell of a clock, and how it is said."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ticketyard.core.events import Event
from ticketyard.sla.clocks import Clock
from ticketyard.sla.events import SlaBreached, SlaWarned

NAMES: Final = {
    "first_response": "First response",
    "next_response": "Next response",
    "resolution": "Resolution",
}
Told = frozenset[tuple[str, int, str]]


@dataclass(frozen=True)
class News:
    """Something to tell once. event: None where it is only noted, because it was late before the
    company had service levels."""

    clock: str
    cycle: int
    what: str
    event: Event | None


def news_of(
    ticket_id: int, clock: Clock, *, told: Told, now: datetime, levels_since: datetime
) -> News | None:
    """What is to be told of this clock now."""
    if clock.target is None or clock.policy is None or clock.due_at is None:
        return None
    if clock.breached:
        if (clock.clock, clock.cycle, "breached") in told:
            return None
        event = _breach(ticket_id, clock) if clock.due_at >= levels_since else None
        return News(clock.clock, clock.cycle, "breached", event)
    warned = (clock.clock, clock.cycle, "warned") in told
    if warned or not clock.is_live or clock.warn_at is None or clock.warn_at > now:
        return None
    return News(clock.clock, clock.cycle, "warned", _warning(ticket_id, clock))


def next_look(clock: Clock, told: Told) -> datetime | None:
    """When there will be something to tell, if nothing happens before. The second in which a clock is
    due is still in time."""
    if not clock.is_live or clock.due_at is None:
        return None
    looks = []
    if (clock.clock, clock.cycle, "breached") not in told:
        looks.append(clock.due_at + timedelta(seconds=1))
        if clock.warn_at and (clock.clock, clock.cycle, "warned") not in told:
            looks.append(clock.warn_at)
    return min(looks, default=None)


def broken(clock: Clock) -> str:
    """Which promise was broken, in a sentence."""
    end = clock.stopped_at
    since = f"and stopped at {_clock_time(end)}" if end else "and still runs"
    assert clock.target is not None
    assert clock.due_at is not None
    return f"{NAMES[clock.clock]} was due at {_clock_time(clock.due_at)} ({lasting(clock.target)}) {since}."


def lasting(seconds: int) -> str:
    """A length of time in words: 1 h 30 min."""
    hours, rest = divmod(abs(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    parts = [(hours, "h"), (minutes, "min"), (rest, "s")]
    told = " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"
    return f"−{told}" if seconds < 0 else told


def _clock_time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _breach(ticket_id: int, clock: Clock) -> SlaBreached:
    assert clock.policy is not None
    assert clock.target is not None
    assert clock.due_at is not None
    return SlaBreached(
        ticket_id=ticket_id,
        clock=clock.clock,
        cycle=clock.cycle,
        policy=clock.policy.name,
        target_seconds=clock.target,
        due_at=clock.due_at.isoformat(),
        stopped_at=clock.stopped_at.isoformat() if clock.stopped_at else None,
        reason=broken(clock),
    )


def _warning(ticket_id: int, clock: Clock) -> SlaWarned:
    assert clock.policy is not None
    assert clock.target is not None
    assert clock.due_at is not None
    return SlaWarned(
        ticket_id=ticket_id,
        clock=clock.clock,
        cycle=clock.cycle,
        policy=clock.policy.name,
        target_seconds=clock.target,
        due_at=clock.due_at.isoformat(),
        percent=clock.policy.warn_percent or 0,
    )
