"""Read what happened to tickets as the clocks see it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of
from ticketyard.people.queries import get_company
from ticketyard.sla.clocks import History, Kind, Moment
from ticketyard.sla.policies import Labels
from ticketyard.tickets.names import present_names

_LABELS = ("priority", "severity", "category", "organization_id")


async def read_histories(session: AsyncSession, ticket_ids: Sequence[int]) -> dict[int, History]:
    """The history of each ticket, by id; without those that do not exist."""
    values = {"company": company_of(session), "ids": list(ticket_ids)}
    tickets = await session.execute(_TICKETS, values)
    rows = await session.execute(_EVENTS, values)
    events = {key: list(group) for key, group in groupby(rows, key=lambda row: row.ticket_id)}
    called = present_names((await get_company(session)).settings)
    return {row.id: _history(row, events.get(row.id, []), called) for row in tickets}


def _history(ticket: Row[Any], events: Sequence[Row[Any]], called: Mapping[str, str]) -> History:
    """called: former names of categories to today's, by which every page of the rules goes."""
    labels = _first_labels(ticket, events, called)
    moments = list(_moments(ticket, events, labels, called))
    if ticket.first_response_at is not None:
        _put_in(
            moments, Moment(ticket.first_response_at, "responded", _who_responded(ticket, events))
        )
    return History(ticket.created_at, _first_status(ticket, events), labels, tuple(moments))


def _first_status(ticket: Row[Any], events: Sequence[Row[Any]]) -> str:
    moves = [each.payload["before"] for each in events if each.type == "ticket.status_changed"]
    return str(moves[0] if moves else ticket.status)


def _first_labels(
    ticket: Row[Any], events: Sequence[Row[Any]], called: Mapping[str, str]
) -> Labels:
    """What it was filed under at the opening: what its first change was from, else what it still is."""
    values = {name: getattr(ticket, name) for name in _LABELS}
    for event in reversed(events):
        values |= {name: before for name, (before, _) in _changes(event).items()}
    return _today(Labels(**values), called)


def _today(labels: Labels, called: Mapping[str, str]) -> Labels:
    category = labels.category
    return replace(labels, category=category and called.get(category, category))


def _moments(
    ticket: Row[Any], events: Sequence[Row[Any]], labels: Labels, called: Mapping[str, str]
) -> list[Moment]:
    found: list[Moment] = []
    for event in events:
        at, by = event.happened_at, event.by_name
        if event.type == "ticket.status_changed":
            status = event.payload["after"]
            words = f"{by} set it to {status.replace('_', ' ')}"
            found.append(Moment(at, "status", words, status=status))
        elif event.type == "ticket.comment_added":
            if kind := _who_wrote(event, ticket.requester_id):
                words = f"{by} {'replied' if kind == 'answered' else 'wrote'}"
                found.append(Moment(at, kind, words))
        elif event.type == "ticket.took_in":
            if event.author_kind and _who_wrote(event, ticket.requester_id) == "asked":
                words = (
                    f"{by} merged {event.payload['merged_number']} in, which waits for an answer"
                )
                found.append(Moment(at, "asked", words))
        elif event.type == "ticket.merged":
            words = f"{by} merged it into {event.payload['into_number']}"
            _put_in(found, Moment(at, "merged", words))
        elif changes := _changes(event):
            after = {name: word for name, (_, word) in changes.items()}
            labels = _today(replace(labels, **after), called)
            found.append(Moment(at, "labels", _changed(by, changes), labels=labels))
    return found


def _changes(event: Row[Any]) -> Mapping[str, tuple[Any, Any]]:
    if event.type != "ticket.changed":
        return {}
    changes = event.payload["changes"]
    return {name: tuple(changes[name]) for name in _LABELS if name in changes}


def _changed(by: str, changes: Mapping[str, tuple[Any, Any]]) -> str:
    told = [
        f"{name.removesuffix('_id')} to {after or 'none'}" for name, (_, after) in changes.items()
    ]
    return f"{by} changed {', '.join(told)}"


def _who_wrote(event: Row[Any], requester_id: int | None) -> Kind | None:
    """Whether the desk answered or somebody asked; notes and what the system writes are neither."""
    if event.payload.get("is_internal") or event.author_kind == "system":
        return None
    if event.author_kind == "integration":
        return "answered"
    asked_it = event.author_id is not None and event.author_id == requester_id
    return "answered" if event.role in ("agent", "admin") and not asked_it else "asked"


def _who_responded(ticket: Row[Any], events: Sequence[Row[Any]]) -> str:
    at: datetime = ticket.first_response_at
    names = [each.by_name for each in events if each.happened_at == at and each.by_kind != "system"]
    return f"{names[0]} answered first" if names else "The desk answered first"


def _put_in(moments: list[Moment], moment: Moment) -> None:
    """Before whatever else happened in the same instant: it is what caused the rest."""
    index = next((n for n, each in enumerate(moments) if each.at >= moment.at), len(moments))
    moments.insert(index, moment)


_TICKETS = text(
    "select id, created_at, status, priority, severity, category, organization_id, requester_id,"
    " first_response_at from ticket where company_id = :company and id = any(:ids)"
)
# Beside a merge into the ticket stands the last word that came with it: whether somebody waits.
# The ids of comments are read out first: the planner takes no index for what might fail on rows that
# another company owns.
_EVENTS = text(
    """
    with happened as materialized (
      select e.id, e.ticket_id, e.type, e.payload, e.by_kind, e.by_name, e.happened_at,
             case e.type
               when 'ticket.comment_added' then (e.payload ->> 'comment_id')::bigint
               when 'ticket.took_in' then (
                 select (m.payload ->> 'comment_id')::bigint from event m
                 where m.company_id = e.company_id
                   and m.ticket_id = (e.payload ->> 'merged_id')::bigint
                   and m.type = 'ticket.comment_added' and m.id < e.id and m.by_kind <> 'system'
                   and not (m.payload ->> 'is_internal')::boolean
                 order by m.id desc limit 1)
             end as comment_id
      from event e
      where e.company_id = :company and e.ticket_id = any(:ids)
        and e.type in ('ticket.status_changed', 'ticket.comment_added', 'ticket.changed',
                       'ticket.assigned', 'ticket.merged', 'ticket.took_in')
    )
    select h.ticket_id, h.type, h.payload, h.by_kind, h.by_name, h.happened_at,
           c.author_id, c.author_kind, p.role
    from happened h
    left join comment c on c.company_id = :company and c.id = h.comment_id
    left join person p on p.company_id = :company and p.id = c.author_id
    order by h.ticket_id, h.id
    """
)
