"""Pure: an answer and its proof."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ticketyard.knowledge.answering.citing import Citation
from ticketyard.knowledge.answering.extracting import Passage, Step

EXTRACTED: Final = "extractive"
MIN_CONFIDENCE, MAX_CONFIDENCE = 0.2, 0.95


@dataclass(frozen=True)
class Source:
    """A piece that a step stands on. score: how likely it was to help, 0 to 1."""

    citation: Citation
    score: float


@dataclass(frozen=True)
class CitedStep:
    """A step with the title of what it stands on, the file to open, and whether the public may read it."""

    step: Step
    title: str
    file_id: str
    is_public: bool


@dataclass(frozen=True)
class Answer:
    """Steps that are borne out by their sources, or none and a person is needed.

    found: how many pieces there were to answer from. engine: `extractive`, or the model's name.
    notes: what could not be used, in words.
    """

    steps: tuple[Step, ...]
    sources: tuple[Source, ...]
    confidence: float
    found: int
    engine: str
    notes: tuple[str, ...] = ()

    @property
    def needs_human(self) -> bool:
        """Whether nobody but a person can answer."""
        return not self.steps

    @property
    def text(self) -> str:
        """The answer as it is said: one step as a sentence, several as a numbered list."""
        if len(self.steps) == 1:
            return str(self.steps[0])
        return "\n".join(f"{number}. {step}" for number, step in enumerate(self.steps, 1))


def answer_of(
    steps: Sequence[Step],
    passages: Sequence[Passage],
    *,
    engine: str,
    notes: Sequence[str] = (),
) -> Answer:
    """The answer that these steps are; as sure as its best source (contracts 4.5)."""
    cited = {step.citation for step in steps}
    sources = tuple(
        Source(each.citation, each.score) for each in passages if each.citation in cited
    )
    best = max((source.score for source in sources), default=0.0)
    confidence = min(MAX_CONFIDENCE, max(MIN_CONFIDENCE, best)) if steps else 0.0
    return Answer(tuple(steps), sources, round(confidence, 4), len(passages), engine, tuple(notes))
