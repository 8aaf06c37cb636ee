"""Vectors kept in Qdrant, in the collection and with the payload of the reference.

Qdrant is a copy that comes after: what it gives is looked up in the database before it is shown, so
that what it still knows of a deleted document never gets out. Its client is an extra, and imported
only where one is used.
"""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5
from warnings import catch_warnings, simplefilter

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import Database
from ticketyard.knowledge.retrieving.asked import Key, Narrow
from ticketyard.knowledge.retrieving.vectors import Near, Place, VectorsUnavailable

if TYPE_CHECKING:
    from qdrant_client import AsyncQdrantClient, models

_TIMEOUT_SECONDS = 3
# After it could not be reached, questions do not wait for it again for so long.
_REST_SECONDS = 10.0
_NAMES = UUID("6f7c7e0a-5c54-4f0a-9d5c-0d5f0a6c1e17")
_INDEXED = {
    "company_id": "integer",
    "document_id": "integer",
    "visibility": "keyword",
    "category": "keyword",
    "embedder": "keyword",
}


class QdrantMissing(RuntimeError):
    """QDRANT_URL is set, but its client is not installed."""


def open_qdrant(url: str, key: str, collection: str) -> "QdrantVectors":
    """The index on a server; ':memory:' is one inside of this process. Raises QdrantMissing."""
    try:
        from qdrant_client import AsyncQdrantClient
    except ImportError as error:
        raise QdrantMissing(
            "QDRANT_URL is set, but its client is missing: install ticketyard[qdrant]."
        ) from error
    if url == ":memory:":
        return QdrantVectors(AsyncQdrantClient(":memory:"), collection, local=True)
    with catch_warnings():
        # A key without TLS is the operator's choice: inside of a house it is common.
        simplefilter("ignore")
        client = AsyncQdrantClient(
            url=url, api_key=key or None, timeout=_TIMEOUT_SECONDS, check_compatibility=False
        )
    return QdrantVectors(client, collection)


