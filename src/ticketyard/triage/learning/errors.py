"""What can be refused where triage learns."""

from ticketyard.core.errors import Conflict, Invalid, NotFound


class TrainingUnderWay(Conflict):
    """One training of a field at a time; the text names the one under way."""


class VectorsAway(Conflict):
    """Texts cannot be read just now, because the embeddings server is away; the text says why."""


class VersionNotFound(NotFound):
    """No such version of the model."""


class CannotPromote(Conflict):
    """This version cannot be put in use as things stand."""


class ExampleNotFound(NotFound):
    """Nothing of this number was set aside."""


class BadLearningSetting(Invalid):
    """A setting of triage cannot have this value."""
