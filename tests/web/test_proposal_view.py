"""What a ticket's page says of a proposal."""

from datetime import UTC, datetime, timedelta

import pytest

from ticketyard.knowledge.answering.answer import CitedStep
from ticketyard.knowledge.answering.citing import Citation
from ticketyard.knowledge.answering.extracting import Step
from ticketyard.web.pages.proposal_view import (
    ProposalCard,
    Proposed,
    proposal_card,
    sureness,
    why_a_person,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
STEP = CitedStep(
    Step("Open.", Citation("file", "ab-cd", "ab-cd-120"), "Open."), "Jams", "ab-cd", True
)


def proposed(state: str = "done", **fields: object) -> Proposed:
    given = {"steps": (), "withdrawn": 0, "confidence": 0.7, "engine": "extractive"}
    nobody = {"human_steps": (), "human_by": None, "human_at": None}
    return Proposed(**{"state": state, "proposed_at": NOW, **given, **nobody, **fields})  # type: ignore[arg-type]


def card(
    found: Proposed | None, *, age: int = 0, is_open: bool = True, knows: bool = True
) -> ProposalCard | None:
    return proposal_card(
        found,
        is_open=is_open,
        knows_anything=knows,
        opened_at=NOW - timedelta(seconds=age),
        now=NOW,
        pieces_a_page=50,
    )


@pytest.mark.parametrize(
    ("found", "age", "state"),
    [
        (None, 5, "looking"),
        (None, 500, "unasked"),
        (proposed("waiting"), 5_000, "looking"),
        (proposed("waiting", steps=(STEP,)), 5_000, "looking"),
        (proposed("failed"), 5, "failed"),
        (proposed(), 5, "person"),
        (proposed(steps=(STEP,)), 5, "answer"),
        # A person was quicker than anybody looked.
        (proposed(proposed_at=None, human_steps=("Open.",)), 5_000, "unasked"),
    ],
)
def test_it_says_how_far_things_are(found: Proposed | None, age: int, state: str) -> None:
    shown = card(found, age=age)
    assert shown is not None
    assert shown.state == state


@pytest.mark.parametrize(
    ("found", "is_open", "knows", "is_shown"),
    [
        (None, True, False, False),
        (None, False, True, False),
        (proposed(), False, True, False),
        (proposed(steps=(STEP,)), False, False, True),
        (proposed(human_steps=("Open.",)), False, False, True),
        # What it stood on was the last document there was.
        (proposed(withdrawn=1), True, False, True),
    ],
)
def test_it_is_shown_where_it_has_something_to_say(
    found: Proposed | None, is_open: bool, knows: bool, is_shown: bool
) -> None:
    assert (card(found, is_open=is_open, knows=knows) is not None) is is_shown


def test_a_citation_leads_to_the_page_of_its_piece() -> None:
    shown = card(proposed(steps=(STEP,)))
    assert shown is not None
    assert shown.steps[0].href == "/knowledge/ab-cd?page=2#piece-120"


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.95, "Very likely helps"),
        (0.85, "Very likely helps"),
        (0.7, "Likely helps"),
        (0.5, "May help"),
    ],
)
def test_a_share_is_said_in_words(share: float, said: str) -> None:
    assert sureness(share) == said


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (proposed(), "Nothing in the knowledge"),
        (proposed(withdrawn=2, engine="little"), "changed, hidden or deleted"),
        (proposed(engine="little"), "do not bear out what little wrote"),
    ],
)
def test_why_a_person_is_needed_is_said(found: Proposed, why: str) -> None:
    assert why in why_a_person(found)
