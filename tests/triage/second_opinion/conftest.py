from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.model_server import ModelServer, Turn, serving
from tests.triage.second_opinion.desk import VPN, Desk, Make
from tests.world import World
from ticketyard.ai.chat.breaker import Breaker
from ticketyard.ai.chat.model import ChatModel
from ticketyard.ai.chat.question import ChatServer
from ticketyard.core.jobs import Worker
from ticketyard.core.outgoing import Outgoing
from ticketyard.triage.second_opinion.rules import OpinionRules
from ticketyard.wiring import WIRING


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with serving(ModelServer(usual=Turn(args=VPN))) as server:
        yield server


@pytest.fixture
def make_desk(world: World, server: ModelServer) -> Make:
    def make(rules: OpinionRules | None = None, *, opens_after: int = 4, **changes: Any) -> Desk:
        given = {"url": server.url, "model": "m-1", "deadline_seconds": 3.0}
        chat = ChatModel(
            ChatServer(**{**given, **changes}),
            Outgoing(["127.0.0.1"]),
            breaker=Breaker(opens_after=opens_after),
            pause_seconds=0.02,
        )
        parts = {
            **world.resources.parts,
            ChatModel: chat,
            OpinionRules: rules or OpinionRules(),
        }
        resources = replace(world.resources, parts=parts)
        worker = Worker(resources, WIRING, concurrency=2, max_attempts=3)
        return Desk(replace(world, resources=resources), server, resources, worker)

    return make


@pytest.fixture
def desk(make_desk: Make) -> Desk:
    return make_desk()
