"""Found a company and change its settings."""

from collections.abc import Mapping, Sequence
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
# Names in the zones' folder that mean whatever one machine is set to.
_NO_ZONES = frozenset({"localtime", "posixrules", "Factory"})


async def found_company(
    db: Database,
    *,
    name: str,
    slug: str,
    locale: str = "en",
    timezone: str = "UTC",
    languages: Sequence[str] = ("en",),
) -> int:
    """Make a company and give its id. Its own transaction: nobody can act in it before.

    Raises Invalid for a time zone that nobody knows.
    """
    async with db.anonymous() as session:
        await _check_zone(session, timezone)
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
    if "timezone" in changes:
        await _check_zone(session, str(changes["timezone"]))
    company = await get_company(session)
    changed = [name for name, value in changes.items() if getattr(company, name) != value]
    for name in changed:
        setattr(company, name, changes[name])
    if changed:
        await emit(session, CompanyChanged(fields=changed), by=by)
    return company


async def set_settings(
    session: AsyncSession,
    *,
    by: Principal,
    **values: str | float | bool | Mapping[str, Sequence[str]] | None,
) -> Company:
    """Set what packages further on keep among a company's settings; None takes one away.

    Whoever calls has looked at the values.
    """
    company = await get_company(session)
    before = company.settings
    kept = {name: value for name, value in before.items() if name not in values}
    after = kept | {name: value for name, value in values.items() if value is not None}
    if after != before:
        company.settings = after
        changed = [name for name in values if before.get(name) != after.get(name)]
        await emit(session, CompanyChanged(fields=changed), by=by)
    return company


async def set_company_setting(
    session: AsyncSession, *, name: str, value: bool, by: Principal
) -> Company:
    """Set one of the switches that other packages go by. Setting it as it is changes nothing."""
    company = await get_company(session)
    if company.settings.get(name) is not value:
        company.settings = {**company.settings, name: value}
        await emit(session, CompanyChanged(fields=[name]), by=by)
    return company


async def _check_zone(session: AsyncSession, zone: str) -> None:
    """Days are counted here and by the database, so both must know it."""
    if zone == "UTC":
        return
    known = zone in available_timezones() - _NO_ZONES
    if not known or not await session.scalar(_KNOWN_ZONE, {"zone": zone}):
        raise Invalid("No such time zone; one is written as in Asia/Almaty.")


_KNOWN_ZONE = text("select exists (select from pg_timezone_names where name = :zone)")
