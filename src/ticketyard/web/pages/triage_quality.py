"""The quality of triage: what it filled in, how often it was right, and whether it drifts."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from ticketyard.people.queries import get_company
from ticketyard.triage.learning.figures import FEW, Drift, Share
from ticketyard.triage.learning.quality import TriageQuality, Week, measure_quality
from ticketyard.web.deps import Parts, Session, may
from ticketyard.web.pages import wording
from ticketyard.web.pages.asked_days import AskedDays, asked_days
from ticketyard.web.pages.frame import DeskFrame, page
from ticketyard.web.pages.triage_drawing import SIDE, draw_line, draw_marks, draw_matrix

router = APIRouter(prefix="/triage/quality", include_in_schema=False)

PERIODS = (("7d", "7 days"), ("30d", "30 days"), ("90d", "90 days"))
LABELS_SHOWN = 100
CONFUSIONS_SHOWN = 12
# A fifteenth of confidence with fewer texts than this is a dice, not a point of a line.
HELD_OUT_LEAST = 5
VERDICTS = {
    "too_few": ("Too few to tell", ""),
    "steady": ("Steady", "clear"),
    "shifting": ("Shifting", "caution"),
    "different": ("Different", "stop"),
}
# What a verdict on the last full week means for whoever looks after triage.
MEANINGS = {
    "too_few": "In the last week all tickets were about one thing: there is nothing to compare.",
    "now": "In the last week there were too few tickets to tell a change from chance.",
    "before": "What the last week is compared with has too few tickets to tell a change from chance.",
    "steady": "In the last week tickets were about what was expected: nothing to do.",
    "shifting": "In the last week the mix of tickets changed. Look at what grows below; if it goes "
    "on, teach triage anew.",
    "different": "In the last week tickets were about other things than was expected: the confidence "
    "can be believed less. Decide some in the review and teach triage anew.",
}


async def _asked(
    session: Session,
    resources: Parts,
    period: str = "",
    first: str = "",
    last: str = "",
    shown: str = "",
) -> AskedDays:
    zone, now = (await get_company(session)).timezone, resources.clock()
    return asked_days(preset=period, first=first, last=last, shown=shown, now=now, zone=zone)


@router.get("", dependencies=[may("insights:read")])
async def get_quality_page(
    session: Session, frame: DeskFrame, asked: Annotated[AskedDays, Depends(_asked)]
) -> Response:
    """The figures of a period."""
    period = asked.period
    quality = await measure_quality(
        session, since=period.since, until=period.until, zone=period.zone
    )
    return page(
        "triage/quality.html",
        frame,
        place="triage",
        tab="quality",
        status=422 if asked.problem else 200,
        asked=asked,
        periods=PERIODS,
        query=f"first={period.first}&last={period.last}",
        quality=quality,
        few=FEW,
        headline=_headline(quality),
        curve=_curve(quality),
        labels=quality.labels[:LABELS_SHOWN],
        confusions=quality.confusions[:CONFUSIONS_SHOWN],
        matrix=draw_matrix(quality.pairs),
        weeks=[_week(each) for each in reversed(quality.weeks)],
        meaning=_meaning(quality.weeks),
        engines=[(wording.engine(each.engine, each.version), each) for each in quality.engines],
    )


def _headline(quality: TriageQuality) -> list[tuple[str, str, str, str]]:
    """Name, figure, what it is of and where the true one lies: no percentage stands without its
    number, and none at all for a handful that people judged."""
    filled = quality.right_filled_in
    wrong = filled.of - filled.hits
    return [
        ("Read", f"{quality.analysed:,}", _failed(quality.failed), ""),
        ("Filled in", *_of(quality.filled_in)),
        ("Right where filled in", *_judged(filled)),
        ("Right where unsure", *_judged(quality.right_unsure)),
        ("Corrected afterwards", f"{wrong:,}", f"of {quality.filled_in.hits:,} filled in", ""),
    ]


def _failed(count: int) -> str:
    return f"{count:,} could not be read yet" if count else "tickets"


def _of(share: Share) -> tuple[str, str, str]:
    said = f"of {share.of:,}"
    return ("–", said, "") if share.share is None else (f"{share.share:.0%}", said, "")


def _judged(share: Share) -> tuple[str, str, str]:
    said = f"{share.hits:,} of {share.of:,} judged"
    if share.share is None:
        return "–", "none judged", ""
    if share.of < FEW:
        return "–", said, "too few to say"
    return f"{share.share:.0%}", said, _between(share)


def _between(share: Share) -> str:
    if share.low is None or share.high is None:
        return ""
    return f"{share.low:.0%} to {share.high:.0%}"


def _curve(quality: TriageQuality) -> dict[str, Any]:
    held_out = quality.held_out.bins if quality.held_out else []
    marks = draw_marks(
        (
            (each.confidence, each.right.share or 0.0, each.right.low or 0.0,
             each.right.high or 1.0, each.right.of)
            for each in quality.bins
        ),
        words="{confidence} sure: {right} right of {of} judged",
    )  # fmt: skip
    return {
        "side": SIDE,
        "marks": marks,
        "held_out": draw_line(
            (said, right) for said, right, texts in held_out if texts >= HELD_OUT_LEAST
        ),
    }


def _week(week: Week) -> dict[str, Any]:
    words, kind = VERDICTS[week.drift.verdict]
    moved = week.drift.moved
    return {
        "on": week.on,
        "analysed": week.analysed,
        "confidence": week.confidence,
        "unsure": week.unsure,
        "distance": week.drift.distance if week.drift.verdict != "too_few" else None,
        "by_chance": week.drift.by_chance,
        "verdict": words,
        "kind": kind,
        "moved": (
            f"{wording.category(moved[0])} {moved[1] * 100:+.0f} points"
            if moved and week.drift.verdict != "too_few"
            else ""
        ),
    }


def _meaning(weeks: Sequence[Week]) -> str:
    return MEANINGS[_meant(weeks[-1].drift)] if weeks else ""


def _meant(drift: Drift) -> str:
    return drift.lacking or drift.verdict
