"""Pure: a mailbox as a person or EMAIL_CREDENTIALS describes it, and what can be wrong with that."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any
from urllib.parse import urlsplit

from ticketyard.mailboxes.errors import BadMailbox

TOKEN_URLS = {
    "gmail": "https://oauth2.googleapis.com/token",
    "microsoft365": "https://login.microsoftonline.com/common/oauth2/v2.0/token",
}
_TOKENS_OF = {"imap.gmail.com": "gmail", "outlook.office365.com": "microsoft365"}
_LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})

SECURITIES = ("tls", "starttls", "none")
AUTHS = ("password", "xoauth2")
AFTER_FILING = ("leave", "seen", "move")
_PORTS = {"imap": {"tls": 993, "starttls": 143, "none": 143},
          "smtp": {"tls": 465, "starttls": 587, "none": 25}}  # fmt: skip
_HOST = re.compile(r"[\w.:-]{1,253}")
_ADDRESS = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,255}")
_TEXT_MAX = 1000


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


@dataclass(frozen=True, kw_only=True)
class MailboxDraft:
    """Everything of a mailbox that is chosen. Port 0: the usual one.

    secret: None keeps the one that is stored.
    """

    address: str
    imap_server: str
    username: str
    secret: MailboxSecret | None = None
    display_name: str = ""
    imap_port: int = 0
    imap_security: str = "tls"
    auth: str = "password"
    folder: str = "INBOX"
    poll_seconds: int | None = None
    look_back_hours: int = 24
    after_filing: str = "leave"
    move_to: str = ""
    authserv_id: str = ""
    smtp_server: str = ""
    smtp_port: int = 0
    smtp_security: str = "starttls"
    team_id: int | None = None

    def columns(self) -> dict[str, Any]:
        """The columns of its row, save for the secret."""
        return {
            each.name: getattr(self, each.name) for each in fields(self) if each.name != "secret"
        }


def checked(draft: MailboxDraft) -> MailboxDraft:
    """The draft with its gaps filled. Raises BadMailbox, which names the field and never a secret."""
    _check_words(draft)
    _check_numbers(draft)
    if draft.after_filing == "move" and not draft.move_to:
        raise BadMailbox("move_to is missing: name the folder that filed mail is moved to.")
    if draft.move_to and draft.move_to == draft.folder:
        raise BadMailbox("move_to must be another folder than the one that is read.")
    return replace(
        draft,
        imap_port=draft.imap_port or _PORTS["imap"][draft.imap_security],
        smtp_port=draft.smtp_port or _PORTS["smtp"][draft.smtp_security],
        secret=draft.secret and _checked_secret(draft, draft.secret),
    )


def _check_words(draft: MailboxDraft) -> None:
    for name, value in draft.columns().items():
        if isinstance(value, str) and (len(value) > _TEXT_MAX or not value.isprintable()):
            raise BadMailbox(f"{name} is too long, or has characters that cannot be printed.")
    if not _ADDRESS.fullmatch(draft.address):
        raise BadMailbox("address is no mail address.")
    if not draft.username:
        raise BadMailbox("username is missing.")
    for name, host in (("imap_server", draft.imap_server), ("smtp_server", draft.smtp_server)):
        if (host or name == "imap_server") and not _HOST.fullmatch(host):
            raise BadMailbox(f"{name} is no host name, such as mail.example.com.")
    for name, value, known in (
        ("imap_security", draft.imap_security, SECURITIES),
        ("smtp_security", draft.smtp_security, SECURITIES),
        ("auth", draft.auth, AUTHS),
        ("after_filing", draft.after_filing, AFTER_FILING),
    ):
        if value not in known:
            raise BadMailbox(f"{name} must be one of: {', '.join(known)}.")
    if not draft.folder:
        raise BadMailbox("folder is missing.")


def _check_numbers(draft: MailboxDraft) -> None:
    for name, value, least, most in (
        ("imap_port", draft.imap_port, 0, 65_535),
        ("smtp_port", draft.smtp_port, 0, 65_535),
        ("poll_seconds", draft.poll_seconds, 5, 86_400),
        ("look_back_hours", draft.look_back_hours, 0, 24 * 366 * 20),
    ):
        if value is not None and not least <= value <= most:
            raise BadMailbox(f"{name} must lie between {least} and {most}.")


def _checked_secret(draft: MailboxDraft, secret: MailboxSecret) -> MailboxSecret:
    if draft.auth == "password":
        if not secret.password or "\0" in secret.password or "\n" in secret.password:
            raise BadMailbox("password is missing, or has characters no password can have.")
        return MailboxSecret(password=secret.password)
    preset = secret.token_url or _TOKENS_OF.get(draft.imap_server.lower(), "")
    url = TOKEN_URLS.get(preset, preset)
    if not secret.client_id or not secret.refresh_token:
        raise BadMailbox("xoauth2 needs client_id and refresh_token.")
    if not is_safe_url(url):
        raise BadMailbox(
            f"token_url must begin with https://, or be one of: {', '.join(TOKEN_URLS)}."
        )
    return replace(
        secret, password="", token_url=url, given_token=secret.given_token or secret.refresh_token
    )


def is_safe_url(url: str) -> bool:
    """Whether a secret may travel there: by HTTPS, or on this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL))


# -- EMAIL_CREDENTIALS -----------------------------------------------------------------------------

_NUMBERS = frozenset({"imap_port", "smtp_port", "poll_seconds", "look_back_hours"})
_SECRETS = frozenset({"password", "client_id", "client_secret", "refresh_token", "token_url"})
_KEYS = (_SECRETS | {each.name for each in fields(MailboxDraft)}) - {"secret", "team_id"}


def read_credentials(entries: list[dict[str, Any]]) -> list[MailboxDraft]:
    """The mailboxes that EMAIL_CREDENTIALS describes. Raises BadMailbox, which says which entry is
    wrong and what about it, and shows no value."""
    drafts: list[MailboxDraft] = []
    for number, entry in enumerate(entries, 1):
        try:
            drafts.append(_read_entry(entry))
        except BadMailbox as wrong:
            raise BadMailbox(f"EMAIL_CREDENTIALS, entry {number}: {wrong.detail}") from None
    taken = [(each.address.lower(), each.folder) for each in drafts]
    if len(set(taken)) < len(taken):
        raise BadMailbox("EMAIL_CREDENTIALS names one address and folder twice.")
    return drafts


def _read_entry(entry: Mapping[str, Any]) -> MailboxDraft:
    if unknown := sorted(set(entry) - _KEYS):
        raise BadMailbox(f"there is no key {unknown[0]!r}.")
    values: dict[str, Any] = {}
    for name, value in entry.items():
        if value is None or value == "":
            continue
        values[name] = _number(name, value) if name in _NUMBERS else _words(name, value)
    for name in ("username", "imap_server"):
        if name not in values:
            raise BadMailbox(f"{name} is missing.")
    secret = MailboxSecret(**{name: values.pop(name) for name in _SECRETS & set(values)})
    if "auth" not in values and secret.refresh_token and not secret.password:
        values["auth"] = "xoauth2"
    values.setdefault("address", values["username"])
    return checked(MailboxDraft(**values, secret=secret))


def _number(name: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return int(value)
    raise BadMailbox(f"{name} must be a whole number.")


def _words(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise BadMailbox(f"{name} must be a text.")
    return value if name in _SECRETS else value.strip()
