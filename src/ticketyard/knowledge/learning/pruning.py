"""Throw away what is no longer needed; nobody's question is kept longer than a year."""

from datetime import timedelta

from sqlalchemy import text

from ticketyard.core.db import now_of
from ticketyard.core.resources import Resources

YEAR = timedelta(days=365)
DAY = timedelta(days=1)

# A chat may go on with a person, where nothing is asked of the knowledge any more.
_SILENT = """updated_at < :year and not exists (select from chat h
  where h.company_id = conversation.company_id and h.conversation_id = conversation.id
    and h.updated_at >= :year)"""
# Tickets are looked at for thirty days after they were solved; what stands at a draft is kept with it.
_OLD = tuple(
    text(f"delete from {table} where company_id = current_company() and {when}")
    for table, when in (
        ("unanswered_question", "asked_at < :year"),
        ("knowledge_gap", "last_asked_at < :year and document_id is null"),
        ("knowledge_judgement", "judged_at < :year"),
        ("deflection_case", "asked_at < :two_years"),
        ("document_citation", "cited_at < :two_years"),
        # With all that was said in them, and what became of it.
        ("conversation", _SILENT),
        ("chat_code", "sent_at < :day"),
        ("proposal_ticket", "proposal_id is null and looked_at < :season"),
    )
)


async def prune_learning(resources: Resources, company_id: int) -> None:
    """Timetable: once a day for every company."""
    async with resources.db.transaction(company_id) as session:
        now = now_of(session)
        given = {
            "year": now - YEAR,
            "two_years": now - 2 * YEAR,
            "season": now - YEAR / 4,
            "day": now - DAY,
        }
        for statement in _OLD:
            names = statement.compile().params
            await session.execute(statement, {name: given[name] for name in names})
