"""The shapes of service levels over HTTP."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ticketyard.core.shapes import Body, Line, RowId
from ticketyard.sla.drafts import CalendarDraft, PolicyDraft

ClockName = Literal["first_response", "next_response", "resolution"]
Priority = Literal["low", "medium", "high", "urgent", "critical"]
Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
# Ids of policies and calendars are of four bytes.
SmallId = Annotated[RowId, Field(le=2**31 - 1)]
Hour = Annotated[str, Field(max_length=5, examples=["09:00"])]
Seconds = Annotated[int, Field(ge=60, le=31_536_000)]


class SpanOut(BaseModel):
    """A piece of time that counted."""

    begin: datetime
    end: datetime
    seconds: int


class IntervalOut(BaseModel):
    """A time in which a clock ran or stood still, and why. seconds: on the wall; counted_seconds: of
    them inside the calendar; spans: where those lie, the first sixty."""

    begin: datetime
    end: datetime
    state: str
    why: str
    seconds: int
    counted_seconds: int
    spans: list[SpanOut]


class ClockOut(BaseModel):
    """One clock. counted_seconds of its intervals add up to elapsed_seconds. due_at is empty while
    it stands still before its due, and where nothing is promised."""

    clock: ClockName
    cycle: int
    state: str
    says: str
    policy_id: int | None
    policy: str | None
    calendar: str
    zone: str
    target_seconds: int | None
    elapsed_seconds: int
    remaining_seconds: int | None
    started_at: datetime
    stopped_at: datetime | None
    warn_at: datetime | None
    due_at: datetime | None
    breached: bool
    intervals: list[IntervalOut]


class TicketClocksOut(BaseModel):
    """Every clock of a ticket as it stands at `as_of`."""

    ticket_id: int
    ticket_number: str
    as_of: datetime
    organization_id: str | None
    breached: bool
    clocks: list[ClockOut]


class HolidayBody(Body):
    """A day on which it is closed."""

    on_date: date = Field(examples=["2026-12-24"])
    name: Line = ""


class CalendarIn(Body):
    """A calendar: hours by day of the week on the wall clock of its zone, days on which it is closed,
    and whose public holidays it keeps (country as in DE, part of it as in BY)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Munich office",
                    "zone": "Europe/Berlin",
                    "hours": {"monday": [["09:00", "12:30"], ["13:00", "17:00"]]},
                    "country": "DE",
                    "subdivision": "BY",
                    "holidays": [{"on_date": "2026-12-24", "name": "Closed"}],
                }
            ]
        }
    )

    name: Line
    zone: str = Field("UTC", max_length=60)
    always: bool = False
    hours: dict[Day, list[tuple[Hour, Hour]]] = Field(default_factory=dict)
    country: str = Field("", max_length=10)
    subdivision: str = Field("", max_length=20)
    holidays: list[HolidayBody] = Field(default_factory=list, max_length=1000)

    def draft(self) -> CalendarDraft:
        """As the verbs take it."""
        values = self.model_dump(exclude={"holidays"})
        days = tuple((each.on_date, each.name) for each in self.holidays)
        return CalendarDraft(**values, holidays=days)


class HolidayOut(BaseModel):
    """A day on which it is closed. origin: country or own."""

    on_date: date
    name: str
    origin: str


class CalendarOut(BaseModel):
    """A calendar as it is kept."""

    id: int
    name: str
    zone: str
    always: bool
    hours: dict[str, list[list[str]]]
    country: str
    subdivision: str
    holidays: list[HolidayOut]


class PolicyIn(Body):
    """A policy. Conditions that are empty are met by every ticket; of several that are met, the most
    specific is in force (organisation, then category, then priority or severity), then the lowest
    sort_order. targets: seconds of working time by clock and priority, or by `any`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Gold",
                    "calendar_id": 1,
                    "organization_id": "acme",
                    "targets": {
                        "first_response": {"any": 3600, "critical": 900},
                        "resolution": {"any": 86400},
                    },
                }
            ]
        }
    )

    name: Line
    calendar_id: SmallId
    organization_id: Line | None = None
    category: Line | None = None
    priorities: list[Priority] = Field(default_factory=list, max_length=5)
    severities: list[Literal["info", "low", "medium", "high", "critical"]] = Field(
        default_factory=list, max_length=5
    )
    sort_order: int = Field(100, ge=0, le=10_000)
    pauses: list[Literal["open", "assigned", "in_progress", "pending"]] = Field(
        ["pending"], max_length=4
    )
    warn_percent: int | None = Field(75, ge=1, le=99)
    is_active: bool = True
    targets: dict[ClockName, dict[Priority | Literal["any"], Seconds]] = Field(default_factory=dict)

    def draft(self) -> PolicyDraft:
        """As the verbs take it."""
        return PolicyDraft(**self.model_dump())


class PolicyOut(BaseModel):
    """A policy as it is kept."""

    id: int
    name: str
    calendar_id: int
    organization_id: str | None
    category: str | None
    priorities: list[str]
    severities: list[str]
    sort_order: int
    pauses: list[str]
    warn_percent: int | None
    is_active: bool
    targets: dict[str, dict[str, int]]


class PreviewIn(Body):
    """What would be if this policy stood: a new one without policy_id, a changed one with it, none
    any more without `policy`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "policy": {
                        "name": "Gold",
                        "calendar_id": 1,
                        "targets": {"resolution": {"any": 7200}},
                    }
                }
            ]
        }
    )

    policy_id: SmallId | None = None
    policy: PolicyIn | None = None


class StandOut(BaseModel):
    """How a clock stands or would stand."""

    policy: str | None
    target_seconds: int | None
    elapsed_seconds: int
    due_at: datetime | None
    breached: bool


class DifferenceOut(BaseModel):
    """What would become of one clock of an open ticket."""

    ticket_id: int
    ticket_number: str
    title: str
    clock: ClockName
    cycle: int
    before: StandOut
    after: StandOut


class PreviewOut(BaseModel):
    """Of `looked_at` open tickets, the newest first, `changed` would change; the first two hundred
    differences are listed."""

    looked_at: int
    changed: int
    newly_broken: int
    no_longer_broken: int
    differences: list[DifferenceOut]
