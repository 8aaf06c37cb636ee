"""Reading calendars and policies."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of
from ticketyard.sla.errors import CalendarNotFound, PolicyNotFound
from ticketyard.sla.models import SlaCalendar, SlaHoliday, SlaPolicy, SlaTarget


@dataclass(frozen=True)
class PolicyTargets:
    """A policy with its targets."""

    policy: SlaPolicy
    targets: Sequence[SlaTarget]


async def get_calendar(
    session: AsyncSession, calendar_id: int, *, lock: bool = False
) -> SlaCalendar:
    """One calendar. Raises CalendarNotFound."""
    query = select(SlaCalendar).where(
        SlaCalendar.company_id == company_of(session), SlaCalendar.id == calendar_id
    )
    found = await session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise CalendarNotFound("There is no such calendar.")
    return found


async def get_policy(session: AsyncSession, policy_id: int, *, lock: bool = False) -> SlaPolicy:
    """One policy. Raises PolicyNotFound."""
    query = select(SlaPolicy).where(
        SlaPolicy.company_id == company_of(session), SlaPolicy.id == policy_id
    )
    found = await session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise PolicyNotFound("There is no such policy.")
    return found


async def list_calendars(session: AsyncSession) -> list[SlaCalendar]:
    """Every calendar, by name."""
    query = select(SlaCalendar).where(SlaCalendar.company_id == company_of(session))
    return list(await session.scalars(query.order_by(SlaCalendar.name)))


async def list_holidays(session: AsyncSession, calendar_id: int) -> list[SlaHoliday]:
    """The days on which a calendar is closed, in order."""
    query = select(SlaHoliday).where(
        SlaHoliday.company_id == company_of(session), SlaHoliday.calendar_id == calendar_id
    )
    return list(await session.scalars(query.order_by(SlaHoliday.on_date)))


async def list_policies(session: AsyncSession) -> list[PolicyTargets]:
    """Every policy with its targets, in their order."""
    company_id = company_of(session)
    targets = list(
        await session.scalars(select(SlaTarget).where(SlaTarget.company_id == company_id))
    )
    policies = await session.scalars(
        select(SlaPolicy)
        .where(SlaPolicy.company_id == company_id)
        .order_by(SlaPolicy.sort_order, SlaPolicy.id)
    )
    return [
        PolicyTargets(each, [target for target in targets if target.policy_id == each.id])
        for each in policies
    ]
