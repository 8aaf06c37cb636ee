"""Keep what triage found, and change the tickets by it: the only way a finding reaches a ticket."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.core.events import emit
from ticketyard.people.queries import get_company
from ticketyard.tickets.categorizing import hold_categories
from ticketyard.tickets.labelling import Found, label_found
from ticketyard.tickets.names import present_names
from ticketyard.tickets.queries import list_categories
from ticketyard.triage.events import TicketTriaged
from ticketyard.triage.findings import Findings, Profile
from ticketyard.triage.renaming import found_today


async def apply_findings(
    session: AsyncSession,
    findings: Sequence[Findings],
    profile: Profile,
    *,
    by: Principal,
) -> None:
    """Store the analyses, fill in what is sure and wanted, and say that triage is done.

    What a source or an agent said stays (tickets/labelling.py sees to it); a switch of the company
    that is off leaves that field alone; a category below the threshold is stored, not filled in,
    and one that was filled in earlier by triage itself is taken away.
    """
    if not findings:
        return
    # They were thought about for a while, and somebody may have changed the list.
    await hold_categories(session)
    called = present_names((await get_company(session)).settings)
    names = {each.name for each in await list_categories(session)}
    findings = [found_today(each, called, names) for each in findings]
    rows = [_row(each) for each in findings]
    stored = await session.execute(
        _STORE, {"rows": orjson.dumps(rows).decode(), "now": now_of(session)}
    )
    asks = {row.ticket_id: bool(row.need_admin) for row in stored}
    await label_found(session, [_wanted(each, profile) for each in findings], by=by)
    await emit(session, *(_triaged(each, asks) for each in findings), by=by)


async def mark_failed(session: AsyncSession, problems: Mapping[int, str], *, by: Principal) -> None:
    """Keep that an engine broke on these tickets, and let them go on to a person all the same.

    problems: ticket to the kind of error; never its text, which may hold what the ticket says.
    """
    if not problems:
        return
    rows = [{"ticket_id": ticket_id, "problem": why} for ticket_id, why in problems.items()]
    stored = await session.scalars(
        _FAIL, {"rows": orjson.dumps(rows).decode(), "now": now_of(session)}
    )
    # The line is told at the first failure; a further one of the same ticket is no news.
    news = [TicketTriaged(ticket_id=first, failed=True) for first in stored if first is not None]
    await emit(session, *news, by=by)


def _row(found: Findings) -> dict[str, Any]:
    team = found.team
    return asdict(found) | {
        "need_admin": found.need_admin,
        "confidence": found.confidence,
        "team_id": team.team_id,
        "team_confidence": team.confidence,
        "team_similarity": team.similarity,
        "team_by": team.found_by,
        "team_is_sure": team.is_sure,
        "team_model_version": team.model_version,
    }


def _wanted(found: Findings, profile: Profile) -> Found:
    prioritize = profile.auto_prioritize
    return Found(
        ticket_id=found.ticket_id,
        category=found.category if found.is_sure and profile.auto_categorize else None,
        # What holds for now only, while vectors cannot be had, takes nothing away.
        doubts_category=profile.auto_categorize and not found.is_sure and found.problem is None,
        priority=found.priority if prioritize else None,
        urgency=found.urgency if prioritize else None,
        team_id=found.team.team_id if found.team.is_sure and profile.auto_assign else None,
    )


def _triaged(found: Findings, asks: Mapping[int, bool]) -> TicketTriaged:
    return TicketTriaged(
        ticket_id=found.ticket_id,
        category=found.category if found.is_sure else None,
        urgency=found.urgency,
        language=found.language,
        need_admin=asks.get(found.ticket_id, found.need_admin),
    )


_STORE = text(
    """
    insert into analysis as a (company_id, ticket_id, state, category, category_confidence,
      category_ranking, priority, priority_confidence, urgency, sentiment, sentiment_score,
      language, language_confidence, summary, confidence, need_admin, was_sure, engine, model_version,
      evidence, content_hash, attempts, analysed_at, kind, topic, topic_confidence, team_id,
      team_confidence, team_similarity, team_by, team_is_sure, team_model_version, keywords, error)
    select current_company(), f.ticket_id, 'done', f.category, f.category_confidence,
      f.category_ranking, f.priority, f.priority_confidence, f.urgency, f.sentiment,
      f.sentiment_score, f.language, f.language_confidence, f.summary, f.confidence,
      f.need_admin and t.category_by in ('default', 'triage'), f.is_sure,
      f.engine, f.model_version, f.evidence, f.content_hash, 1, :now,
      f.kind, f.topic, f.topic_confidence, m.id, f.team_confidence, f.team_similarity, f.team_by,
      f.team_is_sure and m.id is not null, f.team_model_version, f.keywords, f.problem
    from jsonb_to_recordset(cast(:rows as jsonb)) as f(ticket_id bigint, category text,
      category_confidence real, category_ranking jsonb, priority text, priority_confidence real,
      urgency smallint, sentiment text, sentiment_score real, language text,
      language_confidence real, summary text, confidence real, need_admin boolean, is_sure boolean, engine text,
      model_version integer, evidence jsonb, content_hash text, kind text, topic text,
      topic_confidence real, team_id integer, team_confidence real, team_similarity real,
      team_by text, team_is_sure boolean, team_model_version integer, keywords text[], problem text)
    join ticket t on t.id = f.ticket_id and t.company_id = current_company()
    left join team m on m.id = f.team_id and m.company_id = current_company()
    order by f.ticket_id
    on conflict (company_id, ticket_id) do update set
      state = 'done', category = excluded.category,
      category_confidence = excluded.category_confidence,
      category_ranking = excluded.category_ranking, priority = excluded.priority,
      priority_confidence = excluded.priority_confidence, urgency = excluded.urgency,
      sentiment = excluded.sentiment, sentiment_score = excluded.sentiment_score,
      language = excluded.language, language_confidence = excluded.language_confidence,
      summary = excluded.summary, confidence = excluded.confidence,
      need_admin = excluded.need_admin, was_sure = excluded.was_sure, engine = excluded.engine,
      model_version = excluded.model_version, evidence = excluded.evidence,
      content_hash = excluded.content_hash, error = excluded.error, attempts = a.attempts + 1,
      analysed_at = excluded.analysed_at, kind = excluded.kind, topic = excluded.topic,
      topic_confidence = excluded.topic_confidence, team_id = excluded.team_id,
      team_confidence = excluded.team_confidence, team_similarity = excluded.team_similarity,
      team_by = excluded.team_by, team_is_sure = excluded.team_is_sure,
      team_model_version = excluded.team_model_version, keywords = excluded.keywords
    returning a.ticket_id, a.need_admin
    """
)

_FAIL = text(
    """
    insert into analysis as a (company_id, ticket_id, state, need_admin, error, attempts,
                               analysed_at)
    select current_company(), t.id, 'failed', t.category_by in ('default', 'triage'), p.problem, 1, :now
    from jsonb_to_recordset(cast(:rows as jsonb)) as p(ticket_id bigint, problem text)
    join ticket t on t.id = p.ticket_id and t.company_id = current_company()
    order by t.id
    on conflict (company_id, ticket_id) do update set
      state = 'failed', need_admin = excluded.need_admin, error = excluded.error, attempts = a.attempts + 1,
      analysed_at = excluded.analysed_at
    returning case when a.attempts = 1 then a.ticket_id end
    """
)
