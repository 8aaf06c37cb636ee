"""Log in with a password or a one-time link; who holds this session; log out."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import ROLES, Principal, new_token, password_matches, token_hash
from ticketyard.core.db import company_of
from ticketyard.people.errors import TooManyAttempts, WrongLogin
from ticketyard.people.models import LoginLink, LoginSession, Person
from ticketyard.people.queries import find_person_by_email, get_person

FREE_FAILURES = 5
LINK_HOURS = 24


@dataclass(frozen=True)
class LoggedIn:
    """A fresh log-in. `token` goes into the cookie and is kept nowhere else."""

    token: str
    csrf_token: str
    expires_at: datetime


async def check_password(
    session: AsyncSession, *, email: str, password: str, now: datetime
) -> Person | None:
    """The person, or None when address and password do not belong together.

    It does not raise for a wrong password, so that the failure it counts is committed. Raises
    TooManyAttempts: after five failures each further one doubles the wait, up to 15 minutes.
    """
    address = email.strip().lower()[:320]
    # One try at a time for each address: many at once would all see the failures of none.
    await session.execute(_ONE_AT_A_TIME, {"c": company_of(session), "e": address})
    if await _wait_seconds(session, address, now) > 0:
        raise TooManyAttempts("Too many wrong passwords; wait a little and try again.")
    person = await find_person_by_email(session, address)
    active = person is not None and person.is_active
    stored = person.password_hash if person and active else None
    # In a thread: hashing takes as long as twenty other requests.
    if await asyncio.to_thread(password_matches, password, stored):
        await session.execute(
            text("delete from login_failure where company_id = :c and email = :e"),
            {"c": company_of(session), "e": address},
        )
        return person
    await session.execute(_COUNT_FAILURE, {"c": company_of(session), "e": address, "now": now})
    return None


async def start_session(
    session: AsyncSession, person: Person, *, now: datetime, hours: int
) -> LoggedIn:
    """Begin a log-in. The token names its company, as nothing can be read before that is known."""
    token = f"{person.company_id}.{new_token()}"
    fresh = LoggedIn(token, new_token(), now + timedelta(hours=hours))
    session.add(
        LoginSession(
            company_id=person.company_id,
            person_id=person.id,
            token_hash=token_hash(token),
            csrf_token=fresh.csrf_token,
            created_at=now,
            expires_at=fresh.expires_at,
        )
    )
    await session.flush()
    return fresh


@dataclass(frozen=True)
class Visitor:
    """Whoever shows a valid session cookie."""

    principal: Principal
    csrf_token: str


async def find_visitor(
    session: AsyncSession, token: str, *, now: datetime, hours: int
) -> Visitor | None:
    """Who holds this session token; using it keeps it alive (written at most once in a while)."""
    row = (
        await session.execute(
            select(LoginSession, Person)
            .join(Person, Person.id == LoginSession.person_id)
            .where(
                LoginSession.company_id == company_of(session),
                LoginSession.token_hash == token_hash(token),
                LoginSession.expires_at > now,
                Person.is_active,
            )
        )
    ).first()
    if row is None:
        return None
    login, person = row
    if login.expires_at - now < timedelta(hours=hours * 0.75):
        login.expires_at = now + timedelta(hours=hours)
    return Visitor(principal_of(person), login.csrf_token)


def principal_of(person: Person) -> Principal:
    """The person as somebody who acts."""
    return Principal(
        kind="person",
        id=person.id,
        company_id=person.company_id,
        name=person.name,
        permissions=ROLES[person.role],
        email=person.email,
        role=person.role,
    )


async def end_session(session: AsyncSession, token: str) -> None:
    """Log out."""
    await session.execute(
        delete(LoginSession).where(
            LoginSession.company_id == company_of(session),
            LoginSession.token_hash == token_hash(token),
        )
    )


async def make_login_link(session: AsyncSession, *, person_id: int, now: datetime) -> str:
    """The token of a link that logs this person in once, within a day."""
    person = await get_person(session, person_id)
    token = f"{person.company_id}.{new_token()}"
    session.add(
        LoginLink(
            company_id=person.company_id,
            person_id=person.id,
            token_hash=token_hash(token),
            expires_at=now + timedelta(hours=LINK_HOURS),
        )
    )
    await session.flush()
    return token


async def use_login_link(session: AsyncSession, token: str, *, now: datetime) -> Person:
    """Whom the link logs in. Raises WrongLogin when it was used, is too old or was never given."""
    person_id = await session.scalar(
        update(LoginLink)
        .where(
            LoginLink.company_id == company_of(session),
            LoginLink.token_hash == token_hash(token),
            LoginLink.used_at.is_(None),
            LoginLink.expires_at > now,
        )
        .values(used_at=now)
        .returning(LoginLink.person_id)
    )
    if person_id is None:
        raise WrongLogin("This link was used already, or is too old.")
    return await get_person(session, person_id)


async def _wait_seconds(session: AsyncSession, email: str, now: datetime) -> float:
    row = (
        await session.execute(
            text(
                "select failures, last_at from login_failure where company_id = :c and email = :e"
            ),
            {"c": company_of(session), "e": email},
        )
    ).first()
    if row is None or row.failures < FREE_FAILURES:
        return 0
    wait = min(2 ** (row.failures - FREE_FAILURES) * 5, 900)
    return float(wait - (now - row.last_at).total_seconds())


_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtextextended('login ' || :e, :c))")
_COUNT_FAILURE = text(
    """
    insert into login_failure (company_id, email, last_at) values (:c, :e, :now)
    on conflict (company_id, email) do update
    set last_at = :now,
        failures = case when login_failure.last_at < :now - interval '1 day' then 1
                        else login_failure.failures + 1 end
    """
)
