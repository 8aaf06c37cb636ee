"""What happens where triage learns."""

from dataclasses import dataclass
from typing import ClassVar

from ticketyard.core.events import Event


@dataclass(frozen=True, kw_only=True)
class TrainingRequested(Event):
    """A training was asked for: by a person, by the count of analyses, or by the timetable.

    is_forced: to be put in use whatever the figures say.
    """

    type: ClassVar[str] = "triage.training_requested"
    run_id: int = 0
    field: str = "category"
    cause: str = "asked"
    is_forced: bool = False


@dataclass(frozen=True, kw_only=True)
class TrainingEnded(Event):
    """A training came to its end; `reason` is a sentence for people.

    state: promoted, shadow, rejected, refused, failed or abandoned.
    """

    type: ClassVar[str] = "triage.training_ended"
    run_id: int
    field: str
    state: str
    reason: str
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class ModelTrained(Event):
    """There is a new version of a company's model, in use or not."""

    type: ClassVar[str] = "triage.model_trained"
    field: str
    version: int
    accuracy: float
    examples: int


@dataclass(frozen=True, kw_only=True)
class ModelPromoted(Event):
    """A version is in use from now on.  before: the one it took over from."""

    type: ClassVar[str] = "triage.model_promoted"
    field: str
    version: int
    before: int | None
    reason: str
    is_forced: bool = False


@dataclass(frozen=True, kw_only=True)
class ModelRejected(Event):
    """A new version was not put in use, because it is worse than what answers today."""

    type: ClassVar[str] = "triage.model_rejected"
    field: str
    version: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class ModelRolledBack(Event):
    """An earlier version is in use again, or none (null): rules and descriptions answer then."""

    type: ClassVar[str] = "triage.model_rolled_back"
    field: str
    version: int | None
    before: int
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ExampleDecided(Event):
    """An admin decided about an example that was set aside.  state: accepted or dismissed."""

    type: ClassVar[str] = "triage.example_decided"
    example_id: int
    label: str
    state: str


@dataclass(frozen=True, kw_only=True)
class EnoughAnalysed(Event):
    """So many texts were analysed that it is time to see whether there is anything new to learn."""

    type: ClassVar[str] = "triage.enough_analysed"
    threshold: int
