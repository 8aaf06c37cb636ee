"""How good triage was over a period, as figures."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from ticketyard.insights.reports.asking import Period
from ticketyard.triage.learning.quality import TriageQuality, measure_quality
from ticketyard.web.api.reports import asked_period
from ticketyard.web.deps import Session, may

router = APIRouter(prefix="/api/triage", tags=["triage"])


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ShareOut(_Out):
    """`hits` of `of`; the true share lies between `low` and `high` 19 times in 20 (Wilson)."""

    hits: int = Field(examples=[31])
    of: int = Field(examples=[40])
    share: float | None = Field(examples=[0.775])
    low: float | None = Field(examples=[0.625])
    high: float | None = Field(examples=[0.877])


class BinOut(_Out):
    """Proposals of about one confidence: what was said, and how often it was right."""

    low: float
    high: float
    confidence: float
    right: ShareOut


class LabelQualityOut(_Out):
    """One category. found: how often it was proposed."""

    label: str = Field(examples=["network"])
    found: int
    precision: ShareOut
    recall: ShareOut


class DriftOut(_Out):
    """distance: population stability index; by_chance: what so few cases give without any drift."""

    distance: float | None
    by_chance: float | None
    verdict: Literal["too_few", "steady", "shifting", "different"]
    moved: tuple[str, float] | None


class WeekOut(_Out):
    """One week, from Monday on. unsure: left to a person."""

    on: date
    analysed: int
    confidence: float | None
    unsure: ShareOut
    drift: DriftOut


class EngineQualityOut(_Out):
    """What one engine, or one version of what was learned, did."""

    engine: str = Field(examples=["classifier"])
    version: int | None
    analysed: int
    filled_in: ShareOut
    confidence: float | None
    right: ShareOut


class HeldOutOut(_Out):
    """The version in use on texts it was not taught; bins: confidence, share right, texts."""

    version: int
    texts: int
    accuracy: float
    bins: list[tuple[float, float, int]]


class TriageQualityOut(_Out):
    """Judged is a ticket whose category somebody confirmed or corrected. right: of all proposals that
    were judged; unanswered: judged where nothing was proposed. confusions: proposed, right, how often."""

    first: date
    last: date
    zone: str
    analysed: int
    failed: int
    filled_in: ShareOut
    confidence: float | None
    right: ShareOut
    right_filled_in: ShareOut
    right_unsure: ShareOut
    unanswered: int
    calibration_error: float | None
    bins: list[BinOut]
    confusions: list[tuple[str, str, int]]
    labels: list[LabelQualityOut]
    weeks: list[WeekOut]
    drift_against: str
    engines: list[EngineQualityOut]
    held_out: HeldOutOut | None

    @classmethod
    def of(cls, period: Period, quality: TriageQuality) -> "TriageQualityOut":
        """The figures with the days they are of."""
        given = {
            **quality.__dict__,
            "confusions": quality.confusions,
            "first": period.first,
            "last": period.last,
            "zone": period.zone,
        }
        return cls.model_validate(given, from_attributes=True)


@router.get("/quality", response_model=TriageQualityOut, dependencies=[may("insights:read")])
async def get_quality(
    session: Session, period: Annotated[Period, Depends(asked_period)]
) -> TriageQualityOut:
    """How much triage filled in over these days, how often it was right, and how it drifts."""
    quality = await measure_quality(
        session, since=period.since, until=period.until, zone=period.zone
    )
    return TriageQualityOut.of(period, quality)
