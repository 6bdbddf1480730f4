"""EfficientNet-Lite0 as an ONNX graph, from its published weights and without torch.

M. Tan, Q. Le: EfficientNet, 2019, arXiv:1905.11946; "Lite" leaves out what phones compute badly: no squeeze and
excitation, relu6 in place of swish, and stem and head as wide as the smallest model has them. Batch normalisation is
folded into the convolutions; padding is TensorFlow's "same". The last layer, ImageNet's 1,000 classes, is left out:
what comes before it is the look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

EDGE_PX = 224
DIMENSIONS = 1280
EPSILON = 1e-3


@dataclass(frozen=True, kw_only=True, slots=True)
class _Stage:
    """Blocks of one width. kernel: edge in pixels; stride: of its first block; widening: channels inside a block."""

    repeats: int
    kernel: int
    stride: int
    widening: int
    channels: int


STAGES = (
    _Stage(repeats=1, kernel=3, stride=1, widening=1, channels=16),
    _Stage(repeats=2, kernel=3, stride=2, widening=6, channels=24),
    _Stage(repeats=2, kernel=5, stride=2, widening=6, channels=40),
    _Stage(repeats=3, kernel=3, stride=2, widening=6, channels=80),
    _Stage(repeats=3, kernel=5, stride=1, widening=6, channels=112),
    _Stage(repeats=4, kernel=5, stride=2, widening=6, channels=192),
    _Stage(repeats=1, kernel=3, stride=1, widening=6, channels=320),
)
STEM_CHANNELS = 32


def write_lite0_graph(weights: Mapping[str, NDArray[Any]], path: Path) -> None:
    """Write the graph (photos uint8 (photos, 224, 224, 3)) -> (vector float32 (photos, 1280), L2-normalised).

    Raises ValueError when a weight is missing or has another shape than the model's.
    """
    import onnx

    try:
        model = _Graph(weights).build()
    except KeyError as error:
        raise ValueError(f"the weights of EfficientNet-Lite0 lack {error}") from error
    onnx.save(model, str(path))


class _Graph:
    def __init__(self, weights: Mapping[str, NDArray[Any]]) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.made = 0

    def build(self) -> Any:
        from onnx import TensorProto, helper

        states = self._convolve(self._prepared("photos"), "_conv_stem", "_bn0", stride=2)
        channels, place = STEM_CHANNELS, 0
        for stage in STAGES:
            for repeat in range(stage.repeats):
                states = self._block(states, f"_blocks.{place}.", stage, channels, is_first=repeat == 0)
                channels, place = stage.channels, place + 1
        states = self._convolve(states, "_conv_head", "_bn1")
        pooled = self._add("Flatten", self._add("GlobalAveragePool", states), axis=1)
        length = self._add("Max", self._add("ReduceL2", pooled, axes=[1], keepdims=1), self._number(1e-12))
        vector = self._add("Div", pooled, length)
        graph = helper.make_graph(
            self.nodes,
            "efficientnet-lite0",
            [helper.make_tensor_value_info("photos", TensorProto.UINT8, ["photos", EDGE_PX, EDGE_PX, 3])],
            [helper.make_tensor_value_info(vector, TensorProto.FLOAT, ["photos", DIMENSIONS])],
            self.constants,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    def _add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        from onnx import helper

        self.made += 1
        output = f"t{self.made}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def _constant(self, values: NDArray[np.float32]) -> str:
        from onnx import numpy_helper

        self.made += 1
        name = f"c{self.made}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _number(self, value: float) -> str:
        return self._constant(np.array(value, dtype=np.float32))

    def _prepared(self, photos: str) -> str:
        """Channels first, about -1 to 1, as the model was trained: (x - 127) / 128."""
        from onnx import TensorProto

        numbers = self._add("Cast", self._add("Transpose", photos, perm=[0, 3, 1, 2]), to=TensorProto.FLOAT)
        return self._add("Div", self._add("Sub", numbers, self._number(127)), self._number(128))

    def _block(self, states: str, name: str, stage: _Stage, channels: int, *, is_first: bool) -> str:
        inside = states
        if stage.widening != 1:
            inside = self._convolve(inside, name + "_expand_conv", name + "_bn0")
        inside = self._convolve(
            inside,
            name + "_depthwise_conv",
            name + "_bn1",
            stride=stage.stride if is_first else 1,
            groups=channels * stage.widening,
        )
        inside = self._convolve(inside, name + "_project_conv", name + "_bn2", is_bent=False)
        return inside if is_first else self._add("Add", inside, states)

    def _convolve(
        self, states: str, name: str, norm: str, *, stride: int = 1, groups: int = 1, is_bent: bool = True
    ) -> str:
        kernels, shift = self._folded(name, norm)
        made = self._add(
            "Conv",
            states,
            self._constant(kernels),
            self._constant(shift),
            auto_pad="SAME_UPPER",
            strides=[stride, stride],
            kernel_shape=list(kernels.shape[2:]),
            group=groups,
        )
        return self._add("Clip", made, self._number(0), self._number(6)) if is_bent else made

    def _folded(self, name: str, norm: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Kernels and shifts of a convolution with the normalisation behind it."""
        kernels = self.weights[f"{name}.weight"].astype(np.float64)
        mean, spread = self.weights[f"{norm}.running_mean"], self.weights[f"{norm}.running_var"]
        scale = self.weights[f"{norm}.weight"].astype(np.float64) / np.sqrt(spread.astype(np.float64) + EPSILON)
        if kernels.ndim != 4 or scale.shape != kernels.shape[:1]:
            raise ValueError(f"{name} and {norm} do not fit together: {kernels.shape} and {scale.shape}")
        shift = self.weights[f"{norm}.bias"] - mean * scale
        return (kernels * scale[:, None, None, None]).astype(np.float32), shift.astype(np.float32)
