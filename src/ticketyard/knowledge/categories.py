"""A document's category is one of the company's list."""

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.knowledge.errors import BadArticle
from ticketyard.tickets.queries import category_spellings


async def known_category(session: AsyncSession, given: str | None) -> str | None:
    """The category as the company writes it. Raises BadArticle for one that it does not have."""
    wanted = (given or "").strip().casefold()
    if not wanted:
        return None
    if found := (await category_spellings(session)).get(wanted):
        return found
    raise BadArticle("There is no such category.")
