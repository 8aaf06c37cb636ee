"""Access tokens: fetched when needed, kept while they are good, and a dead one is told at once."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from sqlalchemy import text

from tests.mailboxes.conftest import AddMailbox
from tests.mailboxes.test_watching import at_work, error, until
from tests.world import World
from ticketyard.core.clock import utc_now
from ticketyard.core.outgoing import Outgoing
from ticketyard.core.resources import Resources
from ticketyard.core.sealing import Sealer
from ticketyard.mailboxes.boxes.draft import MailboxSecret
from ticketyard.mailboxes.boxes.secrets import open_secret, seal_secret
from ticketyard.mailboxes.fetching.sources import load_source, with_token
from ticketyard.mailboxes.fetching.tokens import AccessTokens
from ticketyard.mailboxes.imap.errors import DeadToken, Unreachable
from ticketyard.mailboxes.models import Mailbox

LOOPBACK = Outgoing(["127.0.0.1"])


@dataclass
class Issuer:
    """A token endpoint on this machine."""

    url: str = ""
    status: int = 200
    answer: dict[str, Any] | bytes = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    @property
    def secret(self) -> MailboxSecret:
        return MailboxSecret(
            client_id="app", client_secret="hush", refresh_token="r1", given_token="r1",
            token_url=self.url,
        )  # fmt: skip


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    found = Issuer(answer={"access_token": "a1", "expires_in": 3600})

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found.asked.append({name: values[0] for name, values in parse_qs(body).items()})
            said = (
                found.answer
                if isinstance(found.answer, bytes)
                else json.dumps(found.answer).encode()
            )
            self.send_response(found.status)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/token"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


async def test_a_token_is_asked_for_once_until_shortly_before_it_ends(issuer: Issuer) -> None:
    now = utc_now()
    tokens = AccessTokens(lambda: now, LOOPBACK)
    assert [await tokens.token_for(issuer.secret) for _ in range(3)] == ["a1"] * 3
    assert issuer.asked == [
        {
            "grant_type": "refresh_token",
            "refresh_token": "r1",
            "client_id": "app",
            "client_secret": "hush",
        }
    ]
    issuer.answer = {"access_token": "a2", "expires_in": "3600"}
    assert await tokens.token_for(issuer.secret, fresh=True) == "a2"
    now += timedelta(seconds=3600 - 100)
    issuer.answer = {"access_token": "a3"}
    assert await tokens.token_for(issuer.secret) == "a3"


async def test_another_token_of_a_person_is_not_answered_from_the_kept_one(issuer: Issuer) -> None:
    tokens = AccessTokens(utc_now, LOOPBACK)
    await tokens.token_for(issuer.secret)
    # The server's replacement is the same consent; a newly given one is not.
    await tokens.token_for(replace(issuer.secret, refresh_token="r2"))
    assert len(issuer.asked) == 1
    await tokens.token_for(replace(issuer.secret, refresh_token="n", given_token="n"))
    assert len(issuer.asked) == 2


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (400, {"error": "invalid_grant"}, DeadToken),
        (401, {"error": "invalid_client"}, DeadToken),
        (400, {"error": "temporarily_unavailable"}, Unreachable),
        (503, b"<html>", Unreachable),
        (200, {"no": "token"}, Unreachable),
        (200, [1], Unreachable),
    ],
)
async def test_only_what_a_person_must_mend_is_a_dead_token(
    issuer: Issuer, status: int, answer: Any, kind: type[Exception]
) -> None:
    issuer.status, issuer.answer = status, answer
    with pytest.raises(kind) as told:
        await AccessTokens(utc_now, LOOPBACK).token_for(issuer.secret)
    assert "hush" not in str(told.value)
    assert "r1" not in str(told.value)


async def test_a_replaced_refresh_token_is_kept(
    issuer: Issuer, add_mailbox: AddMailbox, resources: Resources, world: World
) -> None:
    issuer.answer = {"access_token": "a1", "refresh_token": "r2"}
    sealer = resources.part(Sealer)
    mailbox = await add_mailbox(auth="xoauth2", secret=seal_secret(sealer, issuer.secret))
    source = await load_source(resources, world.company_id, mailbox.id)
    server = await with_token(resources, source, AccessTokens(utc_now, LOOPBACK))
    assert (server.proof, server.is_token) == ("a1", True)
    assert "a1" not in repr(server)
    async with resources.db.transaction(world.company_id) as session:
        stored = await session.get(Mailbox, mailbox.id)
        assert stored
        assert open_secret(sealer, stored.secret) == replace(issuer.secret, refresh_token="r2")


async def test_a_dead_token_is_an_alarm_at_once(
    issuer: Issuer, add_mailbox: AddMailbox, resources: Resources, world: World
) -> None:
    issuer.status, issuer.answer = 400, {"error": "invalid_grant"}
    sealed = seal_secret(resources.part(Sealer), issuer.secret)
    mailbox = await add_mailbox(auth="xoauth2", secret=sealed)
    async with at_work(resources):
        await until(error(resources, world, mailbox, "Grant it anew"))
    async with resources.db.transaction(world.company_id) as session:
        found = await session.scalars(text("select type from event where type like 'mailbox.%'"))
        assert list(found) == ["mailbox.failing"]
