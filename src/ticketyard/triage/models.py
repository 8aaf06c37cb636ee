"""What triage found, the models it learned, and what people corrected."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, FetchedValue, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, deferred, mapped_column

from ticketyard.core.db import Table
from ticketyard.triage.urgency_level import level_of

_INSTANT = DateTime(timezone=True)


class Analysis(Table):
    """What triage found about one ticket; `category` also where it was not sure enough to apply.

    state: pending, done, or failed (an engine broke; it is tried again).
    language: RU, KZ, ENG, or another ISO code in capitals.
    """

    __tablename__ = "analysis"

    company_id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    category: Mapped[str | None]
    category_confidence: Mapped[float | None]
    category_ranking: Mapped[list[list[Any]]] = mapped_column(JSONB)
    priority: Mapped[str | None]
    priority_confidence: Mapped[float | None]
    urgency: Mapped[int | None]
    sentiment: Mapped[str | None]
    sentiment_score: Mapped[float | None]
    language: Mapped[str | None]
    language_confidence: Mapped[float | None]
    summary: Mapped[str]
    confidence: Mapped[float]
    need_admin: Mapped[bool]
    # Whether the category was sure enough to be filled in when it was found.
    was_sure: Mapped[bool] = mapped_column(default=False)
    # request, complaint or feedback; and one of the eight topics (contracts 4.6).
    kind: Mapped[str | None]
    topic: Mapped[str | None]
    topic_confidence: Mapped[float | None]
    # The likeliest team, how it was found (description, history, none), whether it may be filled in.
    team_id: Mapped[int | None]
    team_confidence: Mapped[float | None]
    team_similarity: Mapped[float | None]
    team_by: Mapped[str] = mapped_column(default="none")
    team_is_sure: Mapped[bool] = mapped_column(default=False)
    team_model_version: Mapped[int | None]
    keywords: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    engine: Mapped[str]
    model_version: Mapped[int | None]
    evidence: Mapped[dict[str, list[str]]] = mapped_column(JSONB)
    content_hash: Mapped[str]
    error: Mapped[str | None]
    attempts: Mapped[int]
    analysed_at: Mapped[datetime | None] = mapped_column(_INSTANT)

    @property
    def urgency_level(self) -> str | None:
        """When it wants to be looked at, in a word (contracts 1.6)."""
        return None if self.urgency is None else level_of(self.urgency)

    @property
    def need_team(self) -> bool:
        """Whether a person has to choose the team: spec 4's `need_admin` of a ticket."""
        return self.team_id is None


class TriageModel(Table):
    """One trained version of a company's model; at most one of a field is current.

    state: candidate, shadow (answers beside the current one, without effect), current, retired (was
      current) or rejected.
    parent: the version that was current when this one was taught.
    verdict: how the gate judged it (triage/learning/gate.py); `rolled_back` when somebody went back
      from it since, and `went_back`: who, when and why.
    learned: eight bytes of every example it was taught.
    emptied_at: since when only its figures are kept (triage/pruning.py).
    thresholds: a stated share of wrong answers ("0.03") to the confidence that keeps it.
    """

    __tablename__ = "triage_model"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    field: Mapped[str]
    version: Mapped[int]
    # Megabytes: fetched only by whoever names them.
    model: Mapped[bytes] = deferred(mapped_column())
    learned: Mapped[bytes] = deferred(mapped_column())
    labels: Mapped[list[str]] = mapped_column(ARRAY(Text))
    examples: Mapped[int]
    embedder: Mapped[str]
    metrics: Mapped[dict[str, Any]] = mapped_column(JSONB)
    origin: Mapped[str]
    state: Mapped[str]
    parent: Mapped[int | None]
    run_id: Mapped[int | None]
    verdict: Mapped[dict[str, Any]] = mapped_column(JSONB)
    thresholds: Mapped[dict[str, float]] = mapped_column(JSONB)
    sha256: Mapped[bytes | None]
    emptied_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    trained_by: Mapped[str]
    trained_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    promoted_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    promoted_by: Mapped[str | None]

    @property
    def is_current(self) -> bool:
        """Whether it is the one that answers."""
        return self.state == "current"


class Correction(Table):
    """What a person said is right, and the text it was said of; append-only."""

    __tablename__ = "correction"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    ticket_id: Mapped[int]
    field: Mapped[str]
    found: Mapped[str | None]
    found_confidence: Mapped[float | None]
    corrected: Mapped[str]
    # As the ticket was, and how triage had found it, before somebody decided.
    before: Mapped[str | None]
    before_by: Mapped[str | None]
    found_engine: Mapped[str | None]
    found_version: Mapped[int | None]
    found_sure: Mapped[bool | None]
    content: Mapped[str]
    by_kind: Mapped[str]
    by_id: Mapped[int | None]
    by_name: Mapped[str]
    corrected_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
