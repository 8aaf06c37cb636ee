"""Replace what tickets say (a repeated import), so that they are understood and given anew."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.core.events import Event, acting, emit
from ticketyard.core.shapes import storable
from ticketyard.tickets.events import (
    TicketChanged,
    TicketReleased,
    TicketReread,
    TicketStatusChanged,
)
from ticketyard.tickets.opening import short_title


@dataclass(frozen=True, kw_only=True)
class NewContent:
    """What a ticket says from now on; named like the fields of NewTicket."""

    ticket_id: int
    title: str
    description: str
    segment: str | None = None
    address: dict[str, Any] = field(default_factory=dict)
    client: dict[str, Any] = field(default_factory=dict)
    source_data: dict[str, Any] = field(default_factory=dict)


async def reread_tickets(
    session: AsyncSession, contents: Sequence[NewContent], *, by: Principal
) -> None:
    """Replace the contents. Tickets in work lose their agent, and what triage had filled in.

    What a source or a person said of category and priority stays; finished tickets keep status and
    agent. Each ticket at most once in a batch.
    """
    if not contents:
        return
    await session.flush()
    rows = []
    for content in contents:
        row = {name: storable(value) for name, value in asdict(content).items()}
        row["title"] = short_title(content.title, content.description)
        rows.append(row)
    result = await session.execute(
        _REREAD,
        {
            "rows": orjson.dumps(rows).decode(),
            "by": orjson.dumps(acting(by)).decode(),
            "at": now_of(session),
        },
    )
    events: list[Event] = []
    for done in result:
        if done.agent is not None:
            events.append(TicketReleased(ticket_id=done.id, before=done.agent, reason=REASON))
        if done.before != done.after:
            events.append(
                TicketStatusChanged(
                    ticket_id=done.id, before=done.before, after=done.after, reason=REASON
                )
            )
        if done.changes:
            events.append(TicketChanged(ticket_id=done.id, changes=done.changes))
        events.append(TicketReread(ticket_id=done.id))
    await emit(session, *events, by=by)


REASON = "imported again with other contents"

_REREAD = text(
    f"""
    with new as (
      select * from jsonb_to_recordset(cast(:rows as jsonb)) as n(ticket_id bigint, title text,
        description text, segment text, address jsonb, client jsonb, source_data jsonb)
    ), held as (
      select t.id, t.status, t.assignee_id, t.category, t.priority, t.urgency,
        t.status in ('open', 'assigned', 'in_progress', 'pending') as in_work
      from ticket t join new n on n.ticket_id = t.id
      where t.company_id = current_company() order by t.id for update of t
    ), replaced as (
      update ticket t set title = n.title, description = n.description, segment = n.segment,
        address = n.address, client = n.client, source_data = n.source_data,
        category = case when t.category_by = 'triage' then null else t.category end,
        category_by = case when t.category_by = 'triage' then 'default' else t.category_by end,
        priority = case when t.priority_by = 'triage' then 'medium' else t.priority end,
        urgency = case when t.priority_by in ('triage', 'default') then null else t.urgency end,
        priority_by = case when t.priority_by = 'triage' then 'default' else t.priority_by end,
        assignee_id = case when h.in_work then null else t.assignee_id end,
        status = case when h.in_work and t.status = 'assigned' then 'open' else t.status end,
        version = t.version + 1, updated_at = :at
      from held h join new n on n.ticket_id = h.id
      where t.id = h.id and t.company_id = current_company()
      returning t.id, h.status as before, t.status as after,
        case when h.in_work then h.assignee_id end as agent,
        (select jsonb_object_agg(c.name, jsonb_build_array(c.before, c.after))
         from (values ('category', to_jsonb(h.category), to_jsonb(t.category)),
                      ('priority', to_jsonb(h.priority), to_jsonb(t.priority)),
                      ('urgency', to_jsonb(h.urgency), to_jsonb(t.urgency)))
           as c(name, before, after)
         where c.before is distinct from c.after) as changes
    ), moved as (
      insert into state_change (company_id, ticket_id, from_status, to_status,
                                by_kind, by_id, by_name, reason, changed_at)
      select current_company(), r.id, r.before, r.after, cast(:by as jsonb) ->> 'kind',
             cast(cast(:by as jsonb) ->> 'id' as integer), cast(:by as jsonb) ->> 'name',
             '{REASON}', :at
      from replaced r where r.before <> r.after
    )
    select * from replaced order by id
    """
)
