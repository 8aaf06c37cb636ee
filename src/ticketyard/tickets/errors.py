"""What can be refused about tickets."""

from ticketyard.core.errors import Conflict, Invalid, NotFound


class TicketNotFound(NotFound):
    """No such ticket, or not yours to see: the answer is the same."""


class AttachmentNotFound(NotFound):
    """No such file on a ticket you may see."""


class IllegalTransition(Conflict):
    """The status cannot follow on the present one; `allowed` says which can."""


class TicketFinished(Conflict):
    """The ticket's work is over; reopen it first."""


class TicketChangedMeanwhile(Conflict):
    """Somebody else saved the ticket since it was read; `version` is the present one."""


class UnknownCategory(Invalid):
    """Not one of the company's categories."""


class BadField(Invalid):
    """A field was given a value it cannot have."""
