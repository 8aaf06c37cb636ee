"""The rows that measures are aggregates of, as one statement. Pure."""

from typing import Final

from ticketyard.insights.reports.asking import BUCKETS, By
from ticketyard.insights.reports.measures import MEASURES, Facts

# The line of the organisations that have none of their own.
REST: Final = "(others)"
REST_NAME: Final = "All others"
_NAMED_COMPANY: Final = (
    "case when cast(:named as text[]) is null or t.organization_id is null"
    " or t.organization_id = any(cast(:named as text[])) then t.organization_id else '{rest}' end"
)
# What stands behind each word one can count by: the key, and the name people know it by.
_GROUPS: Final[dict[str, tuple[str, str]]] = {
    "none": ("''", "''"),
    "status": ("t.status", "t.status"),
    "priority": ("t.priority", "t.priority"),
    "source": ("t.source", "t.source"),
    "category": ("t.category", "t.category"),
    "company": (_NAMED_COMPANY.format(rest=REST), _NAMED_COMPANY.format(rest=REST_NAME)),
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
        where t.company_id = :company and t.merged_into is null
          and t.created_at >= :since and t.created_at < :until""",
    "finished": """
        select {group}, t.created_at, t.resolved_at, (
            select bool_and(not k.is_breached) from sla_clock k
            where k.company_id = t.company_id and k.ticket_id = t.id and k.target_seconds is not null
              and (k.state in ('met', 'missed') or k.is_breached)) as kept
        from ticket t
        where t.company_id = :company and t.merged_into is null
          and t.resolved_at >= :since and t.resolved_at < :until""",
    "moves": f"""
        select {{group}} from state_change c
        join ticket t on t.id = c.ticket_id and t.merged_into is null
        where c.company_id = :company and c.changed_at >= :since and c.changed_at < :until
          and c.from_status not in ('', {_ACTIVE[1:-1]}) and c.to_status in {_ACTIVE}""",
    "standing": f"""
        select {{group}}, case when c.to_status in {_ACTIVE} then 1 else -1 end as delta,
          extract(epoch from greatest(l.ends - greatest(c.changed_at, l.begins), interval '0'))
            / nullif(extract(epoch from l.ends - l.begins), 0) as share
        from state_change c
        join ticket t on t.id = c.ticket_id and t.merged_into is null
        cross join lateral (select {{lasts}}) l
        where c.company_id = :company and c.changed_at < :until
          and (c.from_status in {_ACTIVE}) <> (c.to_status in {_ACTIVE})""",
}


def statement(by: By) -> str:
    """Every measure for every group and for all, as rows of `key`, `name`, `is_total`, `measured`.

    It wants :company, :since, :until, :zone, :reached (the end of the period, or now), and for
    companies :named, those with a line of their own; null for all.
    """
    parts = []
    for facts, rows in _ROWS.items():
        measured = ", ".join(
            f"'{each.key}', {each.sql}" for each in MEASURES if each.facts == facts
        )
        parts.append(
            f"select key, name, grouping(key) = 1 as is_total, jsonb_build_object({measured})"
            f" as measured from ({rows.format(group=_group(by, facts), lasts=_lasts(by))}) rows"
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


def _lasts(by: By) -> str:
    """From when to when the load is averaged: the period, or the bucket in which something moved."""
    since, reached = "cast(:since as timestamptz)", "cast(:reached as timestamptz)"
    if by not in BUCKETS:
        return f"{since} as begins, {reached} as ends"
    bucket = f"date_trunc('{by}', c.changed_at at time zone :zone)"
    return (
        f"greatest({bucket} at time zone :zone, {since}) as begins,"
        f" least(({bucket} + interval '1 {by}') at time zone :zone, {reached}) as ends"
    )
