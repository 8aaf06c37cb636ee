"""Work out what texts are compared by, and bring what is kept of groups to the model in use."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from ticketyard.ai.embedding import EmbedderAway, Vectors
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.knowledge.learning.likeness import Trace, stems_of, trace_of
from ticketyard.knowledge.retrieving.index import PieceIndex

log = get_logger(__name__)


class Kept(Protocol):
    """A row that keeps the trace of a group."""

    title: str
    words: list[str]
    embedder: str
    vector: bytes | None


async def trace_texts(resources: Resources, texts: Sequence[str]) -> list[Trace]:
    """One each, in their order; by words alone while no vectors can be had. Outside of transactions."""
    vectors = await _embed(resources, texts)
    return [
        trace_of(text, None if vectors is None else vectors[place])
        for place, text in enumerate(texts)
    ]


async def _embed(resources: Resources, texts: Sequence[str]) -> Vectors | None:
    index = resources.part(PieceIndex)
    if not texts or not index.embedder.dimensions:
        return None
    try:
        return await index.embed(texts)
    except EmbedderAway as away:
        log.warning("embedder_away", problem=str(away))
        return None


def trace_kept(kept: Kept, embedder: str) -> Trace:
    """What a group is compared by; vectors of another model say nothing."""
    vector = None
    if kept.vector is not None and kept.embedder == embedder:
        vector = np.frombuffer(kept.vector, np.float32)
    return Trace(stems_of(kept.title), frozenset(kept.words), vector)


def keep_trace(kept: Kept, trace: Trace, embedder: str) -> None:
    """Put it down for the next comparison."""
    kept.words = sorted(trace.words)
    kept.embedder = embedder if trace.vector is not None else ""
    kept.vector = None if trace.vector is None else trace.vector.astype(np.float32).tobytes()
