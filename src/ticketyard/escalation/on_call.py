"""Who is on call at an instant: turns of a rota, and whoever stands in. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, kw_only=True)
class Rota:
    """Turns of `days` days each, in this order, for ever; the first begins on `starts_on`.

    hands_over_at: minutes of the wall clock in `zone`. people: ids; without any, shifts alone say
    who.
    """

    zone: str
    people: tuple[int, ...]
    starts_on: date
    hands_over_at: int = 9 * 60
    days: int = 7


@dataclass(frozen=True)
class Shift:
    """Somebody stands in, from an instant up to another one."""

    person_id: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Turn:
    """Whose turn it is by the rota alone, from an instant up to another one."""

    person_id: int
    starts_at: datetime
    ends_at: datetime


def on_call(rota: Rota, shifts: Sequence[Shift], at: datetime) -> int | None:
    """Who is on call: of those who stand in the one who began last, else whose turn it is."""
    standing_in = [each for each in shifts if each.starts_at <= at < each.ends_at]
    if standing_in:
        return max(standing_in, key=lambda each: (each.starts_at, each.person_id)).person_id
    turn = turn_at(rota, at)
    return turn.person_id if turn else None


def turn_at(rota: Rota, at: datetime) -> Turn | None:
    """The turn that holds at an instant; None before the first one, and where nobody takes turns."""
    if not rota.people:
        return None
    local = at.astimezone(ZoneInfo(rota.zone))
    # The wall clock may lie: look at the turn by days, then step to the one that holds.
    number = (local.date() - rota.starts_on).days // rota.days
    while _begins(rota, number) > at:
        number -= 1
    while _begins(rota, number + 1) <= at:
        number += 1
    if number < 0:
        return None
    person = rota.people[number % len(rota.people)]
    return Turn(person, _begins(rota, number), _begins(rota, number + 1))


def turns_from(rota: Rota, at: datetime, count: int) -> list[Turn]:
    """The turn that holds and those after it."""
    turn = turn_at(rota, max(at, _begins(rota, 0)))
    turns: list[Turn] = []
    while turn is not None and len(turns) < count:
        turns.append(turn)
        turn = turn_at(rota, turn.ends_at)
    return turns


def _begins(rota: Rota, number: int) -> datetime:
    day = rota.starts_on + timedelta(days=number * rota.days)
    hours, minutes = divmod(rota.hands_over_at, 60)
    return datetime.combine(day, time(hours, minutes), ZoneInfo(rota.zone)).astimezone(UTC)
