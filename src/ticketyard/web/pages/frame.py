"""What every page needs besides its own content: who looks, where, what was just done."""

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import Annotated, Literal, get_args

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.insights.desk import TAB_MAX, count_unassigned
from ticketyard.insights.mailbox_alarms import Alarm, list_alarms
from ticketyard.insights.triage_review import COUNT_MAX, count_waiting
from ticketyard.intake.queries import count_waiting_messages
from ticketyard.notify.telling.reading import count_unread
from ticketyard.people.queries import get_company
from ticketyard.web.deps import Acting, Session, current_visitor
from ticketyard.web.pages.rendering import render

FLASH_COOKIE = "flash"
THEME_COOKIE = "theme"
FlashKind = Literal["clear", "info", "caution", "stop"]


@dataclass(frozen=True)
class Flash:
    """One line about what was just done."""

    kind: FlashKind
    text: str


@dataclass(frozen=True)
class Viewer:
    """Who looks at the page. agent_id: where tickets may be given to them."""

    name: str
    role: str
    permissions: frozenset[str]
    agent_id: int | None


@dataclass(frozen=True)
class Frame:
    """The frame around a page's own content."""

    company: str
    theme: str
    csrf_token: str
    flashes: list[Flash] = field(default_factory=list)
    place: str = ""
    language: str = "en"
    viewer: Viewer | None = None
    waiting: str = ""
    kept: str = ""
    to_review: str = ""
    unread: int = 0
    alarms: list[Alarm] = field(default_factory=list)
    # When it was read, in seconds since 1970: from then on its live updates count.
    at: float = 0.0


def theme_of(request: Request) -> str:
    """light or dark where somebody chose, else empty: the system decides."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in ("light", "dark") else ""


async def _desk_frame(request: Request, session: Session, by: Acting) -> Frame:
    visitor = await current_visitor(request)
    company = await get_company(session)
    waiting = kept = unread = to_review = 0
    # A requester sees their own account in this frame, and nothing of what waits at the desk.
    if by.may("tickets:read"):
        kept = await count_waiting_messages(session)
        waiting = await count_unassigned(session)
        unread = await count_unread(session, by.person_id or 0)
    if by.may("triage:correct"):
        to_review = await count_waiting(session)
    return Frame(
        company=company.name,
        theme=theme_of(request),
        csrf_token=visitor.csrf_token if visitor else "",
        flashes=read_flashes(request),
        language=company.locale,
        viewer=viewer_of(by),
        waiting=capped(waiting) if waiting else "",
        kept=capped(kept) if kept else "",
        to_review=capped(to_review, COUNT_MAX) if to_review else "",
        unread=unread,
        alarms=await list_alarms(session) if by.may("settings:manage") else [],
        at=now_of(session).timestamp(),
    )


DeskFrame = Annotated[Frame, Depends(_desk_frame, scope="function")]


async def _own_frame(request: Request, session: Session, by: Acting) -> Frame:
    visitor = await current_visitor(request)
    company = await get_company(session)
    return Frame(
        company=company.name,
        theme=theme_of(request),
        csrf_token=visitor.csrf_token if visitor else "",
        flashes=read_flashes(request),
        language=company.locale,
        viewer=viewer_of(by),
    )


# Without what waits at the desk: for requesters, who have none, and for pieces of a page.
OwnFrame = Annotated[Frame, Depends(_own_frame, scope="function")]


def viewer_of(by: Principal) -> Viewer:
    """Whoever acts, as the templates see them."""
    return Viewer(
        name=by.name,
        role=by.role,
        permissions=by.permissions,
        agent_id=by.person_id if by.role in ("agent", "admin") else None,
    )


def public_frame(request: Request, company: str = "Ticketyard") -> Frame:
    """The frame of a page for somebody nobody knows."""
    return Frame(
        company=company, theme=theme_of(request), csrf_token="", flashes=read_flashes(request)
    )


def page(
    template: str, frame: Frame, *, place: str = "", status: int = 200, **view: object
) -> HTMLResponse:
    """The page; what was said in a flash is said once."""
    placed = Frame(**{**frame.__dict__, "place": place})
    answer = HTMLResponse(render(template, language=frame.language, frame=placed, **view), status)
    if frame.flashes:
        answer.delete_cookie(FLASH_COOKIE, path="/")
    return answer


def fragment(template: str, frame: Frame, **view: object) -> HTMLResponse:
    """A piece of a page, for htmx."""
    return HTMLResponse(render(template, language=frame.language, frame=frame, **view))


def back_to(path: str, *flashes: Flash) -> RedirectResponse:
    """After a form: go and look (303), with a line about what was done."""
    answer = RedirectResponse(local_path(path), 303)
    say(answer, *flashes)
    return answer


def say(answer: Response, *flashes: Flash) -> None:
    """Let the next page say these lines."""
    if not flashes:
        return
    packed = json.dumps([[each.kind, each.text[:300]] for each in flashes[:5]])
    answer.set_cookie(
        FLASH_COOKIE,
        base64.urlsafe_b64encode(packed.encode()).decode(),
        max_age=60,
        httponly=True,
        samesite="lax",
        path="/",
    )


def read_flashes(request: Request) -> list[Flash]:
    """The lines the last answer left; nonsense is no line."""
    try:
        packed = json.loads(base64.urlsafe_b64decode(request.cookies.get(FLASH_COOKIE, "")))
        return [Flash(kind, str(text)) for kind, text in packed if kind in get_args(FlashKind)]
    except (binascii.Error, ValueError, TypeError):
        return []


def local_path(path: str) -> str:
    """The path when it stays on this desk, else the queue: nobody is led elsewhere."""
    if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable():
        return path
    return "/queue"


def capped(count: int, most: int = TAB_MAX) -> str:
    """A count for a tab: beyond what is counted it says so."""
    return f"{most - 1}+" if count >= most else str(count)
