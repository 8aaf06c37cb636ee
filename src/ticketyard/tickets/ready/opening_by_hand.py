"""Open a ticket by hand, from a template or without one: who rings up gets one as well."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.shapes import is_email
from ticketyard.people.queries import get_team
from ticketyard.tickets.assigning import assign_ticket
from ticketyard.tickets.drafts import NewTicket
from ticketyard.tickets.errors import BadField
from ticketyard.tickets.fields.values import refuse_missing, typed_fields
from ticketyard.tickets.labelling import find_category
from ticketyard.tickets.labels import (
    clean,
    merged_fields,
    normal_priority,
    normal_tags,
    normal_title,
)
from ticketyard.tickets.numbering import Numbers
from ticketyard.tickets.opening import OpenedTicket, open_tickets
from ticketyard.tickets.queries import field_rules
from ticketyard.tickets.ready.keeping import get_template

DESCRIPTION_MAX = 200_000


@dataclass(frozen=True, kw_only=True)
class ByHand:
    """What somebody at the desk filled in; what is None is taken from the template."""

    title: str | None = None
    description: str | None = None
    requester_name: str | None = None
    requester_email: str | None = None
    priority: str | None = None
    category: str | None = None
    team_id: int | None = None
    assignee_id: int | None = None
    tags: tuple[str, ...] = ()
    custom_fields: Mapping[str, Any] = field(default_factory=dict)


async def open_by_hand(
    session: AsyncSession,
    given: ByHand,
    *,
    numbers: Numbers,
    now: datetime,
    by: Principal,
    template_id: int | None = None,
) -> OpenedTicket:
    """Open a ticket in somebody's name. Tags of the template are added to those given.

    Raises TemplateNotFound, BadField, UnknownCategory, TeamNotFound, AgentNotFound.
    """
    base = await _base(session, template_id)
    rules = await field_rules(session)
    fields = merged_fields(base.custom_fields, typed_fields(rules, given.custom_fields))
    refuse_missing(rules, fields)
    team_id = given.team_id or base.team_id
    priority = given.priority or base.priority
    new = NewTicket(
        source="api",
        title=normal_title(given.title or base.title),
        description=_description(given.description or base.description or ""),
        requester_name=" ".join(clean(given.requester_name or "").split())[:200] or None,
        requester_email=_email(given.requester_email),
        priority=normal_priority(priority) if priority else None,
        category=await find_category(session, given.category or base.category),
        team_id=(await get_team(session, team_id)).id if team_id else None,
        tags=tuple(normal_tags([*base.tags, *given.tags])),
        custom_fields=fields,
    )
    (opened,) = await open_tickets(session, [new], numbers=numbers, now=now, by=by)
    if given.assignee_id is not None:
        await assign_ticket(session, ticket_id=opened.id, agent_id=given.assignee_id, by=by)
    return opened


async def _base(session: AsyncSession, template_id: int | None) -> ByHand:
    if template_id is None:
        return ByHand()
    template = await get_template(session, template_id)
    return ByHand(
        title=template.title,
        description=template.description,
        priority=template.priority,
        category=template.category,
        team_id=template.team_id,
        tags=tuple(template.tags),
        custom_fields=template.custom_fields,
    )


def _description(text: str) -> str:
    if len(text) > DESCRIPTION_MAX:
        raise BadField(f"A description has {DESCRIPTION_MAX:,} characters at most.")
    return "\n".join(clean(line) for line in text.splitlines()).strip()


def _email(given: str | None) -> str | None:
    address = (given or "").strip()
    if address and not is_email(address):
        raise BadField("This is not an e-mail address.", field="requester_email")
    return address or None
