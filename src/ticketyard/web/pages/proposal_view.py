"""Pure: what the knowledge proposes for a ticket, as the ticket's page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ticketyard.knowledge.answering.answer import EXTRACTED, CitedStep
from ticketyard.knowledge.answering.drafting import draft_of

State = Literal["looking", "unasked", "failed", "answer", "person"]

# A ticket is read and answered within seconds; after this nobody is at it any more.
LOOKING = timedelta(minutes=2)
_SURE, _LIKELY = 0.85, 0.65


@dataclass(frozen=True)
class Proposed:
    """What the page needs of a solution. steps: those whose proof stands; withdrawn: how many do not."""

    state: str
    steps: Sequence[CitedStep]
    withdrawn: int
    confidence: float
    engine: str
    proposed_at: datetime | None
    human_steps: Sequence[str]
    human_by: str | None
    human_at: datetime | None


@dataclass(frozen=True)
class Cited:
    """A step beside the words it stands on and the way to them."""

    text: str
    quote: str
    title: str
    is_public: bool
    href: str


@dataclass(frozen=True)
class ProposalCard:
    """The card. why: a sentence where a person is needed; draft: what *Use as answer* writes."""

    state: State
    steps: list[Cited]
    why: str
    sure: str
    share: float
    by_model: str
    proposed_at: datetime | None
    draft: str
    has_internal: bool
    human_steps: Sequence[str]
    human_by: str | None
    human_at: datetime | None


def proposal_card(
    found: Proposed | None,
    *,
    is_open: bool,
    knows_anything: bool,
    opened_at: datetime,
    now: datetime,
    pieces_a_page: int,
) -> ProposalCard | None:
    """What is shown of a proposal; None where there is nothing to say: a desk without documents, or a
    ticket that is over and had no answer."""
    state = _state(found, is_new=now - opened_at < LOOKING)
    is_told = state == "answer" or (found is not None and bool(found.human_steps))
    if not is_told and not (is_open and (knows_anything or found is not None)):
        return None
    steps = found.steps if found else ()
    return ProposalCard(
        state=state,
        steps=[_cited(each, pieces_a_page) for each in steps],
        why=why_a_person(found) if found else "",
        sure=sureness(found.confidence) if found else "",
        share=found.confidence if found else 0.0,
        by_model=found.engine if found and found.engine != EXTRACTED else "",
        proposed_at=found.proposed_at if found else None,
        draft=draft_of(steps),
        has_internal=any(not each.is_public for each in steps),
        human_steps=found.human_steps if found else (),
        human_by=found.human_by if found else None,
        human_at=found.human_at if found else None,
    )


def _state(found: Proposed | None, *, is_new: bool) -> State:
    # Where a person wrote the solution before anybody looked, nothing was ever proposed.
    if found is None or (found.state == "done" and found.proposed_at is None):
        return "looking" if is_new else "unasked"
    if found.state == "waiting":
        return "looking"
    if found.state == "failed":
        return "failed"
    return "answer" if found.steps else "person"


def sureness(share: float) -> str:
    """How likely the best document helps, in words."""
    if share >= _SURE:
        return "Very likely helps"
    return "Likely helps" if share >= _LIKELY else "May help"


def why_a_person(found: Proposed) -> str:
    """Why nothing could be proposed, in a sentence."""
    if found.withdrawn:
        return "What it stood on was changed, hidden or deleted since."
    if found.engine not in ("", EXTRACTED):
        return f"There are documents about it, but they do not bear out what {found.engine} wrote."
    return "Nothing in the knowledge answers it well enough."


def _cited(each: CitedStep, pieces_a_page: int) -> Cited:
    number = int(each.step.citation.chunk_id.rpartition("-")[2])
    page = number // pieces_a_page
    place = f"?page={page}" if page else ""
    return Cited(
        text=each.step.text,
        quote=each.step.quote,
        title=each.title,
        is_public=each.is_public,
        href=f"/knowledge/{each.file_id}{place}#piece-{number}",
    )
