"""Add, change and delete calendars and policies. Every change keeps a new page of the rules."""

from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.sla.drafts import CalendarDraft, PolicyDraft, check_calendar, check_policy
from ticketyard.sla.errors import BadPolicy, CalendarInUse, NameTaken
from ticketyard.sla.events import ServiceLevelsChanged
from ticketyard.sla.holidays import public_holidays
from ticketyard.sla.models import SlaCalendar, SlaHoliday, SlaPolicy, SlaTarget
from ticketyard.sla.queries import get_calendar, get_policy
from ticketyard.sla.rule_book import hold_rules, keep_rules
from ticketyard.tickets.labelling import find_category


async def add_calendar(
    session: AsyncSession, *, draft: CalendarDraft, by: Principal
) -> SlaCalendar:
    """Add a calendar. Raises BadCalendar, NameTaken."""
    await hold_rules(session)
    calendar = SlaCalendar(company_id=company_of(session), **_calendar_columns(draft))
    await _refuse_taken(session, SlaCalendar, calendar.name)
    session.add(calendar)
    await session.flush()
    await _fill(session, calendar, draft)
    await _tell(session, "calendar", "added", calendar.name, by)
    return calendar


async def change_calendar(
    session: AsyncSession, *, calendar_id: int, draft: CalendarDraft, by: Principal
) -> SlaCalendar:
    """Let a calendar be as the draft says. Raises CalendarNotFound, BadCalendar, NameTaken."""
    await hold_rules(session)
    calendar = await get_calendar(session, calendar_id, lock=True)
    columns = _calendar_columns(draft)
    if columns["name"] != calendar.name:
        await _refuse_taken(session, SlaCalendar, columns["name"])
    for name, value in columns.items():
        setattr(calendar, name, value)
    await _fill(session, calendar, draft)
    await _tell(session, "calendar", "changed", calendar.name, by)
    return calendar


async def delete_calendar(session: AsyncSession, *, calendar_id: int, by: Principal) -> None:
    """Delete a calendar that no policy counts by. Raises CalendarNotFound, CalendarInUse."""
    await hold_rules(session)
    calendar = await get_calendar(session, calendar_id, lock=True)
    used = exists().where(
        SlaPolicy.company_id == company_of(session), SlaPolicy.calendar_id == calendar.id
    )
    if await session.scalar(select(used)):
        raise CalendarInUse("A policy counts by this calendar; give it another one first.")
    await session.delete(calendar)
    await _tell(session, "calendar", "deleted", calendar.name, by)


async def add_policy(session: AsyncSession, *, draft: PolicyDraft, by: Principal) -> SlaPolicy:
    """Add a policy. Raises BadPolicy, UnknownCategory, NameTaken."""
    await hold_rules(session)
    targets = check_policy(draft)
    policy = SlaPolicy(company_id=company_of(session), **await policy_columns(session, draft))
    await _refuse_taken(session, SlaPolicy, policy.name)
    session.add(policy)
    await session.flush()
    _set_targets(session, policy, targets)
    await _tell(session, "policy", "added", policy.name, by)
    return policy


async def change_policy(
    session: AsyncSession, *, policy_id: int, draft: PolicyDraft, by: Principal
) -> SlaPolicy:
    """Let a policy be as the draft says. Raises PolicyNotFound, BadPolicy, UnknownCategory, NameTaken."""
    await hold_rules(session)
    policy = await get_policy(session, policy_id, lock=True)
    targets = check_policy(draft)
    columns = await policy_columns(session, draft)
    if columns["name"] != policy.name:
        await _refuse_taken(session, SlaPolicy, columns["name"])
    for name, value in columns.items():
        setattr(policy, name, value)
    await session.execute(
        delete(SlaTarget).where(
            SlaTarget.company_id == company_of(session), SlaTarget.policy_id == policy.id
        )
    )
    _set_targets(session, policy, targets)
    await _tell(session, "policy", "changed", policy.name, by)
    return policy


async def delete_policy(session: AsyncSession, *, policy_id: int, by: Principal) -> None:
    """Delete a policy; clocks that stopped under it keep what they were judged by."""
    await hold_rules(session)
    policy = await get_policy(session, policy_id, lock=True)
    await session.delete(policy)
    await _tell(session, "policy", "deleted", policy.name, by)


