"""The four ways to say no. A package's own refusals are children of these.

The text is for the person who asked: it says what is wrong and, where it can, what to do. It never
holds secrets, SQL or the body that was sent.
"""

from collections.abc import Mapping


class Refusal(Exception):
    """An expected no. `extra` is shown to the caller beside the text, as problem-details members."""

    title = "Refused"

    def __init__(self, detail: str, **extra: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra: Mapping[str, object] = extra


class NotFound(Refusal):
    """It does not exist, or whoever asks may not know that it does."""

    title = "Not found"


class NotAllowed(Refusal):
    """Whoever asks may not do this."""

    title = "Not allowed"


class Conflict(Refusal):
    """It cannot be done as things stand now."""

    title = "Conflict"


class Invalid(Refusal):
    """What was given cannot be used."""

    title = "Invalid"


class NotKnown(NotAllowed):
    """Nobody is known by what was shown: no key, a wrong key, an expired session."""

    title = "Not logged in"


class TooLarge(Invalid):
    """What was given is larger than allowed."""

    title = "Too large"


class Unreadable(Invalid):
    """It has not the shape it should have. `errors` names each field by its path."""

    title = "Malformed request"
