"""Fixtures of the mailboxes: a Dovecot, and what is needed to read it."""

import itertools
import os
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.mailboxes.dovecot import PASSWORD, Dovecot, is_installed
from tests.world import World
from ticketyard.core.resources import Resources
from ticketyard.core.sealing import Sealer
from ticketyard.mailboxes.boxes.draft import MailboxSecret
from ticketyard.mailboxes.boxes.secrets import seal_secret
from ticketyard.mailboxes.models import Mailbox

_users = itertools.count()


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """One Dovecot for this test process."""
    if not is_installed():
        if os.environ.get("CI"):
            pytest.fail("Dovecot is missing; tools/dovecot.sh installs it.")
        pytest.skip("Dovecot is not installed (Debian: apt-get install dovecot-imapd).")
    with tempfile.TemporaryDirectory(prefix="ty-dovecot-") as folder:
        os.chmod(folder, 0o755)
        server = Dovecot(Path(folder)).start()
        yield server
        server.stop()


@pytest.fixture
def user(dovecot: Dovecot) -> Iterator[str]:
    """A mail user nobody else has."""
    name = f"desk{os.getpid()}_{next(_users)}"
    yield name
    dovecot.forget(name)


AddMailbox = Callable[..., Awaitable[Mailbox]]


@pytest.fixture
def add_mailbox(world: World, resources: Resources, dovecot: Dovecot, user: str) -> AddMailbox:
    """Store a mailbox of the first company at that Dovecot, for the fixture's user."""

    async def add(**columns: object) -> Mailbox:
        given: dict[str, object] = {
            "company_id": world.company_id,
            "address": f"{user}@desk.example",
            "imap_server": "127.0.0.1",
            "imap_port": dovecot.port,
            "imap_security": "none",
            "username": user,
            "secret": seal_secret(resources.part(Sealer), MailboxSecret(password=PASSWORD)),
            **columns,
        }
        async with resources.db.transaction(world.company_id) as session:
            mailbox = Mailbox(**given)
            session.add(mailbox)
            await session.flush()
        return mailbox

    return add