class QdrantVectors:
    """A VectorIndex. Its collection is made for vectors as long as the first that comes: how long those
    of a server are is known only when it answers."""

    name = "Qdrant"
    is_beside = False

    def __init__(
        self,
        client: "AsyncQdrantClient",
        collection: str,
        *,
        local: bool = False,
    ) -> None:
        self._client = client
        self._collection = collection
        self._indexed = {} if local else _INDEXED
        self._length = 0
        self._rests_until = float("-inf")

    # -- asking ---------------------------------------------------------------------------------

    async def nearest(
        self, db: Database, company_id: int, place: Place, narrow: Narrow, limit: int
    ) -> list[Near]:
        """The nearest pieces Qdrant knows of this company."""
        from qdrant_client import models

        self._check_resting()
        async with self._reaching():
            await self._prepare(len(place.vector))
            answer = await self._client.query_points(
                self._collection,
                query=[float(value) for value in place.vector],
                query_filter=models.Filter(
                    must=_conditions(company_id, place.embedder, narrow),
                    must_not=(
                        [_match("document_id", narrow.but_document_id)]
                        if narrow.but_document_id is not None
                        else None
                    ),
                ),
                limit=limit,
                with_payload=["document_id", "chunk_index"],
            )
        return [Near(_key(point.payload), point.score) for point in answer.points]

    async def likeness(
        self, session: AsyncSession | None, company_id: int, place: Place, keys: Sequence[Key]
    ) -> dict[Key, float]:
        """The cosine of those it knows."""
        if not keys:
            return {}
        self._check_resting()
        async with self._reaching():
            points = await self._client.retrieve(
                self._collection,
                ids=[_name(company_id, key) for key in keys],
                with_payload=["document_id", "chunk_index", "embedder"],
                with_vectors=True,
            )
        return {
            _key(point.payload): float(np.dot(np.asarray(point.vector, np.float32), place.vector))
            for point in points
            if (point.payload or {}).get("embedder") == place.embedder
        }

    # -- telling --------------------------------------------------------------------------------

    async def replace(
        self, company_id: int, document_id: int, points: Sequence[tuple[Key, Any, dict[str, Any]]]
    ) -> None:
        """This document is made of these pieces (key, vector, payload) now, and of no others."""
        from qdrant_client import models

        async with self._reaching():
            if points:
                await self._prepare(len(points[0][1]))
                await self._client.upsert(
                    self._collection,
                    points=[
                        models.PointStruct(
                            id=_name(company_id, key),
                            vector=[float(value) for value in vector],
                            payload=payload,
                        )
                        for key, vector, payload in points
                    ],
                    wait=True,
                )
            elif not await self._client.collection_exists(self._collection):
                return
            kept: Any = [_name(company_id, key) for key, _, _ in points]
            await self._client.delete(
                self._collection,
                points_selector=models.FilterSelector(
                    filter=models.Filter(
                        must=[_match("company_id", company_id), _match("document_id", document_id)],
                        must_not=[models.HasIdCondition(has_id=kept)] if kept else None,
                    )
                ),
                wait=True,
            )

    async def close(self) -> None:
        """Let its connections go."""
        await self._client.close()

    # -- reaching -------------------------------------------------------------------------------

    async def _prepare(self, length: int) -> None:
        """Make the collection where it is missing. Raises VectorsUnavailable where it is another's."""
        from qdrant_client import models

        if self._length == length:
            return
        if not await self._client.collection_exists(self._collection):
            await self._client.create_collection(
                self._collection,
                vectors_config=models.VectorParams(size=length, distance=models.Distance.COSINE),
            )
            for name, kind in self._indexed.items():
                await self._client.create_payload_index(
                    self._collection, name, field_schema=models.PayloadSchemaType(kind)
                )
        found = (await self._client.get_collection(self._collection)).config.params.vectors
        if not isinstance(found, models.VectorParams) or found.size != length:
            raise VectorsUnavailable(
                f"the collection {self._collection} holds vectors of another length"
            )
        self._length = length

    def _check_resting(self) -> None:
        if time.monotonic() < self._rests_until:
            raise VectorsUnavailable("could not be reached a moment ago")

    @asynccontextmanager
    async def _reaching(self) -> AsyncIterator[None]:
        """Whatever its client raises means that it cannot be used just now; the text may hold its
        address or key, so only the kind of error is passed on."""
        from qdrant_client.http.exceptions import ApiException

        try:
            yield
        except (ApiException, OSError, ValueError) as error:
            self._rests_until = time.monotonic() + _REST_SECONDS
            self._length = 0
            raise VectorsUnavailable(type(error).__name__) from None


def payload_of(company_id: int, embedder: str, piece: dict[str, Any], total: int) -> dict[str, Any]:
    """A piece as the reference keeps it (contracts 4.5), and what ours are found by."""
    return {
        "text": piece["text"],
        "source_type": piece["source_type"],
        "source_id": str(piece["file_id"]),
        "company_id": company_id,
        "chunk_id": f"{piece['file_id']}-{piece['number']}",
        "file_name": piece["original_name"],
        "file_path": piece["blob_key"] or "",
        "kind": piece["kind"],
        "content_type": piece["content_type"],
        "chunk_index": piece["number"],
        "total_chunks": total,
        "document_id": piece["document_id"],
        "embedder": embedder,
        "visibility": piece["visibility"],
        "category": piece["category"] or "",
    }


def _name(company_id: int, key: Key) -> str:
    return str(uuid5(_NAMES, f"{company_id}/{key.document_id}/{key.number}"))


def _key(payload: dict[str, Any] | None) -> Key:
    known = payload or {}
    return Key(int(known.get("document_id", 0)), int(known.get("chunk_index", 0)))


def _match(name: str, value: str | int) -> "models.FieldCondition":
    from qdrant_client import models

    return models.FieldCondition(key=name, match=models.MatchValue(value=value))


def _conditions(company_id: int, embedder: str, narrow: Narrow) -> list[Any]:
    from qdrant_client import models

    named: dict[str, str | int | None] = {
        "company_id": company_id,
        "embedder": embedder,
        "category": narrow.category,
        "source_type": narrow.source_type,
        "document_id": narrow.document_id,
    }
    conditions: list[Any] = [
        _match(name, value) for name, value in named.items() if value is not None
    ]
    conditions.append(
        models.FieldCondition(
            key="visibility", match=models.MatchAny(any=list(narrow.visibilities))
        )
    )
    return conditions
