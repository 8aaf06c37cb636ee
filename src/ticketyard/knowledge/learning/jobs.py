"""Background entry points of what use teaches."""

from collections.abc import Sequence

from ticketyard.core.resources import Resources
from ticketyard.knowledge.events import DocumentRead
from ticketyard.knowledge.learning.collecting import collect_unanswered
from ticketyard.knowledge.learning.counting_citations import count_new_citations
from ticketyard.knowledge.learning.drafting import draft_articles
from ticketyard.knowledge.learning.following_up import follow_talks
from ticketyard.knowledge.learning.grouping import group_unanswered
from ticketyard.knowledge.learning.ranking_versions import learn_when_enough
from ticketyard.knowledge.learning.trying import try_gaps


async def try_open_gaps(
    resources: Resources, company_id: int, events: Sequence[DocumentRead]
) -> None:
    """Ask again what could not be answered, once more is known."""
    await try_gaps(resources, company_id)


async def find_gaps(resources: Resources, company_id: int) -> None:
    """Timetable: bring in what was asked in vain, put like to like, try what is open."""
    await collect_unanswered(resources, company_id)
    await group_unanswered(resources, company_id)
    await try_gaps(resources, company_id)
    await count_new_citations(resources, company_id)


async def draft_from_tickets(resources: Resources, company_id: int) -> None:
    """Timetable: draft articles of tickets that were solved."""
    await draft_articles(resources, company_id)


async def learn_from_judgements(resources: Resources, company_id: int) -> None:
    """Timetable: learn the company's ranking where there is enough to learn from."""
    await learn_when_enough(resources, company_id)


async def follow_answered(resources: Resources, company_id: int) -> None:
    """Timetable: see who came back after an answer."""
    await follow_talks(resources, company_id)
