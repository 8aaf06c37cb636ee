"""Count the measures, all from one look at the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of, now_of
from ticketyard.insights.reports.asking import BUCKETS, By, Period, midnight
from ticketyard.insights.reports.measures import MEASURES, rate
from ticketyard.insights.reports.rows import REST, statement

Values = Mapping[str, float | None]

COMPANIES_MAX: Final = 100
_NUMBERS: Final = frozenset({"tickets", "average"})


@dataclass(frozen=True)
class Line:
    """The measures of one group. key: its stored word or id, empty where tickets have none."""

    key: str
    name: str
    values: Values


@dataclass(frozen=True)
class Report:
    """lines: the busiest first, days in order.  total: of all tickets, not the sum of the lines."""

    period: Period
    by: By
    lines: Sequence[Line]
    total: Values


async def count_report(session: AsyncSession, *, period: Period, by: By) -> Report:
    """Count all measures by one thing.

    Tickets are counted under what they are now (their present team, priority, …): the history of
    those is not kept in columns. By days, each fact counts on its own day, and the backlog is that
    at the end of the day. Of customer organisations the busiest 100 have a line, the others one
    together.
    """
    reached = max(period.since, min(period.until, now_of(session)))
    lines, total = await _count(session, period, by, reached)
    if by == "company" and len(lines) > COMPANIES_MAX:
        named = [line.key for line in lines if line.key][:COMPANIES_MAX]
        lines, total = await _count(session, period, by, reached, named)
    if by in BUCKETS:
        lines = _days(period, by, lines, reached)
        total |= {"load": _average(lines, period, reached)}
    return Report(period, by, lines if by != "none" else [], total)


async def _count(
    session: AsyncSession,
    period: Period,
    by: By,
    reached: datetime,
    named: Sequence[str] | None = None,
) -> tuple[list[Line], dict[str, float | None]]:
    """The lines, the busiest first and the rest last, and the total."""
    rows = await session.execute(
        text(statement(by)),
        {
            "company": company_of(session),
            "since": period.since,
            "until": period.until,
            "reached": reached,
            "zone": period.zone,
            **({"named": named} if by == "company" else {}),
        },
    )
    groups: dict[str, dict[str, float | None]] = {}
    names: dict[str, str] = {}
    total: dict[str, float | None] = {}
    for row in rows:
        found = total if row.is_total else groups.setdefault(row.key or "", {})
        found.update(row.measured)
        if not row.is_total:
            names[row.key or ""] = row.name or row.key or ""
    lines = [Line(key, names[key], _complete(values)) for key, values in groups.items()]
    lines.sort(key=lambda line: (line.key == REST, -_busy(line.values), line.name))
    return lines, _complete(total)


def _complete(values: Values) -> dict[str, float | None]:
    """Every measure: a number of tickets that is not there is none, a time that is not there is
    not known."""
    whole: dict[str, float | None] = {
        each.key: values.get(each.key) or (0 if each.unit in _NUMBERS else values.get(each.key))
        for each in MEASURES
    }
    return whole | {"reopen_rate": rate(whole["reopened"], whole["resolved"])}


def _busy(values: Values) -> float:
    return (values["opened"] or 0) + (values["resolved"] or 0) + (values["backlog"] or 0)


def _days(period: Period, by: By, lines: Sequence[Line], reached: datetime) -> list[Line]:
    """Every bucket of the period in order: in each the backlog that it ended with, and its load,
    which is what it began with and what its own moves added."""
    known = {line.key: line for line in lines}
    backlog = (known[""].values["backlog"] if "" in known else 0) or 0
    whole: list[Line] = []
    for start in _starts(period, by):
        found = known.get(str(start))
        values = dict(found.values) if found else _complete({})
        has_begun = midnight(max(start, period.first), period.zone) < reached
        load = backlog + (values["load"] or 0) if has_begun else None
        backlog += values["backlog"] or 0
        whole.append(Line(str(start), str(start), values | {"backlog": backlog, "load": load}))
    return whole


def _average(lines: Sequence[Line], period: Period, reached: datetime) -> float:
    """The load of the whole period out of that of its buckets, each as long as it is."""
    days = [max(date.fromisoformat(line.key), period.first) for line in lines]
    begins = [midnight(day, period.zone) for day in days]
    ends = [min(each, reached) for each in [*begins[1:], period.until]]
    seconds = [
        max((end - begin).total_seconds(), 0) for begin, end in zip(begins, ends, strict=True)
    ]
    weighed = sum(
        (line.values["load"] or 0) * each for line, each in zip(lines, seconds, strict=True)
    )
    return weighed / sum(seconds) if sum(seconds) else 0


def _starts(period: Period, by: By) -> list[date]:
    """The first day of each bucket that has a day of the period."""
    starts: list[date] = []
    day = period.first
    while day <= period.last:
        start = {
            "day": day,
            "week": day - timedelta(days=day.weekday()),
            "month": day.replace(day=1),
        }[by]
        if not starts or starts[-1] != start:
            starts.append(start)
        day += timedelta(days=1)
    return starts
