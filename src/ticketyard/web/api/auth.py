"""Log in and out over JSON; who am I."""

from datetime import datetime

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from ticketyard.core.shapes import Body
from ticketyard.people.logging_in import end_session
from ticketyard.web.deps import COOKIE, Acting, Parts, Session, WebOptions, may, public
from ticketyard.web.entering import log_in, set_session_cookie
from ticketyard.web.limits import check_login_rate

router = APIRouter(prefix="/api/auth", tags=["people"])


class LoginIn(Body):
    """E-mail address and password; the company's slug where there are several."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"email": "ana@example.com", "password": "correct horse battery"}]
        }
    )

    email: str = Field(max_length=320)
    password: str = Field(max_length=1024)
    company: str | None = Field(None, max_length=63)


class MeOut(BaseModel):
    """Whoever is acting."""

    id: int | None
    kind: str
    name: str
    email: str | None
    role: str
    company_id: int
    permissions: list[str]


class LoginOut(BaseModel):
    """The log-in is in the cookie; changes need `csrf_token` as `X-CSRF-Token`."""

    csrf_token: str
    expires_at: datetime
    person_id: int
    name: str
    role: str


# Public: this is where somebody becomes known.
@router.post("/login", response_model=LoginOut, dependencies=[public(), Depends(check_login_rate)])
async def post_login(
    body: LoginIn, response: Response, resources: Parts, options: WebOptions
) -> LoginOut:
    """Log in; the answer sets the session cookie."""
    person, fresh = await log_in(
        resources, options, email=body.email, password=body.password, company=body.company
    )
    set_session_cookie(response, fresh, options)
    return LoginOut(
        csrf_token=fresh.csrf_token,
        expires_at=fresh.expires_at,
        person_id=person.id,
        name=person.name,
        role=person.role,
    )


@router.post("/logout", status_code=204, dependencies=[may("tickets:create")])
async def post_logout(request: Request, response: Response, session: Session) -> None:
    """End this log-in."""
    await end_session(session, request.cookies.get(COOKIE, ""))
    response.delete_cookie(COOKIE, path="/")


@router.get("/me", response_model=MeOut, dependencies=[may("tickets:create")])
async def get_me(by: Acting) -> MeOut:
    """Whoever is acting, with what they may do."""
    return MeOut(
        id=by.id,
        kind=by.kind,
        name=by.name,
        email=by.email,
        role=by.role,
        company_id=by.company_id,
        permissions=sorted(by.permissions),
    )
