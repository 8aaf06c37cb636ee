"""Let somebody in, by form or by JSON: check the password, hand the browser its session."""

from fastapi import Response

from ticketyard.core.resources import Resources
from ticketyard.people.errors import WrongLogin
from ticketyard.people.logging_in import LoggedIn, check_password, start_session
from ticketyard.people.models import Person
from ticketyard.people.queries import company_ids
from ticketyard.web.deps import COOKIE, WebSettings


def set_session_cookie(response: Response, fresh: LoggedIn, options: WebSettings) -> None:
    """Hand the browser its session: out of reach for scripts, and not sent from other sites."""
    response.set_cookie(
        COOKIE,
        fresh.token,
        max_age=options.session_hours * 3600,
        httponly=True,
        samesite="lax",
        secure=options.secure_cookies,
        path="/",
    )


async def log_in(
    resources: Resources, options: WebSettings, *, email: str, password: str, company: str | None
) -> tuple[Person, LoggedIn]:
    """Check the password and begin a session. Raises WrongLogin, TooManyAttempts."""
    companies = await company_ids(resources.db)
    chosen = companies.get(company) if company else next(iter(companies.values()), None)
    if chosen is None:
        raise WrongLogin("E-mail address and password do not belong together.")
    now = resources.clock()
    async with resources.db.transaction(chosen) as session:
        person = await check_password(session, email=email, password=password, now=now)
        if person is not None:
            return person, await start_session(
                session, person, now=now, hours=options.session_hours
            )
    raise WrongLogin("E-mail address and password do not belong together.")
