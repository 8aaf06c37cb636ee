"""Reports: what is measured, the figures of a period, as JSON, CSV and workbook; those sent by mail."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.resources import Resources
from ticketyard.core.shapes import Body, Email, Line, RowId
from ticketyard.insights.reports.asking import By, Period, Preset, period_of
from ticketyard.insights.reports.counting import Report, count_report
from ticketyard.insights.reports.measures import ALL, FACTS, Measure
from ticketyard.insights.reports.models import ReportSchedule
from ticketyard.insights.reports.schedules import (
    RECIPIENTS_MAX,
    ScheduleDraft,
    delete_schedule,
    list_schedules,
    save_schedule,
)
from ticketyard.insights.reports.scheduling import Every
from ticketyard.insights.reports.tables import render_csv, render_xlsx
from ticketyard.people.queries import get_company
from ticketyard.web.deps import Acting, Parts, Session, may

router = APIRouter(prefix="/api", tags=["reports"])

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class MeasureOut(BaseModel):
    """One figure: what it means, what it counts, and the aggregate that counts it."""

    model_config = ConfigDict(from_attributes=True)

    key: str
    name: str
    words: str
    unit: str
    counts: str
    sql: str


class ReportLineOut(BaseModel):
    """The figures of one group; the key is empty where tickets have none."""

    model_config = ConfigDict(from_attributes=True)

    key: str
    name: str
    values: dict[str, float | None]


class ReportOut(BaseModel):
    """The figures of a period, both days counted. total: of all tickets, not a sum of the lines."""

    first: date
    last: date
    zone: str
    by: str
    lines: list[ReportLineOut]
    total: dict[str, float | None]


class ScheduleIn(Body):
    """A report that leaves by mail: each day, each Monday or each first of the month, about the one
    before."""

    name: Line = Field(min_length=1, max_length=120, examples=["Weekly figures"])
    by: By = Field("none", examples=["team"])
    every: Every = Field(examples=["week"])
    hour: int = Field(7, ge=0, le=23, description="Of the company's clock.")
    recipients: list[Email] = Field(
        min_length=1, max_length=RECIPIENTS_MAX, examples=[["lead@example.com"]]
    )
    is_active: bool = True


class ScheduleOut(BaseModel):
    """A schedule, and when it leaves next."""

    id: int
    name: str
    by: str
    every: str
    hour: int
    recipients: list[str]
    is_active: bool
    next_at: datetime
    last_sent_at: datetime | None


async def asked_period(
    session: Session,
    resources: Parts,
    first: Annotated[date | None, Query(description="The first day.")] = None,
    last: Annotated[date | None, Query(description="The last day, counted as well.")] = None,
    period: Annotated[Preset | None, Query(description="Instead of days.")] = None,
) -> Period:
    """The days that are asked for, in the company's time zone. Raises BadPeriod."""
    return await _period(session, resources, first, last, period)


async def _period(
    session: AsyncSession,
    resources: Resources,
    first: date | None,
    last: date | None,
    preset: Preset | None,
) -> Period:
    zone = (await get_company(session)).timezone
    return period_of(first=first, last=last, preset=preset, now=resources.clock(), zone=zone)


Asked = Annotated[Period, Depends(asked_period)]


@router.get(
    "/reports/measures", response_model=list[MeasureOut], dependencies=[may("insights:read")]
)
async def get_measures() -> list[MeasureOut]:
    """What reports measure: each defined once, in words and in SQL."""
    return [_told(each) for each in ALL]


@router.get("/reports", response_model=ReportOut, dependencies=[may("insights:read")])
async def get_report(session: Session, asked: Asked, by: By = "none") -> dict[str, Any]:
    """All measures of a period, by one thing; the last 30 days where nothing is said.

    Times are in seconds around the clock, shares between 0 and 1; null where there is nothing to
    measure.
    """
    report = await count_report(session, period=asked, by=by)
    return {
        "first": asked.first, "last": asked.last, "zone": asked.zone, "by": by,
        "lines": report.lines, "total": report.total,
    }  # fmt: skip


@router.get("/reports/export", dependencies=[may("insights:read")], response_class=Response)
async def get_report_file(
    session: Session, asked: Asked, by: By = "none", format: Literal["csv", "xlsx"] = "csv"
) -> Response:
    """The same as a file: times in hours, shares in percent; the workbook says what each means."""
    return report_file(await count_report(session, period=asked, by=by), format)


def report_file(report: Report, kind: Literal["csv", "xlsx"]) -> Response:
    """A download."""
    content = render_csv(report) if kind == "csv" else render_xlsx(report)
    name = f"report-{report.by}-{report.period.first}-{report.period.last}.{kind}"
    return Response(
        content,
        media_type=TYPES[kind],
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


@router.get(
    "/report-schedules", response_model=list[ScheduleOut], dependencies=[may("settings:manage")]
)
async def get_schedules(session: Session) -> list[ScheduleOut]:
    """The reports that are sent by mail."""
    return [_shown(each) for each in await list_schedules(session)]


@router.post(
    "/report-schedules",
    response_model=ScheduleOut,
    status_code=201,
    dependencies=[may("settings:manage")],
)
async def post_schedule(body: ScheduleIn, session: Session, by: Acting) -> ScheduleOut:
    """Send a report by mail from now on."""
    return _shown(await save_schedule(session, _draft(body), by=by))


@router.put(
    "/report-schedules/{schedule_id}",
    response_model=ScheduleOut,
    dependencies=[may("settings:manage")],
)
async def put_schedule(
    schedule_id: Annotated[RowId, Path()], body: ScheduleIn, session: Session, by: Acting
) -> ScheduleOut:
    """Change one; it leaves next at the first such hour from now."""
    saved = await save_schedule(session, _draft(body), by=by, schedule_id=schedule_id)
    return _shown(saved)


@router.delete(
    "/report-schedules/{schedule_id}", status_code=204, dependencies=[may("settings:manage")]
)
async def remove_schedule(schedule_id: Annotated[RowId, Path()], session: Session) -> None:
    """It is sent no more."""
    await delete_schedule(session, schedule_id)


def _told(measure: Measure) -> MeasureOut:
    return MeasureOut(
        key=measure.key,
        name=measure.name,
        words=measure.words,
        unit=measure.unit,
        counts=FACTS[measure.facts],
        sql=measure.sql,
    )


def _draft(body: ScheduleIn) -> ScheduleDraft:
    return ScheduleDraft(
        name=body.name,
        counted_by=body.by,
        every=body.every,
        hour=body.hour,
        recipients=tuple(_unique(body.recipients)),
        is_active=body.is_active,
    )


def _unique(addresses: Sequence[str]) -> list[str]:
    return list({each.lower(): each for each in addresses}.values())


def _shown(schedule: ReportSchedule) -> ScheduleOut:
    return ScheduleOut(
        id=schedule.id,
        name=schedule.name,
        by=schedule.counted_by,
        every=schedule.every,
        hour=schedule.hour,
        recipients=schedule.recipients,
        is_active=schedule.is_active,
        next_at=schedule.next_at,
        last_sent_at=schedule.last_sent_at,
    )
