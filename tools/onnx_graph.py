"""Writes an ONNX graph as protobuf bytes, with nothing but numpy: only the parts MiniLM needs."""

import struct
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

MICROSOFT = "com.microsoft"

FLOAT, INT32, INT64 = 1, 6, 7
_TENSOR_TYPES = {
    np.dtype(np.float32): FLOAT,
    np.dtype(np.uint8): 2,
    np.dtype(np.int8): 3,
    np.dtype(np.int32): INT32,
    np.dtype(np.int64): INT64,
}
_IR_VERSION = 9
_OPSET = 18


@dataclass
class Graph:
    """Nodes and weights, in the order they were added; `encode` gives the file."""

    name: str
    nodes: list[bytes] = field(default_factory=list)
    weights: list[bytes] = field(default_factory=list)

    def weight(self, name: str, values: NDArray[np.generic]) -> str:
        """Store an array in the file and give back its name, ready to be a node's input."""
        values = np.ascontiguousarray(values)
        dims = b"".join(_number(1, size) for size in values.shape)
        kind = _number(2, _TENSOR_TYPES[values.dtype])
        self.weights.append(_block(5, dims + kind + _text(8, name) + _block(9, values.tobytes())))
        return name

    def node(
        self,
        operator: str,
        inputs: list[str],
        outputs: list[str],
        *,
        domain: str = "",
        **attributes: int | float,
    ) -> str:
        """Add an operation; the name of its first output is given back."""
        parts = [_text(1, name) for name in inputs]
        parts += [_text(2, name) for name in outputs]
        parts += [_text(3, f"{operator}_{len(self.nodes)}"), _text(4, operator)]
        parts += [_block(5, _attribute(key, value)) for key, value in attributes.items()]
        if domain:
            parts.append(_text(7, domain))
        self.nodes.append(_block(1, b"".join(parts)))
        return outputs[0]

    def encode(
        self,
        inputs: list[tuple[str, int, list[str | int]]],
        outputs: list[tuple[str, int, list[str | int]]],
    ) -> bytes:
        """The whole model file. inputs, outputs: (name, element type, dimensions)."""
        graph = b"".join(self.nodes) + _text(2, self.name) + b"".join(self.weights)
        graph += b"".join(_block(11, _value(*value)) for value in inputs)
        graph += b"".join(_block(12, _value(*value)) for value in outputs)
        opsets = _opset("", _OPSET) + _opset(MICROSOFT, 1)
        return _number(1, _IR_VERSION) + _text(2, "ticketyard") + _block(7, graph) + opsets


def _opset(domain: str, version: int) -> bytes:
    return _block(8, _text(1, domain) + _number(2, version))


def _attribute(key: str, value: int | float) -> bytes:
    if isinstance(value, float):
        return _text(1, key) + _tag(2, 5) + struct.pack("<f", value) + _number(20, 1)
    return _text(1, key) + _number(3, value) + _number(20, 2)


def _value(name: str, element_type: int, dims: list[str | int]) -> bytes:
    shape = b"".join(
        _block(1, _text(2, size) if isinstance(size, str) else _number(1, size)) for size in dims
    )
    return _text(1, name) + _block(2, _block(1, _number(1, element_type) + _block(2, shape)))


def _tag(field_number: int, wire_type: int) -> bytes:
    return _varint(field_number << 3 | wire_type)


def _number(field_number: int, value: int) -> bytes:
    return _tag(field_number, 0) + _varint(value)


def _block(field_number: int, payload: bytes) -> bytes:
    return _tag(field_number, 2) + _varint(len(payload)) + payload


def _text(field_number: int, text: str) -> bytes:
    return _block(field_number, text.encode())


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1  # negative numbers travel as 64-bit two's complement
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
