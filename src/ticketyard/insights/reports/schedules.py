"""Keep the list of reports that are sent by mail."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.errors import Conflict, Invalid, NotFound
from ticketyard.insights.reports.asking import By
from ticketyard.insights.reports.models import ReportSchedule
from ticketyard.insights.reports.scheduling import Every, next_departure
from ticketyard.mail.outgoing.headers_out import can_be_sent_to
from ticketyard.people.queries import get_company

RECIPIENTS_MAX = 50


class ScheduleNotFound(NotFound):
    """No such schedule."""


class ScheduleNameTaken(Conflict):
    """Two schedules of one name cannot be told apart."""


class BadRecipients(Invalid):
    """An address that no mail can be sent to."""


@dataclass(frozen=True, kw_only=True)
class ScheduleDraft:
    """A schedule as somebody wants it. hour: of the company's clock."""

    name: str
    counted_by: By
    every: Every
    hour: int
    recipients: tuple[str, ...]
    is_active: bool = True


async def list_schedules(session: AsyncSession) -> Sequence[ReportSchedule]:
    """All of the company, by name."""
    found = await session.scalars(
        select(ReportSchedule)
        .where(ReportSchedule.company_id == company_of(session))
        .order_by(ReportSchedule.name)
    )
    return found.all()


async def save_schedule(
    session: AsyncSession, draft: ScheduleDraft, *, by: Principal, schedule_id: int | None = None
) -> ReportSchedule:
    """Make or change one; it leaves next at the first such hour from now.

    Raises ScheduleNotFound, ScheduleNameTaken, BadRecipients.
    """
    bad = [each for each in draft.recipients if not can_be_sent_to(each)]
    if bad or not 1 <= len(draft.recipients) <= RECIPIENTS_MAX:
        raise BadRecipients(
            f"Give 1 to {RECIPIENTS_MAX} addresses that mail can be sent to."
            + (f" Not these: {', '.join(bad[:5])}." if bad else "")
        )
    company = await get_company(session)
    schedule = await _held(session, schedule_id) if schedule_id is not None else ReportSchedule()
    schedule.company_id = company_of(session)
    schedule.name, schedule.counted_by = draft.name, draft.counted_by
    schedule.every, schedule.hour = draft.every, draft.hour
    schedule.recipients, schedule.is_active = list(draft.recipients), draft.is_active
    schedule.created_by = schedule.created_by or by.name
    schedule.next_at = next_departure(
        draft.every, draft.hour, after=now_of(session), zone=company.timezone
    )
    session.add(schedule)
    try:
        async with session.begin_nested():
            await session.flush()
    except IntegrityError as error:
        raise ScheduleNameTaken("There is a schedule of this name already.") from error
    return schedule


async def delete_schedule(session: AsyncSession, schedule_id: int) -> None:
    """It leaves no more. Raises ScheduleNotFound."""
    await session.delete(await _held(session, schedule_id))


async def _held(session: AsyncSession, schedule_id: int) -> ReportSchedule:
    found: ReportSchedule | None = await session.scalar(
        select(ReportSchedule)
        .where(ReportSchedule.company_id == company_of(session), ReportSchedule.id == schedule_id)
        .with_for_update()
    )
    if found is None:
        raise ScheduleNotFound("There is no such schedule.")
    return found
