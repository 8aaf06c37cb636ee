"""One report on its way into the books, under its fingerprint."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ticketyard.alerts.told import ToldAlert, believed
from ticketyard.tickets.drafts import NewTicket


@dataclass(frozen=True, kw_only=True)
class Filing:
    """One alert about to be filed: what is told, and under which fingerprint.

    shared_in: the scope of a fingerprint that several providers report.
    """

    told: ToldAlert
    fingerprint: str
    is_event: bool
    occurred_at: datetime
    now: datetime
    claimed_at: datetime | None = None
    shared_in: str | None = None

    @property
    def scope(self) -> str:
        """Whose fingerprint it is."""
        return self.shared_in or self.told.provider_id

    @property
    def started_at(self) -> datetime | None:
        """When this episode began, as its source says, but never in the future: its end is not."""
        return believed(self.told.started_at, self.now) if self.told.started_at else None

    @property
    def claimed(self) -> datetime | None:
        """When its source says that it happened, if that can be believed."""
        return self.occurred_at if self.told.occurred_at else None

    def ticket(self) -> NewTicket:
        """The ticket it opens, if it opens one."""
        return replace(self.told, is_event=self.is_event).ticket()

    def given(self, ticket: dict[str, Any] | None = None) -> dict[str, Any]:
        """As the database functions take it."""
        return {
            "row": self._row(),
            "ticket": ticket,
            "is_clear": self.told.is_clear,
            "occurred_at": self.occurred_at.isoformat(),
            "claimed_at": self.claimed_at.isoformat() if self.claimed_at else None,
            # A repeat is seen once at least, whatever its source counts.
            "detections": max(1, self.told.detections),
        }

    def _row(self) -> dict[str, Any]:
        row = self.told.row(self.fingerprint)
        row |= {"is_event": self.is_event, "created_at": self.now.isoformat()}
        if self.shared_in is not None:
            row["shared_in"] = self.shared_in
        if began := self.started_at or self.claimed:
            row["started_at"] = began.isoformat()
        return row
