"""Settings: service levels, their policies and calendars."""

from collections.abc import Sequence
from typing import Annotated, Any
from zoneinfo import available_timezones

from fastapi import APIRouter, Form, Response

from ticketyard.core.errors import Refusal
from ticketyard.core.shapes import RowId
from ticketyard.people.queries import get_company
from ticketyard.sla.changing import (
    add_calendar,
    add_policy,
    change_calendar,
    change_policy,
    delete_calendar,
    delete_policy,
)
from ticketyard.sla.drafts import DAYS, render_week
from ticketyard.sla.foreseeing import Foreseen, foresee_policy
from ticketyard.sla.models import SlaCalendar
from ticketyard.sla.queries import (
    PolicyTargets,
    get_calendar,
    get_policy,
    list_calendars,
    list_holidays,
    list_policies,
)
from ticketyard.sla.telling import NAMES
from ticketyard.tickets.lifecycle import PRIORITIES, SEVERITIES
from ticketyard.tickets.queries import list_categories
from ticketyard.web.deps import Acting, Session, may
from ticketyard.web.pages.frame import DeskFrame, Flash, Frame, back_to, page
from ticketyard.web.pages.wording import PRIORITY, category
from ticketyard.web.service_level_forms import CalendarForm, PolicyForm, length_of, policy_form

router = APIRouter(prefix="/settings/service-levels", include_in_schema=False)

HOME = "/settings/service-levels"
ID_MAX = 2**31 - 1
DAY_WORDS = tuple(day.capitalize() for day in DAYS)
_Line = Annotated[str, Form(max_length=300)]
_Texts = Annotated[list[str] | None, Form()]


@router.get("", dependencies=[may("tickets:read")])
async def get_service_levels(session: Session, frame: DeskFrame) -> Response:
    """Every policy and calendar."""
    calendars = await list_calendars(session)
    return _page(
        "service_levels",
        frame,
        policies=[(each.policy, _promises(each)) for each in await list_policies(session)],
        calendars=[(each, _week(each)) for each in calendars],
        calendar_names={each.id: each.name for each in calendars},
    )


def _promises(found: PolicyTargets) -> list[tuple[str, list[tuple[str, str]]]]:
    """Clock by clock, what is promised for each priority."""
    told = []
    for clock, name in NAMES.items():
        mine = {each.priority: each.seconds for each in found.targets if each.clock == clock}
        words = ["", *reversed(PRIORITIES)]
        if mine:
            told.append(
                (name, [(PRIORITY.get(w, "All"), length_of(mine[w])) for w in words if w in mine])
            )
    return told


def _week(calendar: SlaCalendar) -> list[tuple[str, str]]:
    """Days with the same hours in one line: Monday to Friday 09:00–17:00."""
    if calendar.is_always:
        return []
    lines: list[tuple[str, str, str]] = []
    for day, spans in render_week(calendar.week).items():
        hours = ", ".join(f"{first}–{last}" for first, last in spans) or "closed"
        if lines and lines[-1][2] == hours:
            lines[-1] = (lines[-1][0], day, hours)
        else:
            lines.append((day, day, hours))
    return [
        (f"{first[:3]}–{last[:3]}".title() if first != last else first[:3].title(), hours)
        for first, last, hours in lines
    ]


# -- policies ----------------------------------------------------------------------------------------


@router.get("/policies/new", dependencies=[may("settings:manage")])
async def get_new_policy(session: Session, frame: DeskFrame) -> Response:
    """The form of a new policy."""
    calendars = await list_calendars(session)
    return await _policy(
        session, frame, PolicyForm(calendar=str(calendars[0].id if calendars else ""))
    )


@router.get("/policies/{policy_id}", dependencies=[may("settings:manage")])
async def get_policy_form(policy_id: RowId, session: Session, frame: DeskFrame) -> Response:
    """The form of a policy."""
    policy = await get_policy(session, min(policy_id, ID_MAX))
    (found,) = [each for each in await list_policies(session) if each.policy.id == policy.id]
    targets = {(each.clock, each.priority): each.seconds for each in found.targets}
    return await _policy(session, frame, policy_form(policy, targets), policy_id=policy.id)


@router.post("/policies/{policy_id}/delete", dependencies=[may("settings:manage")])
async def post_delete_policy(policy_id: RowId, session: Session, by: Acting) -> Response:
    """Delete a policy."""
    await delete_policy(session, policy_id=min(policy_id, ID_MAX), by=by)
    return back_to(HOME, Flash("clear", "The policy is gone. What stopped under it stays judged."))


@router.post("/policies/{policy_id}", dependencies=[may("settings:manage")])
async def post_policy(
    policy_id: RowId,
    session: Session,
    by: Acting,
    frame: DeskFrame,
    name: _Line = "",
    calendar: _Line = "",
    organization: _Line = "",
    of_category: Annotated[str, Form(alias="category", max_length=300)] = "",
    priority_in: _Texts = None,
    severity_in: _Texts = None,
    order: _Line = "",
    pause: _Texts = None,
    warn: _Line = "",
    active: _Line = "",
    target: _Texts = None,
    then: _Line = "save",
) -> Response:
    """Save a policy, a new one by the number 0, or say what it would do."""
    form = PolicyForm(
        name, calendar, organization, of_category, priority_in or (), severity_in or (), order,
        pause or (), warn, bool(active), _full(target, 18),
    )  # fmt: skip
    known = min(policy_id, ID_MAX)
    if known:
        await get_policy(session, known)
    try:
        async with session.begin_nested():
            if then == "preview":
                seen = await foresee_policy(session, policy_id=known or None, draft=form.draft())
                return await _policy(session, frame, form, policy_id=known, foreseen=seen)
            if known:
                await change_policy(session, policy_id=known, draft=form.draft(), by=by)
            else:
                await add_policy(session, draft=form.draft(), by=by)
    except Refusal as refusal:
        return await _policy(session, frame, form, policy_id=known, refusal=refusal.detail)
    return back_to(HOME, Flash("clear", "Saved. Running clocks are counted anew."))


