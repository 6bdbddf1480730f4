"""A server home from released artifacts: fetched by Maven, each file's hash checked, whole or not there at all."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from mall.ops.opensearch.errors import NotToBeHad, WrongContent
from mall.ops.opensearch.reach import open_to_all
from mall.ops.opensearch.recipe import Artifact, Module, Recipe, cache_folder, recipe_of

STAMP = ".assembled"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
FETCH_SECONDS = 900

# The copy goal takes exactly the listed files and follows no dependency.
PROJECT = """<project><modelVersion>4.0.0</modelVersion>
<groupId>mall</groupId><artifactId>opensearch-home</artifactId><version>1</version><packaging>pom</packaging>
<build><plugins><plugin><artifactId>maven-dependency-plugin</artifactId><configuration>
<outputDirectory>{folder}</outputDirectory><artifactItems>{items}</artifactItems>
</configuration></plugin></plugins></build></project>
"""
ITEM = (
    "<artifactItem><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version><type>{}</type></artifactItem>"
)


def assembled(version: str) -> Path:
    """The home of the pinned server, made now if it is not in the cache. Raises as `assemble` does."""
    return assemble(recipe_of(version), cache_folder() / version)


def assemble(recipe: Recipe, home: Path) -> Path:
    """Make the server home and return it; one made by the same recipe is kept as it is.

    Two at once: the second waits and takes the first one's. Raises NotToBeHad without Maven or when a file cannot be
    fetched, WrongContent for a file that is not the pinned one; whatever was at `home` then stays.
    """
    home.parent.mkdir(parents=True, exist_ok=True)
    with _alone(home.parent / f"{home.name}.lock"):
        stamp = home / STAMP
        if stamp.exists() and stamp.read_text(encoding="utf-8") == recipe.fingerprint:
            return home
        with tempfile.TemporaryDirectory(dir=home.parent, prefix=f"{home.name}.making-") as work:
            made = Path(work) / "home"
            downloads = fetch(recipe.artifacts, Path(work) / "downloads")
            _put_together(recipe, downloads, made)
            (made / STAMP).write_text(recipe.fingerprint, encoding="utf-8")
            open_to_all(made)
            if home.exists():
                home.rename(Path(work) / "before")
            made.rename(home)
    return home


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def fetch(artifacts: Sequence[Artifact], folder: Path) -> Path:
    """Bring the files into the folder and check each one's hash. Raises NotToBeHad, WrongContent."""
    maven = shutil.which("mvn")
    if maven is None:
        raise NotToBeHad("mvn (Apache Maven) is not installed (Debian: apt-get install maven)")
    folder.mkdir(parents=True)
    items = "".join(ITEM.format(*map(escape, artifact.coordinates.split(":"))) for artifact in artifacts)
    project = folder.parent / "pom.xml"
    project.write_text(PROJECT.format(folder=escape(str(folder)), items=items), encoding="utf-8")
    command = [maven, "--batch-mode", "--quiet", "--no-transfer-progress", "--file", str(project), COPY]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=FETCH_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise NotToBeHad(f"Maven did not fetch OpenSearch within {FETCH_SECONDS} s; is the network slow?") from error
    if done.returncode:
        raise NotToBeHad(f"Maven could not fetch OpenSearch; its words: {_first_error(done.stdout + done.stderr)}")
    for artifact in artifacts:
        _check(folder / artifact.file_name, artifact)
    return folder


def _first_error(words: str) -> str:
    lines = [line for line in words.splitlines() if line.strip()]
    return next((line for line in lines if "[ERROR]" in line), lines[-1] if lines else "none")


def _check(file: Path, artifact: Artifact) -> None:
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found != artifact.sha256:
        group, name, version, _ = artifact.coordinates.split(":")
        kept = f"{group.replace('.', '/')}/{name}/{version}"
        raise WrongContent(
            f"{file.name} is not the file that was pinned: its SHA-256 is {found}, {artifact.sha256} was expected. "
            f"Delete {kept} in Maven's local repository and try again; if it stays so, the publisher changed the file."
        )


def _put_together(recipe: Recipe, downloads: Path, home: Path) -> None:
    for artifact in recipe.artifacts:
        file, folder = downloads / artifact.file_name, home / artifact.into
        if not file.name.endswith(".zip"):
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, folder)
        elif artifact.into == ".":
            _unpack_server(file, home)
        else:
            with zipfile.ZipFile(file) as archive:
                archive.extractall(folder)
    for module in recipe.modules:
        _describe(module, recipe, home / "modules" / module.name)
    for name in ("modules", "plugins", "logs"):
        (home / name).mkdir(exist_ok=True)


def _unpack_server(file: Path, home: Path) -> None:
    """The zip holds one folder, which becomes the home."""
    with zipfile.ZipFile(file) as archive:
        archive.extractall(home.parent / "unpacked")
    (inner,) = (home.parent / "unpacked").iterdir()
    inner.rename(home)


def _describe(module: Module, recipe: Recipe, folder: Path) -> None:
    lines = {
        "name": module.name,
        "description": module.name,
        "version": recipe.version,
        "opensearch.version": recipe.version,
        "java.version": str(recipe.oldest_java),
        "classname": module.class_name,
    }
    text = "".join(f"{name}={value}\n" for name, value in lines.items())
    (folder / "plugin-descriptor.properties").write_text(text, encoding="utf-8")
    if module.permissions:
        granted = "".join(f"  permission {permission};\n" for permission in module.permissions)
        (folder / "plugin-security.policy").write_text(f"grant {{\n{granted}}};\n", encoding="utf-8")
