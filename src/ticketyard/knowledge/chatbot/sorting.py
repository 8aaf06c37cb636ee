"""What a question in the chat is about, without a ticket: what triage says, and what is known to help."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import now_of
from ticketyard.core.resources import Resources
from ticketyard.knowledge.chatbot.estimating import estimate_minutes
from ticketyard.people.queries import list_teams
from ticketyard.triage.engines import Engines
from ticketyard.triage.findings import Findings
from ticketyard.triage.preparing import TicketText
from ticketyard.triage.resolving.deciding import rank_solutions
from ticketyard.triage.resolving.models import Solution
from ticketyard.triage.resolving.queries import get_rule
from ticketyard.triage.resolving.ranking import Candidate
from ticketyard.triage.resolving.rule import Circumstances, Decision, decide, held_back
from ticketyard.triage.urgency_level import level_of

_NO_TICKET = 0


@dataclass(frozen=True)
class Sorted:
    """What was found. decision: whether a machine may settle it, and with which solution.

    held_back: why it goes to a person all the same.
    """

    findings: Findings
    team: str | None
    ranked: tuple[Candidate, ...]
    decision: Decision
    held_back: str | None
    solution: Solution | None

    @property
    def may_be_resolved(self) -> bool:
        """Whether the company's rule lets this be settled without a person, here and now: with a link to
        help oneself. What an action has to do needs a ticket to be written on."""
        return (
            self.decision.can_auto_resolve
            and self.held_back is None
            and self.solution is not None
            and self.solution.kind == "self_service_link"
        )

    @property
    def classification(self) -> dict[str, Any]:
        """As contracts 1.6 name it."""
        found = self.findings
        return {
            "category": found.category,
            "subcategory": found.topic,
            "priority": found.priority,
            "confidence": round(found.category_confidence, 4),
            "reasoning": found.summary,
            "suggested_keywords": list(found.keywords),
            "urgency_level": level_of(found.urgency),
            "sentiment_score": found.sentiment_score,
            "auto_resolution_possible": self.may_be_resolved,
            "suggested_assignee": self.team,
            "estimated_resolution_time": estimate_minutes(found.category, found.priority),
        }


async def sort_question(resources: Resources, company_id: int, question: str, email: str) -> Sorted:
    """What it is about; no connection is held while an engine thinks."""
    engines = resources.part(Engines)
    async with resources.db.transaction(company_id) as session:
        profile = await engines.profile(session)
    (found,) = await engines.analyse([TicketText(_NO_TICKET, "", question)], profile)
    async with resources.db.transaction(company_id) as session:
        return await _with_solutions(session, found, email)


async def _with_solutions(session: AsyncSession, found: Findings, email: str) -> Sorted:
    rule = await get_rule(session)
    category = found.category if found.is_sure else None
    ranked = await rank_solutions(session, category, found.priority)
    decision = decide(category, found.category_confidence, ranked, rule.categories)
    about = Circumstances(
        source="chatbot",
        status="open",
        created_at=now_of(session),
        category=category,
        kind=found.kind,
        sentiment=found.sentiment,
        today=await _resolved_today(session, email),
    )
    off = None if rule.is_on else "The company lets no machine resolve."
    why = off or held_back(about, now=now_of(session), per_day=rule.per_requester_per_day)
    solution = await session.get(Solution, decision.solution_id) if decision.solution_id else None
    teams = {each.id: each.name for each in await list_teams(session)}
    team = teams.get(found.team.team_id or 0) if found.team.is_sure else None
    return Sorted(found, team, tuple(ranked), decision, why, solution)


def solutions_of(ranked: Sequence[Candidate]) -> list[dict[str, Any]]:
    """What is known to help, the best first."""
    return [
        {
            "solution_type": each.kind,
            "title": each.title,
            "confidence": each.confidence,
            "portal_link": each.link,
        }
        for each in ranked[:3]
    ]


async def _resolved_today(session: AsyncSession, email: str) -> int:
    """How often a machine settled something for this address within a day, with and without a ticket."""
    asked = {"email": email.strip().lower(), "now": now_of(session)}
    return int(await session.scalar(_TODAY, asked) or 0)


_TODAY = text(
    """
    select (select count(*) from auto_resolution a
            where a.company_id = current_company() and a.requester_key = :email
              and a.decided_at > cast(:now as timestamptz) - interval '1 day')
         + (select count(*) from chat c
            where c.company_id = current_company() and c.reference is not null
              and lower(c.slots ->> 'email') = :email and c.reply ? 'auto_resolution'
              and c.reply ->> 'auto_resolution' is not null
              and c.created_at > cast(:now as timestamptz) - interval '1 day')
    """
)
