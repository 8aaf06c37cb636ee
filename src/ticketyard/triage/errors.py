"""What can be refused in triage."""

from ticketyard.core.errors import Conflict, Invalid, NotFound


class AnalysisNotFound(NotFound):
    """Triage has not looked at this ticket yet."""


class CannotTrain(Invalid):
    """The examples cannot be learned from; the text says why."""


class BadExamples(Invalid):
    """The file of examples cannot be read; the text says where."""


class NothingToTakeBack(Conflict):
    """Nothing was decided lately, or somebody changed it since."""


class TooMany(Invalid):
    """More at once than is sensible."""
