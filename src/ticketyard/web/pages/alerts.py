"""Alerts and incidents: what fires, what was held back, and what is said of alerts beforehand."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Response
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.alerts.heartbeats import add_heartbeat, delete_heartbeat, list_heartbeats
from ticketyard.alerts.maintenance import add_window, end_window, list_windows
from ticketyard.alerts.providers import list_providers
from ticketyard.alerts.queries import (
    alert_quality,
    get_alert,
    list_alerts,
    list_incidents,
    list_occurrences,
)
from ticketyard.core.errors import Refusal
from ticketyard.core.shapes import RowId
from ticketyard.web.deps import Acting, Parts, Session, may
from ticketyard.web.pages.frame import DeskFrame, Flash, OwnFrame, back_to, fragment, page

router = APIRouter(prefix="/alerts", include_in_schema=False)

PAGE_ALERTS = 50
QUALITY_DAYS = 30
# A month.
MINUTES_MAX = 43_200
VIEWS = {
    "active": "Active",
    "incidents": "Incidents",
    "held": "Held back",
    "recovered": "Recovered",
    "all": "All",
}
_WANTED: dict[str, dict[str, Any]] = {
    "active": {"active": True},
    "held": {"state": "suppressed"},
    "recovered": {"state": "recovered"},
}
_CARE = "/alerts/care"


@dataclass(frozen=True)
class _Asked:
    """Which alerts the page is about."""

    view: str
    q: str
    provider: str
    ticket: int | None
    before: int | None

    def address(self, place: str = "/alerts", **more: object) -> str:
        """The address of the page, or of what belongs to it."""
        given = {"view": self.view, "q": self.q, "provider": self.provider, "ticket": self.ticket}
        return f"{place}?{urlencode({k: v for k, v in {**given, **more}.items() if v})}"


async def _asked(
    view: str = "active",
    q: str = Query("", max_length=200),
    provider: str = Query("", max_length=120),
    ticket: RowId | None = None,
    before: RowId | None = None,
) -> _Asked:
    return _Asked(view if view in VIEWS else "active", q, provider, ticket, before)


Asked = Annotated[_Asked, Depends(_asked)]


@router.get("", dependencies=[may("tickets:read")])
async def get_alerts_page(session: Session, frame: DeskFrame, asked: Asked) -> Response:
    """Alerts of one kind, the newest first; or incidents: tickets with several alerts."""
    rows = await _rows(session, asked, asked.before)
    shown = rows[:PAGE_ALERTS]
    ids = ",".join(str(each["id"]) for each in shown)
    last = shown[-1]["id"] if shown else 0
    return page(
        "alerts/page.html",
        frame,
        place="alerts",
        asked=asked,
        views=VIEWS,
        rows=shown,
        providers=[each.provider_id for each in await list_providers(session)],
        all_href=_Asked(asked.view, "", "", None, None).address(),
        news_href=asked.address("/alerts/news", shown=ids, before=asked.before),
        next_href=asked.address(before=last) if len(rows) > PAGE_ALERTS else None,
    )


@router.get("/news", dependencies=[may("tickets:read")])
async def get_alerts_news(
    session: Session, frame: OwnFrame, asked: Asked, shown: str = Query("", max_length=2_000)
) -> Response:
    """How many came since the page was drawn, as a link that shows them; and the lines that are
    `shown` there, as they are now."""
    ids = {int(each) for each in shown.split(",") if each.isascii() and each.isdigit()}
    # On a later page everything before it would be news.
    first = await _rows(session, asked, None) if asked.before is None else []
    known = [each for each in first if each["id"] in ids]
    if asked.view != "incidents":
        small = [each for each in ids if each < 2**63][:PAGE_ALERTS]
        known = await list_alerts(session, limit=PAGE_ALERTS, ids=small) if small else []
    return fragment(
        "alerts/news.html",
        frame,
        asked=asked,
        rows=known,
        count=sum(each["id"] not in ids for each in first),
        most=PAGE_ALERTS,
        href=asked.address(),
    )


async def _rows(session: AsyncSession, asked: _Asked, before: int | None) -> list[RowMapping]:
    """One more than a page has."""
    if asked.view == "incidents":
        return await list_incidents(session, limit=PAGE_ALERTS)
    return await list_alerts(
        session,
        limit=PAGE_ALERTS + 1,
        q=asked.q.strip() or None,
        provider_id=asked.provider or None,
        ticket_id=asked.ticket,
        before=before,
        **_WANTED.get(asked.view, {}),
    )


@router.get("/care", dependencies=[may("tickets:read")])
async def get_care(session: Session, frame: DeskFrame) -> Response:
    """Maintenance windows, heartbeats, and how often each provider's alerts were false."""
    providers, _ = await alert_quality(session, QUALITY_DAYS)
    return page(
        "alerts/care.html",
        frame,
        place="alerts",
        windows=await list_windows(session),
        heartbeats=await list_heartbeats(session),
        quality={each["provider_id"]: each for each in providers},
        providers=await list_providers(session),
        days=QUALITY_DAYS,
        now=datetime.now(UTC),
    )


