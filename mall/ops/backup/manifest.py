"""What a backup holds, by name, size, hash and count. Written last: a folder without one is not a backup."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mall.ops.backup.errors import NotABackup

FORMAT = 1
MANIFEST = "manifest.json"
FILES = "files.tsv"
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class CopiedFile:
    """path: below its root ("originals" or "media"), with "/". sha256: of its content."""

    root: str
    path: str
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """made_at: ISO 8601 with zone. database: kind of it. migrations: the last one of each app. rows: of each table.

    sha256: of the other two files of the backup, by name.
    """

    format: int
    made_at: str
    database: str
    migrations: Mapping[str, str]
    rows: Mapping[str, int]
    file_count: int
    file_bytes: int
    sha256: Mapping[str, str]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """At once or not at all."""
    whole = folder / MANIFEST
    half = whole.with_suffix(".part")
    half.write_text(json.dumps(asdict(manifest), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    half.replace(whole)


def read_manifest(folder: Path) -> Manifest:
    """Read it and check the hashes of database and list of files. Raises NotABackup."""
    try:
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if told["format"] != FORMAT:
            raise NotABackup(f"{folder} is a backup of format {told['format']}; this mall reads format {FORMAT}")
        manifest = Manifest(**told)
    except FileNotFoundError:
        raise NotABackup(f"{folder} has no {MANIFEST}: it is no backup, or one that was not finished") from None
    except (ValueError, TypeError, KeyError) as error:
        raise NotABackup(f"{folder / MANIFEST} cannot be read: {type(error).__name__}") from error
    for name, wanted in manifest.sha256.items():
        path = folder / name
        if not path.is_file() or sha256_of(path) != wanted:
            raise NotABackup(f"{path} is missing or was changed since the backup was made")
    return manifest


def write_files(folder: Path, files: Sequence[CopiedFile]) -> None:
    """The list of copied files, one a line."""
    lines = [f"{file.sha256}\t{file.size}\t{file.root}\t{file.path}\n" for file in files]
    (folder / FILES).write_text("".join(lines), encoding="utf-8")


def read_files(folder: Path) -> Iterator[CopiedFile]:
    with (folder / FILES).open(encoding="utf-8") as lines:
        for line in lines:
            sha256, size, root, path = line.rstrip("\n").split("\t")
            yield CopiedFile(root=root, path=path, size=int(size), sha256=sha256)


def sha256_of(path: Path) -> str:
    """Of a file of any size, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
