"""Send the reports that are due: counted, put into the outbox and moved on in one transaction."""

from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import is_database_away, now_of
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.insights.reports.asking import By, Period, period_of
from ticketyard.insights.reports.counting import count_report
from ticketyard.insights.reports.models import ReportSchedule
from ticketyard.insights.reports.scheduling import PRESETS_OF, Every, departures, next_departure
from ticketyard.insights.reports.tables import render_text
from ticketyard.notify.queueing import Draft, Posting, Recipient, queue_mails
from ticketyard.notify.servers import NO_SERVER, MailOut, general_way
from ticketyard.people.queries import get_company

log = get_logger(__name__)


async def mail_due_reports(resources: Resources, company_id: int) -> None:
    """Timetable: every five minutes for every company.

    One by one, and skipped where another worker holds it, so that each leaves once. What was due
    while nobody worked leaves late, each about its own period. One that fails holds up no other,
    and is tried again with the next round.
    """
    async with resources.db.transaction(company_id) as session:
        due = list(
            await session.scalars(_due(now_of(session)).with_only_columns(ReportSchedule.id))
        )
    for schedule_id in due:
        try:
            while await _mail_next(resources, company_id, schedule_id):
                pass
        except Exception as error:
            if is_database_away(error):
                raise
            log.exception("report_failed", company_id=company_id, schedule=schedule_id)


async def _mail_next(resources: Resources, company_id: int, schedule_id: int) -> bool:
    """Send the oldest that is due of this schedule, and move it on to the next."""
    async with resources.db.transaction(company_id) as session:
        now = now_of(session)
        schedule: ReportSchedule | None = await session.scalar(
            _due(now).where(ReportSchedule.id == schedule_id).with_for_update(skip_locked=True)
        )
        if schedule is None:
            return False
        zone = (await get_company(session)).timezone
        every: Every = schedule.every  # type: ignore[assignment]
        left = departures(every, schedule.hour, first=schedule.next_at, now=now, zone=zone)
        period = period_of(first=None, last=None, preset=PRESETS_OF[every], now=left[0], zone=zone)
        await _mail(session, schedule, period, resources.part(MailOut))
        schedule.last_sent_at = now
        schedule.next_at = next_departure(every, schedule.hour, after=left[0], zone=zone)
        return True


def _due(now: datetime) -> Select[ReportSchedule]:
    return (
        select(ReportSchedule)
        .where(
            ReportSchedule.company_id == func.current_company(),
            ReportSchedule.is_active,
            ReportSchedule.next_at <= now,
        )
        .order_by(ReportSchedule.next_at, ReportSchedule.id)
    )


async def _mail(
    session: AsyncSession, schedule: ReportSchedule, period: Period, out: MailOut
) -> None:
    by: By = schedule.counted_by  # type: ignore[assignment]
    report = await count_report(session, period=period, by=by)
    way = await general_way(session, out)
    days = f"{period.first}" if period.first == period.last else f"{period.first} to {period.last}"
    link = f"\n\n{out.public_url}/reports?by={by}&first={period.first}&last={period.last}"
    await queue_mails(
        session,
        [
            Posting(
                draft=Draft(
                    kind="report",
                    recipients=(Recipient(email=recipient),),
                    subject=f"{schedule.name}: {days}",
                    body=render_text(report) + (link if out.public_url else ""),
                    sender_name=way.name,
                    is_automatic=True,
                    suppressed="" if way.has_server else NO_SERVER,
                ),
                way=way,
            )
            for recipient in schedule.recipients
        ],
        by=Principal.system(schedule.company_id, "Reports"),
    )
