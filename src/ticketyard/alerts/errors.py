"""What can be refused about alerts."""

from ticketyard.core.errors import Conflict, Invalid, NotFound


class MissingField(Invalid):
    """A field that every alert needs is not there."""

    title = "Missing field"
    http_status = 400


class AlertNotFound(NotFound):
    """No such alert of this company."""


class ProviderNotFound(NotFound):
    """No such provider of this company."""


class WindowNotFound(NotFound):
    """No such maintenance window of this company."""


class HeartbeatNotFound(NotFound):
    """No such heartbeat of this company."""


class MappingNotFound(NotFound):
    """No such mapping of this company."""


class NameTaken(Conflict):
    """Another one has this name."""


class BadRule(Invalid):
    """A setting that cannot be used; the text says why."""


class DeliveryKeyReused(Invalid):
    """The Idempotency-Key came before, with something else."""
