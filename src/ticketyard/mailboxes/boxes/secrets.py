"""What a mailbox is entered with: sealed in the database, opened only to connect."""

import orjson

from ticketyard.core.sealing import SealBroken, Sealer
from ticketyard.mailboxes.boxes.draft import MailboxSecret
from ticketyard.mailboxes.errors import BadMailbox


def seal_secret(sealer: Sealer, secret: MailboxSecret) -> str:
    """As it may be stored."""
    filled = {
        name: value
        for name in MailboxSecret.__dataclass_fields__
        if (value := getattr(secret, name))
    }
    return sealer.seal(orjson.dumps(filled).decode())


def open_secret(sealer: Sealer, sealed: str) -> MailboxSecret:
    """The secret again. Raises BadMailbox when it was sealed with another key."""
    if not sealed:
        return MailboxSecret()
    try:
        return MailboxSecret(**orjson.loads(sealer.open(sealed)))
    except (SealBroken, ValueError, TypeError):
        raise BadMailbox(
            "Its password was sealed with another key: give it anew, or set TICKETYARD_SECRET_KEY "
            "to the key it was sealed with."
        ) from None
