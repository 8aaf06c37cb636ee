"""What an agent gets to edit, and what is kept of what they send."""

import pytest

from ticketyard.knowledge.answering.answer import CitedStep
from ticketyard.knowledge.answering.citing import Citation
from ticketyard.knowledge.answering.drafting import (
    INTERNAL_MARK,
    draft_of,
    files_told,
    is_marked_internal,
    steps_in,
)
from ticketyard.knowledge.answering.extracting import Step


def cited(text: str, title: str = "Paper jams", *, is_public: bool = True) -> CitedStep:
    return CitedStep(
        Step(text, Citation("article", title, f"{title}-0"), text), title, title, is_public
    )


def test_several_steps_are_numbered_above_their_sources() -> None:
    steps = [cited("Open the tray."), cited("Pull.", "Trays"), cited("Close it.")]
    assert draft_of(steps) == (
        "1. Open the tray.\n2. Pull.\n3. Close it.\n\nSource: Paper jams; Trays"
    )


def test_one_step_is_a_sentence() -> None:
    assert draft_of([cited("Open the tray.")]) == "Open the tray.\n\nSource: Paper jams"


def test_internal_words_are_marked_and_their_title_is_left_out() -> None:
    draft = draft_of([cited("Ask Bo.", "Who has the keys", is_public=False), cited("Wait.")])
    assert draft == f"1. {INTERNAL_MARK} Ask Bo.\n2. Wait.\n\nSource: Paper jams"
    assert draft_of([cited("Ask Bo.", is_public=False)]) == f"{INTERNAL_MARK} Ask Bo."


@pytest.mark.parametrize(
    ("text", "is_marked"),
    [
        (f"Hello.\n{INTERNAL_MARK} Ask Bo.", True),
        ("[ Internal:  check before\nsending ] Ask Bo.", True),
        ("Ask Bo.", False),
        ("[internal] check", False),
    ],
)
def test_the_mark_is_known_again(text: str, is_marked: bool) -> None:
    assert is_marked_internal(text) is is_marked


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("Open the tray.", ["Open the tray."]),
        ("Open the tray.\n\nSource: Paper jams", ["Open the tray."]),
        ("Hi Rita,\n\n1. Open.\n2) Pull,\n   gently.\n\nBest, Ana", ["Open.", "Pull, gently."]),
        ("- Open.\n• Pull.\nCare!\n", ["Open.", "Pull. Care!"]),
        ("First this.\nThen  that.", ["First this.", "Then that."]),
        ("1.\n2.", ["1.", "2."]),
        ("  \n", []),
    ],
)
def test_steps_are_the_list_else_the_lines(text: str, steps: list[str]) -> None:
    assert steps_in(text, most=50, longest=2_000) == steps


def test_no_more_steps_are_kept_than_can_be() -> None:
    assert steps_in("1. abcdef\n2. b\n3. c", most=2, longest=3) == ["abc", "b"]


def test_a_document_was_told_where_its_step_stands_as_it_was() -> None:
    steps = [cited("Open the rear tray.", "A"), cited("Pull the paper out.", "B")]
    assert files_told(steps, "Hi.\n1. open the  rear tray.\n2. Pull it.") == ["A"]
    assert files_told(steps, "Never open the rear tray.") == []
