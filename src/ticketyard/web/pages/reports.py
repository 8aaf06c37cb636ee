"""Reports: the figures of a period, counted by what one asks for, drawn, downloaded, or mailed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response

from ticketyard.core.errors import Refusal
from ticketyard.core.shapes import RowId
from ticketyard.insights.reports.asking import BUCKETS, BYS, By, Period, Preset
from ticketyard.insights.reports.counting import Report, count_report
from ticketyard.insights.reports.measures import ALL, FACTS
from ticketyard.insights.reports.schedules import (
    ScheduleDraft,
    delete_schedule,
    list_schedules,
    save_schedule,
)
from ticketyard.insights.reports.scheduling import Every
from ticketyard.insights.reports.tables import words
from ticketyard.people.queries import get_company
from ticketyard.web.deps import Acting, Parts, Session, may
from ticketyard.web.pages import wording
from ticketyard.web.pages.asked_days import asked_days
from ticketyard.web.pages.drawing import draw_pairs
from ticketyard.web.pages.frame import DeskFrame, Flash, back_to, page

router = APIRouter(prefix="/reports", include_in_schema=False)

HEADLINE = ("opened", "resolved", "backlog", "load", "first_response_median", "resolution_median",
            "sla_kept", "reopen_rate")  # fmt: skip
PERIODS: Sequence[tuple[Preset, str]] = (
    ("7d", "7 days"), ("30d", "30 days"), ("90d", "90 days"), ("this_month", "This month"),
    ("last_month", "Last month"), ("last_week", "Last week"), ("last_day", "Yesterday"),
)  # fmt: skip
BY_NAMES: dict[By, str] = {
    "none": "Nothing, the whole desk", "status": "Status", "priority": "Priority",
    "source": "Source", "category": "Category", "team": "Team", "agent": "Agent",
    "office": "Office", "company": "Customer organisation", "day": "Day", "week": "Week",
    "month": "Month",
}  # fmt: skip
EVERY_NAMES: dict[Every, str] = {
    "day": "Every day, about yesterday",
    "week": "On Mondays, about last week",
    "month": "On the first, about last month",
}
# Above this a chart of days is a comb.
DAYS_DRAWN = 120


@dataclass(frozen=True)
class _Asked:
    period: Period
    preset: str
    by: By
    problem: str


async def _asked(
    session: Session,
    resources: Parts,
    by: str = "priority",
    period: str = "",
    first: str = "",
    last: str = "",
    shown: str = "",
) -> _Asked:
    """What the form says."""
    zone, now = (await get_company(session)).timezone, resources.clock()
    days = asked_days(preset=period, first=first, last=last, shown=shown, now=now, zone=zone)
    return _Asked(days.period, days.preset, by if by in BYS else "priority", days.problem)


@router.get("", dependencies=[may("insights:read")])
async def get_reports(
    session: Session, by: Acting, frame: DeskFrame, asked: Annotated[_Asked, Depends(_asked)]
) -> Response:
    """The figures of a period."""
    period = asked.period
    report = await count_report(session, period=period, by=asked.by)
    days = (period.last - period.first).days + 1
    trend = await count_report(session, period=period, by="day" if days <= DAYS_DRAWN else "week")
    manages = by.may("settings:manage")
    return page(
        "reports/page.html",
        frame,
        place="reports",
        status=422 if asked.problem else 200,
        problem=asked.problem,
        period=period,
        preset=asked.preset,
        by=asked.by,
        periods=PERIODS,
        bys=list(BY_NAMES.items()),
        headline=[
            (each.name, words(each, report.total[each.key]), each.words)
            for each in ALL
            if each.key in HEADLINE
        ],
        trend=trend.lines,
        trend_by=trend.by,
        columns=draw_pairs(
            [
                (line.key, int(line.values["opened"] or 0), int(line.values["resolved"] or 0))
                for line in trend.lines
            ]
        ),
        measures=ALL,
        facts=FACTS,
        lines=_lines(report),
        query=f"by={asked.by}&first={period.first}&last={period.last}",
        schedules=await list_schedules(session) if manages else [],
        manages=manages,
        everys=list(EVERY_NAMES.items()),
        every_names=EVERY_NAMES,
        by_names=BY_NAMES,
        to=by.email or "",
    )


def _lines(report: Report) -> list[tuple[str, list[str]]]:
    """Each group's name and figures, the whole desk last."""
    named = {"status": wording.STATUS, "priority": wording.PRIORITY, "source": wording.SOURCE}
    known = named.get(report.by, {})
    rows = [
        (
            known.get(line.key) or (wording.category(line.name) if line.name else "None"),
            line.values,
        )
        if report.by not in BUCKETS
        else (line.name, line.values)
        for line in report.lines
    ]
    rows.append(("All", report.total))
    return [(name, [words(each, values[each.key]) for each in ALL]) for name, values in rows]


@router.post("/schedules", dependencies=[may("settings:manage")])
async def post_schedule(
    session: Session,
    by: Acting,
    name: Annotated[str, Form()],
    every: Annotated[Every, Form()],
    recipients: Annotated[str, Form()],
    counted_by: Annotated[By, Form()] = "none",
    hour: Annotated[int, Form(ge=0, le=23)] = 7,
) -> Response:
    """Send a report by mail from now on."""
    draft = ScheduleDraft(
        name=name.strip()[:120] or "Report",
        counted_by=counted_by,
        every=every,
        hour=hour,
        recipients=tuple(dict.fromkeys(recipients.replace(",", " ").replace(";", " ").split())),
    )
    try:
        async with session.begin_nested():
            saved = await save_schedule(session, draft, by=by)
    except Refusal as refusal:
        return back_to("/reports#by-mail", Flash("stop", refusal.detail))
    return back_to("/reports#by-mail", Flash("clear", f"{saved.name} is sent from now on."))


@router.post("/schedules/{schedule_id}/end", dependencies=[may("settings:manage")])
async def post_end(schedule_id: RowId, session: Session) -> Response:
    """It is sent no more."""
    await delete_schedule(session, schedule_id)
    return back_to("/reports#by-mail", Flash("clear", "It is sent no more."))
