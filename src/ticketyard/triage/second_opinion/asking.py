"""Ask the model about one ticket: claim, ask with no transaction open, look again, write."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache

from pydantic import BaseModel, TypeAdapter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.ai.chat.model import ChatModel
from ticketyard.ai.chat.question import Question, Told
from ticketyard.ai.chat.trouble import MAY_HAVE_COST, ChatTrouble
from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.people.queries import get_company
from ticketyard.tickets.categorizing import hold_categories
from ticketyard.tickets.errors import TicketNotFound
from ticketyard.tickets.names import present_names
from ticketyard.tickets.queries import get_ticket
from ticketyard.triage.applying import apply_findings
from ticketyard.triage.events import TriageRevised
from ticketyard.triage.findings import Findings, Profile
from ticketyard.triage.preparing import TicketText
from ticketyard.triage.queries import get_model_threshold, get_profile, list_texts
from ticketyard.triage.renaming import answered_today, found_today
from ticketyard.triage.second_opinion.budget import correct_tokens, take_tokens
from ticketyard.triage.second_opinion.combining import combine
from ticketyard.triage.second_opinion.opinion import question_about, read_opinion
from ticketyard.triage.second_opinion.rules import (
    MAX_ATTEMPTS,
    Next,
    OpinionRules,
    after_budget,
    after_trouble,
    wish_of,
)

log = get_logger(__name__)

NAME = "Language model"
# Longer than any deadline that may be set: two never ask the same while both live.
LEASE_SECONDS = 180


@dataclass(frozen=True)
class _Claimed:
    id: int
    ticket_id: int
    content_hash: str
    attempts: int
    queued_at: datetime
    found: Findings
    question: Question[BaseModel]
    day: date

    @property
    def guess(self) -> int:
        """Tokens set aside for it."""
        return self.question.tokens_at_most


async def ask_about(resources: Resources, company_id: int, opinion_id: int) -> None:
    """Ask, and write what comes of it. Safe to run twice, and to be killed at any point."""
    chat = resources.part(ChatModel)
    rules = resources.part(OpinionRules)
    async with resources.db.transaction(company_id) as session:
        claimed = await _claim(session, opinion_id, rules)
    if claimed is None:
        return
    try:
        told = await chat.ask(claimed.question)
    except ChatTrouble as trouble:
        async with resources.db.transaction(company_id) as session:
            await _put_off(session, claimed, trouble)
        return
    async with resources.db.transaction(company_id) as session:
        await correct_tokens(session, claimed.day, claimed.guess, told.tokens)
        await _take_in(session, claimed, told, rules)


async def _claim(session: AsyncSession, opinion_id: int, rules: OpinionRules) -> _Claimed | None:
    told = {"id": opinion_id, "now": now_of(session), "lease": LEASE_SECONDS}
    row = (await session.execute(_CLAIM, told)).one_or_none()
    if row is None:
        return None
    if row.attempts > MAX_ATTEMPTS:
        # Its asker was killed each time: it is not let kill the next one.
        await _settle(session, opinion_id, "failed", "interrupted")
        return None
    texts = await list_texts(session, [row.ticket_id])
    problem = await _unwanted(session, texts, row.ticket_id, row.content_hash, rules)
    if problem:
        await _settle(session, opinion_id, "refused", problem)
        return None
    found = _findings().validate_python(row.found)
    question = question_about(texts[0], found, await get_profile(session))
    day = await take_tokens(session, question.tokens_at_most, a_day=rules.tokens_a_day)
    if day is None:
        then = after_budget(attempts=row.attempts, queued_at=row.queued_at, now=now_of(session))
        await _wait(session, opinion_id, then, "over_budget")
        log.warning("model_over_budget", company_id=company_of(session))
        return None
    return _Claimed(
        id=opinion_id,
        ticket_id=row.ticket_id,
        content_hash=row.content_hash,
        attempts=row.attempts,
        queued_at=row.queued_at,
        found=found,
        question=question,
        day=day,
    )


async def _unwanted(
    session: AsyncSession,
    texts: list[TicketText],
    ticket_id: int,
    content_hash: str,
    rules: OpinionRules,
) -> str:
    """Why nobody wants to know any more; empty when somebody does."""
    if not texts or texts[0].content_hash != content_hash:
        return "text_changed"
    if wish_of((await get_company(session)).settings, rules) == "off":
        return "switched_off"
    if await session.scalar(_DECIDED, {"ticket": ticket_id}):
        return "a_person_decided"
    return ""


async def _put_off(session: AsyncSession, claimed: _Claimed, trouble: ChatTrouble) -> None:
    # What may have been worked on is charged for; of what surely was not, nothing is.
    used = max(trouble.tokens, claimed.guess if trouble.kind in MAY_HAVE_COST else 0)
    await correct_tokens(session, claimed.day, claimed.guess, used)
    then = after_trouble(
        trouble.kind,
        attempts=claimed.attempts,
        queued_at=claimed.queued_at,
        now=now_of(session),
        retry_after=trouble.retry_after,
    )
    await _wait(session, claimed.id, then, trouble.kind)


async def _take_in(
    session: AsyncSession, claimed: _Claimed, told: Told[BaseModel], rules: OpinionRules
) -> None:
    await hold_categories(session)
    try:
        # Held from here on: who corrects it meanwhile comes before us or after us.
        await get_ticket(session, claimed.ticket_id, lock=True)
    except TicketNotFound:
        return
    texts = await list_texts(session, [claimed.ticket_id])
    problem = await _unwanted(session, texts, claimed.ticket_id, claimed.content_hash, rules)
    if problem:
        await _settle(session, claimed.id, "refused", problem, told)
        return
    profile = await _profile_of(session, claimed.found)
    called = present_names((await get_company(session)).settings)
    found = found_today(claimed.found, called, profile.categories)
    answer = answered_today(told.value.model_dump(), called)
    combined = combine(texts[0], found, read_opinion(answer, texts[0], profile), profile)
    by = Principal.system(company_of(session), NAME)
    await apply_findings(session, [combined], profile, by=by)
    if revised := _revised(found, combined, profile):
        await emit(session, revised, by=by)
    await _settle(session, claimed.id, "done", "", told)


async def _profile_of(session: AsyncSession, local: Findings) -> Profile:
    """What the local answer goes by: where a model gave it, what keeps the share of wrong ones."""
    profile = await get_profile(session)
    if local.model_version is None:
        return profile
    threshold = await get_model_threshold(session, local.model_version)
    return replace(profile, model_threshold=threshold)


def _revised(local: Findings, combined: Findings, profile: Profile) -> TriageRevised | None:
    """What the line went by and does not any more; None where all of it stands."""
    before = local.category if local.is_sure else None
    after = combined.category if combined.is_sure else None
    same_urgency = local.urgency == combined.urgency or not profile.auto_prioritize
    if before == after and same_urgency:
        return None
    return TriageRevised(
        ticket_id=local.ticket_id,
        before=before,
        after=after,
        urgency_before=local.urgency,
        urgency_after=combined.urgency,
    )


async def _wait(session: AsyncSession, opinion_id: int, then: Next, problem: str) -> None:
    if then.state != "waiting":
        await _settle(session, opinion_id, then.state, problem)
        return
    told = {"id": opinion_id, "at": then.at, "attempts": then.attempts, "problem": problem}
    await session.execute(_WAIT, told)


async def _settle(
    session: AsyncSession,
    opinion_id: int,
    state: str,
    problem: str,
    told: Told[BaseModel] | None = None,
) -> None:
    await session.execute(
        _SETTLE,
        {
            "id": opinion_id,
            "state": state,
            "problem": problem,
            "now": now_of(session),
            "answer": told.value.model_dump_json() if told else None,
            "model": told.model if told else "",
            "tokens": told.tokens if told else 0,
        },
    )


@cache
def _findings() -> TypeAdapter[Findings]:
    return TypeAdapter(Findings)


_CLAIM = text(
    """
    update second_opinion set attempts = attempts + 1,
      claimed_until = now() + make_interval(secs => :lease)
    where company_id = current_company() and id = :id and state = 'waiting' and next_at <= :now
      and (claimed_until is null or claimed_until < now())
    returning ticket_id, content_hash, attempts, queued_at, found
    """
)
_DECIDED = text(
    """
    select exists (select from ticket t where t.company_id = current_company() and t.id = :ticket
                   and t.category_by = 'agent')
      or exists (select from correction c where c.company_id = current_company()
                 and c.ticket_id = :ticket and c.field = 'category')
    """
)
_WAIT = text(
    """
    update second_opinion set next_at = :at, attempts = :attempts, problem = :problem,
      claimed_until = null
    where company_id = current_company() and id = :id
    """
)
_SETTLE = text(
    """
    update second_opinion set state = :state, problem = :problem, settled_at = :now,
      claimed_until = null, found = null, answer = cast(:answer as jsonb), model = :model,
      tokens = :tokens
    where company_id = current_company() and id = :id
    """
)
