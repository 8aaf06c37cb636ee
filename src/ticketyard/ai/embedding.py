"""Texts to vectors: the packaged MiniLM through onnxruntime, or nothing at all."""

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

WEIGHTS = Path(__file__).with_name("weights")
MAX_TOKENS = 128
"""Where reading stops: the length this model was trained on. Twice would halve the speed."""

# So few are done sooner one after the other than by threads that have to be started first.
_ALONE_TEXTS = 3
_CACHED_TEXTS = 4096
# A token has rarely more than this many characters: what is beyond is never read anyway.
_MAX_CHARACTERS = MAX_TOKENS * 16


class Embedder(Protocol):
    """What gives a text a place among all texts; near in meaning is near in space."""

    @property
    def name(self) -> str:
        """The model's name, kept with every vector: vectors of two models do not mix."""
        ...

    @property
    def dimensions(self) -> int:
        """How long a vector is; 0 when there are no vectors."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row of length one a text, in their order. Safe to call from several threads."""
        ...


class NoEmbedder:
    """Stands in where no model is installed: vectors without a dimension."""

    name = "none"
    dimensions = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Rows of length zero."""
        return np.zeros((len(texts), 0), np.float32)


class EmbedderAway(Exception):
    """Vectors cannot be had just now; they may later. The text is ours and holds no text of anybody."""


class WeightsMissing(EmbedderAway):
    """The model's files are absent, or are not the ones that were built."""


def open_embedder(folder: Path = WEIGHTS, *, threads: int = 2) -> Embedder:
    """The packaged model when its files are there, else none; nothing is loaded yet.

    A process has one, whoever asks: it takes 40 MB, and its vectors are kept for all.
    """
    if not (folder / "manifest.json").is_file():
        return NoEmbedder()
    return _opened(folder, threads)


@cache
def _opened(folder: Path, threads: int) -> "LocalEmbedder":
    return LocalEmbedder(folder, threads=threads)


class LocalEmbedder:
    """MiniLM on this machine's processor; loaded by the first text, the latest vectors kept.

    threads: so many texts are worked on at once, each by one thread: the model reads a text at a time,
    and has too little to do for one to be worth dividing.
    """

    def __init__(self, folder: Path = WEIGHTS, *, threads: int = 2) -> None:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        self.name: str = manifest["name"]
        self.dimensions: int = manifest["dimensions"]
        self._folder = folder
        self._checksums: dict[str, str] = manifest["sha256"]
        self._threads = threads
        self._loading = threading.Lock()
        self._model: tuple[Any, Any] | None = None
        self._kept: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()
        self._keeping = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row of length one a text. Raises WeightsMissing when the files are damaged."""
        keys = [hashlib.blake2b(text.encode("utf-8", "replace")).digest() for text in texts]
        with self._keeping:
            known = {key: self._kept[key] for key in keys if key in self._kept}
        fresh = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if fresh:
            vectors = self._run(list(fresh.values()))
            known.update(zip(fresh, vectors, strict=True))
        self._keep(known)
        if not keys:
            return np.zeros((0, self.dimensions), np.float32)
        return np.stack([known[key] for key in keys])

    def _keep(self, vectors: dict[bytes, NDArray[np.float32]]) -> None:
        with self._keeping:
            for key, vector in vectors.items():
                self._kept[key] = vector
                self._kept.move_to_end(key)
            while len(self._kept) > _CACHED_TEXTS:
                self._kept.popitem(last=False)

    def _run(self, texts: list[str]) -> Vectors:
        session, tokenizer = self._loaded()
        # Half a surrogate pair, as cut-off text may end in, is not UTF-8 and would be refused.
        whole = (text[:_MAX_CHARACTERS].encode("utf-8", "replace").decode() for text in texts)
        tokens = [item.ids for item in tokenizer.encode_batch(list(whole))]
        vectors = np.empty((len(texts), self.dimensions), np.float32)

        def place(row: int) -> None:
            (vectors[row : row + 1],) = session.run(
                None, {"input_ids": np.array([tokens[row]], np.int64)}
            )

        if len(texts) <= _ALONE_TEXTS or self._threads == 1:
            for row in range(len(texts)):
                place(row)
        else:
            with ThreadPoolExecutor(self._threads, "embedding") as pool:
                list(pool.map(place, range(len(texts))))
        return vectors

    def _loaded(self) -> tuple[Any, Any]:
        with self._loading:
            if self._model is None:
                self._model = self._load()
            return self._model

    def _load(self) -> tuple[Any, Any]:
        # Both libraries cost a quarter of a second and 40 MB: only who embeds pays.
        import onnxruntime
        from tokenizers import Tokenizer

        files = {name: self._checked(name) for name in ("model.onnx", "tokenizer.json")}
        tokenizer = Tokenizer.from_buffer(files["tokenizer.json"])
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_TOKENS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(
            files["model.onnx"], options, providers=["CPUExecutionProvider"]
        )
        return session, tokenizer

    def _checked(self, name: str) -> bytes:
        path = self._folder / name
        try:
            content = path.read_bytes()
        except OSError as error:
            raise WeightsMissing(f"{path} cannot be read; run `make weights`.") from error
        if hashlib.sha256(content).hexdigest() != self._checksums[name]:
            raise WeightsMissing(f"{path} is damaged; run `make weights`.")
        return content
