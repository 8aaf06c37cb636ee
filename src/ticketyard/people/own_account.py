"""Change one's own name, address, telephone number and password."""

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal, password_matches
from ticketyard.core.events import emit
from ticketyard.people.accounts import checked_email, checked_phone, set_password
from ticketyard.people.errors import EmailTaken, PersonNotFound, WrongPassword
from ticketyard.people.events import PersonChanged
from ticketyard.people.models import LoginSession, Person
from ticketyard.people.queries import find_person_by_email, get_person


async def change_own_account(
    session: AsyncSession,
    *,
    name: str,
    email: str,
    by: Principal,
    phone: str | None = None,
    password: str | None = None,
    present_password: str = "",
) -> Person:
    """Change one's own name, address and number, and the password where a new one is given.

    A new address or password ends one's log-ins everywhere. Whoever has a password must show it.
    Raises PersonNotFound for who is no person, WrongPassword, EmailTaken, BadEmail, BadPhone,
    WeakPassword.
    """
    if by.person_id is None:
        raise PersonNotFound("Only people have an account.")
    person = await get_person(session, by.person_id)
    if person.password_hash and not password_matches(present_password, person.password_hash):
        raise WrongPassword("This is not your present password.")
    email = checked_email(email)
    other = await find_person_by_email(session, email)
    if other is not None and other.id != person.id:
        raise EmailTaken("Somebody has this e-mail address already.")
    new: dict[str, str | None] = {"name": name.strip() or person.name, "email": email}
    # A number that was taken from a ticket may look like anything; unchanged, it may stay.
    if phone is not None and phone.strip() != (person.phone or "").strip():
        new["phone"] = checked_phone(phone)
    changed = [field for field, value in new.items() if getattr(person, field) != value]
    for field in changed:
        setattr(person, field, new[field])
    if changed:
        await emit(session, PersonChanged(person_id=person.id, fields=changed), by=by)
    if "email" in changed:
        await session.execute(delete(LoginSession).where(LoginSession.person_id == person.id))
    if password:
        await set_password(session, person_id=person.id, password=password, by=by)
    return person
