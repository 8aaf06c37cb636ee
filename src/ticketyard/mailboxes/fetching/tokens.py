"""Access tokens for XOAUTH2: fetched with the refresh token, kept until shortly before they end."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from ticketyard.core.clock import Clock
from ticketyard.core.outgoing import Outgoing, OutgoingTrouble, Patience
from ticketyard.mailboxes.boxes.draft import MailboxSecret
from ticketyard.mailboxes.imap.errors import DeadToken, Unreachable

PATIENCE = Patience(whole_seconds=20)
LIFETIME_SECONDS = 3600
EARLY_SECONDS = 120
# RFC 6749 5.2: asking again with the same token is no use.
DEAD = frozenset({"invalid_grant", "unauthorized_client", "invalid_client"})


@dataclass(frozen=True)
class _Token:
    words: str = field(repr=False)
    ends_at: datetime


class AccessTokens:
    """The access tokens of this process."""

    def __init__(self, clock: Clock, outgoing: Outgoing) -> None:
        self._clock, self._outgoing = clock, outgoing
        self._known: dict[str, _Token] = {}

    async def token_for(
        self,
        secret: MailboxSecret,
        *,
        replaced: Callable[[str], Awaitable[None]] | None = None,
        fresh: bool = False,
    ) -> str:
        """An access token. replaced: told of a new refresh token, where the server gives one.

        fresh: not the one that is known, the mail server refused it.
        Raises DeadToken, or Unreachable when the token's server cannot be asked.
        """
        known = self._known.get(_key(secret))
        if known and not fresh and self._clock() < known.ends_at:
            return known.words
        answer = await _ask(secret, self._outgoing)
        words = str(answer["access_token"])
        lifetime = max(0, _lifetime(answer.get("expires_in")) - EARLY_SECONDS)
        self._known[_key(secret)] = _Token(words, self._clock() + timedelta(seconds=lifetime))
        refresh = answer.get("refresh_token")
        if replaced and isinstance(refresh, str) and refresh and refresh != secret.refresh_token:
            await replaced(refresh)
        return words


def _lifetime(told: object) -> int:
    """Seconds; an hour where the server says nothing, or nonsense."""
    try:
        return min(int(str(told)), 10 * 86_400)
    except ValueError:
        return LIFETIME_SECONDS


def _key(secret: MailboxSecret) -> str:
    """Whatever the server replaced meanwhile, it is the token a person gave that counts."""
    told = "\0".join((secret.token_url, secret.client_id, secret.given_token))
    return hashlib.sha256(told.encode()).hexdigest()


async def _ask(secret: MailboxSecret, outgoing: Outgoing) -> dict[str, object]:
    asked = {
        "grant_type": "refresh_token",
        "refresh_token": secret.refresh_token,
        "client_id": secret.client_id,
    }
    if secret.client_secret:
        asked["client_secret"] = secret.client_secret
    try:
        answer = await outgoing.send(
            "POST",
            secret.token_url,
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            },
            content=urlencode(asked).encode(),
            patience=PATIENCE,
        )
        said = answer.json()
    except OutgoingTrouble as trouble:
        raise Unreachable(
            f"{_host(secret)}, which gives tokens, cannot be reached. {trouble}"
        ) from trouble
    except ValueError as error:
        raise Unreachable(f"{_host(secret)} answers a request for a token with no JSON.") from error
    if isinstance(said, dict) and answer.is_success and said.get("access_token"):
        return said
    problem = str(said.get("error", "")) if isinstance(said, dict) else ""
    if problem in DEAD:
        raise DeadToken(
            f"{_host(secret)} says {problem}: the consent has ended or was withdrawn. Grant it anew "
            "and give the mailbox the new refresh token."
        )
    raise Unreachable(f"{_host(secret)} gives no token: status {answer.status}.")


def _host(secret: MailboxSecret) -> str:
    try:
        return urlsplit(secret.token_url).hostname or "The host"
    except ValueError:
        return "The host"
