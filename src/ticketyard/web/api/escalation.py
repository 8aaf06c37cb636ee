"""Escalation: policies, a dry run, what became of them on a ticket; and who is on call."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import now_of
from ticketyard.core.shapes import Body, Instant, Line, RowId
from ticketyard.escalation.changing import (
    add_shift,
    delete_policy,
    delete_rota,
    remove_shift,
    save_policy,
    save_rota,
)
from ticketyard.escalation.drafts import Action, Do, Level, PolicyDraft, To, Trigger
from ticketyard.escalation.foreseeing import Foreseen, foresee
from ticketyard.escalation.models import EscalationPolicy, OnCallRota
from ticketyard.escalation.on_call import turns_from
from ticketyard.escalation.queries import (
    get_policy,
    get_rota,
    list_policies,
    list_rotas,
    list_runs,
    list_shifts,
    turns_of,
    who_is_on_call,
)
from ticketyard.tickets.queries import get_ticket
from ticketyard.web.deps import Session, VisibleTicket, may

router = APIRouter(prefix="/api", tags=["escalation"])

TURNS_SHOWN = 8


class ActionIn(Body):
    """One thing that a level does. id: which person, team or rota."""

    do: Do = Field(examples=["notify"])
    to: To | None = Field(None, examples=["on_call"])
    id: RowId | None = Field(None, examples=[1])
    priority: str = Field("", max_length=20, description="Empty: one higher than it is.")


class LevelIn(Body):
    """What happens when nobody took the ticket up for so long after the level before."""

    wait_seconds: int = Field(ge=0, examples=[900])
    stop_on_ack: bool = True
    actions: list[ActionIn] = Field(max_length=50, examples=[[{"do": "notify", "to": "admins"}]])


class EscalationPolicyIn(Body):
    """When it applies (empty conditions are met by every ticket) and what its levels do."""

    name: Line = Field(min_length=1, max_length=120, examples=["Nobody looks at critical alerts"])
    trigger: Trigger = "opened"
    sources: list[Line] = Field([], max_length=20)
    priorities: list[Line] = Field([], max_length=10, examples=[["critical"]])
    categories: list[Line] = Field([], max_length=100)
    severity_min: str | None = None
    organization_id: Line | None = None
    sort_order: int = Field(100, ge=0, le=100_000)
    is_active: bool = True
    levels: list[LevelIn] = Field(
        max_length=50,
        examples=[[{"wait_seconds": 900, "actions": [{"do": "notify", "to": "admins"}]}]],
    )


class EscalationPolicyOut(BaseModel):
    """A policy as it is kept."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    trigger: str
    sources: list[str]
    priorities: list[str]
    categories: list[str]
    severity_min: str | None
    organization_id: str | None
    sort_order: int
    is_active: bool
    levels: list[dict[str, Any]]


class DryRunIn(Body):
    """A ticket, and what would set a policy off."""

    ticket_id: RowId | Line = Field(examples=["TKT-20261121-001"])
    trigger: Trigger = "opened"


class LevelForeseenOut(BaseModel):
    """When a level would be reached if nobody acted, whom it would tell and what it would do."""

    model_config = ConfigDict(from_attributes=True)

    level: int
    at: datetime
    stop_on_ack: bool
    tell: list[int]
    done: list[str]


class DryRunOut(BaseModel):
    """policy: null where none matches."""

    policy: str | None
    levels: list[LevelForeseenOut]


class StepOut(BaseModel):
    """What one level did."""

    model_config = ConfigDict(from_attributes=True)

    level: int
    at: datetime
    done: list[dict[str, str]]


class EscalationOut(BaseModel):
    """A policy at work on a ticket. next_at: empty once it has stopped."""

    policy: str
    cause: str
    level: int
    started_at: datetime
    next_at: datetime | None
    stopped_at: datetime | None
    stopped_because: str | None
    steps: list[StepOut]


