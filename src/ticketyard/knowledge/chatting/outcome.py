"""Pure: what kind of answer it is, and whether a person is needed (contracts 4.5)."""

from dataclasses import dataclass
from typing import Final, Literal

from ticketyard.knowledge.chatting.wording import has

Classification = Literal["ANSWER", "SOFT_REFUSAL", "HARD_REFUSAL", "NEEDS_HUMAN"]


@dataclass(frozen=True)
class Outcome:
    """refusal_code: why it is no answer; None for an answer."""

    classification: Classification
    refusal_code: str | None
    needs_human: bool


ANSWERED: Final = Outcome("ANSWER", None, needs_human=False)


def judge_answer(question: str, *, answer: str, citations: int, found: int) -> Outcome:
    """found: how many pieces were there to answer from. answer: "" when nothing could be said."""
    if not found:
        return Outcome("HARD_REFUSAL", "NO_RETRIEVAL_CONTEXT", needs_human=True)
    about_rules = has("policy", question)
    if not answer.strip() or has("not enough", answer):
        if about_rules:
            return Outcome("SOFT_REFUSAL", "INSUFFICIENT_POLICY_COVERAGE", needs_human=True)
        return Outcome("NEEDS_HUMAN", "INSUFFICIENT_CONTEXT", needs_human=True)
    if not citations:
        return Outcome("NEEDS_HUMAN", "MISSING_CITATIONS", needs_human=True)
    return ANSWERED
