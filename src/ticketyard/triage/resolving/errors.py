"""What can be refused about solutions and actions."""

from ticketyard.core.errors import Conflict, Invalid, NotFound


class SolutionNotFound(NotFound):
    """No such solution."""


class SolutionTwin(Conflict):
    """There is a solution of the category that says the same."""


class SolutionChangedMeanwhile(Conflict):
    """Somebody else changed the solution since it was read."""


class BadSolution(Invalid):
    """The solution cannot be like this; the text says why."""


class ActionNotFound(NotFound):
    """No such action."""


class BadAction(Invalid):
    """The action cannot be run or set up like this; the text says why."""