class RotaIn(Body):
    """Turns in this order, for ever. hands_over_at: minutes of the wall clock."""

    name: Line = Field(min_length=1, max_length=120, examples=["Network, on call"])
    zone: str = Field("UTC", max_length=64, examples=["Europe/Copenhagen"])
    people: list[RowId] = Field([], max_length=200, examples=[[2, 3]])
    starts_on: date = Field(examples=["2026-01-05"])
    hands_over_at: int = Field(540, examples=[540])
    days: int = Field(7, examples=[7])


class ShiftIn(Body):
    """Somebody stands in."""

    person_id: RowId = Field(examples=[2])
    starts_at: Instant = Field(examples=["2026-12-24T08:00:00Z"])
    ends_at: Instant = Field(examples=["2026-12-27T08:00:00Z"])


class ShiftOut(BaseModel):
    """A turn, or somebody who stands in (then with an id)."""

    model_config = ConfigDict(from_attributes=True)

    id: int | None = None
    person_id: int
    starts_at: datetime
    ends_at: datetime


class RotaOut(BaseModel):
    """A rota, who is on call by it, the turns that come, and who stands in."""

    id: int
    name: str
    zone: str
    people: list[int]
    starts_on: date
    hands_over_at: int
    days: int
    on_call: int | None
    turns: list[ShiftOut]
    shifts: list[ShiftOut]


@router.get(
    "/escalation-policies",
    response_model=list[EscalationPolicyOut],
    dependencies=[may("tickets:read")],
)
async def get_policies(session: Session) -> Any:
    """All policies in the order they are tried."""
    return await list_policies(session)


@router.post(
    "/escalation-policies",
    response_model=EscalationPolicyOut,
    status_code=201,
    dependencies=[may("settings:manage")],
)
async def post_policy(body: EscalationPolicyIn, session: Session) -> EscalationPolicy:
    """Add a policy."""
    return await save_policy(session, _draft(body))


@router.post(
    "/escalation-policies/preview", response_model=DryRunOut, dependencies=[may("tickets:read")]
)
async def post_preview(body: DryRunIn, session: Session) -> DryRunOut:
    """Which policy a ticket comes under and what each level would do; nothing is done."""
    ticket = await get_ticket(session, body.ticket_id)
    return _foreseen(await foresee(session, ticket, trigger=body.trigger))


@router.put(
    "/escalation-policies/{escalation_id}",
    response_model=EscalationPolicyOut,
    dependencies=[may("settings:manage")],
)
async def put_policy(
    escalation_id: RowId, body: EscalationPolicyIn, session: Session
) -> EscalationPolicy:
    """Let a policy be so; what is under way goes on by it."""
    return await save_policy(session, _draft(body), policy_id=escalation_id)


@router.delete(
    "/escalation-policies/{escalation_id}", status_code=204, dependencies=[may("settings:manage")]
)
async def remove_policy(escalation_id: RowId, session: Session) -> None:
    """Delete a policy; what is under way by it ends."""
    await delete_policy(session, escalation_id)


@router.post(
    "/escalation-policies/{escalation_id}/test-fire",
    response_model=DryRunOut,
    dependencies=[may("settings:manage")],
)
async def post_test_fire(escalation_id: RowId, body: DryRunIn, session: Session) -> DryRunOut:
    """A dry run of this policy on a ticket, whether it matches or not; nothing is done."""
    ticket = await get_ticket(session, body.ticket_id)
    policy = await get_policy(session, escalation_id)
    return _foreseen(await foresee(session, ticket, policy=policy))


@router.get(
    "/tickets/{ticket_id}/escalations",
    response_model=list[EscalationOut],
    dependencies=[may("tickets:read")],
)
async def get_escalations(ticket: VisibleTicket, session: Session) -> list[EscalationOut]:
    """The policies at work on a ticket, and what each level did."""
    return [
        EscalationOut(
            policy=each.policy,
            cause=each.run.cause,
            level=each.run.level,
            started_at=each.run.started_at,
            next_at=each.run.next_at,
            stopped_at=each.run.stopped_at,
            stopped_because=each.run.stopped_because,
            steps=[StepOut.model_validate(step) for step in each.steps],
        )
        for each in await list_runs(session, ticket.id)
    ]


