"""A document's category is one of the company's list."""

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.knowledge.errors import BadArticle
from ticketyard.tickets.queries import list_categories


async def known_category(session: AsyncSession, given: str | None) -> str | None:
    """The category as the company writes it. Raises BadArticle for one that it does not have."""
    wanted = (given or "").strip().casefold()
    if not wanted:
        return None
    for category in await list_categories(session):
        if category.name.casefold() == wanted:
            return category.name
    raise BadArticle("There is no such category.")
