"""Pure: what kind of mail it is, with a confidence, by its headers and words."""

from dataclasses import dataclass

from ticketyard.mail.message import Mail


@dataclass(frozen=True, slots=True)
class Label:
    """A kind of mail; confidence 0 to 1; evidence: the words or headers that settled it."""

    name: str
    confidence: float
    evidence: tuple[str, ...] = ()


def classify(mail: Mail) -> Label:
    """The kind of a mail."""
    if mail.bounce:
        return Label("bounce", 0.99)
    if mail.is_auto_reply:
        return Label("auto_reply", 0.95)
    return Label("support_request", 0.7)
