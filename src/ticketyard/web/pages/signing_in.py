"""Come in, go out, switch the light."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from ticketyard.core.auth import Principal
from ticketyard.people.errors import TooManyAttempts, WrongLogin
from ticketyard.people.logging_in import end_session, start_session, use_login_link
from ticketyard.web.deps import (
    COOKIE,
    Acting,
    Parts,
    Session,
    WebOptions,
    current_visitor,
    may,
    public,
)
from ticketyard.web.entering import log_in, set_session_cookie
from ticketyard.web.limits import check_login_rate
from ticketyard.web.pages.frame import (
    THEME_COOKIE,
    Flash,
    back_to,
    local_path,
    page,
    public_frame,
    say,
)
from ticketyard.web.pages.same_site import own_pages_only

router = APIRouter(include_in_schema=False)


# Public: where somebody becomes known.
@router.get("/login", dependencies=[public()])
async def get_login(request: Request, next: str = "/queue", company: str = "") -> Response:
    """The log-in form; who is known already goes on. company: its slug, where there are several."""
    if await current_visitor(request):
        return RedirectResponse(local_path(next), 303)
    return _form(request, next, company=company)


# Public: where somebody becomes known. Checked to come from our own page.
@router.post("/login", dependencies=[public(), own_pages_only(), Depends(check_login_rate)])
async def post_login(
    request: Request,
    resources: Parts,
    options: WebOptions,
    email: Annotated[str, Form(max_length=320)] = "",
    password: Annotated[str, Form(max_length=1024)] = "",
    company: Annotated[str, Form(max_length=63)] = "",
    next: Annotated[str, Form(max_length=2000)] = "/queue",
) -> Response:
    """Check the password; come in, or try again."""
    try:
        person, fresh = await log_in(
            resources, options, email=email, password=password, company=company or None
        )
    except (WrongLogin, TooManyAttempts) as refusal:
        return _form(request, next, email=email, error=refusal.detail, company=company)
    at_the_desk = person.role in ("admin", "agent")
    answer = back_to(next if at_the_desk else "/my")
    set_session_cookie(answer, fresh, options)
    return answer


# Public: the link itself proves who comes. Reading it changes nothing, as mail programs and
# messengers open links before people do.
@router.get("/login/link/{token}", dependencies=[public()])
async def get_login_link(request: Request, token: str) -> Response:
    """A page with one button."""
    return page("signin/link.html", public_frame(request), token=token)


# Public: the link itself proves who comes.
@router.post(
    "/login/link/{token}", dependencies=[public(), own_pages_only(), Depends(check_login_rate)]
)
async def post_login_link(token: str, resources: Parts, options: WebOptions) -> Response:
    """Use the link: it works once."""
    company, _, _ = token.partition(".")
    if not (company.isascii() and company.isdigit() and len(company) < 10):
        raise WrongLogin("This link was used already, or is too old.")
    now = resources.clock()
    async with resources.db.transaction(int(company)) as session:
        person = await use_login_link(session, token, now=now)
        fresh = await start_session(session, person, now=now, hours=options.session_hours)
    needs_password = person.password_hash is None
    answer = back_to("/settings/account" if needs_password else "/queue")
    if needs_password:
        say(answer, Flash("info", "Choose an e-mail address and a password to come back with."))
    set_session_cookie(answer, fresh, options)
    return answer


@router.post("/logout", dependencies=[may("tickets:create")])
async def post_logout(request: Request, session: Session) -> Response:
    """Go out."""
    await end_session(session, request.cookies.get(COOKIE, ""))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, path="/")
    return answer


@router.post("/theme", dependencies=[may("tickets:create")])
async def post_theme(request: Request, theme: Annotated[str, Form()] = "") -> Response:
    """Pin light or dark, for browsers without scripts."""
    referrer = request.headers.get("referer", "").removeprefix(str(request.base_url).rstrip("/"))
    answer = back_to(referrer)
    if theme in ("light", "dark"):
        answer.set_cookie(THEME_COOKIE, theme, max_age=31_536_000, samesite="lax", path="/")
    return answer


@router.get("/", dependencies=[may("tickets:create")])
async def get_start(by: Acting) -> Response:
    """The desk begins at the queue; who has no desk sees their own tickets."""
    return RedirectResponse(start_of(by), 303)


def start_of(by: Principal) -> str:
    """The first page of whoever comes in."""
    return "/queue" if by.may("tickets:read") else "/my"


def _form(
    request: Request, next: str, *, email: str = "", error: str = "", company: str = ""
) -> Response:
    return page(
        "signin/page.html",
        public_frame(request),
        status=401 if error else 200,
        next=local_path(next),
        email=email,
        error=error,
        company=company[:63],
    )