async def renew_holidays(session: AsyncSession, *, by: Principal) -> int:
    """Fill in the public holidays of the years ahead; gives how many calendars got new ones."""
    await hold_rules(session)
    query = select(SlaCalendar).where(
        SlaCalendar.company_id == company_of(session), SlaCalendar.country != ""
    )
    renewed = 0
    for calendar in await session.scalars(query):
        known = await _days(session, calendar.id)
        if await _fill_public(session, calendar) - known:
            renewed += 1
            await _tell(session, "calendar", "holidays", calendar.name, by)
    return renewed


async def policy_columns(session: AsyncSession, draft: PolicyDraft) -> dict[str, Any]:
    """The columns of a policy. Raises BadPolicy, UnknownCategory."""
    known = exists().where(
        SlaCalendar.company_id == company_of(session), SlaCalendar.id == draft.calendar_id
    )
    if not await session.scalar(select(known)):
        raise BadPolicy("There is no such calendar.")
    return {
        "name": draft.name.strip(),
        "calendar_id": draft.calendar_id,
        "organization_id": (draft.organization_id or "").strip()[:200] or None,
        "category": await find_category(session, draft.category or None),
        "priorities": list(dict.fromkeys(draft.priorities)),
        "severities": list(dict.fromkeys(draft.severities)),
        "sort_order": draft.sort_order,
        "pauses": list(dict.fromkeys(draft.pauses)),
        "warn_percent": draft.warn_percent,
        "is_active": draft.is_active,
    }


def _calendar_columns(draft: CalendarDraft) -> dict[str, Any]:
    return {
        "name": draft.name.strip(),
        "zone": draft.zone,
        "is_always": draft.always,
        "week": check_calendar(draft),
        "country": draft.country.strip().upper(),
        "subdivision": draft.subdivision.strip().upper(),
    }


def _set_targets(
    session: AsyncSession, policy: SlaPolicy, targets: dict[tuple[str, str], int]
) -> None:
    session.add_all(
        SlaTarget(
            company_id=policy.company_id,
            policy_id=policy.id,
            clock=clock,
            priority=priority,
            seconds=seconds,
        )
        for (clock, priority), seconds in targets.items()
    )


async def _fill(session: AsyncSession, calendar: SlaCalendar, draft: CalendarDraft) -> None:
    """Days of its own as the draft says, and the public holidays of its country."""
    await session.execute(
        delete(SlaHoliday).where(
            SlaHoliday.company_id == company_of(session), SlaHoliday.calendar_id == calendar.id
        )
    )
    own = {day: name.strip()[:200] for day, name in draft.holidays}
    session.add_all(_holiday(calendar, day, name, "own") for day, name in own.items())
    await session.flush()
    await _fill_public(session, calendar)


async def _fill_public(session: AsyncSession, calendar: SlaCalendar) -> set[object]:
    if not calendar.country:
        return set()
    known = await _days(session, calendar.id)
    found = public_holidays(calendar.country, calendar.subdivision, now_of(session).date())
    session.add_all(
        _holiday(calendar, day, name, "country") for day, name in found.items() if day not in known
    )
    await session.flush()
    return set(found)


async def _days(session: AsyncSession, calendar_id: int) -> set[object]:
    query = select(SlaHoliday.on_date).where(
        SlaHoliday.company_id == company_of(session), SlaHoliday.calendar_id == calendar_id
    )
    return set(await session.scalars(query))


def _holiday(calendar: SlaCalendar, day: Any, name: str, origin: str) -> SlaHoliday:
    return SlaHoliday(
        company_id=calendar.company_id,
        calendar_id=calendar.id,
        on_date=day,
        name=name,
        origin=origin,
    )


async def _refuse_taken(
    session: AsyncSession, kind: type[SlaCalendar] | type[SlaPolicy], name: str
) -> None:
    taken = exists().where(kind.company_id == company_of(session), kind.name == name)
    if await session.scalar(select(taken)):
        raise NameTaken("There is one of this name already.")


async def _tell(session: AsyncSession, what: str, how: str, name: str, by: Principal) -> None:
    await keep_rules(session)
    await emit(session, ServiceLevelsChanged(what=what, how=how, name=name), by=by)


async def rename_in_policies(session: AsyncSession, before: str, after: str) -> None:
    """A category is called otherwise: its policies are for it all the same."""
    await session.execute(
        update(SlaPolicy)
        .where(SlaPolicy.company_id == company_of(session), SlaPolicy.category == before)
        .values(category=after)
    )
