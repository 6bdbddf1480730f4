"""Tensors out of a `.pth` file of the kind torch wrote before version 1.6, without torch.

Such a file is a row of pickles (magic number, protocol, facts about the machine, the tensors, the keys of their
storages) and then each storage: its count of numbers in eight bytes, and the numbers. A pickle may name any function
to be called; this reader knows the three that a table of tensors needs and refuses every other.
"""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
KINDS = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Storage:
    key: str
    kind: np.dtype[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Tensor:
    """Where a tensor lies in its storage. strides, offset: in numbers, not in bytes."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _rebuild(storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_rest: Any) -> _Tensor:
    return _Tensor(storage=storage, offset=offset, shape=shape, strides=strides)


class _TensorsOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if module == "torch" and name in KINDS:
            return KINDS[name]
        raise ValueError(f"a file of tensors has no use for {module}.{name}; it is not read")

    def persistent_load(self, pid: Any) -> _Storage:
        if not (isinstance(pid, tuple) and len(pid) == 6 and pid[0] == "storage" and pid[5] is None):
            raise ValueError("this file of tensors refers to something else than a storage")
        return _Storage(key=str(pid[2]), kind=pid[1])


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Every tensor by name: float32 or int64, read-only. The file's hash is checked by the caller (`pins`).

    Raises ValueError for a file of another kind, or one that is cut short.
    """
    stream = BytesIO(path.read_bytes())
    try:
        magic, protocol, _machine, table, keys = (_TensorsOnly(stream).load() for _ in range(5))
    except (pickle.UnpicklingError, EOFError, AttributeError, IndexError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is not a file of tensors that this reader knows ({error})") from error
    if (magic, protocol) != (MAGIC, PROTOCOL) or not isinstance(table, dict):
        raise ValueError(f"{path} is not a file of tensors of the old kind")
    kinds = {tensor.storage.key: tensor.storage.kind for tensor in table.values() if isinstance(tensor, _Tensor)}
    storages = {str(key): _read_storage(stream, kinds[str(key)], path) for key in keys}
    return {
        name: _lay_out(tensor, storages[tensor.storage.key])
        for name, tensor in table.items()
        if isinstance(tensor, _Tensor)
    }


def _read_storage(stream: BytesIO, kind: np.dtype[Any], path: Path) -> NDArray[Any]:
    head = stream.read(8)
    count = struct.unpack("<q", head)[0] if len(head) == 8 else -1
    raw = stream.read(max(count, 0) * kind.itemsize)
    if count < 0 or len(raw) != count * kind.itemsize:
        raise ValueError(f"{path} is cut short")
    return np.frombuffer(raw, dtype=kind)


def _lay_out(tensor: _Tensor, storage: NDArray[Any]) -> NDArray[Any]:
    last = tensor.offset + sum((size - 1) * step for size, step in zip(tensor.shape, tensor.strides, strict=True))
    if not 0 <= last < len(storage) or min(tensor.strides, default=0) < 0:
        raise ValueError("a tensor reaches out of its storage")
    steps = tuple(step * storage.itemsize for step in tensor.strides)
    return np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, steps, writeable=False)
