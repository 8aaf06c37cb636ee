"""Add, change and delete policies, rotas and shifts."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of
from ticketyard.escalation.drafts import PolicyDraft, check_policy
from ticketyard.escalation.errors import BadEscalation, EscalationNameTaken, RotaInUse
from ticketyard.escalation.models import EscalationPolicy, OnCallRota, OnCallShift
from ticketyard.escalation.queries import get_policy, get_rota, list_policies
from ticketyard.people.queries import get_agent, get_team
from ticketyard.tickets.labelling import find_category
from ticketyard.tickets.lifecycle import PRIORITIES, SEVERITIES

SHIFT_DAYS_MAX = 366


async def save_policy(
    session: AsyncSession, draft: PolicyDraft, *, policy_id: int | None = None
) -> EscalationPolicy:
    """Add a policy, or let one be as the draft says; runs that are under way go on by it.

    Raises EscalationNotFound, EscalationNameTaken, BadEscalation, AgentNotFound, TeamNotFound,
    RotaNotFound, UnknownCategory.
    """
    check_policy(draft)
    await _check_words(session, draft)
    policy = EscalationPolicy(company_id=company_of(session))
    if policy_id is not None:
        policy = await get_policy(session, policy_id, lock=True)
    policy.name, policy.trigger, policy.is_active = (
        draft.name.strip(),
        draft.trigger,
        draft.is_active,
    )
    policy.sources, policy.priorities = list(draft.sources), list(draft.priorities)
    policy.categories = [
        await find_category(session, each) or each for each in dict.fromkeys(draft.categories)
    ]
    policy.severity_min, policy.organization_id = draft.severity_min, draft.organization_id
    policy.sort_order = draft.sort_order
    policy.levels = [asdict(each) for each in draft.levels]
    await _store(session, policy)
    return policy


async def delete_policy(session: AsyncSession, policy_id: int) -> None:
    """Delete a policy with its runs; what it did stays in the tickets' history."""
    await session.delete(await get_policy(session, policy_id, lock=True))


async def save_rota(
    session: AsyncSession,
    *,
    name: str,
    zone: str,
    people: Sequence[int],
    starts_on: date,
    hands_over_at: int,
    days: int,
    rota_id: int | None = None,
) -> OnCallRota:
    """Add a rota, or let one be so. Raises RotaNotFound, EscalationNameTaken, BadEscalation,
    AgentNotFound."""
    if not name.strip():
        raise BadEscalation("A rota needs a name.")
    if zone not in available_timezones():
        raise BadEscalation("There is no such time zone.")
    if not (1 <= days <= 90 and 0 <= hands_over_at < 1440):
        raise BadEscalation("A turn lasts 1 to 90 days and begins at a minute of the day.")
    if not 1990 <= starts_on.year <= 2200:
        raise BadEscalation("The first turn begins between the years 1990 and 2200.")
    for person in people:
        await get_agent(session, person)
    rota = OnCallRota(company_id=company_of(session))
    if rota_id is not None:
        rota = await get_rota(session, rota_id, lock=True)
    rota.name, rota.zone, rota.people = name.strip(), str(ZoneInfo(zone)), list(people)
    rota.starts_on, rota.hands_over_at, rota.days = starts_on, hands_over_at, days
    await _store(session, rota)
    return rota


async def delete_rota(session: AsyncSession, rota_id: int) -> None:
    """Delete a rota that no policy asks. Raises RotaNotFound, RotaInUse."""
    rota = await get_rota(session, rota_id, lock=True)
    for policy in await list_policies(session):
        actions = [action for level in policy.levels for action in level["actions"]]
        if any(each["to"] == "on_call" and each["id"] == rota.id for each in actions):
            raise RotaInUse(f"{policy.name} tells whoever is on call by this rota.")
    await session.delete(rota)


async def add_shift(
    session: AsyncSession, *, rota_id: int, person_id: int, starts_at: datetime, ends_at: datetime
) -> OnCallShift:
    """Let somebody stand in. Raises RotaNotFound, AgentNotFound, BadEscalation."""
    rota = await get_rota(session, rota_id)
    person = await get_agent(session, person_id)
    if not 0 < (ends_at - starts_at).total_seconds() <= SHIFT_DAYS_MAX * 86_400:
        raise BadEscalation(
            f"A shift ends after it begins, and within {SHIFT_DAYS_MAX} days of that."
        )
    shift = OnCallShift(
        company_id=company_of(session),
        rota_id=rota.id,
        person_id=person.id,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    session.add(shift)
    await session.flush()
    return shift


async def remove_shift(session: AsyncSession, *, rota_id: int, shift_id: int) -> None:
    """Take a shift back; one that is not there is taken back already."""
    await get_rota(session, rota_id)
    shift = await session.scalar(
        select(OnCallShift).where(
            OnCallShift.company_id == company_of(session),
            OnCallShift.rota_id == rota_id,
            OnCallShift.id == shift_id,
        )
    )
    if shift is not None:
        await session.delete(shift)


async def _check_words(session: AsyncSession, draft: PolicyDraft) -> None:
    if not set(draft.priorities) <= set(PRIORITIES):
        raise BadEscalation(f"Priorities are {', '.join(PRIORITIES)}.")
    if draft.severity_min is not None and draft.severity_min not in SEVERITIES:
        raise BadEscalation(f"Severities are {', '.join(SEVERITIES)}.")
    for action in (action for level in draft.levels for action in level.actions):
        if action.priority and action.priority not in PRIORITIES:
            raise BadEscalation(f"Priorities are {', '.join(PRIORITIES)}.")
        if action.to == "person":
            await get_agent(session, action.id or 0)
        elif action.to == "team":
            await get_team(session, action.id or 0)
        elif action.to == "on_call":
            await get_rota(session, action.id or 0)


async def _store(session: AsyncSession, row: EscalationPolicy | OnCallRota) -> None:
    try:
        async with session.begin_nested():
            session.add(row)
            await session.flush()
    except IntegrityError as error:
        raise EscalationNameTaken("There is one of this name already.") from error


async def rename_in_policies(session: AsyncSession, before: str, after: str) -> None:
    """A category is called otherwise: policies name it so."""
    await session.execute(
        update(EscalationPolicy)
        .where(
            EscalationPolicy.company_id == company_of(session),
            EscalationPolicy.categories.contains([before]),
        )
        .values(categories=func.array_replace(EscalationPolicy.categories, before, after))
    )
