"""Throw away what teaches nothing any more; nobody's question is kept longer than a year."""

from datetime import timedelta

from sqlalchemy import text

from ticketyard.core.db import now_of
from ticketyard.core.resources import Resources

YEAR = timedelta(days=365)

# Tickets are looked at for thirty days after they were solved; what stands at a draft is kept with it.
_OLD = tuple(
    text(f"delete from {table} where company_id = current_company() and {when}")
    for table, when in (
        ("unanswered_question", "asked_at < :year"),
        ("knowledge_gap", "last_asked_at < :year and document_id is null"),
        ("knowledge_judgement", "judged_at < :year"),
        ("deflection_case", "asked_at < :two_years"),
        ("document_citation", "cited_at < :two_years"),
        ("proposal_ticket", "proposal_id is null and looked_at < :season"),
    )
)


async def prune_learning(resources: Resources, company_id: int) -> None:
    """Timetable: once a day for every company."""
    async with resources.db.transaction(company_id) as session:
        now = now_of(session)
        given = {"year": now - YEAR, "two_years": now - 2 * YEAR, "season": now - YEAR / 4}
        for statement in _OLD:
            names = statement.compile().params
            await session.execute(statement, {name: given[name] for name in names})
