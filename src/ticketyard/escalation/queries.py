"""Read policies, rotas and runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of
from ticketyard.escalation.drafts import Action, Level
from ticketyard.escalation.errors import EscalationNotFound, RotaNotFound
from ticketyard.escalation.matching import Conditions
from ticketyard.escalation.models import (
    EscalationPolicy,
    EscalationRun,
    EscalationStep,
    OnCallRota,
    OnCallShift,
)
from ticketyard.escalation.on_call import Rota, Shift, on_call


@dataclass(frozen=True)
class RunShown:
    """An escalation of a ticket, with what each level did."""

    policy: str
    run: EscalationRun
    steps: Sequence[EscalationStep]


async def list_policies(session: AsyncSession) -> Sequence[EscalationPolicy]:
    """All policies in the order they are tried."""
    found = await session.scalars(
        select(EscalationPolicy)
        .where(EscalationPolicy.company_id == company_of(session))
        .order_by(EscalationPolicy.sort_order, EscalationPolicy.id)
    )
    return found.all()


async def get_policy(
    session: AsyncSession, policy_id: int, *, lock: bool = False
) -> EscalationPolicy:
    """One policy. Raises EscalationNotFound."""
    asked = select(EscalationPolicy).where(
        EscalationPolicy.company_id == company_of(session), EscalationPolicy.id == policy_id
    )
    found: EscalationPolicy | None = await session.scalar(
        asked.with_for_update() if lock else asked
    )
    if found is None:
        raise EscalationNotFound("There is no such escalation policy.")
    return found


def levels_of(policy: EscalationPolicy) -> list[Level]:
    """Its levels as values."""
    return [
        Level(
            wait_seconds=each["wait_seconds"],
            stop_on_ack=each["stop_on_ack"],
            actions=tuple(Action(**action) for action in each["actions"]),
        )
        for each in policy.levels
    ]


def conditions_of(policy: EscalationPolicy) -> Conditions:
    """When it applies, as values."""
    return Conditions(
        id=policy.id,
        trigger=policy.trigger,
        sources=tuple(policy.sources),
        priorities=tuple(policy.priorities),
        categories=tuple(policy.categories),
        severity_min=policy.severity_min,
        organization_id=policy.organization_id,
        sort_order=policy.sort_order,
    )


async def list_rotas(session: AsyncSession) -> Sequence[OnCallRota]:
    """All rotas by name."""
    found = await session.scalars(
        select(OnCallRota)
        .where(OnCallRota.company_id == company_of(session))
        .order_by(OnCallRota.name)
    )
    return found.all()


async def get_rota(session: AsyncSession, rota_id: int, *, lock: bool = False) -> OnCallRota:
    """One rota. Raises RotaNotFound."""
    asked = select(OnCallRota).where(
        OnCallRota.company_id == company_of(session), OnCallRota.id == rota_id
    )
    found: OnCallRota | None = await session.scalar(asked.with_for_update() if lock else asked)
    if found is None:
        raise RotaNotFound("There is no such rota.")
    return found


async def list_shifts(
    session: AsyncSession, rota_id: int, *, after: datetime
) -> Sequence[OnCallShift]:
    """The shifts that end later than an instant, in order."""
    found = await session.scalars(
        select(OnCallShift)
        .where(
            OnCallShift.company_id == company_of(session),
            OnCallShift.rota_id == rota_id,
            OnCallShift.ends_at > after,
        )
        .order_by(OnCallShift.starts_at, OnCallShift.id)
    )
    return found.all()


def turns_of(rota: OnCallRota) -> Rota:
    """Its turns as values."""
    return Rota(
        zone=rota.zone,
        people=tuple(rota.people),
        starts_on=rota.starts_on,
        hands_over_at=rota.hands_over_at,
        days=rota.days,
    )


async def who_is_on_call(session: AsyncSession, rota: OnCallRota, at: datetime) -> int | None:
    """The person on call by this rota at an instant."""
    shifts = await list_shifts(session, rota.id, after=at)
    return on_call(
        turns_of(rota), [Shift(each.person_id, each.starts_at, each.ends_at) for each in shifts], at
    )


async def list_runs(session: AsyncSession, ticket_id: int) -> list[RunShown]:
    """The escalations of a ticket, the oldest first."""
    company = company_of(session)
    runs = await session.execute(
        select(EscalationRun, EscalationPolicy.name)
        .join(EscalationPolicy, EscalationPolicy.id == EscalationRun.policy_id)
        .where(EscalationRun.company_id == company, EscalationRun.ticket_id == ticket_id)
        .order_by(EscalationRun.id)
    )
    steps = await session.scalars(
        select(EscalationStep)
        .where(EscalationStep.company_id == company, EscalationStep.ticket_id == ticket_id)
        .order_by(EscalationStep.id)
    )
    by_run: dict[int, list[EscalationStep]] = {}
    for step in steps:
        by_run.setdefault(step.run_id, []).append(step)
    return [RunShown(name, run, by_run.get(run.id, [])) for run, name in runs]
