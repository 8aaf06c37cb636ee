"""Texts to vectors by a server that speaks like OpenAI, Ollama included."""

import asyncio
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import orjson
from numpy.typing import NDArray

from ticketyard.ai.chat.breaker import Breaker
from ticketyard.ai.chat.masking import mask
from ticketyard.ai.embedding import EmbedderAway, Vectors
from ticketyard.core.outgoing import Answer, Outgoing, OutgoingTrouble, Patience

BATCH = 64
MAX_CHARACTERS = 6_000
DEADLINE_SECONDS = 8.0
"""For one batch: triage waits for it, once; then the server is left alone for a while."""

_REFUSING = frozenset((400, 413, 422))
"""What servers say to one text that is too long for their model, or odd; they are there all the same."""

_CUTS = (1_500, 400)
"""What a refused text is cut to: some 512 tokens of English, and of anything."""

_CACHED_TEXTS = 4096
_MOST_DIMENSIONS = 8192
# Sixty-four vectors of 3,072 numbers are some four megabytes of digits.
_ANSWER_MAX_BYTES = 16 * 1024 * 1024


class _Refused(Exception):
    """The server is there, and does not want these texts."""


class RemoteEmbedder:
    """One embedding model behind one address; what is personal is masked before it leaves.

    Called in threads: each batch has a short event loop of its own. After one failure the server
    rests, and everybody is told so at once, so that a batch of tickets never waits for it twice.
    """

    def __init__(
        self,
        url: str,
        model: str,
        outgoing: Outgoing,
        *,
        key: str = "",
        deadline_seconds: float = DEADLINE_SECONDS,
        breaker: Breaker | None = None,
    ) -> None:
        self.name = f"remote:{model}"
        # Unknown before the first answer; whoever asks wants to know whether there are any.
        self.dimensions = 1
        self._address, self._model, self._key = f"{url}/embeddings", model, key
        self._outgoing = outgoing
        self._patience = Patience(
            connect_seconds=min(3.0, deadline_seconds),
            first_byte_seconds=deadline_seconds,
            whole_seconds=deadline_seconds,
        )
        self._breaker = breaker or Breaker(opens_after=1, rest_seconds=30)
        self._kept: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row of length one a text, in order. Raises EmbedderAway."""
        sent = [mask(text[:MAX_CHARACTERS]) or " " for text in texts]
        keys = [hashlib.blake2b(text.encode("utf-8", "replace")).digest() for text in sent]
        with self._lock:
            known = {key: self._kept[key] for key in keys if key in self._kept}
        fresh = {key: text for key, text in zip(keys, sent, strict=True) if key not in known}
        asked, wanted = list(fresh), list(fresh.values())
        for start in range(0, len(wanted), BATCH):
            vectors = self._rows(wanted[start : start + BATCH])
            answered = dict(zip(asked[start : start + BATCH], vectors, strict=True))
            # At once: where a later batch fails, the next try does not pay for this one again.
            self._keep(answered)
            known |= answered
        self._keep(known)
        if not keys:
            return np.zeros((0, self.dimensions), np.float32)
        return np.stack([known[key] for key in keys])

    def _rows(self, texts: Sequence[str]) -> Vectors:
        """The vectors; of texts that are refused together, those of what the server will read.

        Raises EmbedderAway.
        """
        try:
            return self._ask(texts)
        except _Refused:
            nothing = self._of_nothing()
        if len(texts) == 1:
            return self._of_its_beginning(texts[0], nothing)
        # The long ones on one side, so that the others pass together.
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        half = len(order) // 2
        rows = np.concatenate(
            [self._rows([texts[at] for at in part]) for part in (order[:half], order[half:])]
        )
        return np.asarray(rows[np.argsort(order)], np.float32)

    def _of_its_beginning(self, text: str, nothing: Vectors) -> Vectors:
        for most in _CUTS:
            if len(text) > most:
                try:
                    return self._ask([text[:most]])
                except _Refused:
                    continue
        return nothing

    def _of_nothing(self) -> Vectors:
        """What stands for a text that is refused however short. Raises EmbedderAway where that is
        refused, too: then it is not the text."""
        try:
            return self._ask([" "])
        except _Refused as refusal:
            with self._lock:
                self._breaker.fail(time.monotonic())
            raise EmbedderAway(str(refusal)) from None

    def _ask(self, texts: Sequence[str]) -> Vectors:
        """Raises EmbedderAway, _Refused."""
        with self._lock:
            if self._breaker.begin(time.monotonic()):
                raise EmbedderAway("The embedding server rests after a failure.")
        try:
            said = asyncio.run(self._send(texts))
            vectors = _vectors(said, len(texts))
            if self.dimensions not in (1, vectors.shape[1]):
                raise EmbedderAway("The embedding server answers with vectors of another length.")
        except (OutgoingTrouble, EmbedderAway) as error:
            with self._lock:
                self._breaker.fail(time.monotonic())
            raise EmbedderAway(str(error)) from None
        except _Refused:
            with self._lock:
                self._breaker.succeed()
            raise
        except BaseException:
            with self._lock:
                self._breaker.drop()
            raise
        with self._lock:
            self._breaker.succeed()
        self.dimensions = int(vectors.shape[1])
        return vectors

    async def _send(self, texts: Sequence[str]) -> Answer:
        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        return await self._outgoing.send(
            "POST",
            self._address,
            headers=headers,
            content=orjson.dumps(
                {"model": self._model, "input": list(texts), "encoding_format": "float"}
            ),
            patience=self._patience,
            answer_max_bytes=_ANSWER_MAX_BYTES,
        )

    def _keep(self, vectors: dict[bytes, NDArray[np.float32]]) -> None:
        with self._lock:
            for key, vector in vectors.items():
                self._kept[key] = vector
                self._kept.move_to_end(key)
            while len(self._kept) > _CACHED_TEXTS:
                self._kept.popitem(last=False)


def _vectors(said: Answer, wanted: int) -> Vectors:
    """The vectors in an answer, of length one. Raises _Refused, or EmbedderAway for anything else."""
    if said.status in _REFUSING:
        raise _Refused(f"The embedding server answers {said.status}.")
    if not said.is_success:
        raise EmbedderAway(f"The embedding server answers {said.status}.")
    try:
        rows = sorted(said.json()["data"], key=lambda row: int(row["index"]))
        with np.errstate(over="ignore"):
            vectors = np.array([row["embedding"] for row in rows], np.float32)
    except (ValueError, TypeError, KeyError, OverflowError):
        raise EmbedderAway("What the embedding server answers are no vectors.") from None
    is_matrix = vectors.ndim == 2 and vectors.shape[0] == wanted
    if not is_matrix or not 2 <= vectors.shape[1] <= _MOST_DIMENSIONS:
        raise EmbedderAway("What the embedding server answers are no vectors.")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or not lengths.all():
        raise EmbedderAway("The embedding server answers vectors without a direction.")
    return np.asarray(vectors / lengths, np.float32)
