"""What a server is made of, read from artifacts.toml, and where finished ones are kept."""

from __future__ import annotations

import hashlib
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from mall.ops.opensearch.errors import OpenSearchError

ARTIFACTS = Path(__file__).with_name("artifacts.toml")
DEFAULT_VERSION = "3.6.0"


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """One released file. into: folder of the server home. coordinates: group:name:version:type. sha256: hexadecimal."""

    into: str
    coordinates: str
    sha256: str

    @property
    def file_name(self) -> str:
        _, name, version, kind = self.coordinates.split(":")
        return f"{name}-{version}.{kind}"


@dataclass(frozen=True, kw_only=True)
class Module:
    """What the descriptor of a module says. permissions: of Java's security manager, which 2.x enforces."""

    name: str
    class_name: str
    permissions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One version of the server. oldest_java, newest_java: major versions it runs on, both included."""

    version: str
    oldest_java: int
    newest_java: int
    artifacts: tuple[Artifact, ...]
    modules: tuple[Module, ...]

    @property
    def fingerprint(self) -> str:
        """Another one where anything of the recipe differs; hexadecimal."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


def versions() -> tuple[str, ...]:
    """The versions that can be assembled, the default first."""
    return tuple(tomllib.loads(ARTIFACTS.read_text(encoding="utf-8")))


def recipe_of(version: str) -> Recipe:
    """The pinned recipe. Raises OpenSearchError for a version that none is written for."""
    known = tomllib.loads(ARTIFACTS.read_text(encoding="utf-8"))
    if version not in known:
        raise OpenSearchError(f"OpenSearch {version} is not pinned here; choose one of {', '.join(known)}")
    entry = known[version]
    oldest, newest = entry["java"]
    return Recipe(
        version=version,
        oldest_java=oldest,
        newest_java=newest,
        artifacts=tuple(
            Artifact(into=file["into"], coordinates=file["artifact"], sha256=file["sha256"]) for file in entry["files"]
        ),
        modules=tuple(
            Module(name=name, class_name=told["class"], permissions=tuple(told.get("permissions", ())))
            for name, told in entry.get("modules", {}).items()
        ),
    )


def cache_folder() -> Path:
    """Where finished servers and a fetched Java are kept, whatever mall uses them."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache).expanduser() / "passage-opensearch"
