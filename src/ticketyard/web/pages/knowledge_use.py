"""Knowledge: whom it helped without a person, what is cited, and by what pieces are ranked."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Query, Response

from ticketyard.core.errors import Refusal
from ticketyard.knowledge.learning.deflecting import QUIET_DAYS, Verdict
from ticketyard.knowledge.learning.following_up import Deflection, measure_deflection
from ticketyard.knowledge.learning.judging import count_judged
from ticketyard.knowledge.learning.queries import list_most_cited
from ticketyard.knowledge.learning.ranking_versions import list_rankings, use_ranking
from ticketyard.knowledge.retrieving.learning import QUESTIONS_MIN
from ticketyard.web.deps import Acting, Session, may
from ticketyard.web.pages.frame import DeskFrame, Flash, back_to, page
from ticketyard.web.pages.knowledge import version_of
from ticketyard.web.pages.knowledge_sections import sections

router = APIRouter(prefix="/knowledge", include_in_schema=False)

PERIODS = (7, 30, 90)
CITED_SHOWN = 10
VERDICTS: dict[Verdict, tuple[str, str]] = {
    "confirmed": ("Said that it helped", "clear"),
    "quiet": (f"Answered, and not back about it within {QUIET_DAYS} days", "clear"),
    "returned": ("Answered, and needed a person all the same", "stop"),
    "not_helped": ("Said that it did not help, and left", "stop"),
    "unknown_person": ("Answered, but nobody would know them if they came back", ""),
    "unanswered": ("Could not be answered", "caution"),
    "waiting": ("Not decided yet", ""),
}


@dataclass(frozen=True)
class _Line:
    words: str
    kind: str
    count: int
    share: float


@router.get("/use", dependencies=[may("knowledge:read")])
async def get_use_page(
    session: Session, frame: DeskFrame, days: Annotated[int, Query(ge=1, le=365)] = 30
) -> Response:
    """What the knowledge is good for."""
    found = await measure_deflection(session, days=days)
    versions = await list_rankings(session)
    return page(
        "knowledge/use.html",
        frame,
        place="knowledge",
        periods=PERIODS,
        days=days,
        quiet_days=QUIET_DAYS,
        deflection=found,
        lines=_lines(found),
        cited=await list_most_cited(session, limit=CITED_SHOWN),
        versions=versions,
        in_use=next((each for each in versions if each.is_in_use), None),
        judged=await count_judged(session),
        needed=QUESTIONS_MIN,
        **await sections(session, "use"),
    )


def _lines(found: Deflection) -> list[_Line]:
    return [
        _Line(words, kind, count, count / max(found.asked, 1))
        for verdict, (words, kind) in VERDICTS.items()
        if (count := found.verdicts.get(verdict, 0)) or kind == "clear"
    ]


@router.post("/ranking", dependencies=[may("knowledge:publish")])
async def post_ranking(
    session: Session, by: Acting, version: Annotated[str, Form(max_length=20)] = ""
) -> Response:
    """Rank by a version that was learned, or by what comes with the program."""
    chosen = version_of(version)
    try:
        async with session.begin_nested():
            await use_ranking(session, version=chosen, by=by)
    except Refusal as refusal:
        return back_to("/knowledge/use", Flash("stop", refusal.detail))
    said = (
        f"Version {chosen} ranks now." if chosen else "The ranking that comes along is used again."
    )
    return back_to("/knowledge/use", Flash("clear", said))
