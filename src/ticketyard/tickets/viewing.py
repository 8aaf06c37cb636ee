"""Keep a filtered queue under a name, to see it again."""

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of
from ticketyard.tickets.errors import BadField, NotForRequesters, TooManyViews, ViewNotFound
from ticketyard.tickets.labels import clean
from ticketyard.tickets.models import SavedView

VIEWS_MAX = 50
NAME_MAX = 60
QUERY_BYTES_MAX = 4_000


async def save_view(
    session: AsyncSession, *, name: str, query: Mapping[str, Any], by: Principal
) -> SavedView:
    """Keep a view of one's own; the same name again replaces it.

    query: filters and order, as in the address of the queue.
    Raises NotForRequesters (only people have views), BadField, TooManyViews.
    """
    person_id = _owner(by)
    title = " ".join(clean(name).split())
    if not title or len(title) > NAME_MAX:
        raise BadField(f"The name of a view has 1 to {NAME_MAX} characters.")
    if len(orjson.dumps(query)) > QUERY_BYTES_MAX:
        raise BadField("That is too much to remember in one view.")
    others = await session.scalar(
        select(func.count())
        .select_from(SavedView)
        .where(
            SavedView.company_id == company_of(session),
            SavedView.person_id == person_id,
            SavedView.name != title,
        )
    )
    if (others or 0) >= VIEWS_MAX:
        raise TooManyViews(f"You have {VIEWS_MAX} views already; delete one first.")
    statement = insert(SavedView).values(
        company_id=company_of(session), person_id=person_id, name=title, query=dict(query)
    )
    kept = await session.scalars(
        statement.on_conflict_do_update(
            index_elements=["company_id", "person_id", "name"],
            set_={"query": statement.excluded.query},
        ).returning(SavedView),
        execution_options={"populate_existing": True},
    )
    return kept.one()


async def delete_view(session: AsyncSession, *, view_id: int, by: Principal) -> None:
    """Forget a view of one's own. Raises ViewNotFound."""
    gone = await session.execute(
        delete(SavedView)
        .where(
            SavedView.company_id == company_of(session),
            SavedView.id == view_id,
            SavedView.person_id == _owner(by),
        )
        .returning(SavedView.id)
    )
    if gone.first() is None:
        raise ViewNotFound("You have no such view.")


def _owner(by: Principal) -> int:
    if by.person_id is None:
        raise NotForRequesters("Only people have views of their own.")
    return by.person_id
