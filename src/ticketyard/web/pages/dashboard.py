"""The dashboard: how the desk fares over a period."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from fastapi import APIRouter, Response

from ticketyard.insights.board import Board, get_board
from ticketyard.web.deps import Parts, Session, may
from ticketyard.web.pages import wording
from ticketyard.web.pages.drawing import draw_pairs
from ticketyard.web.pages.frame import DeskFrame, page

router = APIRouter(include_in_schema=False)

PERIODS = (7, 30, 90)
BARS_MAX = 12


@router.get("/dashboard", dependencies=[may("insights:read")])
async def get_dashboard(
    session: Session, resources: Parts, frame: DeskFrame, days: int = 30
) -> Response:
    """The last 7, 30 or 90 days, today included."""
    period = days if days in PERIODS else 30
    now = resources.clock()
    until = datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)
    board = await get_board(session, since=until - timedelta(days=period), until=until)
    return page(
        "dashboard/page.html",
        frame,
        place="dashboard",
        period=period,
        headline=_headline(board, period),
        daily=board.days,
        columns=draw_pairs([(str(day.on), day.opened, day.resolved) for day in board.days]),
        cells=_cells(board),
    )


def _headline(board: Board, period: int) -> list[tuple[str, str, str]]:
    minutes = board.response_minutes
    return [
        ("Open now", f"{board.active:,}", ""),
        ("Unassigned", f"{board.unassigned:,}", ""),
        ("Overdue", f"{board.broken:,}", "of those open"),
        ("Opened", f"{board.opened:,}", f"in {period} days"),
        ("Resolved", f"{board.resolved:,}", f"in {period} days"),
        ("First response", _duration(minutes) if minutes is not None else "–", "median"),
    ]


def _duration(minutes: float) -> str:
    if minutes < 100:
        return f"{minutes:.0f}m"
    return f"{minutes / 60:.1f}h" if minutes < 60 * 48 else f"{minutes / 1440:.0f}d"


def _cells(board: Board) -> list[dict[str, Any]]:
    """The blocks of bars, each in the place it has on the page."""
    load = _block(
        "Load per office",
        [(office.name, office.load, f"/queue?office={office.id}") for office in board.offices],
        note="tickets in work, and work from outside",
    )
    return [
        {"width": "", "blocks": [_counted(board, "status", wording.STATUS)]},
        {"width": "", "blocks": [_counted(board, "category", {})]},
        {
            "width": "",
            "blocks": [
                _counted(board, "sentiment", wording.SENTIMENT),
                _counted(board, "language", wording.LANGUAGE),
            ],
        },
        {"width": "", "blocks": [_counted(board, "source", wording.SOURCE)]},
        {"width": "half", "blocks": [_counted(board, "office", {}, linked=False)]},
        {"width": "half", "blocks": [load]},
    ]


def _counted(
    board: Board, field: str, words: dict[str, str], *, linked: bool = True
) -> dict[str, Any]:
    return _block(
        f"By {field}",
        [
            (
                words.get(name, wording.category(name)),
                count,
                f"/queue?view=all&{field}={name}" if linked else "",
            )
            for name, count in board.by.get(field, ())
        ],
    )


def _block(title: str, counts: Iterable[tuple[str, int, str]], note: str = "") -> dict[str, Any]:
    shown = list(counts)[:BARS_MAX]
    most = max((count for _, count, _ in shown), default=0) or 1
    return {
        "title": title,
        "note": note,
        "bars": [
            {"name": name, "count": count, "share": count / most, "kind": "", "href": href}
            for name, count, href in shown
        ],
    }
