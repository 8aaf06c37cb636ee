"""Trainings, what files taught, what is held back, and what a shadow would have answered."""

from datetime import datetime

from sqlalchemy import DateTime, FetchedValue
from sqlalchemy.orm import Mapped, mapped_column

from ticketyard.core.db import Table

_INSTANT = DateTime(timezone=True)


class TrainingRun(Table):
    """One training, from being asked for to its end; at most one of a field is under way.

    cause: asked, count, timetable or csv.
    state: waiting, running; then promoted, shadow, rejected (by the gate), refused (nothing to learn
      from), failed (it broke) or abandoned (its process went away).
    fresh: examples the model in use was not taught.  aside: how many of these were held back.
    """

    __tablename__ = "training_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    field: Mapped[str]
    cause: Mapped[str]
    state: Mapped[str]
    stage: Mapped[str]
    progress: Mapped[float]
    reason: Mapped[str]
    is_forced: Mapped[bool]
    blob_key: Mapped[str | None]
    text_column: Mapped[str | None]
    label_column: Mapped[str | None]
    version: Mapped[int | None]
    examples: Mapped[int]
    fresh: Mapped[int]
    aside: Mapped[int]
    by_kind: Mapped[str]
    by_id: Mapped[int | None]
    by_name: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    started_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    heartbeat_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    ended_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class TaughtExample(Table):
    """A text and a label that a file taught; kept so that later trainings do not forget it."""

    __tablename__ = "taught_example"

    company_id: Mapped[int] = mapped_column(primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    content: Mapped[str]
    label: Mapped[str]
    run_id: Mapped[int]
    by_kind: Mapped[str]
    by_id: Mapped[int | None]
    by_name: Mapped[str]
    taught_at: Mapped[datetime] = mapped_column(_INSTANT)


class ExampleAside(Table):
    """An example that contradicts what is known; learned only once an admin accepts it.

    says: what the examples near it, and the model, take it for.
    state: aside, accepted or dismissed.
    """

    __tablename__ = "example_aside"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    field: Mapped[str]
    digest: Mapped[bytes]
    content: Mapped[str]
    label: Mapped[str]
    ticket_id: Mapped[int | None]
    says: Mapped[str | None]
    certainty: Mapped[float | None]
    reason: Mapped[str]
    state: Mapped[str]
    run_id: Mapped[int]
    by_kind: Mapped[str]
    by_id: Mapped[int | None]
    by_name: Mapped[str]
    set_aside_at: Mapped[datetime] = mapped_column(_INSTANT)
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class TrainingCount(Table):
    """How many analyses there were since a training was last called for by their number."""

    __tablename__ = "training_count"

    company_id: Mapped[int] = mapped_column(primary_key=True)
    analyses: Mapped[int]
    reached_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    note: Mapped[str]


class ShadowFinding(Table):
    """What the version in the shadow would have answered for a ticket."""

    __tablename__ = "shadow_finding"

    company_id: Mapped[int] = mapped_column(primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str | None]
    confidence: Mapped[float]
    found_at: Mapped[datetime] = mapped_column(_INSTANT)
