"""The classes of contracts 4.5, border by border."""

import pytest

from ticketyard.knowledge.chatting.outcome import judge_answer


@pytest.mark.parametrize(
    ("question", "answer", "citations", "found", "expected"),
    [
        ("reset?", "Open it.", 1, 3, ("ANSWER", None, False)),
        ("reset?", "", 0, 0, ("HARD_REFUSAL", "NO_RETRIEVAL_CONTEXT", True)),
        ("refund policy?", "", 0, 0, ("HARD_REFUSAL", "NO_RETRIEVAL_CONTEXT", True)),
        ("reset?", "", 0, 2, ("NEEDS_HUMAN", "INSUFFICIENT_CONTEXT", True)),
        ("reset?", "I don't know.", 1, 2, ("NEEDS_HUMAN", "INSUFFICIENT_CONTEXT", True)),
        ("reset?", "NEEDS_HUMAN", 0, 2, ("NEEDS_HUMAN", "INSUFFICIENT_CONTEXT", True)),
        ("Am I eligible?", "", 0, 2, ("SOFT_REFUSAL", "INSUFFICIENT_POLICY_COVERAGE", True)),
        ("Am I eligible?", "Yes.", 0, 2, ("NEEDS_HUMAN", "MISSING_CITATIONS", True)),
        ("Am I eligible?", "Yes.", 1, 2, ("ANSWER", None, False)),
        ("reset?", "Open it.", 0, 2, ("NEEDS_HUMAN", "MISSING_CITATIONS", True)),
    ],
)
def test_an_answer_is_what_its_proof_makes_it(
    question: str,
    answer: str,
    citations: int,
    found: int,
    expected: tuple[str, str | None, bool],
) -> None:
    outcome = judge_answer(question, answer=answer, citations=citations, found=found)
    assert (outcome.classification, outcome.refusal_code, outcome.needs_human) == expected
