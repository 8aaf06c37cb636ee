import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from ticketyard.ai.embedding import (
    WEIGHTS,
    LocalEmbedder,
    NoEmbedder,
    WeightsMissing,
    open_embedder,
)

installed = pytest.mark.skipif(
    not (WEIGHTS / "manifest.json").is_file(), reason="no weights: run `make weights`"
)


@pytest.fixture(scope="module")
def embedder() -> LocalEmbedder:
    return LocalEmbedder()


@installed
def test_near_in_meaning_is_near_in_space(embedder: LocalEmbedder) -> None:
    one, same, other = embedder.embed(
        ["I lost my bank card", "My card has gone missing", "The weather is lovely today"]
    )
    assert one @ same > 0.6 > 0.3 > one @ other
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-3)


@installed
def test_a_texts_vector_does_not_depend_on_those_beside_it() -> None:
    texts = [f"Printer {n} does not print {'at all, ' * (n * 7 % 40)}" for n in range(24)]
    together = LocalEmbedder(threads=3).embed(texts)
    alone = LocalEmbedder(threads=1)
    assert (together == np.concatenate([alone.embed([text]) for text in texts])).all()


@installed
@pytest.mark.parametrize("text", ["", " ", "👍", "\ud800 half a pair", "a" * 1_000_000, "\x00"])
def test_any_text_has_a_vector(embedder: LocalEmbedder, text: str) -> None:
    (vector,) = embedder.embed([text])
    assert np.isfinite(vector).all()


@installed
def test_damaged_weights_are_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(WEIGHTS, folder)
    with (folder / "model.onnx").open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"oops")
    with pytest.raises(WeightsMissing, match="damaged"):
        LocalEmbedder(folder).embed(["x"])
    (folder / "model.onnx").unlink()
    with pytest.raises(WeightsMissing, match="cannot be read"):
        LocalEmbedder(folder).embed(["x"])


def test_without_weights_there_is_an_embedder_without_dimensions(tmp_path: Path) -> None:
    embedder = open_embedder(tmp_path)
    assert isinstance(embedder, NoEmbedder)
    assert embedder.embed(["a", "b"]).shape == (2, 0)


@installed
def test_the_notice_of_the_models_authors_lies_beside_the_weights() -> None:
    assert "Apache License" in (WEIGHTS / "NOTICE").read_text()
    assert json.loads((WEIGHTS / "manifest.json").read_text())["dimensions"] == 384
