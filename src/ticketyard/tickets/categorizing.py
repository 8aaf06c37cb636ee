"""The company's list of categories: add, describe, rename, take out of use.

Tickets, examples and models hold names. What a category was called before is kept in the company's
settings, the oldest first, so that the old words are understood wherever they still stand.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of
from ticketyard.core.events import emit
from ticketyard.people.companies import set_settings
from ticketyard.people.queries import get_company
from ticketyard.tickets.errors import BadCategory, CategoryNotFound, CategoryTaken
from ticketyard.tickets.events import CategoryRenamed, DeskChanged
from ticketyard.tickets.labels import clean
from ticketyard.tickets.models import Category
from ticketyard.tickets.names import FORMER_NAMES, former_names, present_names

NAME_MAX: Final = 100
DESCRIPTION_MAX: Final = 1_000
CATEGORIES_MAX: Final = 500

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


async def labels_lacking(session: AsyncSession, labels: Sequence[str]) -> tuple[str, ...]:
    """Those that name no category, neither in use nor out of it, by no name it ever had."""
    rows = await session.scalars(
        select(Category.name).where(Category.company_id == company_of(session))
    )
    settings = (await get_company(session)).settings
    known = {name.casefold() for name in (*rows, *present_names(settings))}
    return tuple(label for label in labels if label.casefold() not in known)


async def add_category(
    session: AsyncSession, *, name: str, description: str = "", by: Principal
) -> Category:
    """Add one to the end of the list. Raises BadCategory, CategoryTaken."""
    name = _name(name)
    await _take_turns(session)
    await _refuse_taken(session, name)
    count = await session.scalar(
        select(func.count()).where(Category.company_id == company_of(session))
    )
    if (count or 0) >= CATEGORIES_MAX:
        raise BadCategory(f"{CATEGORIES_MAX} categories are enough for any list.")
    await add_categories(session, [name])
    category = (
        await session.scalars(
            select(Category).where(
                Category.company_id == company_of(session), Category.name == name
            )
        )
    ).one()
    category.description = _description(description)
    await _tell(session, "added", name, by)
    return category


async def change_category(
    session: AsyncSession,
    *,
    category_id: int,
    name: str | None = None,
    description: str | None = None,
    is_active: bool | None = None,
    by: Principal,
) -> Category:
    """Rename it, describe it, take it out of use or back; what is None stays.

    A new name goes to every ticket that has the old one; one out of use can be chosen for no ticket
    and is found for none, and tickets that have it keep it.
    Raises CategoryNotFound, BadCategory, CategoryTaken.
    """
    await _take_turns(session)
    category = await _get(session, category_id)
    if name is not None and _name(name) != category.name:
        await _rename(session, category, _name(name), by)
    if description is not None and _description(description) != category.description:
        category.description = _description(description)
        await _tell(session, "changed", category.name, by)
    if is_active is not None and is_active != category.is_active:
        category.is_active = is_active
        await _tell(session, "taken back" if is_active else "retired", category.name, by)
    await session.flush()
    return category


async def hold_categories(session: AsyncSession) -> None:
    """Until the transaction ends the list stays as it is, and is seen as it is: who writes a category's
    name that was read earlier looks here first, before locking any ticket."""
    await session.execute(_HOLD)
    await session.refresh(await get_company(session))


async def _rename(session: AsyncSession, category: Category, name: str, by: Principal) -> None:
    await _refuse_taken(session, name, but=category)
    before = category.name
    former = former_names((await get_company(session)).settings)
    earlier = tuple(dict.fromkeys((*former.pop(before, ()), before)))
    # The first of all names stays the first, also where it is called so again.
    former[name] = (earlier[0], *(each for each in earlier[1:] if each != name))
    await set_settings(
        session, by=by, **{FORMER_NAMES: {now: list(names) for now, names in former.items()}}
    )
    category.name = name
    await session.flush()
    given = {"before": before, "after": name}
    for statement in (_RENAME_TICKETS, _RENAME_TEMPLATES, _RENAME_MACROS, _RENAME_VIEWS):
        await session.execute(statement, given)
    await emit(session, CategoryRenamed(before=before, after=name), by=by)


async def _refuse_taken(session: AsyncSession, name: str, but: Category | None = None) -> None:
    """Neither what another is called nor what another was called: old words must stay clear."""
    key = name.casefold()
    rows = await session.scalars(select(Category).where(Category.company_id == company_of(session)))
    for each in rows:
        if each.name.casefold() == key and (but is None or each.id != but.id):
            raise CategoryTaken(
                f"There is a category {each.name} already"
                f"{'' if each.is_active else '; it is out of use and can be taken back'}."
            )
    former = former_names((await get_company(session)).settings)
    for now, names in former.items():
        if (but is None or now != but.name) and key in map(str.casefold, names):
            raise CategoryTaken(f"{name} is what {now} was called before; choose another name.")


async def _take_turns(session: AsyncSession) -> None:
    """Who changes the list waits for whoever is at it, and then sees what that one left: of two new
    names at once one would be forgotten."""
    await session.execute(_TURNS)
    await session.refresh(await get_company(session))


async def _get(session: AsyncSession, category_id: int) -> Category:
    found = await session.scalar(
        select(Category)
        .where(Category.company_id == company_of(session), Category.id == category_id)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise CategoryNotFound("There is no such category.")
    return found


def _name(given: str) -> str:
    name = " ".join(clean(given).split())
    if not 1 <= len(name) <= NAME_MAX:
        raise BadCategory(f"A category's name has 1 to {NAME_MAX} characters.")
    return name


def _description(given: str) -> str:
    words = " ".join(clean(given).split())
    if len(words) > DESCRIPTION_MAX:
        raise BadCategory(f"A description has {DESCRIPTION_MAX} characters at most.")
    return words


async def _tell(session: AsyncSession, how: str, name: str, by: Principal) -> None:
    await emit(session, DeskChanged(what="category", how=how, name=name), by=by)


_HOLD = text(
    "select pg_advisory_xact_lock_shared(hashtext('ticketyard.categories'), current_company())"
)
_TURNS = text("select pg_advisory_xact_lock(hashtext('ticketyard.categories'), current_company())")

# No version rises: what somebody is about to save is not out of date for a word.
_RENAME_TICKETS = text(
    """
    update ticket set category = :after
    where company_id = current_company() and category = :before
    """
)
_RENAME_TEMPLATES = text(
    """
    update ticket_template set category = :after
    where company_id = current_company() and category = :before
    """
)
_RENAME_MACROS = text(
    """
    update macro set actions = jsonb_set(actions, '{category}', to_jsonb(cast(:after as text)))
    where company_id = current_company() and actions ->> 'category' = :before
    """
)
_RENAME_VIEWS = text(
    """
    update saved_view set query = jsonb_set(query, '{category}', to_jsonb(cast(:after as text)))
    where company_id = current_company() and query ->> 'category' = :before
    """
)
