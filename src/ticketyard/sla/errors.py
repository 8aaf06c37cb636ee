"""What can be refused about service levels."""

from ticketyard.core.errors import Conflict, Invalid, NotFound


class CalendarNotFound(NotFound):
    """No such calendar."""


class PolicyNotFound(NotFound):
    """No such policy."""


class NameTaken(Conflict):
    """There is a policy or calendar of this name already."""


class CalendarInUse(Conflict):
    """A policy counts by this calendar."""


class BadCalendar(Invalid):
    """A calendar that cannot be kept; the text says why."""


class BadPolicy(Invalid):
    """A policy that cannot be kept; the text says why."""
