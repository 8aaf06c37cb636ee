"""A mailbox as it is filled in, by form or JSON, and as it is shown again: never with its secret."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.mailboxes.boxes.draft import MailboxDraft, MailboxSecret
from ticketyard.mailboxes.errors import BadMailbox
from ticketyard.mailboxes.models import Mailbox
from ticketyard.people.queries import list_teams

SECRET_FIELDS = ("password", "client_id", "client_secret", "refresh_token", "token_url")
# What may be chosen, in the order of the form.
FIELDS = (
    "address", "display_name", "imap_server", "imap_port", "imap_security", "username", "auth",
    "folder", "poll_seconds", "look_back_hours", "after_filing", "move_to", "authserv_id",
    "smtp_server", "smtp_port", "smtp_security", "team_id",
)  # fmt: skip


async def draft_of(
    session: AsyncSession, given: Mapping[str, Any], mailbox: Mailbox | None = None
) -> MailboxDraft:
    """The mailbox as it shall be: what is given, and for the rest what is there.

    A secret is kept unless one is given. Raises BadMailbox.
    """
    values = {name: getattr(mailbox, name) for name in FIELDS} if mailbox else {}
    values |= {name: given[name] for name in FIELDS if name in given}
    secret = {name: str(given[name]).strip() for name in SECRET_FIELDS if given.get(name)}
    for name in ("address", "imap_server", "username"):
        values.setdefault(name, "")
    if not values["username"]:
        values["username"] = values["address"]
    changed = mailbox is not None and values.get("auth", mailbox.auth) != mailbox.auth
    if changed and not secret:
        raise BadMailbox("password is missing: it is another way to log in.")
    if mailbox is not None and not secret and _goes_elsewhere(mailbox, values):
        raise BadMailbox("password is missing: it is given anew for another server.")
    if values.get("team_id") is not None:
        teams = {team.id for team in await list_teams(session)}
        if values["team_id"] not in teams:
            raise BadMailbox("team_id names no team.")
    draft = MailboxDraft(**values)
    return replace(draft, secret=MailboxSecret(**secret)) if secret else draft


def _goes_elsewhere(mailbox: Mailbox, values: Mapping[str, Any]) -> bool:
    """A stored password is for the server it was given for: whoever may change the settings may not
    have it sent to one of their own."""
    return any(
        str(values.get(name, getattr(mailbox, name))).lower() != str(getattr(mailbox, name)).lower()
        for name in ("imap_server", "smtp_server")
        if name == "imap_server" or values.get(name)
    )


def shown_fields(mailbox: Mailbox | None) -> dict[str, Any]:
    """The values of the form."""
    if mailbox is None:
        empty = MailboxDraft(address="", imap_server="", username="")
        return {name: getattr(empty, name) or "" for name in FIELDS} | {"look_back_hours": 24}
    found = {name: getattr(mailbox, name) for name in FIELDS}
    return {name: "" if value is None else value for name, value in found.items()}
