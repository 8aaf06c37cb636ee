"""Pure: the parts of a message that say what became of another one, as texts."""

from ticketyard.mail.syntax.parts import Part

MOST_PARTS = 50
MOST_BYTES = 200_000

_KINDS = frozenset(
    {
        *("message/delivery-status", "message/global-delivery-status", "message/feedback-report"),
        *("message/disposition-notification", "message/rfc822", "message/global"),
        *("text/rfc822-headers", "message/rfc822-headers", "message/global-headers"),
    }
)


def report_parts(root: Part) -> list[tuple[str, str]]:
    """(type, text) of the parts that reports are made of; what is inside attached mail is left out."""
    found: list[tuple[str, str]] = []
    waiting = [root]
    while waiting and len(found) < MOST_PARTS:
        part = waiting.pop(0)
        if part.kind in _KINDS and not part.children:
            found.append((part.kind, part.content(MOST_BYTES).decode("utf-8", "replace")))
        waiting[:0] = part.children
    return found
