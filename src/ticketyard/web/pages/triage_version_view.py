"""What of a trained version is shown: its life, its figures, and what may be done with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ticketyard.triage.learning.queries import VersionSeen
from ticketyard.triage.models import TriageModel

STATES = {
    "current": ("In use", "clear"),
    "shadow": ("In the shadow", "accent"),
    "candidate": ("Not tried yet", ""),
    "retired": ("Retired", ""),
    "rejected": ("Rejected", "stop"),
}


@dataclass(frozen=True)
class VersionView:
    """A version as it is drawn. can_use: it may be put in use; back: this is what one goes back to;
    forced: it was put in use although it had been judged worse; went_back: by whom, when and why
    somebody went back from it."""

    seen: TriageModel
    state: str
    kind: str
    problem: str | None
    reason: str
    accuracy: float | None
    calibration_error: float | None
    texts: int
    can_use: bool
    is_back: bool
    is_forced: bool
    went_back: Mapping[str, str] | None


def current_of(versions: Sequence[VersionSeen], field: str) -> TriageModel | None:
    """The version of this field that is in use."""
    inside = [each.model for each in versions if each.model.field == field]
    return next((model for model in inside if model.state == "current"), None)


def views_of(versions: Sequence[VersionSeen], field: str) -> list[VersionView]:
    """The versions of this field as they are drawn."""
    current = current_of(versions, field)
    return [_view(each, current) for each in versions if each.model.field == field]


def _view(seen: VersionSeen, current: TriageModel | None) -> VersionView:
    model = seen.model
    metrics: Mapping[str, Any] = model.metrics
    words, kind = STATES.get(model.state, (model.state, ""))
    return VersionView(
        seen=model,
        state=words,
        kind=kind,
        problem=seen.problem,
        reason=str(model.verdict.get("reason") or ""),
        accuracy=metrics.get("accuracy"),
        calibration_error=metrics.get("calibration_error"),
        texts=int(metrics.get("texts") or 0),
        can_use=model.state in ("candidate", "shadow", "retired") and seen.problem is None,
        is_back=current is not None and current.parent == model.version,
        is_forced=bool(model.verdict.get("is_forced")),
        went_back=model.verdict.get("went_back"),
    )
