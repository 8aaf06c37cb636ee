"""Which ranking a company has: its own, or the one that comes with the program."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.ai.ranking import Ranker
from ticketyard.knowledge.retrieving.features import FEATURES
from ticketyard.knowledge.retrieving.shipped import SHIPPED


async def ranking_of(session: AsyncSession) -> Ranker:
    """The company's ranking. One learned for other features, by an older version, is passed over."""
    row = (await session.execute(_FIND)).first()
    if row is None or tuple(row.features) != FEATURES:
        return SHIPPED
    return Ranker(FEATURES, tuple(row.weights), row.bias)


_FIND = text(
    "select features, weights, bias from knowledge_ranking where company_id = current_company()"
)
