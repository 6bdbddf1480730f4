"""Who proposes masks: the classical recipe alone, or with an operator's own model beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from listings.photos.cutout.working import Mask, Working
from listings.photos.errors import BackendUnusable

# edge, mean and standard deviation of the input, as rembg has them for these models (MIT)
ALLOWED_MODELS: Mapping[str, tuple[int, tuple[float, ...], tuple[float, ...]]] = {
    "u2net": (320, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "u2netp": (320, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "silueta": (320, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "u2net_custom": (320, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "isnet-general-use": (1024, (0.5, 0.5, 0.5), (1.0, 1.0, 1.0)),
}
FLAT_BELOW = 0.05
MOST_MODEL_BYTES = 400_000_000


class CutoutBackend(Protocol):
    """Proposes masks beside the classical ones; trust, edge and report are the same for all of them."""

    @property
    def name(self) -> str:
        """Name and version, stored with the result."""

    def propose(self, working: Working) -> Mapping[str, Mask]:
        """Masks by name, bool of the working size, none where there is nothing to say. Reaches no network."""


class ClassicalBackend:
    """Proposes nothing besides the recipe that always runs."""

    name = "classical"

    def propose(self, working: Working) -> Mapping[str, Mask]:
        return {}


class ModelBackend:
    """A salient-object network of rembg's file format, run by onnxruntime from an operator's own file.

    model: one of ALLOWED_MODELS. folder: looked through for `models/<model>/<model>.onnx`, then `<model>.onnx`.
    sha256: of the file, in hexadecimal. Raises BackendUnusable for any other model, a missing or a different file.
    Nothing is downloaded, and no photo leaves the machine.
    """

    def __init__(self, *, model: str, folder: Path, sha256: str) -> None:
        if model not in ALLOWED_MODELS:
            raise BackendUnusable(f"{model!r} is not allowed; choose one of {', '.join(sorted(ALLOWED_MODELS))}")
        places = (folder / "models" / model / f"{model}.onnx", folder / f"{model}.onnx")
        path = next((place for place in places if place.is_file()), None)
        if path is None:
            raise BackendUnusable(f"no {model}.onnx in {folder}: put the file there, or use the classical backend")
        if path.stat().st_size > MOST_MODEL_BYTES:
            raise BackendUnusable(f"{path.name} has more than {MOST_MODEL_BYTES} bytes, which no allowed model has")
        self._content = path.read_bytes()
        found = hashlib.sha256(self._content).hexdigest()
        if found != sha256.strip().lower():
            raise BackendUnusable(f"{path.name} has SHA-256 {found}, not the approved {sha256}")
        self.name = f"{model}/{found[:8]}"
        self._edge_px, self._mean, self._deviation = ALLOWED_MODELS[model]

    @cached_property
    def _session(self) -> Any:
        from onnxruntime import InferenceSession, SessionOptions

        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return InferenceSession(self._content, options, providers=["CPUExecutionProvider"])

    def propose(self, working: Working) -> Mapping[str, Mask]:
        """{"model": mask}; empty where the network's output is flat, which stretching would turn into a full mask."""
        output = self._output(working)
        low, high = float(output.min()), float(output.max())
        if not np.isfinite(output).all() or high - low < FLAT_BELOW:
            return {}
        plane = ((output - low) / (high - low)).astype(np.float32)
        size = (working.shape[1], working.shape[0])
        return {"model": np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) > 0.5, dtype=np.bool_)}

    def _output(self, working: Working) -> NDArray[np.float32]:
        edge = (self._edge_px, self._edge_px)
        photo = np.asarray(cv2.resize(working.photo, edge, interpolation=cv2.INTER_LINEAR), np.float32)
        mean, deviation = (np.array(values, np.float32) for values in (self._mean, self._deviation))
        planes = (photo / max(1.0, float(photo.max())) - mean) / deviation
        name = self._session.get_inputs()[0].name
        fed = np.ascontiguousarray(planes.transpose(2, 0, 1)[None], dtype=np.float32)
        return np.asarray(self._session.run(None, {name: fed})[0][0, 0], dtype=np.float32)
