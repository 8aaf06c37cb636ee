"""The embedder that asks the server of `model_server.py`, put in where the program's own stands."""

from dataclasses import replace

from tests.model_server import ModelServer
from tests.world import World
from ticketyard.ai.chat.breaker import Breaker
from ticketyard.ai.remote_embedding import RemoteEmbedder
from ticketyard.core.outgoing import Outgoing
from ticketyard.knowledge.retrieving.index import PieceIndex
from ticketyard.knowledge.retrieving.vectors import VectorIndex
from ticketyard.triage.engines import Engines


def embedder_at(server: ModelServer, *, rest: float = 30, deadline: float = 2.0) -> RemoteEmbedder:
    """It gives up after `deadline`, and leaves the server alone for `rest` seconds then."""
    return RemoteEmbedder(
        server.url,
        "e-1",
        Outgoing(["127.0.0.1"]),
        key="k-1",
        deadline_seconds=deadline,
        breaker=Breaker(opens_after=1, rest_seconds=rest, longest_rest_seconds=rest),
    )


def over(world: World, server: ModelServer, *, elsewhere: VectorIndex | None = None) -> World:
    """The same world in a process that was just started, its vectors from the server."""
    server.dimensions = 64
    embedder = embedder_at(server, rest=0.0)
    parts = {
        **world.resources.parts,
        Engines: Engines(embedder),
        PieceIndex: PieceIndex(embedder, elsewhere=elsewhere),
    }
    return replace(world, resources=replace(world.resources, parts=parts))
