"""One immutable file of named arrays, memory-mapped when read.

Layout: 8 bytes magic, 8 bytes length of a JSON header, the header, then the arrays, each aligned to 64 bytes.
The header holds `meta` (any JSON) and, per array, dtype, shape and offset. A file is written beside its place,
flushed to the disk and renamed, so it is there whole or not at all.
"""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
_MAGIC = b"PASSAGE1"
_ALIGNMENT = 64


class CorruptFile(ValueError):
    """The file is not whole. Remedy: rebuild the index."""


def write_arrays(path: Path, arrays: Mapping[str, Array], meta: Mapping[str, Any]) -> None:
    """Write the file durably; an older one of that name is replaced at once. Raises OSError (disk full)."""
    layout, offset = {}, 0
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    for name, array in contiguous.items():
        layout[name] = {"dtype": array.dtype.str, "shape": array.shape, "offset": offset}
        offset += -(-array.nbytes // _ALIGNMENT) * _ALIGNMENT
    header = json.dumps({"arrays": layout, "bytes": offset, "meta": meta}, ensure_ascii=False).encode()
    header += b" " * (-(len(header) + 16) % _ALIGNMENT)
    with replacing(path) as file:
        file.write(_MAGIC + len(header).to_bytes(8, "little") + header)
        for array in contiguous.values():
            file.write(array.reshape(-1).view(np.uint8).data if array.nbytes else b"")
            file.write(b"\0" * (-array.nbytes % _ALIGNMENT))


def read_arrays(path: Path) -> tuple[dict[str, Array], dict[str, Any]]:
    """The arrays, read-only views into the mapped file, and the meta. Raises CorruptFile, FileNotFoundError."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        start = file.read(16)
        if len(start) < 16 or start[:8] != _MAGIC:
            raise CorruptFile(f"{path.name} is no index file")
        length = int.from_bytes(start[8:], "little")
        try:
            header = json.loads(file.read(length))
            layout, total = header["arrays"], header["bytes"]
        except (ValueError, KeyError, OverflowError) as error:
            raise CorruptFile(f"{path.name} has a broken header") from error
        if size != 16 + length + total:
            raise CorruptFile(f"{path.name} has {size} bytes instead of {16 + length + total}")
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    arrays = {}
    for name, entry in layout.items():
        dtype, shape = np.dtype(entry["dtype"]), tuple(entry["shape"])
        count = int(np.prod(shape, dtype=np.int64))
        view = np.frombuffer(mapped, dtype, count, 16 + length + entry["offset"]) if count else np.empty(0, dtype)
        arrays[name] = view.reshape(shape)
    return arrays, header["meta"]


def release_pages(array: Array) -> None:
    """Take the pages of a mapped array out of this process; the system keeps them as its cache.

    For arrays read here and there: each row read brings sixteen pages into the process's count.
    """
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    mapped = base.obj if isinstance(base, memoryview) else base
    if not isinstance(mapped, mmap.mmap) or not hasattr(mmap, "MADV_DONTNEED") or not array.nbytes:
        return
    start = array.ctypes.data - np.frombuffer(mapped, np.uint8).ctypes.data
    first = -(-start // mmap.PAGESIZE) * mmap.PAGESIZE
    length = start + array.nbytes - first
    if length > 0:
        mapped.madvise(mmap.MADV_DONTNEED, first, length)


class replacing:  # noqa: N801 - reads like open()
    """A binary file that takes its name only when the block ends well; flushed to the disk before."""

    def __init__(self, path: Path) -> None:
        self._path, self._temporary = path, path.with_name(path.name + ".tmp")

    def __enter__(self) -> Any:
        self._file = self._temporary.open("wb")
        return self._file

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self._file.flush()
                os.fsync(self._file.fileno())
        finally:
            self._file.close()
        if kind is None:
            os.replace(self._temporary, self._path)
            sync_folder(self._path.parent)
        else:
            self._temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make renames in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def pack_strings(strings: list[str]) -> tuple[Array, Array]:
    """(uint8 bytes of all, int64 offsets of n + 1) of a list of strings."""
    encoded = [s.encode("utf-8", "replace") for s in strings]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(e) for e in encoded], out=offsets[1:])
    return np.frombuffer(b"".join(encoded), np.uint8), offsets


def unpack_strings(blob: Array, offsets: Array) -> list[str]:
    """The whole list back; one pass over the bytes."""
    whole, ends = blob.tobytes(), offsets.tolist()
    return [whole[a:b].decode() for a, b in pairwise(ends)]


def string_at(blob: Array, offsets: Array, index: int) -> str:
    return bytes(blob[offsets[index] : offsets[index + 1]]).decode()
