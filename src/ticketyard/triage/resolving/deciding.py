"""Look at tickets that triage has read, and resolve those that need no person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.people.queries import get_company
from ticketyard.tickets.names import first_names
from ticketyard.tickets.queries import get_ticket
from ticketyard.triage.resolving.actions import Actions
from ticketyard.triage.resolving.errors import ActionNotFound, BadAction
from ticketyard.triage.resolving.finishing import TOUCHED, finish_by_link
from ticketyard.triage.resolving.models import AutoResolution, AutoResolutionRule, Solution
from ticketyard.triage.resolving.queries import get_rule, list_records, list_solutions
from ticketyard.triage.resolving.ranking import Candidate, Known, rank
from ticketyard.triage.resolving.rule import (
    Circumstances,
    Decision,
    decide,
    held_back,
    normal_category,
)
from ticketyard.triage.resolving.running import request_action
from ticketyard.triage.resolving.wording import NAME

log = get_logger(__name__)


async def resolve_triaged(resources: Resources, company_id: int, ticket_ids: Sequence[int]) -> None:
    """Resolve those of the tickets that the company lets a machine resolve. Each by itself, and
    once at most, however often this is called."""
    async with resources.db.transaction(company_id) as session:
        rule = await get_rule(session)
        if not rule.is_on:
            return
        wanted = {normal_category(each) for each in rule.categories}
        rows = await session.execute(_CATEGORIES, {"tickets": list(ticket_ids)})
        hopeful = [row.ticket_id for row in rows if normal_category(row.category) in wanted]
    for ticket_id in hopeful:
        async with resources.db.transaction(company_id) as session:
            await _consider(session, ticket_id, resources.part(Actions), resources.part(MailDoor))


@dataclass(frozen=True)
class MailDoor:
    """Part of `Resources`: whether the operator named a server for all mail, and its sender.

    A mailbox may have a server of its own besides, and is then the sender.
    """

    has_server: bool = False
    has_sender: bool = False


@dataclass(frozen=True)
class Verdict:
    """What the rule says of a ticket. held_back: why it goes to a person all the same."""

    decision: Decision
    held_back: str | None
    ranked: tuple[Candidate, ...]


async def look_at(
    session: AsyncSession, ticket_id: int, rule: AutoResolutionRule, door: MailDoor
) -> Verdict:
    """What the rule says of a ticket, changing nothing. One that triage has not read has no
    category."""
    facts = (await session.execute(_FACTS, {"ticket": ticket_id, "now": now_of(session)})).one()
    ranked = await rank_solutions(session, facts.category, facts.priority)
    # What a source or a person filed it under stands; triage must agree with it to be sure of it.
    agrees = facts.category is not None and facts.category == facts.found
    confidence = float(facts.category_confidence or 0) if agrees else 0.0
    decision = decide(facts.category, confidence, ranked, rule.categories)
    first = first_names((await get_company(session)).settings)
    about = _circumstances(facts, door, first)
    why = held_back(about, now=now_of(session), per_day=rule.per_requester_per_day)
    return Verdict(decision, why, tuple(ranked))


async def rank_solutions(
    session: AsyncSession, category: str | None, priority: str
) -> list[Candidate]:
    """The active solutions of a category, the best first."""
    if category is None:
        return []
    solutions = await list_solutions(session, category=category, state="active")
    known = [
        Known(
            each.id, each.title, each.kind, each.success_rate, each.minutes, each.action, each.link
        )
        for each in solutions
    ]
    return rank(known, await list_records(session), priority) if known else []


async def _consider(
    session: AsyncSession, ticket_id: int, actions: Actions, door: MailDoor
) -> None:
    # In turns, so that of two batches at once the second counts what the first resolved.
    await session.execute(_TURNS)
    ticket = await get_ticket(session, ticket_id, lock=True)
    rule = await get_rule(session)
    verdict = await look_at(session, ticket_id, rule, door)
    decision = verdict.decision
    if not rule.is_on or verdict.held_back or not decision.can_auto_resolve:
        return
    assert decision.solution_id is not None
    solution = await session.get_one(Solution, decision.solution_id)
    if not _can_be_done(solution, ticket.requester_email or "", actions):
        return
    key = (ticket.requester_email or f"person {ticket.requester_id}").strip().lower()
    kept = await _keep(session, ticket_id, solution, decision, key)
    if kept is None:
        return
    by = Principal.system(company_of(session), NAME)
    if solution.kind != "automated_script":
        await finish_by_link(session, kept, solution, by=by)
        return
    action = actions.get(solution.action or "")
    run = await request_action(
        session,
        ticket_id=ticket_id,
        action=action,
        given=solution.parameters,
        key="auto-resolution",
        resolves=action.resolves,
        solution_id=solution.id,
        is_automatic=True,
        by=by,
    )
    kept.run_id = run.id


def _can_be_done(solution: Solution, requester_email: str, actions: Actions) -> bool:
    """Whether its action is known and has all it needs for this requester."""
    if solution.kind != "automated_script":
        return True
    try:
        actions.get(solution.action or "").filled(solution.parameters, requester_email)
    except (ActionNotFound, BadAction) as refusal:
        log.warning("solution_unusable", solution_id=solution.id, reason=refusal.detail)
        return False
    return True


async def _keep(
    session: AsyncSession, ticket_id: int, solution: Solution, decision: Decision, key: str
) -> AutoResolution | None:
    row = await session.execute(
        insert(AutoResolution)
        .values(
            company_id=company_of(session),
            ticket_id=ticket_id,
            solution_id=solution.id,
            solution_kind=solution.kind,
            category=solution.category,
            requester_key=key,
            confidence=decision.confidence,
            reasoning=decision.reasoning,
            decided_at=now_of(session),
        )
        .on_conflict_do_nothing()
        .returning(AutoResolution.ticket_id)
    )
    if row.scalar() is None:
        return None
    return await session.get_one(AutoResolution, (company_of(session), ticket_id))


def _circumstances(facts: Any, door: MailDoor, first: Mapping[str, str]) -> Circumstances:
    """first: what renamed categories were called first: a complaint stays one."""
    mail = (
        (facts.is_bounce, "It is a delivery report."),
        (facts.auto, "A machine wrote it."),
        (facts.classification == "spam", "It is spam."),
        (facts.is_forged, "The mail server says that somebody else wrote in this name."),
    )
    return Circumstances(
        source=facts.source,
        status=facts.status,
        created_at=facts.created_at,
        segment=facts.segment,
        category=first.get(facts.category, facts.category),
        kind=facts.kind,
        sentiment=facts.sentiment,
        touched=facts.touched or facts.merged_into is not None,
        tried=facts.tried,
        cannot_be_told=_cannot_be_told(facts, door),
        automatic_mail=next((why for applies, why in mail if applies), ""),
        today=facts.today,
    )


def _cannot_be_told(facts: Any, door: MailDoor) -> str:
    """Why no way leads to whoever asked: mail to an address, or a log-in that shows their tickets."""
    if facts.has_account:
        return ""
    if not facts.requester_email:
        return "Nobody could be told: whoever asked left no address."
    if (door.has_server and door.has_sender) or facts.own_server or (facts.box and door.has_server):
        return ""
    return "Nobody could be told: no mail server is configured, and whoever asked has no log-in."


_CATEGORIES = text(
    """
    select a.ticket_id, a.category from analysis a
    where a.company_id = current_company() and a.ticket_id = any(:tickets)
      and a.state = 'done' and a.category is not null
    order by a.ticket_id
    """
)
_TURNS = text(
    "select pg_advisory_xact_lock(hashtext('ticketyard.auto_resolution'), current_company())"
)
_FACTS = text(
    f"""
    select t.source, t.status, t.created_at, t.segment, t.category, t.priority, t.merged_into,
      t.requester_id, t.requester_email, a.category as found, a.category_confidence, a.kind,
      a.sentiment, coalesce(m.auto, '') <> '' as auto, coalesce(m.is_bounce, false) as is_bounce,
      m.classification, coalesce(m.is_forged, false) as is_forged, {TOUCHED} as touched,
      b.id is not null as box, coalesce(b.smtp_server, '') <> '' as own_server,
      exists (select from person p
              where p.company_id = t.company_id and p.id = t.requester_id and p.is_active
                and p.password_hash is not null) as has_account,
      exists (select from auto_resolution r
              where r.company_id = t.company_id and r.ticket_id = t.id) as tried,
      (select count(*) from auto_resolution r
       where r.company_id = t.company_id
         and r.requester_key = lower(trim(coalesce(t.requester_email, 'person ' || t.requester_id)))
         and r.decided_at > cast(:now as timestamptz) - interval '24 hours') as today
    from ticket t
    left join analysis a
      on a.company_id = t.company_id and a.ticket_id = t.id and a.state = 'done'
    left join lateral (
      select m.auto, m.is_bounce, m.classification,
             m.why ->> 'authentication' = 'fail' as is_forged
      from mail_message m
      where m.company_id = t.company_id and m.ticket_id = t.id and m.outcome = 'ticket'
      order by m.inbound_id limit 1) m on true
    -- The mailbox that an answer leaves by: the ticket's, else the first, those with a server before.
    left join lateral (
      select b.id, b.smtp_server from mailbox b
      where b.company_id = t.company_id and b.is_enabled
      order by not exists (select from mail_message m
                           where m.company_id = t.company_id and m.ticket_id = t.id
                             and m.mailbox_id = b.id), b.smtp_server = '', b.id
      limit 1) b on true
    where t.company_id = current_company() and t.id = :ticket
    """
)