async def _policy(
    session: Session,
    frame: Frame,
    form: PolicyForm,
    *,
    policy_id: int = 0,
    refusal: str = "",
    foreseen: Foreseen | None = None,
) -> Response:
    return _page(
        "sla_policy",
        frame,
        status=422 if refusal else 200,
        form=form,
        policy_id=policy_id,
        refusal=refusal,
        foreseen=foreseen,
        clock_names=NAMES,
        calendars=[(each.id, each.name) for each in await list_calendars(session)],
        categories=[(c.name, category(c.name)) for c in await list_categories(session)],
        priorities=[(each, PRIORITY[each]) for each in reversed(PRIORITIES)],
        severities=list(reversed(SEVERITIES)),
        pauses=("open", "assigned", "in_progress", "pending"),
    )


# -- calendars ---------------------------------------------------------------------------------------


@router.get("/calendars/new", dependencies=[may("settings:manage")])
async def get_new_calendar(session: Session, frame: DeskFrame) -> Response:
    """The form of a new calendar."""
    return _calendar(frame, CalendarForm(zone=(await get_company(session)).timezone))


@router.get("/calendars/{calendar_id}", dependencies=[may("settings:manage")])
async def get_calendar_form(calendar_id: RowId, session: Session, frame: DeskFrame) -> Response:
    """The form of a calendar, and the days on which it is closed."""
    calendar = await get_calendar(session, min(calendar_id, ID_MAX))
    days = await list_holidays(session, calendar.id)
    form = CalendarForm(
        name=calendar.name,
        zone=calendar.zone,
        always=calendar.is_always,
        hours=[
            ", ".join(f"{first}-{last}" for first, last in spans)
            for spans in render_week(calendar.week).values()
        ],
        country=calendar.country,
        subdivision=calendar.subdivision,
        days="\n".join(
            f"{each.on_date} {each.name}".strip() for each in days if each.origin == "own"
        ),
    )
    public = [each for each in days if each.origin == "country"]
    return _calendar(frame, form, calendar_id=calendar.id, public=public)


@router.post("/calendars/{calendar_id}/delete", dependencies=[may("settings:manage")])
async def post_delete_calendar(calendar_id: RowId, session: Session, by: Acting) -> Response:
    """Delete a calendar that no policy counts by."""
    await get_calendar(session, min(calendar_id, ID_MAX))
    try:
        async with session.begin_nested():
            await delete_calendar(session, calendar_id=min(calendar_id, ID_MAX), by=by)
    except Refusal as refusal:
        return back_to(HOME, Flash("stop", refusal.detail))
    return back_to(HOME, Flash("clear", "The calendar is gone."))


@router.post("/calendars/{calendar_id}", dependencies=[may("settings:manage")])
async def post_calendar(
    calendar_id: RowId,
    session: Session,
    by: Acting,
    frame: DeskFrame,
    name: _Line = "",
    zone: _Line = "",
    always: _Line = "",
    hours: _Texts = None,
    country: _Line = "",
    subdivision: _Line = "",
    days: Annotated[str, Form(max_length=100_000)] = "",
) -> Response:
    """Save a calendar; a new one by the number 0."""
    form = CalendarForm(name, zone, bool(always), _full(hours, 7), country, subdivision, days)
    known = min(calendar_id, ID_MAX)
    if known:
        await get_calendar(session, known)
    try:
        async with session.begin_nested():
            if known:
                await change_calendar(session, calendar_id=known, draft=form.draft(), by=by)
            else:
                await add_calendar(session, draft=form.draft(), by=by)
    except Refusal as refusal:
        return _calendar(frame, form, calendar_id=known, refusal=refusal.detail)
    return back_to(HOME, Flash("clear", "Saved. Running clocks are counted anew."))


def _calendar(
    frame: Frame,
    form: CalendarForm,
    *,
    calendar_id: int = 0,
    public: Sequence[Any] = (),
    refusal: str = "",
) -> Response:
    return _page(
        "sla_calendar",
        frame,
        status=422 if refusal else 200,
        form=form,
        calendar_id=calendar_id,
        days_of_week=list(zip(DAY_WORDS, form.hours, strict=True)),
        public=public,
        zones=sorted(available_timezones()),
        refusal=refusal,
    )


def _full(given: list[str] | None, length: int) -> list[str]:
    """As many fields as the form has, whatever was sent."""
    return [each[:200] for each in [*(given or ()), *[""] * length][:length]]


def _page(template: str, frame: Frame, status: int = 200, **view: object) -> Response:
    return page(
        f"settings/{template}.html",
        frame,
        place="settings",
        status=status,
        tab="service-levels",
        **view,
    )
