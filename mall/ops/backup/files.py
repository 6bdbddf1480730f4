"""Photos and media, copied with their hashes there and back."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from django.conf import settings

from mall.ops.backup.errors import NotABackup
from mall.ops.backup.manifest import CHUNK_BYTES, CopiedFile, read_files, sha256_of

# what a name must not hold to stand in a list of one line each
UNFIT = ("\t", "\n", "\r")


def roots() -> Mapping[str, Path]:
    """The folders that a backup holds. Widths of photos are among them: their rows say that they are there."""
    return {"originals": Path(settings.ORIGINALS_FOLDER), "media": Path(settings.MEDIA_ROOT)}


def copy_out(folder: Path) -> list[CopiedFile]:
    """Copy all files into `folder/<root>/…`. A file that is taken away meanwhile is left out."""
    copied = []
    for root, source in roots().items():
        for path in _files_below(source):
            name = path.relative_to(source).as_posix()
            if any(mark in name for mark in UNFIT):
                raise NotABackup(f"the file name {name!r} in {source} cannot be written into a list: rename it")
            try:
                size, sha256 = _copy(path, folder / root / name)
            except FileNotFoundError:
                continue
            copied.append(CopiedFile(root=root, path=name, size=size, sha256=sha256))
    return copied


def check_files(folder: Path) -> None:
    """Raises NotABackup for the first file that is missing or differs from the list."""
    for file in read_files(folder):
        path = _inside(folder / file.root, file)
        if not path.is_file() or path.stat().st_size != file.size or sha256_of(path) != file.sha256:
            raise NotABackup(f"{path} is missing or was changed since the backup was made")


def copy_back(folder: Path) -> tuple[int, int]:
    """Bring back what is missing or differs; how many were, and how many more lie there that the backup lacks."""
    brought, surplus = 0, 0
    for root, target in roots().items():
        known = set()
        for file in read_files(folder):
            if file.root != root:
                continue
            known.add(file.path)
            path = _inside(target, file)
            if not path.is_file() or path.stat().st_size != file.size or sha256_of(path) != file.sha256:
                _copy(folder / root / file.path, path)
                brought += 1
        surplus += sum(path.relative_to(target).as_posix() not in known for path in _files_below(target))
    return brought, surplus


def _inside(root: Path, file: CopiedFile) -> Path:
    """Where a listed file lies. Raises NotABackup for one that would lie elsewhere."""
    if file.root not in roots() or Path(file.path).is_absolute() or ".." in Path(file.path).parts:
        raise NotABackup(f"the list names {file.path!r}, which lies outside of the backup")
    return root / file.path


def _files_below(folder: Path) -> Iterator[Path]:
    """Every file in order, links and half-written ones (`.name`, `name.part`) left out."""
    for base, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(base, name)
            if not path.is_symlink() and not name.startswith(".") and not name.endswith(".part"):
                yield path


def _copy(source: Path, target: Path) -> tuple[int, str]:
    """Copy a file whole or not at all; its size and SHA-256."""
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f"{target.name}.part")
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as read, half.open("wb") as written:
        while chunk := read.read(CHUNK_BYTES):
            digest.update(chunk)
            written.write(chunk)
            size += len(chunk)
        written.flush()
        os.fsync(written.fileno())
    half.replace(target)
    return size, digest.hexdigest()
