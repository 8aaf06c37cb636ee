"""The same tests over each index of vectors."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace

import pytest

from tests.knowledge.retrieving.shelf import Shelf
from tests.world import World
from ticketyard.core.resources import Resources
from ticketyard.knowledge.retrieving.copying import bring_in_step
from ticketyard.knowledge.retrieving.index import PieceIndex
from ticketyard.knowledge.retrieving.qdrant import open_qdrant


@dataclass(frozen=True)
class Library:
    """Two companies' shelves over one index; `settle` lets what comes after the commit happen."""

    resources: Resources
    north: Shelf
    south: Shelf
    settle: Callable[[], Awaitable[None]]


@pytest.fixture(params=["pgvector", "qdrant"])
async def library(world: World, request: pytest.FixtureRequest) -> AsyncIterator[Library]:
    """Over pgvector, and over Qdrant's own local engine."""
    resources = world.resources
    embedder = resources.part(PieceIndex).embedder
    elsewhere = None
    if request.param == "qdrant":
        elsewhere = open_qdrant(":memory:", "", "kb_main")
        index = PieceIndex(embedder, elsewhere=elsewhere)
        resources = replace(resources, parts={**resources.parts, PieceIndex: index})
    companies = (world.company_id, world.other_company_id)

    async def settle() -> None:
        for company_id in companies:
            await bring_in_step(resources, company_id)

    yield Library(resources, *(Shelf(resources, each) for each in companies), settle=settle)
    if elsewhere is not None:
        await elsewhere.close()
