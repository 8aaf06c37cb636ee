"""What a mailbox is entered with: sealed in the database, opened only to connect."""

from dataclasses import dataclass, field

import orjson

from ticketyard.core.sealing import SealBroken, Sealer
from ticketyard.mailboxes.errors import BadMailbox

TOKEN_URLS = {
    "gmail": "https://oauth2.googleapis.com/token",
    "microsoft365": "https://login.microsoftonline.com/common/oauth2/v2.0/token",
}


@dataclass(frozen=True, kw_only=True)
class MailboxSecret:
    """A password, or what an access token is fetched with.

    given_token: the refresh token as a person gave it; the server may have replaced it since.
    """

    password: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    given_token: str = field(default="", repr=False)
    token_url: str = ""


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
