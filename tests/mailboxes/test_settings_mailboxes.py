"""EMAIL_CREDENTIALS: read strictly, brought in step at each start, and never shown."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.mailboxes.dovecot import PASSWORD, Dovecot
from tests.world import World
from ticketyard.core.resources import Resources
from ticketyard.core.sealing import Sealer
from ticketyard.mailboxes.boxes.changing import (
    add_mailbox,
    change_mailbox,
    switch_mailbox,
)
from ticketyard.mailboxes.boxes.draft import MailboxDraft, MailboxSecret, read_credentials
from ticketyard.mailboxes.boxes.from_settings import bring_in_step
from ticketyard.mailboxes.boxes.secrets import open_secret
from ticketyard.mailboxes.errors import BadMailbox, MailboxTaken
from ticketyard.mailboxes.fetching.sources import source_of
from ticketyard.mailboxes.fetching.trying import try_mailbox
from ticketyard.mailboxes.models import Mailbox

ENTRY = {"username": "desk@example.com", "password": "geheim", "imap_server": "mail.example.com"}


def test_the_specs_three_keys_are_enough() -> None:
    (draft,) = read_credentials([ENTRY])
    assert (draft.address, draft.imap_port, draft.imap_security) == ("desk@example.com", 993, "tls")
    assert "geheim" not in repr(draft)


def test_gmail_needs_no_address_of_its_token_server() -> None:
    entry = {"username": "a@example.com", "imap_server": "imap.gmail.com", "client_id": "c",
             "client_secret": "s", "refresh_token": "r"}  # fmt: skip
    (draft,) = read_credentials([entry])
    assert draft.auth == "xoauth2"
    assert draft.secret
    assert draft.secret.token_url == "https://oauth2.googleapis.com/token"
    assert draft.secret.given_token == "r"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password": None}, "password is missing"),
        ({"imap_server": ""}, "imap_server is missing"),
        ({"imap_server": "a b"}, "imap_server is no host name"),
        ({"username": "desk"}, "address is no mail address"),
        ({"pasword": "geheim"}, "there is no key 'pasword'"),
        ({"imap_port": "99x"}, "imap_port must be a whole number"),
        ({"imap_port": True}, "imap_port must be a whole number"),
        ({"imap_port": 70000}, "imap_port must lie between"),
        ({"poll_seconds": 1}, "poll_seconds must lie between"),
        ({"imap_security": "ssl"}, "imap_security must be one of: tls, starttls, none"),
        ({"password": ["geheim"]}, "password must be a text"),
        ({"folder": "a\r\nb LOGOUT"}, "folder is too long, or has characters"),
        ({"after_filing": "move"}, "move_to is missing"),
        ({"auth": "xoauth2"}, "xoauth2 needs client_id and refresh_token"),
        (
            {
                "auth": "xoauth2",
                "client_id": "c",
                "refresh_token": "r",
                "token_url": "http://x.example",
            },
            "token_url must begin with https://",
        ),
    ],
)
def test_a_wrong_entry_is_named_and_shows_no_secret(change: dict[str, Any], words: str) -> None:
    with pytest.raises(BadMailbox) as told:
        read_credentials([ENTRY, {**ENTRY, "username": "b@example.com", **change}])
    assert told.value.detail.startswith(f"EMAIL_CREDENTIALS, entry 2: {words}")
    assert "geheim" not in told.value.detail


def test_one_address_twice_is_refused() -> None:
    with pytest.raises(BadMailbox, match="twice"):
        read_credentials([ENTRY, {**ENTRY, "username": "DESK@example.com"}])


async def boxes(resources: Resources, world: World) -> list[Mailbox]:
    async with resources.db.transaction(world.company_id) as session:
        return list(await session.scalars(select(Mailbox).order_by(Mailbox.id)))


async def test_the_stored_mailboxes_follow_the_settings(resources: Resources, world: World) -> None:
    async def start(*entries: dict[str, Any]) -> list[Mailbox]:
        await bring_in_step(resources, world.company_id, read_credentials(list(entries)))
        return await boxes(resources, world)

    other = {**ENTRY, "username": "other@example.com"}
    first, second = await start(ENTRY, other)
    assert (first.origin, first.is_enabled) == ("settings", True)
    assert "geheim" not in first.secret

    again, _ = await start(ENTRY, other)
    assert again.secret == first.secret, "what did not change is not sealed anew"

    changed, left = await start({**ENTRY, "password": "neu", "poll_seconds": 60})
    sealer = resources.part(Sealer)
    assert open_secret(sealer, changed.secret).password == "neu"
    assert (changed.id, changed.poll_seconds) == (first.id, 60)
    assert (left.id, left.is_enabled) == (second.id, False)

    _, back = await start(ENTRY, other)
    assert back.is_enabled


async def test_the_desk_changes_its_own_mailboxes_alone(resources: Resources, world: World) -> None:
    await bring_in_step(resources, world.company_id, read_credentials([ENTRY]))
    sealer = resources.part(Sealer)
    by = world.as_person(world.admin)
    draft = MailboxDraft(
        address="new@example.com", imap_server="mail.example.com", username="new",
        secret=MailboxSecret(password="geheim"),
    )  # fmt: skip
    async with resources.db.transaction(world.company_id) as session:
        mailbox = await add_mailbox(session, draft, sealer=sealer, by=by)
        with pytest.raises(MailboxTaken):
            await add_mailbox(session, draft, sealer=sealer, by=by)
        kept = MailboxDraft(
            address="new@example.com", imap_server="other.example.com", username="new"
        )
        await change_mailbox(session, mailbox.id, kept, sealer=sealer, by=by)
        assert mailbox.imap_server == "other.example.com"
        assert open_secret(sealer, mailbox.secret).password == "geheim"
        assert not (await switch_mailbox(session, mailbox.id, is_enabled=False, by=by)).is_enabled
    (of_settings, _) = await boxes(resources, world)
    async with resources.db.transaction(world.company_id) as session:
        with pytest.raises(BadMailbox, match="EMAIL_CREDENTIALS"):
            await switch_mailbox(session, of_settings.id, is_enabled=False, by=by)


@pytest.mark.parametrize(
    ("columns", "trusted", "words"),
    [
        ({}, False, "lets desk in; “INBOX” holds 0 messages. It tells of new mail at once."),
        ({"folder": "Nope"}, False, "has no folder “Nope”"),
        ({"imap_security": "starttls"}, True, "lets desk in"),
        ({"imap_security": "starttls"}, False, "cannot be reached safely"),
        ({"imap_security": "tls"}, True, "lets desk in"),
        ({"imap_security": "tls"}, False, "cannot be reached safely"),
        ({"imap_server": "no-such-host.invalid"}, False, "cannot be reached"),
    ],
)
async def test_trying_a_mailbox_says_what_is_wrong_in_a_sentence(
    dovecot: Dovecot, resources: Resources, world: World, monkeypatch: pytest.MonkeyPatch,
    columns: dict[str, Any], trusted: bool, words: str,
) -> None:  # fmt: skip
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    secure = columns.get("imap_security") == "tls"
    draft = MailboxDraft(
        **{
            "address": "try@example.com", "imap_server": "127.0.0.1", "username": "desk",
            "imap_port": dovecot.tls_port if secure else dovecot.port, "imap_security": "none",
            "secret": MailboxSecret(password=PASSWORD), **columns,
        }
    )  # fmt: skip
    async with resources.db.transaction(world.company_id) as session:
        mailbox = await add_mailbox(session, draft, sealer=resources.part(Sealer), by=world.system)
    trial = await try_mailbox(resources, source_of(resources, mailbox))
    assert words in trial.text
    assert trial.went_well == ("lets desk in" in words)
    assert PASSWORD not in trial.text
