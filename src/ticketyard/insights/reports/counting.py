"""Count the measures, all from one look at the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of
from ticketyard.insights.reports.asking import BUCKETS, By, Period
from ticketyard.insights.reports.measures import MEASURES, Facts, rate

Values = Mapping[str, float | None]


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
    at the end of the day.
    """
    rows = await session.execute(
        text(_statement(by)),
        {
            "company": company_of(session),
            "since": period.since,
            "until": period.until,
            "zone": period.zone,
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
    if by in BUCKETS:
        lines = _days(period, by, lines)
    else:
        lines.sort(key=lambda line: (-_busy(line.values), line.name))
    return Report(period, by, lines if by != "none" else [], _complete(total))


def _complete(values: Values) -> dict[str, float | None]:
    """Every measure: a number of tickets that is not there is none, a time that is not there is
    not known."""
    whole: dict[str, float | None] = {
        each.key: values.get(each.key) or (0 if each.unit == "tickets" else values.get(each.key))
        for each in MEASURES
    }
    return whole | {"reopen_rate": rate(whole["reopened"], whole["resolved"])}


def _busy(values: Values) -> float:
    return (values["opened"] or 0) + (values["resolved"] or 0) + (values["backlog"] or 0)


def _days(period: Period, by: By, lines: Sequence[Line]) -> list[Line]:
    """Every bucket of the period in order, and in each the backlog that it ended with."""
    known = {line.key: line for line in lines}
    backlog = known[""].values["backlog"] if "" in known else 0
    whole: list[Line] = []
    for start in _starts(period, by):
        found = known.get(str(start))
        values = dict(found.values) if found else _complete({})
        backlog = (backlog or 0) + (values["backlog"] or 0)
        whole.append(Line(str(start), str(start), values | {"backlog": backlog}))
    return whole


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


# What stands behind each word one can count by: the key, and the name people know it by.
_GROUPS: Final[dict[str, tuple[str, str]]] = {
    "none": ("''", "''"),
    "status": ("t.status", "t.status"),
    "priority": ("t.priority", "t.priority"),
    "source": ("t.source", "t.source"),
    "category": ("t.category", "t.category"),
    "company": ("t.organization_id", "t.organization_id"),
    "team": ("t.team_id::text", "(select name from team where id = t.team_id)"),
    "agent": ("t.assignee_id::text", "(select name from person where id = t.assignee_id)"),
    "office": (
        "(select office_id::text from agent where person_id = t.assignee_id)",
        "(select o.name from agent g join office o on o.id = g.office_id"
        " where g.person_id = t.assignee_id)",
    ),
}
# The instant at which each kind of fact happened.
_INSTANTS: Final[dict[Facts, str]] = {
    "opened": "t.created_at",
    "finished": "t.resolved_at",
    "moves": "c.changed_at",
    "standing": "c.changed_at",
}
_ACTIVE: Final = "('open', 'assigned', 'in_progress', 'pending')"
_ROWS: Final[dict[Facts, str]] = {
    "opened": """
        select {group}, t.created_at, t.first_response_at, t.resolved_at from ticket t
        where t.company_id = :company and t.created_at >= :since and t.created_at < :until""",
    "finished": """
        select {group}, t.created_at, t.resolved_at, t.sla_breach from ticket t
        where t.company_id = :company and t.resolved_at >= :since and t.resolved_at < :until""",
    "moves": f"""
        select {{group}} from state_change c join ticket t on t.id = c.ticket_id
        where c.company_id = :company and c.changed_at >= :since and c.changed_at < :until
          and c.from_status not in ('', {_ACTIVE[1:-1]}) and c.to_status in {_ACTIVE}""",
    "standing": f"""
        select {{group}}, case when c.to_status in {_ACTIVE} then 1 else -1 end as delta
        from state_change c join ticket t on t.id = c.ticket_id
        where c.company_id = :company and c.changed_at < :until
          and (c.from_status in {_ACTIVE}) <> (c.to_status in {_ACTIVE})""",
}


def _statement(by: By) -> str:
    parts = []
    for facts, rows in _ROWS.items():
        measured = ", ".join(
            f"'{each.key}', {each.sql}" for each in MEASURES if each.facts == facts
        )
        parts.append(
            f"select key, name, grouping(key) = 1 as is_total, jsonb_build_object({measured})"
            f" as measured from ({rows.format(group=_group(by, facts))}) rows"
            " group by grouping sets ((key, name), ())"
        )
    return " union all ".join(parts)


def _group(by: By, facts: Facts) -> str:
    if by not in BUCKETS:
        key, name = _GROUPS[by]
        return f"{key} as key, {name} as name"
    at = _INSTANTS[facts]
    bucket = f"date_trunc('{by}', {at} at time zone :zone)::date::text"
    if facts == "standing":
        # What stood before the period is one sum, which the days go on from.
        bucket = f"case when {at} >= :since then {bucket} else '' end"
    return f"{bucket} as key, {bucket} as name"
