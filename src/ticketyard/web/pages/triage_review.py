"""The review queue: what triage was not sure of, decided with one key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.core.shapes import BIGINT_MAX
from ticketyard.insights.triage_review import (
    COUNT_MAX,
    PAGE,
    SKIPPED_MAX,
    Review,
    Waiting,
    find_decided,
    find_waiting,
    read_review,
)
from ticketyard.tickets.errors import TicketChangedMeanwhile
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.queries import list_categories
from ticketyard.triage.correcting import correct_category, correct_team
from ticketyard.triage.errors import NothingToTakeBack
from ticketyard.triage.preparing import TicketText
from ticketyard.triage.reviewing import Pick, accept_many, find_last_decision, take_back_last
from ticketyard.web.deps import Acting, Session, VisibleTicket, may
from ticketyard.web.pages import wording
from ticketyard.web.pages.frame import (
    DeskFrame,
    Flash,
    Frame,
    OwnFrame,
    back_to,
    capped,
    fragment,
    page,
)
from ticketyard.web.pages.lost_update import lost_update
from ticketyard.web.pages.triage_marks import Excerpt, excerpt, match_category

router = APIRouter(prefix="/triage", include_in_schema=False)

HOME = "/triage/review"
# Equal proposals are accepted together, so that more of them are shown at once.
EQUALS_MAX = 100
CHOICES_MAX = 5
# What is drawn as 0 % is no choice worth a key.
SHARE_MIN = 0.005
# A proposal below this is more likely wrong than any slip: Enter does not accept it.
LIKELY = 0.2
# Those that were skipped are asked about too, as long as they stand on the page.
PICKS_MAX = 500
JUST_NOW = timedelta(minutes=1)
SURE = (0, 20, 30, 40, 50, 60, 70, 80)
Version = Annotated[int, Form(ge=0, le=2**31 - 1)]


@dataclass(frozen=True)
class _Asked:
    """Which of those that wait. sure: at least this many in a hundred."""

    proposal: str
    sure: int
    skipped: tuple[int, ...]

    def address(self, place: str = HOME, *, skip: int | None = None) -> str:
        """The address of the list, or of what belongs to it."""
        skipped = [*self.skipped, *([skip] if skip else [])][-SKIPPED_MAX:]
        given = {
            "proposal": self.proposal,
            "sure": self.sure or "",
            "skip": ",".join(map(str, skipped)),
        }
        query = urlencode({name: value for name, value in given.items() if value})
        return f"{place}?{query}" if query else place

    @property
    def is_narrowed(self) -> bool:
        """Whether only some of what waits is asked for."""
        return bool(self.proposal or self.sure)

    @property
    def limit(self) -> int:
        """How many are shown."""
        return EQUALS_MAX if self.proposal else PAGE


async def _asked(
    proposal: str = Query("", max_length=200),
    sure: int = Query(0, ge=0, le=100),
    skip: str = Query("", max_length=4_000),
) -> _Asked:
    return _Asked(proposal, sure, tuple(_ids(skip.split(",")))[-SKIPPED_MAX:])


Asked = Annotated[_Asked, Depends(_asked)]


@dataclass(frozen=True)
class Card:
    """A ticket that waits, as it is drawn. choices: number, category, probability where known."""

    ticket: Waiting
    text: Excerpt
    choices: list[tuple[int, str, float | None]]
    engine: str

    @property
    def is_likely(self) -> bool:
        """Whether the first choice is worth accepting with Enter."""
        share = self.choices[0][2] if self.choices else None
        return share is not None and share >= LIKELY

    @property
    def pick(self) -> str:
        """The ticket at the version that is shown."""
        return f"{self.ticket.id}.{self.ticket.version}"


@router.get("", dependencies=[may("triage:correct")])
async def get_triage() -> Response:
    """The first page of triage."""
    return RedirectResponse(HOME, 303)


@router.get("/review", dependencies=[may("triage:correct")])
async def get_review_page(session: Session, by: Acting, frame: DeskFrame, asked: Asked) -> Response:
    """The most pressing first, among equals the longest waiting."""
    names = await _category_names(session)
    review = await _review(session, asked)
    anew = _Asked(asked.proposal, asked.sure, ())
    return page(
        "triage/review.html",
        frame,
        place="triage",
        tab="review",
        asked=asked,
        cards=[_card(row, names) for row in review.rows],
        review=review,
        shown=len(review.rows),
        sure_steps=SURE,
        categories=names,
        last=await _last(session, by),
        news_href=anew.address("/triage/review/news"),
    )


@router.get("/review/news", dependencies=[may("triage:correct")])
async def get_review_news(
    session: Session,
    frame: OwnFrame,
    asked: Asked,
    pick: Annotated[list[str] | None, Query(max_length=PICKS_MAX)] = None,
) -> Response:
    """What changed since the page was drawn: what came, what was decided elsewhere, what reads
    differently now, and what stands behind those that were skipped. pick: the tickets that are
    shown, each with its version."""
    versions = {each.ticket_id: each.version for each in _picks(pick or [])}
    looked_at = list(versions)[:SKIPPED_MAX]
    waiting = await find_waiting(session, looked_at)
    names = await _category_names(session)
    gone = [ticket_id for ticket_id in looked_at if ticket_id not in waiting]
    review = await _review(session, asked)
    fresh = [row for row in review.rows if row.id not in versions]
    room = asked.limit - sum(ticket_id not in asked.skipped for ticket_id in waiting)
    return fragment(
        "triage/news.html",
        frame,
        asked=asked,
        decided=await find_decided(session, gone),
        changed=[_card(row, names) for row in waiting.values() if row.version != versions[row.id]],
        fresh=[_card(row, names) for row in fresh[: max(0, room)]],
        **_counts(review, asked),
    )


@router.post("/review/undo", dependencies=[may("triage:correct")])
async def post_undo(
    session: Session, by: Acting, back: Annotated[str, Form(max_length=5_000)] = HOME
) -> Response:
    """Take back what one decided last."""
    place = back if back.startswith(HOME) else HOME
    try:
        ticket_ids = await take_back_last(session, by=by)
    except NothingToTakeBack as refusal:
        return back_to(place, Flash("caution", refusal.detail))
    said = f"Taken back: {_counted(len(ticket_ids))} again, and nothing is learned from it."
    return back_to(f"{place}#review-{ticket_ids[0]}", Flash("clear", said))


@router.post("/review/accept", dependencies=[may("triage:correct")])
async def post_accept(
    session: Session,
    by: Acting,
    asked: Asked,
    category: Annotated[str, Form(max_length=200)],
    pick: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """File all that were shown under what was proposed for them."""
    picks = _picks(pick or [])
    if not picks:
        return back_to(asked.address(), Flash("caution", "None was left to accept."))
    refusals = await accept_many(session, picks, category=category, by=by)
    done = len(picks) - len(refusals)
    said = f"{done} {_noun(done)} filed under {wording.category(category)}."
    lines = [Flash("clear", said)] if done else []
    if refusals:
        left = f"{len(refusals)} left as {_is_or_are(len(refusals))}: {refusals[0].detail}"
        lines.append(Flash("caution", left))
    return back_to(asked.address(), *lines)


@router.post("/review/{ticket_id}", dependencies=[may("triage:correct")])
async def post_decision(
    request: Request,
    ticket: VisibleTicket,
    session: Session,
    by: Acting,
    frame: OwnFrame,
    asked: Asked,
    version: Version,
    category: Annotated[str, Form(max_length=200)] = "",
    typed: Annotated[str, Form(max_length=200)] = "",
    team: Annotated[int | None, Form(ge=0, le=2**31 - 1)] = None,
) -> Response:
    """File one ticket. category: of a button; typed: what was written into the box; team: where its
    box is ticked."""
    names = await _category_names(session)
    fits = match_category(category or typed, names)
    in_place = request.headers.get("hx-request") == "true"
    if len(fits) != 1:
        words = category or typed
        if in_place:
            return await _card_again(session, frame, asked, ticket, names, fits, words)
        said = f"{ticket.number}: {_unclear(words, fits)}"
        return back_to(f"{asked.address()}#review-{ticket.id}", Flash("caution", said))
    try:
        await correct_category(
            session, ticket_id=ticket.id, category=fits[0], by=by, version=version
        )
        if team is not None:
            await correct_team(session, ticket_id=ticket.id, team_id=team, by=by)
    except TicketChangedMeanwhile:
        if in_place:
            return await _meanwhile(session, frame, asked, ticket, fits[0])
        wanted = {"category": fits[0]}
        return await lost_update(session, ticket, frame, "category", version, wanted)
    if not in_place:
        said = f"{ticket.number} is filed under {wording.category(fits[0])}."
        return back_to(asked.address(), Flash("clear", said))
    return fragment(
        "triage/decided.html",
        frame,
        asked=asked,
        ticket=ticket,
        last=await _last(session, by),
        **_counts(await _review(session, asked), asked),
    )


async def _meanwhile(
    session: AsyncSession, frame: Frame, asked: _Asked, ticket: Ticket, wanted: str
) -> Response:
    """Somebody was quicker: what they did, beside what was wanted."""
    (now,) = await find_decided(session, [ticket.id])
    return fragment(
        "triage/meanwhile.html", frame, asked=asked, ticket=ticket, now=now, wanted=wanted
    )


async def _card_again(
    session: AsyncSession,
    frame: Frame,
    asked: _Asked,
    ticket: Ticket,
    names: Sequence[str],
    fits: Sequence[str],
    words: str,
) -> Response:
    waiting = await find_waiting(session, [ticket.id])
    if ticket.id not in waiting:
        return await _meanwhile(session, frame, asked, ticket, "")
    card = _card(waiting[ticket.id], names)
    problem = _unclear(words, fits)
    return fragment("triage/card.html", frame, asked=asked, card=card, problem=problem, typed=words)


def _unclear(words: str, fits: Sequence[str]) -> str:
    if not words.strip():
        return "Say which category."
    if not fits:
        return f"No category is called “{words[:60]}”."
    some = ", ".join(wording.category(name) for name in fits[:6])
    return f"“{words[:60]}” can be {some}{' and others' if len(fits) > 6 else ''}."


async def _review(session: AsyncSession, asked: _Asked) -> Review:
    return await read_review(
        session,
        proposal=asked.proposal,
        sure=asked.sure / 100,
        skipped=asked.skipped,
        limit=asked.limit,
    )


def _counts(review: Review, asked: _Asked) -> dict[str, Any]:
    """How much waits, for each place of the page that says so."""
    return {
        "review": review,
        "shown": min(asked.limit, review.matching),
        "to_review": capped(min(review.total, COUNT_MAX), COUNT_MAX) if review.total else "",
    }


def _card(row: Waiting, names: Sequence[str]) -> Card:
    content = TicketText(row.id, "", row.description).content
    ranked = [(str(name), float(share)) for name, share in row.ranking if name in names]
    likely = [each for each in ranked if each[1] >= SHARE_MIN or each[0] == row.proposal]
    choices: list[tuple[int, str, float | None]] = [
        (number, name, share) for number, (name, share) in enumerate(likely[:CHOICES_MAX], 1)
    ]
    if not choices:
        # Nothing found at all: the first of the list are at least one key away.
        choices = [(number, name, None) for number, name in enumerate(names[:CHOICES_MAX], 1)]
    return Card(
        ticket=row,
        text=excerpt(row.title, content, row.evidence),
        choices=choices,
        engine=wording.engine(row.engine, row.model_version),
    )


async def _category_names(session: AsyncSession) -> list[str]:
    return [category.name for category in await list_categories(session)]


async def _last(session: AsyncSession, by: Principal) -> Mapping[str, Any] | None:
    """What one decided last, in a line beside the button that takes it back."""
    last = await find_last_decision(session, by)
    if last is None:
        return None
    (first,) = await find_decided(session, last.ticket_ids[:1])
    more = len(last.ticket_ids) - 1
    return {
        "number": first.number,
        "more": more,
        "category": last.category,
        "at": last.decided_at,
        "is_new": now_of(session) - last.decided_at < JUST_NOW,
    }


def _picks(given: Sequence[str]) -> list[Pick]:
    """Tickets with versions, out of what a form says; nonsense is passed over."""
    pairs = [each.partition(".")[::2] for each in given]
    return [
        Pick(ids[0], min(int(version), 2**31 - 1))
        for ticket_id, version in pairs
        if (ids := _ids([ticket_id])) and version.isascii() and version.isdigit()
    ]


def _ids(words: Sequence[str]) -> list[int]:
    numbers = [int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 20]
    return [number for number in numbers if number <= BIGINT_MAX]


def _counted(count: int) -> str:
    return f"{count} {_noun(count)} {'waits' if count == 1 else 'wait'}"


def _noun(count: int) -> str:
    return "ticket" if count == 1 else "tickets"


def _is_or_are(count: int) -> str:
    return "it is" if count == 1 else "they are"
