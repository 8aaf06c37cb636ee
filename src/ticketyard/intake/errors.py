"""What can be refused about things that arrive."""

from collections.abc import Mapping, Sequence

from ticketyard.core.errors import Conflict, Invalid, NotAllowed, NotFound


class Unreadable(Invalid):
    """What arrived has not the shape its source promises. `errors` names each field by its path."""

    title = "Malformed request"

    def __init__(self, errors: Sequence[Mapping[str, str]], **extra: object) -> None:
        names = ", ".join(dict.fromkeys(each["path"] for each in errors))
        super().__init__(
            f"Cannot be used as it is: {names[:500]}.", errors=list(errors)[:100], **extra
        )


class UnknownSource(Invalid):
    """Not a source that tickets come by; the text names those that are."""

    http_status = 400


class SourceNotAllowed(NotAllowed):
    """The API key is for other sources."""


class KeyReused(Invalid):
    """The Idempotency-Key was used before, for something else."""


class MessageNotFound(NotFound):
    """No such inbound message."""


class AlreadyLooked(Conflict):
    """The message was opened as a ticket or dismissed before."""
