"""What can be refused about things that arrive."""

from ticketyard.core.errors import Conflict, Invalid, NotAllowed, NotFound


class UnknownSource(Invalid):
    """Not a source that tickets come by; the text names those that are."""

    http_status = 400


class SourceNotAllowed(NotAllowed):
    """The API key is for other sources."""


class SourceOff(Conflict):
    """The operator switched this source off; the sender may try again later."""

    http_status = 503


class KeyReused(Invalid):
    """The Idempotency-Key was used before, for something else."""


class MessageNotFound(NotFound):
    """No such inbound message."""


class AlreadyLooked(Conflict):
    """The message was opened as a ticket or dismissed before."""


class ImportNotFound(NotFound):
    """No such import."""


class FilesRefused(Invalid):
    """Files that cannot be read in; `errors` names file, line, column and reason of each fault."""
