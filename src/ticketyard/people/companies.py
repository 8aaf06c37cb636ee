"""Found a company and change its settings."""

from collections.abc import Sequence
from zoneinfo import available_timezones

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import Database, now_of
from ticketyard.core.errors import Invalid
from ticketyard.core.events import emit
from ticketyard.people.events import CompanyChanged
from ticketyard.people.models import Company
from ticketyard.people.queries import get_company

SWITCHES = ("auto_categorize", "auto_prioritize", "auto_assign", "assign_spam")
TEXTS = ("name", "locale", "timezone", "languages")


async def found_company(
    db: Database,
    *,
    name: str,
    slug: str,
    locale: str = "en",
    timezone: str = "UTC",
    languages: Sequence[str] = ("en",),
) -> int:
    """Make a company and give its id. Its own transaction: nobody can act in it before."""
    async with db.anonymous() as session:
        result = await session.execute(
            text("select found_company(:name, :slug, :locale, :timezone, :languages, :at)"),
            {
                "name": name,
                "slug": slug,
                "locale": locale,
                "timezone": timezone,
                "languages": list(languages),
                "at": now_of(session),
            },
        )
        return int(result.scalar_one())


async def change_company(
    session: AsyncSession, *, by: Principal, **changes: str | bool | list[str]
) -> Company:
    """Change the settings given by name. Raises Invalid for one that cannot be."""
    unknown = [name for name in changes if name not in (*SWITCHES, *TEXTS)]
    if unknown:
        raise Invalid(f"No such setting: {', '.join(unknown)}.")
    if "timezone" in changes and changes["timezone"] not in available_timezones():
        raise Invalid("No such time zone; one is written as in Asia/Almaty.")
    company = await get_company(session)
    changed = [name for name, value in changes.items() if getattr(company, name) != value]
    for name in changed:
        setattr(company, name, changes[name])
    if changed:
        await emit(session, CompanyChanged(fields=changed), by=by)
    return company
