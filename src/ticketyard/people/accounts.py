"""Add people, change what they may do, set their passwords."""

import re
from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import (
    PASSWORD_MAX_LENGTH,
    PASSWORD_MIN_LENGTH,
    ROLES,
    Principal,
    hash_password,
)
from ticketyard.core.db import company_of
from ticketyard.core.errors import Invalid
from ticketyard.core.events import emit
from ticketyard.people.errors import BadEmail, BadPhone, EmailTaken, WeakPassword
from ticketyard.people.events import PersonAdded, PersonChanged
from ticketyard.people.models import Agent, LoginSession, Person
from ticketyard.people.queries import find_person_by_email, get_office, get_person

# One @ with something on both sides and no white space or control characters: whether an address
# exists, only a mail can tell.
_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f<>]{1,64}@[^\s@\x00-\x1f\x7f<>]{1,190}")
# Source: ITU-T E.164: the country first, fifteen digits at most.
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_BETWEEN_DIGITS = re.compile(r"[\s().\-]")


def checked_email(email: str) -> str:
    """The address without spaces around it. Raises BadEmail."""
    email = email.strip()
    if not _EMAIL.fullmatch(email):
        raise BadEmail("This is not an e-mail address.")
    return email


def checked_phone(phone: str) -> str | None:
    """The number as a gateway wants it, `+77001234567`; None for none. Raises BadPhone."""
    number = _BETWEEN_DIGITS.sub("", phone)
    if number and not _PHONE.fullmatch(number):
        raise BadPhone("Write the number with its country, as in +77001234567.")
    return number or None


async def add_person(
    session: AsyncSession,
    *,
    name: str,
    email: str | None,
    role: str,
    by: Principal,
    password: str | None = None,
    phone: str = "",
) -> Person:
    """Add somebody. Without a password they cannot log in until one is set or a link is given.

    Raises EmailTaken, BadEmail, BadPhone, WeakPassword.
    """
    if role not in ROLES:
        raise Invalid(f"A role is one of {', '.join(sorted(ROLES))}.")
    if not name.strip():
        raise Invalid("A person needs a name.")
    if email:
        email = checked_email(email)
        if await find_person_by_email(session, email):
            raise EmailTaken("Somebody has this e-mail address already.")
    person = Person(
        company_id=company_of(session),
        name=name.strip(),
        email=email or None,
        phone=checked_phone(phone),
        role=role,
        password_hash=_hashed(password) if password else None,
    )
    session.add(person)
    try:
        await session.flush()
    except IntegrityError as error:
        raise EmailTaken("Somebody has this e-mail address already.") from error
    if role in ("admin", "agent"):
        session.add(Agent(person_id=person.id, company_id=person.company_id))
    await emit(session, PersonAdded(person_id=person.id, role=role), by=by)
    return person


async def set_password(
    session: AsyncSession, *, person_id: int, password: str, by: Principal
) -> None:
    """Set somebody's password, and end their log-ins everywhere. Raises WeakPassword."""
    person = await get_person(session, person_id)
    person.password_hash = _hashed(password)
    await session.execute(delete(LoginSession).where(LoginSession.person_id == person.id))
    await emit(session, PersonChanged(person_id=person.id, fields=["password"]), by=by)


async def change_person(
    session: AsyncSession,
    *,
    person_id: int,
    by: Principal,
    name: str | None = None,
    role: str | None = None,
    is_active: bool | None = None,
    phone: str | None = None,
) -> Person:
    """Change what is given; an empty phone is none. Nobody can take away their own power to undo it.

    Raises PersonNotFound, BadPhone.
    """
    person = await get_person(session, person_id)
    if by.person_id == person.id and (role not in (None, person.role) or is_active is False):
        raise Invalid("You cannot change your own role or switch yourself off.")
    if role is not None and role not in ROLES:
        raise Invalid(f"A role is one of {', '.join(sorted(ROLES))}.")
    asked = {"name": name, "role": role, "is_active": is_active}
    given: dict[str, str | bool | None] = {
        field: value for field, value in asked.items() if value is not None
    }
    if phone is not None:
        given["phone"] = checked_phone(phone)
    changed = [field for field, value in given.items() if value != getattr(person, field)]
    for field in changed:
        setattr(person, field, given[field])
    if "role" in changed or is_active is False:
        await session.execute(delete(LoginSession).where(LoginSession.person_id == person.id))
    if person.role in ("agent", "admin") and await session.get(Agent, person.id) is None:
        session.add(Agent(person_id=person.id, company_id=person.company_id))
    if changed:
        await emit(session, PersonChanged(person_id=person.id, fields=changed), by=by)
    return person


async def set_agent_profile(
    session: AsyncSession,
    *,
    person_id: int,
    by: Principal,
    office_id: int | None = None,
    position: str | None = None,
    skills: Sequence[str] | None = None,
    base_load: int | None = None,
    is_available: bool | None = None,
) -> Agent:
    """Change what routing knows about an agent; what is not given stays."""
    person = await get_person(session, person_id)
    agent = await session.get(Agent, person.id)
    if agent is None:
        agent = Agent(person_id=person.id, company_id=person.company_id)
        session.add(agent)
    if office_id is not None:
        agent.office_id = (await get_office(session, office_id)).id
    if position is not None:
        agent.position = position
    if skills is not None:
        agent.skills = sorted({skill.strip() for skill in skills if skill.strip()})
    if base_load is not None:
        agent.base_load = base_load
    if is_available is not None:
        agent.is_available = is_available
    await emit(session, PersonChanged(person_id=person.id, fields=["profile"]), by=by)
    return agent


def _hashed(password: str) -> str:
    if not PASSWORD_MIN_LENGTH <= len(password) <= PASSWORD_MAX_LENGTH:
        raise WeakPassword(
            f"A password has {PASSWORD_MIN_LENGTH} to {PASSWORD_MAX_LENGTH} characters."
        )
    return hash_password(password)
