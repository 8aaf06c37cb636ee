"""What one person files wrongly does not get past the gate, and what is filed honestly does."""

import pytest

from tests.triage.learning.lessons import LABELS, all_texts, said
from ticketyard.ai.embedding import NoEmbedder
from ticketyard.triage.learning.examples import Example
from ticketyard.triage.learning.teaching import Assignment, Outcome, teach

DESCRIPTIONS = dict.fromkeys(LABELS, "")
KNOWN = 60


def retrained(pairs: list[tuple[str, str]], new: list[Example]) -> Outcome:
    """A desk that has learned sixty texts learns these beside them, without vectors."""
    known = said(pairs[:KNOWN])
    first = teach(Assignment(known, DESCRIPTIONS, is_forced=True), NoEmbedder())
    assert first.model
    return teach(
        Assignment([*known, *new], DESCRIPTIONS, champion=first.model, learned=first.learned),
        NoEmbedder(),
    )


@pytest.mark.parametrize("seed", [1, 2, 4, 5])
def test_three_labels_filed_as_a_fourth_are_rejected_although_new_texts_gain(seed: int) -> None:
    pairs = all_texts(seed)
    wrong = [text for text, label in pairs[KNOWN:] if label in ("printer", "vpn", "password")][:40]
    outcome = retrained(pairs, said([(text, "badge") for text in wrong], "person:2", after=1000))
    assert len(outcome.aside) < 20
    assert outcome.verdict
    assert outcome.verdict.newest.gained > outcome.verdict.newest.lost
    assert (outcome.verdict.passed, outcome.model) == (False, b""), outcome.verdict.reason


@pytest.mark.parametrize("seed", range(1, 13))
def test_thirty_honest_texts_are_learned(seed: int) -> None:
    pairs = all_texts(seed)
    outcome = retrained(pairs, said(pairs[KNOWN : KNOWN + 30], "person:2", after=1000))
    assert outcome.verdict
    assert outcome.verdict.passed, outcome.verdict.reason
