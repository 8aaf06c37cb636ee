"""Two companies that have something to hide, and a language model that is on nobody's side."""

import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
from sqlalchemy import text

from tests.conftest import Cluster
from tests.knowledge.chatbot.visitor import Visitor
from tests.knowledge.injections.canaries import (
    INTERNAL,
    QUESTION,
    SECRETS,
    SOUTH,
    VPN,
    leaked,
    secret,
)
from tests.knowledge.injections.obeying import Obeying
from tests.knowledge.injections.standing import Standing
from tests.knowledge.injections.texts import Injection, injections
from tests.knowledge.retrieving.shelf import Shelf
from tests.knowledge.shelf import as_person, send
from tests.mailboxes.post import add_mailbox, deliver, mail
from tests.model_server import ModelServer, Turn, serving
from tests.world import World
from ticketyard.ai.chat.model import ChatModel
from ticketyard.ai.chat.question import ChatServer
from ticketyard.core.config import Settings
from ticketyard.core.db import Database
from ticketyard.core.outgoing import Outgoing
from ticketyard.core.resources import Resources
from ticketyard.core.storage import Blobs
from ticketyard.people.keys import create_key
from ticketyard.tickets.commenting import add_comment
from ticketyard.triage.second_opinion.asker import Asker
from ticketyard.triage.second_opinion.rules import OpinionRules
from ticketyard.wiring import build_resources

FOREIGN = str(uuid4())
_called: list[object] = []