@router.post("/windows", dependencies=[may("settings:manage")])
async def post_window(
    session: Session,
    parts: Parts,
    by: Acting,
    name: Annotated[str, Form(max_length=200)] = "",
    minutes: Annotated[str, Form(max_length=10)] = "",
    provider: Annotated[str, Form(max_length=120)] = "",
) -> Response:
    """Let alerts open no ticket for so many minutes from now on."""
    known_minutes = minutes.isascii() and minutes.isdigit() and 0 < int(minutes) <= MINUTES_MAX
    if not name.strip() or not known_minutes:
        return back_to(
            _CARE, Flash("stop", "A window needs a name and its minutes (43,200 at most).")
        )
    now = parts.clock()
    fields = {
        "name": name.strip(),
        "starts_at": now,
        "ends_at": now + timedelta(minutes=int(minutes)),
        "provider_ids": [provider] if provider else [],
    }
    await add_window(session, fields=fields, by=by)
    return back_to(_CARE, Flash("clear", "Alerts are held back from now on."))


@router.post("/windows/{window_id}/end", dependencies=[may("settings:manage")])
async def post_window_end(window_id: RowId, session: Session) -> Response:
    """End a window now."""
    await end_window(session, window_id=window_id)
    said = "The window is over; what still fires opens its ticket in a moment."
    return back_to(_CARE, Flash("clear", said))


@router.post("/heartbeats", dependencies=[may("settings:manage")])
async def post_heartbeat(
    session: Session,
    name: Annotated[str, Form(max_length=200)] = "",
    minutes: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Expect somebody every so many minutes."""
    known_minutes = minutes.isascii() and minutes.isdigit() and 0 < int(minutes) <= MINUTES_MAX
    if not name.strip() or not known_minutes:
        return back_to(_CARE, Flash("stop", "A heartbeat needs a name and its minutes."))
    try:
        fields = {"name": name.strip(), "every_seconds": int(minutes) * 60}
        await add_heartbeat(session, fields=fields)
    except Refusal as refusal:
        return back_to(_CARE, Flash("stop", refusal.detail))
    return back_to(_CARE, Flash("clear", "It is expected from its first beat on."))


@router.post("/heartbeats/{heartbeat_id}/removal", dependencies=[may("settings:manage")])
async def post_heartbeat_removal(heartbeat_id: RowId, session: Session) -> Response:
    """Expect it no more."""
    await delete_heartbeat(session, heartbeat_id=heartbeat_id)
    return back_to(_CARE, Flash("clear", "It is expected no more."))


@router.get("/{alert_id}", dependencies=[may("tickets:read")])
async def get_alert_page(alert_id: RowId, session: Session, frame: DeskFrame) -> Response:
    """One alert: what is known of it, and when it was reported."""
    alert = await get_alert(session, alert_id)
    beside: list[Any] = []
    if alert["ticket_id"]:
        found = await list_alerts(session, limit=21, ticket_id=alert["ticket_id"])
        beside = [each for each in found if each["id"] != alert_id][:20]
    return page(
        "alerts/alert.html",
        frame,
        place="alerts",
        alert=alert,
        beside=beside,
        occurrences=await list_occurrences(session, alert_id),
    )
