"""The company's list of categories."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of
from ticketyard.tickets.models import Category

# Contracts 1.3: what a fresh company starts with.
IT_CATEGORIES = (
    "network",
    "hardware",
    "software",
    "access_control",
    "email",
    "vpn",
    "printer",
    "password_reset",
    "account_management",
    "other",
)

# Contracts 5.4: what the letters of a distribution are sorted into.
DISTRIBUTION_CATEGORIES = (
    "Жалоба",
    "Смена данных",
    "Консультация",
    "Претензия",
    "Неработоспособность приложения",
    "Мошеннические действия",
    "Спам",
)


async def add_categories(session: AsyncSession, names: Sequence[str]) -> None:
    """Add categories that the company lacks, after those it has."""
    if not names:
        return
    last = await session.scalar(
        select(func.max(Category.sort_order)).where(Category.company_id == company_of(session))
    )
    start = 0 if last is None else last + 1
    statement = insert(Category).values(
        [
            {"company_id": company_of(session), "name": name, "sort_order": start + index}
            for index, name in enumerate(names)
        ]
    )
    await session.execute(statement.on_conflict_do_nothing())