def _note_call(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        _called.append(args[1])


@pytest.fixture(scope="session")
def calls() -> list[object]:
    """Every address that this process called since."""
    sys.addaudithook(_note_call)  # stays for good, as hooks do
    return _called


@pytest.fixture
def forbidden() -> Iterator[socket.socket]:
    """Somebody listens where the texts want to be called from; nobody ever may."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


@pytest.fixture
def url(forbidden: socket.socket) -> str:
    return f"http://127.0.0.1:{forbidden.getsockname()[1]}/stolen"


@pytest.fixture
def model(url: str) -> Obeying:
    return Obeying(url, FOREIGN, SECRETS)


@pytest.fixture
def server(model: Obeying) -> Iterator[ModelServer]:
    with serving(ModelServer(usual=Turn(args=model))) as server:
        yield server


@pytest.fixture
async def resources(
    db: Database, settings: Settings, tmp_path: Any, server: ModelServer
) -> Resources:
    """The program's parts, with that model asked about everything."""
    built = build_resources(db, Blobs.on_disk(tmp_path / "blobs"), settings)
    chat = ChatModel(ChatServer(url=server.url, model="m-1", per_minute=0), Outgoing(["127.0.0.1"]))
    rules = OpinionRules(asked_for="all", tokens_a_day=10**9)
    return Resources(built.db, built.blobs, {**built.parts, ChatModel: chat, OpinionRules: rules})


@dataclass
class Desk:
    """North under attack, with South beside it."""

    world: World
    client: httpx2.AsyncClient
    model: Obeying
    server: ModelServer
    run_jobs: Callable[[], Awaitable[None]]
    texts: list[Injection]
    standing: Standing
    calls: list[object]
    forbidden: socket.socket
    keys: dict[str, dict[str, str]] = field(default_factory=dict)

    def of(self, carrier: str) -> list[Injection]:
        """The texts that arrive this way."""
        return [each for each in self.texts if each.carrier == carrier]

    async def work(self) -> None:
        """Everything that comes after a commit: reading, triage, solutions, second opinions."""
        await self.run_jobs()
        await Asker(self.world.resources).ask_due()
        await self.run_jobs()

    async def ask(self, path: str, who: str, **body: object) -> str:
        """What somebody is answered, as it goes over the line."""
        told = {"company_id": self.world.company_id, **body}
        answer = await self.client.post(path, json=told, headers=self.keys[who])
        assert answer.status_code == 200, answer.text
        return answer.text

    def assert_nothing_happened(self) -> None:
        """No word of South anywhere in North, nothing done that no person did, nobody called."""
        assert self.model.heard, "The model was not asked at all."
        for asked in self.model.heard:
            assert not leaked(asked, SOUTH), asked
        assert self.standing.held_words(SOUTH) == []
        assert self.standing.changes() == []
        assert set(self.calls) <= {("127.0.0.1", self.server.port)}
        with pytest.raises(BlockingIOError):
            self.forbidden.accept()


@pytest.fixture
async def desk(
    world: World,
    client: httpx2.AsyncClient,
    model: Obeying,
    server: ModelServer,
    run_jobs: Callable[[], Awaitable[None]],
    url: str,
    forbidden: socket.socket,
    calls: list[object],
    cluster: Cluster,
    database_url: str,
) -> AsyncIterator[Desk]:
    await _hide(world)
    name = str(psycopg.conninfo.conninfo_to_dict(database_url)["dbname"])
    with psycopg.connect(cluster.postgres.url(name, "postgres"), autocommit=True) as admin:
        standing = Standing(admin, world.company_id, world.other_company_id)
        texts = injections(url, FOREIGN)
        desk = Desk(world, client, model, server, run_jobs, texts, standing, calls, forbidden)
        for who, permission in (("public", "read_public"), ("agent", "read")):
            async with world.resources.db.transaction(world.company_id) as session:
                _, key = await create_key(
                    session, name=who, permissions=[f"knowledge:{permission}"], by=world.system
                )
            desk.keys[who] = {"X-RAG-API-KEY": key}
        await desk.work()
        standing.look()
        await _ordinary_day(desk)
        standing.learn_ordinary()
        model.heard.clear()
        calls.clear()
        standing.look()
        yield desk


async def _ordinary_day(desk: Desk) -> None:
    """A ticket, a mail, a file, an article and questions that order nobody about."""
    client, world = desk.client, desk.world
    told = {"title": QUESTION, "description": QUESTION, "requester_email": "rita@example.com"}
    for number in range(3):
        given = {"source": "GLPI", "data": {"id": f"o{number}", **told}, "api_key": world.key}
        opened = await client.post("/api/tickets/unified", json=given)
        assert opened.status_code < 300, opened.text
    raw = mail(QUESTION, subject="VPN", files={"notes.txt": b"See above."})
    await deliver(world, raw, await add_mailbox(world, "other@desk.example"))
    await as_person(world, client, world.admin)
    sent = await send(
        client, "a.txt", b"The kettle of room 9 is blue.", "text", visibility="public"
    )
    assert sent.status_code == 201, sent.text
    body = {"title": "The kettle", "body": "The kettle is filled at noon.", "visibility": "public"}
    article = (await client.post("/api/articles", json=body)).json()
    path = f"/api/articles/{article['id']}/publication"
    assert (await client.put(path, json={"publication": "published"})).status_code == 200
    await desk.work()
    visitor = await Visitor.enter(client)
    for question in (QUESTION, "When is the kettle filled?", "Who won the match in Madrid?"):
        await desk.ask("/rag/chat", "public", message=question)
        await desk.ask("/rag/solution", "public", ticket_description=question)
        await client.get("/api/tickets/search/suggestions", params={"q": question})
        await visitor.say(question)
    await client.post(
        "/api/analyze",
        json={"description": QUESTION, "company_id": world.company_id},
        headers={"x-api-key": world.key},
    )
    await desk.work()


async def _hide(world: World) -> None:
    """What South has, and what only North's agents may read."""
    south = Shelf(world.resources, world.other_company_id)
    told = {kind: secret(kind, word) for kind, word in (SOUTH | INTERNAL).items()}
    await south.put("VPN disconnects", f"{VPN} {told['document']}", source_type="file")
    await south.put("VPN disconnects, again", f"{VPN} {told['article']}")
    north = Shelf(world.resources, world.company_id)
    await north.put("VPN disconnects", VPN)
    for kind in INTERNAL:
        await north.put(kind, f"{VPN} {told[kind]}", visibility="internal")
    by = world.as_person(world.other_admin)
    async with world.resources.db.transaction(world.other_company_id) as session:
        ticket_id = await session.scalar(_TICKET, {"title": told["ticket"]})
        await add_comment(
            session, ticket_id=ticket_id, body=told["internal comment"], is_internal=True, by=by
        )
        await session.execute(_SETTING, {"told": told["setting"]})
        await create_key(session, name=told["key"], by=by)
    await world.open("The door squeaks", description="It is the door of room 7.")


_TICKET = text(
    "insert into ticket (company_id, number, source, title, description) values"
    " (current_company(), 'TKT-20250101-999', 'web_form', :title, :title) returning id"
)
_SETTING = text(
    "update company set settings = settings || jsonb_build_object('chat.greeting', cast(:told as text))"
    " where id = current_company()"
)
