"""Change what a ticket is called, filed under and marked with."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.core.events import emit
from ticketyard.people.queries import get_team
from ticketyard.tickets.errors import BadField, UnknownCategory
from ticketyard.tickets.events import TicketChanged
from ticketyard.tickets.fields.values import typed_fields
from ticketyard.tickets.holding import hold_ticket, touch
from ticketyard.tickets.labels import (
    merged_fields,
    normal_priority,
    normal_severity,
    normal_tags,
    normal_title,
)
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.queries import category_spellings, field_rules, list_categories


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What to change; a field that is not given stays. None empties it, where it may be empty.

    add_tags, remove_tags: changes to the present tags; `tags` replaces them all.
    custom_fields: set by name; a value of None takes the field away.
    """

    given: frozenset[str] = field(default=frozenset(), init=False)
    title: str | None = None
    priority: str | None = None
    severity: str | None = None
    urgency: int | None = None
    category: str | None = None
    subcategory: str | None = None
    team_id: int | None = None
    tags: Sequence[str] | None = None
    add_tags: Sequence[str] = ()
    remove_tags: Sequence[str] = ()
    custom_fields: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Changes":
        """The changes that a mapping names. Raises BadField for an unknown name."""
        known = {each.name for each in fields(cls)} - {"given"}
        unknown = sorted(set(values) - known)
        if unknown:
            raise BadField(f"No such field of a ticket: {', '.join(unknown)[:200]}.")
        changes = cls(**values)
        object.__setattr__(changes, "given", frozenset(values))
        return changes


async def change_ticket(
    session: AsyncSession,
    *,
    ticket_id: int | str,
    changes: Changes,
    by: Principal,
    version: int | None = None,
) -> Ticket:
    """Change fields of a ticket; what is the same already is no change and leaves no trace.

    Raises TicketNotFound, TicketChangedMeanwhile, TeamNotFound, UnknownCategory, BadField.
    """
    ticket = await hold_ticket(session, ticket_id, version=version)
    wanted = await _wanted(session, ticket, changes)
    changed = {
        name: [getattr(ticket, name), value]
        for name, value in wanted.items()
        if getattr(ticket, name) != value
    }
    # Choosing the value that stands says that it is right: triage leaves it alone from now on.
    marks = {_MARK[name]: "agent" for name in _MARK if name in wanted}
    marks = {name: mark for name, mark in marks.items() if getattr(ticket, name) != mark}
    if not changed and not marks:
        return ticket
    touch(session, ticket)
    for name, value in (*((name, pair[1]) for name, pair in changed.items()), *marks.items()):
        setattr(ticket, name, value)
    if changed:
        await emit(session, TicketChanged(ticket_id=ticket.id, changes=changed), by=by)
    return ticket


async def _wanted(session: AsyncSession, ticket: Ticket, changes: Changes) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    for name in changes.given & {"title", "priority", "severity", "urgency"}:
        wanted[name] = _NORMAL[name](getattr(changes, name))
    if "category" in changes.given:
        wanted["category"] = await find_category(session, changes.category)
    if "subcategory" in changes.given:
        wanted["subcategory"] = _word(changes.subcategory)
    if "team_id" in changes.given:
        team = None if changes.team_id is None else await get_team(session, changes.team_id)
        wanted["team_id"] = team and team.id
    if changes.given & {"tags", "add_tags", "remove_tags"}:
        base = ticket.tags if changes.tags is None else changes.tags
        gone = set(normal_tags(changes.remove_tags))
        wanted["tags"] = [tag for tag in normal_tags([*base, *changes.add_tags]) if tag not in gone]
    if changes.custom_fields is not None:
        given = typed_fields(await field_rules(session), changes.custom_fields)
        wanted["custom_fields"] = merged_fields(ticket.custom_fields, given)
    return wanted


async def find_category(session: AsyncSession, name: str | None) -> str | None:
    """The company's own spelling of a category, known by a former name, too; None stays None.

    Raises UnknownCategory.
    """
    if name is None:
        return None
    spellings = await category_spellings(session)
    if found := spellings.get(name.strip().casefold()):
        return found
    known = [each.name for each in await list_categories(session)]
    raise UnknownCategory("No such category here.", allowed=known)


