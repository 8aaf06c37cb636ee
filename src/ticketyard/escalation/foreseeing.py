"""A dry run: which policy a ticket comes under, and what each level would do, when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.escalation.acting import do_level
from ticketyard.escalation.drafts import Trigger
from ticketyard.escalation.matching import best_policy
from ticketyard.escalation.models import EscalationPolicy
from ticketyard.escalation.queries import conditions_of, levels_of, list_policies
from ticketyard.escalation.starting import facts_of
from ticketyard.tickets.models import Ticket


@dataclass(frozen=True)
class LevelForeseen:
    """A level: when it would be reached if nobody acted, and what it would do."""

    level: int
    at: datetime
    stop_on_ack: bool
    tell: list[int]
    done: list[str]


@dataclass(frozen=True)
class Foreseen:
    """policy: none where no policy matches, and then without levels."""

    policy: EscalationPolicy | None
    levels: list[LevelForeseen]


async def foresee(
    session: AsyncSession,
    ticket: Ticket,
    *,
    trigger: Trigger = "opened",
    policy: EscalationPolicy | None = None,
) -> Foreseen:
    """What would happen to this ticket if the trigger came now; nothing is done, nobody is told.

    policy: this one, whether it matches or not.
    """
    if policy is None:
        known = {each.id: each for each in await list_policies(session) if each.is_active}
        best = best_policy(
            [conditions_of(each) for each in known.values()], facts_of(ticket), trigger
        )
        if best is None:
            return Foreseen(None, [])
        policy = known[best.id]
    at, levels = now_of(session), []
    by = Principal.system(ticket.company_id, f"Escalation: {policy.name}")
    for number, level in enumerate(levels_of(policy), start=1):
        at += timedelta(seconds=level.wait_seconds)
        outcome = await do_level(session, ticket, level, at=at, by=by, dry=True)
        words = [each["words"] for each in outcome.done]
        levels.append(LevelForeseen(number, at, level.stop_on_ack, outcome.tell, words))
    return Foreseen(policy, levels)
