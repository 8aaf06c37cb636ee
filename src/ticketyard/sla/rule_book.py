"""The company's rules through time, read from where they are kept."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of, now_of
from ticketyard.people.queries import get_company
from ticketyard.sla.calendars import Calendar
from ticketyard.sla.policies import Policy, RuleBook, Rules
from ticketyard.tickets.names import present_names

# Pages by the digest of their words: they never change, and most calendars are those of before.
_pages: dict[str, tuple[tuple[Policy, ...], dict[int, Calendar]]] = {}
_PAGES_MAX = 2_000


async def read_book(session: AsyncSession) -> RuleBook:
    """Every page, oldest first."""
    values = {"company": company_of(session)}
    rows = (await session.execute(_MARKS, values)).all()
    unknown = [row.id for row in rows if row.mark not in _pages]
    if unknown:
        if len(_pages) > _PAGES_MAX:
            _pages.clear()
            return await read_book(session)
        for row in await session.execute(_WORDS, {**values, "ids": unknown}):
            _pages[row.mark] = parse_rules(row.words)
    called = present_names((await get_company(session)).settings)
    pages = ((row, *_pages[row.mark]) for row in rows)
    return RuleBook(
        tuple(
            Rules(row.id, row.since, _today(policies, called), calendars)
            for row, policies, calendars in pages
        )
    )


def _today(policies: tuple[Policy, ...], called: Mapping[str, str]) -> tuple[Policy, ...]:
    """The policies with categories as they are called now, whatever a page calls them."""
    if not called:
        return policies
    return tuple(
        replace(each, category=each.category and called.get(each.category, each.category))
        for each in policies
    )


async def hold_rules(session: AsyncSession) -> None:
    """Let nobody else change the company's rules until the end of the transaction: of two who changed
    them at once, each would keep a page without the other's change."""
    await session.execute(_ONE_AT_A_TIME, {"company": company_of(session)})


async def keep_rules(session: AsyncSession) -> None:
    """Keep the policies and calendars as they stand now as a new page."""
    await session.flush()
    await hold_rules(session)
    await session.execute(text("select keep_sla_rules(:at)"), {"at": now_of(session)})


def parse_rules(words: str) -> tuple[tuple[Policy, ...], dict[int, Calendar]]:
    """Policies and calendars from a page's JSON."""
    page = orjson.loads(words)
    policies = tuple(_policy(each) for each in page["policies"])
    calendars = {
        int(key): _calendar(orjson.dumps(each, option=orjson.OPT_SORT_KEYS))
        for key, each in page["calendars"].items()
    }
    return policies, calendars


def make_calendar(
    zone: str, week: list[list[list[int]]], holidays: list[date], *, always: bool, name: str
) -> Calendar:
    """A calendar from what is stored of it."""
    spans = tuple(tuple((first, last) for first, last in day) for day in week)
    return Calendar(zone, spans, frozenset(holidays), always, name)


@lru_cache(maxsize=500)
def _calendar(words: bytes) -> Calendar:
    """One object for equal words, as each works out its years but once."""
    given: dict[str, Any] = orjson.loads(words)
    days = [date.fromisoformat(day) for day in given["holidays"]]
    return make_calendar(
        given["zone"], given["week"], days, always=given["always"], name=given["name"]
    )


def _policy(given: dict[str, Any]) -> Policy:
    return Policy(
        id=given["id"],
        name=given["name"],
        calendar_id=given["calendar_id"],
        organization_id=given["organization_id"],
        category=given["category"],
        priorities=frozenset(given["priorities"]),
        severities=frozenset(given["severities"]),
        sort_order=given["sort_order"],
        pauses=frozenset(given["pauses"]),
        warn_percent=given["warn_percent"],
        targets={(clock, priority): seconds for clock, priority, seconds in given["targets"]},
    )


def since_of(book: RuleBook) -> datetime:
    """Since when the company has service levels."""
    return book.pages[0].since


_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtext('ticketyard.sla_rules'), :company)")
_MARKS = text("select id, since, mark from sla_rules where company_id = :company order by id")
_WORDS = text(
    "select mark, rules::text as words from sla_rules where company_id = :company and id = any(:ids)"
)
