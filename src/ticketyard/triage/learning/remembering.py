"""Pure: an embedder that reads a text once, in this lesson and in those that follow."""

import hashlib
from collections.abc import Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ticketyard.ai.embedding import Embedder, Vectors

KEPT_BYTES = 128 * 1024 * 1024
"""More is not kept for the next lesson: 160,000 texts of the packaged model. A row has room for a
gigabyte, and a lesson must not fail for what only spares the next one time."""

_BATCH = 256
_KEY_BYTES = 16
_Half = NDArray[np.float16]


class Remembering:
    """Vectors are kept in half precision, fresh ones too: a lesson is the same whoever read the text.

    known: what `packed` gave before, by the same embedder; anything else is passed over.
    """

    def __init__(self, embedder: Embedder, known: bytes = b"") -> None:
        self._embedder = embedder
        self.name = embedder.name
        self.dimensions = embedder.dimensions
        self._known = _unpacked(known, embedder.dimensions)
        self._asked: dict[bytes, _Half] = {}

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row a text."""
        if not self.dimensions or not texts:
            return self._embedder.embed(texts)
        keys = [_key(text) for text in texts]
        for key in keys:
            if key not in self._asked and key in self._known:
                self._asked[key] = self._known[key]
        fresh = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._asked}
        for start in range(0, len(fresh), _BATCH):
            batch = dict(list(fresh.items())[start : start + _BATCH])
            vectors = self._embedder.embed(list(batch.values())).astype(np.float16)
            self._asked.update(zip(batch, vectors, strict=True))
        return np.stack([self._asked[key] for key in keys]).astype(np.float32)

    def packed(self, most_bytes: int = KEPT_BYTES) -> bytes:
        """Every text that was asked for, the first first and as many as there is room for, as its digest
        and its vector; the text itself is not there."""
        room = most_bytes // (_KEY_BYTES + 2 * self.dimensions)
        kept = dict(islice(self._asked.items(), room))
        return b"".join(kept) + np.stack(list(kept.values())).tobytes() if kept else b""


def _unpacked(known: bytes, dimensions: int) -> dict[bytes, _Half]:
    count, rest = divmod(len(known), _KEY_BYTES + 2 * dimensions)
    # One is what a server that has not answered yet is said to have.
    if rest or dimensions < 2:
        return {}
    keys = [known[place * _KEY_BYTES : (place + 1) * _KEY_BYTES] for place in range(count)]
    vectors = np.frombuffer(known, np.float16, offset=count * _KEY_BYTES)
    return dict(zip(keys, vectors.reshape(count, dimensions), strict=True))


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=_KEY_BYTES).digest()
