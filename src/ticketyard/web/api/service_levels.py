"""Service levels over HTTP: a ticket's clocks explained, policies, calendars, and what-if."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import now_of
from ticketyard.sla.changing import (
    add_calendar,
    add_policy,
    change_calendar,
    change_policy,
    delete_calendar,
    delete_policy,
)
from ticketyard.sla.clocks import Clock
from ticketyard.sla.drafts import render_week
from ticketyard.sla.explaining import Interval, intervals_of, read_clocks, sentence_of
from ticketyard.sla.foreseeing import Difference, foresee_policy
from ticketyard.sla.models import SlaCalendar
from ticketyard.sla.policies import ANY
from ticketyard.sla.queries import (
    PolicyTargets,
    get_calendar,
    get_policy,
    list_calendars,
    list_holidays,
    list_policies,
)
from ticketyard.web.api.service_level_shapes import (
    CalendarIn,
    CalendarOut,
    PolicyIn,
    PolicyOut,
    PreviewIn,
    PreviewOut,
    SmallId,
    TicketClocksOut,
)
from ticketyard.web.deps import Acting, Session, VisibleTicket, may
from ticketyard.web.idempotency import IdempotentRoute

router = APIRouter(tags=["service levels"], route_class=IdempotentRoute)

# -- a ticket's clocks -------------------------------------------------------------------------------


@router.get(
    "/api/tickets/{ticket_id}/sla",
    response_model=TicketClocksOut,
    dependencies=[may("tickets:read")],
)
async def get_ticket_clocks(ticket: VisibleTicket, session: Session) -> dict[str, Any]:
    """Every clock of the ticket with the intervals in which it ran and stood still, and why."""
    now = now_of(session)
    clocks = await read_clocks(session, ticket.id)
    return {
        "ticket_id": ticket.id,
        "ticket_number": ticket.number,
        "as_of": now.replace(microsecond=0),
        "organization_id": ticket.organization_id,
        "breached": any(each.breached for each in clocks),
        "clocks": [_clock(each, now) for each in clocks],
    }


def _clock(clock: Clock, now: datetime) -> dict[str, Any]:
    return {
        "clock": clock.clock,
        "cycle": clock.cycle,
        "state": clock.state,
        "says": sentence_of(clock, now),
        "policy_id": clock.policy and clock.policy.id,
        "policy": clock.policy and clock.policy.name,
        "calendar": clock.calendar.name,
        "zone": clock.calendar.zone,
        "target_seconds": clock.target,
        "elapsed_seconds": clock.elapsed,
        "remaining_seconds": clock.remaining,
        "started_at": clock.started_at,
        "stopped_at": clock.stopped_at,
        "warn_at": clock.warn_at,
        "due_at": clock.due_at,
        "breached": clock.breached,
        "intervals": [_interval(each) for each in intervals_of(clock, now)],
    }


def _interval(interval: Interval) -> dict[str, Any]:
    return {
        "begin": interval.begin,
        "end": interval.end,
        "state": interval.state,
        "why": interval.why,
        "seconds": interval.seconds,
        "counted_seconds": interval.counted,
        "spans": [
            {"begin": begin, "end": end, "seconds": int((end - begin).total_seconds())}
            for begin, end in interval.spans
        ],
    }


# -- policies ----------------------------------------------------------------------------------------


@router.get("/api/sla-policies", response_model=list[PolicyOut], dependencies=[may("tickets:read")])
async def get_policies(session: Session) -> list[dict[str, Any]]:
    """Every policy, in order."""
    return [render_policy(each) for each in await list_policies(session)]


@router.post(
    "/api/sla-policies",
    response_model=PolicyOut,
    status_code=201,
    dependencies=[may("settings:manage")],
)
async def post_policy(body: PolicyIn, session: Session, by: Acting) -> dict[str, Any]:
    """Add a policy; running clocks are counted anew."""
    return await _told(session, (await add_policy(session, draft=body.draft(), by=by)).id)


@router.post(
    "/api/sla-policies/preview", response_model=PreviewOut, dependencies=[may("settings:manage")]
)
async def post_preview(body: PreviewIn, session: Session) -> dict[str, Any]:
    """Say which open tickets would be due at another time or break a promise. Changes nothing."""
    draft = body.policy.draft() if body.policy else None
    found = await foresee_policy(session, policy_id=body.policy_id, draft=draft)
    return {
        "looked_at": found.looked_at,
        "changed": found.changed,
        "newly_broken": found.newly_broken,
        "no_longer_broken": found.no_longer_broken,
        "differences": [_difference(each) for each in found.differences],
    }


@router.get(
    "/api/sla-policies/{policy_id}", response_model=PolicyOut, dependencies=[may("tickets:read")]
)
async def get_one_policy(policy_id: SmallId, session: Session) -> dict[str, Any]:
    """One policy."""
    return await _told(session, policy_id)


@router.put(
    "/api/sla-policies/{policy_id}", response_model=PolicyOut, dependencies=[may("settings:manage")]
)
async def put_policy(
    policy_id: SmallId, body: PolicyIn, session: Session, by: Acting
) -> dict[str, Any]:
    """Let the policy be as said; running clocks are counted anew, stopped ones stay as judged."""
    await change_policy(session, policy_id=policy_id, draft=body.draft(), by=by)
    return await _told(session, policy_id)


@router.delete(
    "/api/sla-policies/{policy_id}", status_code=204, dependencies=[may("settings:manage")]
)
async def delete_one_policy(policy_id: SmallId, session: Session, by: Acting) -> None:
    """Delete the policy; clocks that stopped under it keep what they were judged by."""
    await delete_policy(session, policy_id=policy_id, by=by)


async def _told(session: AsyncSession, policy_id: int) -> dict[str, Any]:
    await get_policy(session, policy_id)
    found = [each for each in await list_policies(session) if each.policy.id == policy_id]
    return render_policy(found[0])


def render_policy(found: PolicyTargets) -> dict[str, Any]:
    """A policy as the API tells it."""
    targets: dict[str, dict[str, int]] = {}
    for each in found.targets:
        targets.setdefault(each.clock, {})["any" if each.priority == ANY else each.priority] = (
            each.seconds
        )
    names = set(PolicyOut.model_fields) - {"targets"}
    return {name: getattr(found.policy, name) for name in names} | {"targets": targets}


def _difference(found: Difference) -> dict[str, Any]:
    return {
        "ticket_id": found.ticket_id,
        "ticket_number": found.number,
        "title": found.title,
        "clock": found.before.clock,
        "cycle": found.before.cycle,
        "before": _stand(found.before),
        "after": _stand(found.after),
    }


def _stand(clock: Clock) -> dict[str, Any]:
    return {
        "policy": clock.policy and clock.policy.name,
        "target_seconds": clock.target,
        "elapsed_seconds": clock.elapsed,
        "due_at": clock.due_at,
        "breached": clock.breached,
    }


# -- calendars ---------------------------------------------------------------------------------------


@router.get(
    "/api/sla-calendars", response_model=list[CalendarOut], dependencies=[may("tickets:read")]
)
async def get_calendars(session: Session) -> list[dict[str, Any]]:
    """Every calendar, by name."""
    return [await _calendar(session, each) for each in await list_calendars(session)]


@router.post(
    "/api/sla-calendars",
    response_model=CalendarOut,
    status_code=201,
    dependencies=[may("settings:manage")],
)
async def post_calendar(body: CalendarIn, session: Session, by: Acting) -> dict[str, Any]:
    """Add a calendar; the public holidays of its country are filled in, six years of them."""
    return await _calendar(session, await add_calendar(session, draft=body.draft(), by=by))


@router.get(
    "/api/sla-calendars/{calendar_id}",
    response_model=CalendarOut,
    dependencies=[may("tickets:read")],
)
async def get_one_calendar(calendar_id: SmallId, session: Session) -> dict[str, Any]:
    """One calendar."""
    return await _calendar(session, await get_calendar(session, calendar_id))


@router.put(
    "/api/sla-calendars/{calendar_id}",
    response_model=CalendarOut,
    dependencies=[may("settings:manage")],
)
async def put_calendar(
    calendar_id: SmallId, body: CalendarIn, session: Session, by: Acting
) -> dict[str, Any]:
    """Let the calendar be as said; running clocks are counted anew, stopped ones stay as judged."""
    changed = await change_calendar(session, calendar_id=calendar_id, draft=body.draft(), by=by)
    return await _calendar(session, changed)


@router.delete(
    "/api/sla-calendars/{calendar_id}", status_code=204, dependencies=[may("settings:manage")]
)
async def delete_one_calendar(calendar_id: SmallId, session: Session, by: Acting) -> None:
    """Delete a calendar that no policy counts by."""
    await delete_calendar(session, calendar_id=calendar_id, by=by)


async def _calendar(session: AsyncSession, calendar: SlaCalendar) -> dict[str, Any]:
    return {
        "id": calendar.id,
        "name": calendar.name,
        "zone": calendar.zone,
        "always": calendar.is_always,
        "hours": {day: spans for day, spans in render_week(calendar.week).items() if spans},
        "country": calendar.country,
        "subdivision": calendar.subdivision,
        "holidays": [
            {"on_date": each.on_date, "name": each.name, "origin": each.origin}
            for each in await list_holidays(session, calendar.id)
        ],
    }
