"""What finding pieces needs beside the database, held as one part of the running program."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import text

from ticketyard.ai.embedding import Embedder, Vectors
from ticketyard.core.db import Database
from ticketyard.core.log import get_logger
from ticketyard.knowledge.retrieving.vectors import Place, PostgresVectors, VectorIndex

log = get_logger(__name__)

_ASK_AGAIN_SECONDS = 60.0


class VectorsUnfit(Exception):
    """A model gave vectors of another length than it says, or of no numbers: none is stored."""


@dataclass(frozen=True)
class RetrievalOptions:
    """What the operator chose.

    retrieve_k: how many pieces answering looks at.  top_k: how many of these an answer is made of.
    min_score: pieces less likely to help are not given.  rerank: rank by the learned model; off ranks
    by the weighted sum of words and meaning.  rag_key: opens /rag for clients of the reference.
    collection: what Qdrant calls all of it, and clients of the reference are told.
    """

    retrieve_k: int = 12
    top_k: int = 6
    min_score: float = 0.25
    rerank: bool = True
    rag_key: str = ""
    collection: str = "ticketyard"


class PieceIndex:
    """Part of `Resources`.

    elsewhere: an index of vectors outside of the database, where one is configured.
    """

    def __init__(
        self,
        embedder: Embedder,
        options: RetrievalOptions | None = None,
        elsewhere: VectorIndex | None = None,
    ) -> None:
        self.embedder = embedder
        self.options = options or RetrievalOptions()
        self.elsewhere = elsewhere
        self._beside = PostgresVectors()
        self._has_vectors = False
        self._asked_at = float("-inf")

    async def vectors(self, db: Database) -> VectorIndex | None:
        """Where vectors are looked up; None where words have to do alone."""
        if not self.embedder.dimensions:
            return None
        if self.elsewhere is not None:
            return self.elsewhere
        return self._beside if await self._extended(db) else None

    async def _extended(self, db: Database) -> bool:
        """Whether the database keeps vectors. It may learn to later, but never forgets it."""
        if not self._has_vectors and time.monotonic() - self._asked_at > _ASK_AGAIN_SECONDS:
            async with db.anonymous() as session:
                found = await session.scalar(text("select to_regclass('knowledge_vector')::text"))
            self._has_vectors = found is not None
            self._asked_at = time.monotonic()
        return self._has_vectors

    async def place(self, query: str) -> Place:
        """Where a question stands among all texts; worked out beside the event loop.

        Raises EmbedderAway.
        """
        (vector,) = await self.embed([query])
        return Place(self.embedder.name, vector)

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Places of many texts. Raises EmbedderAway; VectorsUnfit where the model gives others than it
        says."""
        found = await asyncio.to_thread(self.embedder.embed, list(texts))
        if found.shape != (len(texts), self.embedder.dimensions) or not np.isfinite(found).all():
            raise VectorsUnfit(f"{self.embedder.name} gave vectors of a shape it does not have.")
        return found
