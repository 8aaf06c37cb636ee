"""Random calendars, promises and histories, as wild as a year of a service desk."""

from datetime import datetime, timedelta

from hypothesis import strategies as st

from tests.sla.oracle import monday
from ticketyard.sla.calendars import Calendar
from ticketyard.sla.clocks import History, Kind, Moment
from ticketyard.sla.policies import ANY, CLOCKS, Labels, Policy, RuleBook, Rules

# Zones with the beginnings of windows in which their clocks are changed (or a day is left out).
PLACES = (
    ("Europe/Berlin", monday(2026, 3, 16)),
    ("Europe/Berlin", monday(2026, 10, 12)),
    ("America/New_York", monday(2026, 2, 23)),
    ("America/New_York", monday(2025, 12, 15)),
    ("Australia/Lord_Howe", monday(2026, 3, 23)),
    ("Africa/Casablanca", monday(2026, 2, 2)),
    ("Asia/Kathmandu", monday(2026, 12, 14)),
    ("Pacific/Apia", monday(2011, 12, 12)),
    ("Antarctica/Troll", monday(2026, 3, 16)),
    ("Asia/Almaty", monday(2024, 2, 19)),
    ("UTC", monday(2027, 12, 20)),
)
STATUSES = ("open", "assigned", "in_progress", "pending", "resolved", "closed", "false_positive")
PRIORITIES = ("low", "high", "critical")
DAY = 86_400

_minutes = st.one_of(st.sampled_from((0, 60, 120, 180, 480, 1020, 1440)), st.integers(0, 1440))


@st.composite
def _spans(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    edges = sorted(set(draw(st.lists(_minutes, max_size=4))))
    return tuple(zip(edges[::2], edges[1::2], strict=False))


@st.composite
def calendars(draw: st.DrawFn, zone: str, begin: datetime) -> Calendar:
    """Around the clock, the same each working day, or any hours of any day; with holidays."""
    if draw(st.integers(0, 5)) == 0:
        return Calendar(zone=zone, always=True)
    day = draw(_spans())
    week = (
        ((day,) * 5 + ((), ())) if draw(st.booleans()) else tuple(draw(_spans()) for _ in range(7))
    )
    days = draw(st.lists(st.integers(-1, 40), max_size=3))
    return Calendar(zone, week, frozenset((begin + timedelta(each)).date() for each in days))


@st.composite
def _policies(draw: st.DrawFn, number: int, calendar_ids: tuple[int, ...]) -> Policy:
    clocks = draw(st.lists(st.sampled_from(CLOCKS), max_size=4))
    targets = {
        (clock, draw(st.sampled_from((ANY, *PRIORITIES)))): draw(
            st.one_of(st.integers(60, 7200), st.integers(1, 60).map(lambda h: h * 3600))
        )
        for clock in clocks
    }
    return Policy(
        id=number,
        name=f"Policy {number}",
        calendar_id=draw(st.sampled_from(calendar_ids)),
        organization_id=draw(st.sampled_from((None, None, "acme"))),
        category=draw(st.sampled_from((None, None, "vpn"))),
        priorities=draw(st.frozensets(st.sampled_from(PRIORITIES), max_size=2)),
        sort_order=draw(st.integers(0, 2)),
        pauses=draw(st.sampled_from((frozenset({"pending"}), frozenset(), frozenset({"pending", "assigned"})))),
        targets=targets,
    )  # fmt: skip


_labels = st.builds(
    Labels,
    priority=st.sampled_from(PRIORITIES),
    category=st.sampled_from((None, "vpn")),
    organization_id=st.sampled_from((None, "acme")),
)
_KINDS: tuple[Kind, ...] = ("status",) * 5 + ("labels",) * 2 + ("asked",) * 3 + ("answered",) * 3  # type: ignore[assignment]


@st.composite
def _moments(draw: st.DrawFn, begin: datetime, opened: int) -> tuple[Moment, ...]:
    gaps = st.one_of(st.just(0), st.integers(0, 7200), st.integers(0, 2 * DAY))
    at, found, responded = opened, [], draw(st.booleans())
    for _ in range(draw(st.integers(0, 9))):
        at = min(at + draw(gaps), opened + 20 * DAY)
        kind = draw(st.sampled_from(_KINDS))
        if not responded and draw(st.integers(0, 2)) == 0:
            responded = True
            found.append(Moment(begin + timedelta(seconds=at), "responded"))
        found.append(
            Moment(
                begin + timedelta(seconds=at),
                kind,
                status=draw(st.sampled_from(STATUSES)) if kind == "status" else "",
                labels=draw(_labels) if kind == "labels" else None,
            )
        )
    if draw(st.integers(0, 7)) == 0:
        found.append(Moment(begin + timedelta(seconds=at + draw(gaps)), "merged"))
    return tuple(found)


@st.composite
def cases(draw: st.DrawFn) -> tuple[History, RuleBook, datetime, datetime]:
    """A history, the rules through time, now, and where its window begins."""
    zone, begin = draw(st.sampled_from(PLACES))
    calendar_ids = (1, 2)
    pages = []
    since = begin
    for page in range(draw(st.sampled_from((1, 1, 2, 3)))):
        pages.append(
            Rules(
                id=page,
                since=since,
                policies=tuple(
                    draw(_policies(number, calendar_ids))
                    for number in range(draw(st.integers(0, 3)))
                ),
                calendars={each: draw(calendars(zone, begin)) for each in calendar_ids},
            )
        )
        since += timedelta(seconds=draw(st.integers(DAY // 2, 6 * DAY)))
    opened = draw(st.integers(0, 6 * DAY))
    history = History(
        begin + timedelta(seconds=opened),
        draw(st.sampled_from(("open", "open", "open", "pending", "resolved"))),
        draw(_labels),
        draw(_moments(begin, opened)),
    )
    last = history.moments[-1].at if history.moments else history.opened_at
    last = max(last, pages[-1].since)
    now = last + timedelta(seconds=draw(st.integers(0, 6 * DAY)))
    return history, RuleBook(tuple(pages)), now, begin
