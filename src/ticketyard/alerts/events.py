"""What happens to alerts. A repeat of an alert is no event: it is an occurrence."""

from dataclasses import dataclass
from typing import ClassVar

from ticketyard.core.events import Event


@dataclass(frozen=True, kw_only=True)
class AlertFired(Event):
    """An alert fires. again: it had recovered, and its ticket goes on. Written by the database
    function `receive_alerts` where nothing special had to be decided."""

    type: ClassVar[str] = "alert.fired"
    alert_id: int
    provider_id: str
    title: str
    severity: str
    again: bool = False


@dataclass(frozen=True, kw_only=True)
class AlertRecovered(Event):
    """An alert is over. resolved: its ticket was resolved with it, as no person had touched it."""

    type: ClassVar[str] = "alert.recovered"
    alert_id: int
    provider_id: str
    title: str
    resolved: bool = False


@dataclass(frozen=True, kw_only=True)
class AlertSuppressed(Event):
    """An alert fires in a maintenance window: kept, without a ticket."""

    type: ClassVar[str] = "alert.suppressed"
    alert_id: int
    provider_id: str
    title: str
    window_id: int


@dataclass(frozen=True, kw_only=True)
class AlertFlapping(Event):
    """An alert fires and recovers so often that its ticket is left alone; or does so no longer."""

    type: ClassVar[str] = "alert.flapping"
    alert_id: int
    provider_id: str
    title: str
    is_flapping: bool


@dataclass(frozen=True, kw_only=True)
class AlertStormStarted(Event):
    """A provider's new alerts all go on one ticket from now on, so many are they."""

    type: ClassVar[str] = "alert.storm_started"
    storm_id: int
    provider_id: str


@dataclass(frozen=True, kw_only=True)
class AlertStormEnded(Event):
    """A provider's new alerts open tickets again. alerts: how many the storm's ticket holds."""

    type: ClassVar[str] = "alert.storm_ended"
    storm_id: int
    provider_id: str
    alerts: int


@dataclass(frozen=True, kw_only=True)
class HeartbeatMissed(Event):
    """Somebody who should have been heard of was not."""

    type: ClassVar[str] = "alert.heartbeat_missed"
    heartbeat_id: int
    name: str


@dataclass(frozen=True, kw_only=True)
class HeartbeatReturned(Event):
    """Somebody who was missing is heard of again."""

    type: ClassVar[str] = "alert.heartbeat_returned"
    heartbeat_id: int
    name: str