@dataclass(frozen=True)
class Found:
    """What triage found about one ticket; None where it found nothing sure enough.

    doubts_category: whether a category that triage itself had filled in is taken away again.
    """

    ticket_id: int
    category: str | None = None
    doubts_category: bool = False
    priority: str | None = None
    urgency: int | None = None
    team_id: int | None = None


async def label_found(session: AsyncSession, found: Sequence[Found], *, by: Principal) -> list[int]:
    """Fill in what triage found where nobody said otherwise; gives the ids of tickets it changed.

    One statement for the batch. A team is filled in only where there is none and nobody took one
    away. What the source or an agent said stays; finished tickets are
    labelled too, for the figures. Each ticket at most once in a batch.
    """
    if not found:
        return []
    await session.flush()
    rows = await session.execute(
        _LABEL_FOUND,
        {"found": orjson.dumps([asdict(each) for each in found]).decode(), "at": now_of(session)},
    )
    events = [TicketChanged(ticket_id=row.id, changes=row.changes) for row in rows]
    await emit(session, *events, by=by)
    return [event.ticket_id for event in events]


_MARK = {"priority": "priority_by", "category": "category_by", "team_id": "team_by"}


def _urgency(value: int | None) -> int | None:
    if value is not None and not 1 <= value <= 10:
        raise BadField("Urgency is a number from 1 to 10.")
    return value


def _word(value: str | None) -> str | None:
    return None if value is None else normal_title(value)[:100]


_NORMAL: Mapping[str, Any] = {
    "title": normal_title,
    "priority": normal_priority,
    "severity": normal_severity,
    "urgency": _urgency,
}

_LABEL_FOUND = text(
    """
    with found as (
      select * from jsonb_to_recordset(cast(:found as jsonb))
        as f(ticket_id bigint, category text, doubts_category boolean, priority text,
             urgency smallint, team_id integer)
    ), held as (
      select t.id, t.category, t.priority, t.urgency, t.team_id,
        case when t.category_by in ('default', 'triage') and f.category is not null
             then f.category
             when t.category_by = 'triage' and f.doubts_category then null
             else t.category end as new_category,
        case when t.priority_by in ('default', 'triage') and f.priority is not null
             then f.priority else t.priority end as new_priority,
        case when t.priority_by in ('default', 'triage') then coalesce(f.urgency, t.urgency)
             else coalesce(t.urgency, f.urgency) end as new_urgency,
        case when t.team_id is null and t.team_by in ('default', 'triage')
             then m.id else t.team_id end as new_team
      from ticket t join found f on f.ticket_id = t.id
      left join team m on m.id = f.team_id and m.company_id = t.company_id
      where t.company_id = current_company()
      order by t.id for update of t
    )
    update ticket t set category = h.new_category, priority = h.new_priority,
      urgency = h.new_urgency, team_id = h.new_team, version = t.version + 1, updated_at = :at,
      category_by = case when h.new_category is not distinct from h.category then t.category_by
                         when h.new_category is null then 'default' else 'triage' end,
      priority_by = case when h.new_priority is distinct from h.priority
                         then 'triage' else t.priority_by end,
      team_by = case when h.new_team is distinct from h.team_id then 'triage' else t.team_by end
    from held h
    where t.id = h.id and t.company_id = current_company()
      and (h.new_category is distinct from h.category or h.new_priority is distinct from h.priority
           or h.new_urgency is distinct from h.urgency or h.new_team is distinct from h.team_id)
    returning t.id, (
      select jsonb_object_agg(c.name, jsonb_build_array(c.before, c.after))
      from (values ('category', to_jsonb(h.category), to_jsonb(h.new_category)),
                   ('priority', to_jsonb(h.priority), to_jsonb(h.new_priority)),
                   ('urgency', to_jsonb(h.urgency), to_jsonb(h.new_urgency)),
                   ('team_id', to_jsonb(h.team_id), to_jsonb(h.new_team)))
        as c(name, before, after)
      where c.before is distinct from c.after) as changes
    """
)