@router.get("/shift-roster", response_model=list[RotaOut], dependencies=[may("people:read")])
async def get_rotas(session: Session) -> list[RotaOut]:
    """All rotas, with who is on call now."""
    return [await _rota(session, each) for each in await list_rotas(session)]


@router.post(
    "/shift-roster",
    response_model=RotaOut,
    status_code=201,
    dependencies=[may("settings:manage")],
)
async def post_rota(body: RotaIn, session: Session) -> RotaOut:
    """Add a rota."""
    return await _rota(session, await save_rota(session, **body.model_dump()))


@router.get("/shift-roster/{rota_id}", response_model=RotaOut, dependencies=[may("people:read")])
async def get_one_rota(
    rota_id: RowId,
    session: Session,
    at: Annotated[Instant | None, Query(description="Instead of now.")] = None,
) -> RotaOut:
    """One rota, with who is on call at an instant."""
    return await _rota(session, await get_rota(session, rota_id), at)


@router.put(
    "/shift-roster/{rota_id}", response_model=RotaOut, dependencies=[may("settings:manage")]
)
async def put_rota(rota_id: RowId, body: RotaIn, session: Session) -> RotaOut:
    """Let a rota be so."""
    saved = await save_rota(session, **body.model_dump(), rota_id=rota_id)
    return await _rota(session, saved)


@router.delete("/shift-roster/{rota_id}", status_code=204, dependencies=[may("settings:manage")])
async def remove_rota(rota_id: RowId, session: Session) -> None:
    """Delete a rota that no policy asks."""
    await delete_rota(session, rota_id)


@router.post(
    "/shift-roster/{rota_id}/shifts",
    response_model=ShiftOut,
    status_code=201,
    dependencies=[may("settings:manage")],
)
async def post_shift(rota_id: RowId, body: ShiftIn, session: Session) -> Any:
    """Let somebody stand in."""
    return await add_shift(session, rota_id=rota_id, **body.model_dump())


@router.delete(
    "/shift-roster/{rota_id}/shifts/{shift_id}",
    status_code=204,
    dependencies=[may("settings:manage")],
)
async def delete_shift(rota_id: RowId, shift_id: RowId, session: Session) -> None:
    """Take a shift back."""
    await remove_shift(session, rota_id=rota_id, shift_id=shift_id)


def _draft(body: EscalationPolicyIn) -> PolicyDraft:
    levels = tuple(
        Level(
            wait_seconds=level.wait_seconds,
            stop_on_ack=level.stop_on_ack,
            actions=tuple(Action(**action.model_dump()) for action in level.actions),
        )
        for level in body.levels
    )
    return PolicyDraft(
        name=body.name,
        levels=levels,
        trigger=body.trigger,
        sources=tuple(body.sources),
        priorities=tuple(body.priorities),
        categories=tuple(body.categories),
        severity_min=body.severity_min,
        organization_id=body.organization_id,
        sort_order=body.sort_order,
        is_active=body.is_active,
    )


def _foreseen(found: Foreseen) -> DryRunOut:
    return DryRunOut(
        policy=found.policy.name if found.policy else None,
        levels=[LevelForeseenOut.model_validate(each) for each in found.levels],
    )


async def _rota(session: AsyncSession, rota: OnCallRota, at: datetime | None = None) -> RotaOut:
    at = at or now_of(session)
    shifts = await list_shifts(session, rota.id, after=at)
    return RotaOut(
        id=rota.id,
        name=rota.name,
        zone=rota.zone,
        people=rota.people,
        starts_on=rota.starts_on,
        hands_over_at=rota.hands_over_at,
        days=rota.days,
        on_call=await who_is_on_call(session, rota, at),
        turns=[
            ShiftOut.model_validate(each) for each in turns_from(turns_of(rota), at, TURNS_SHOWN)
        ],
        shifts=[ShiftOut.model_validate(each) for each in shifts],
    )
