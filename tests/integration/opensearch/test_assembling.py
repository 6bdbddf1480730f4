"""A server home from released artifacts: whole and checked, or not there at all."""

from __future__ import annotations

import dataclasses
import shutil
import threading
from pathlib import Path

import pytest

from mall.ops.opensearch import assemble as assembling
from mall.ops.opensearch.assemble import STAMP, assemble
from mall.ops.opensearch.errors import NotToBeHad, OpenSearchError, WrongContent
from mall.ops.opensearch.recipe import Artifact, Recipe, recipe_of

LOCALES = "com.ibm.icu:icu4j-localespi:77.1:jar"


def small_recipe() -> Recipe:
    """A recipe of one small file, pinned as the real ones pin it."""
    real = recipe_of("3.6.0")
    return dataclasses.replace(real, artifacts=tuple(a for a in real.artifacts if a.coordinates == LOCALES))


@pytest.fixture
def small(maven: str) -> Recipe:
    return small_recipe()


@pytest.fixture(scope="module")
def made_once(maven: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return assemble(small_recipe(), tmp_path_factory.mktemp("made") / "home")


@pytest.fixture
def home(made_once: Path, tmp_path: Path) -> Path:
    """A finished home of that recipe, for one test."""
    return Path(shutil.copytree(made_once, tmp_path / "home"))


def changed(recipe: Recipe, **fields: str) -> Recipe:
    artifacts = tuple(dataclasses.replace(artifact, **fields) for artifact in recipe.artifacts)
    return dataclasses.replace(recipe, artifacts=artifacts)


def test_a_file_with_another_hash_is_refused_by_name_and_nothing_is_left(small: Recipe, tmp_path: Path) -> None:
    home = tmp_path / "home"

    with pytest.raises(WrongContent) as refused:
        assemble(changed(small, sha256="0" * 64), home)

    assert str(refused.value).startswith(
        "icu4j-localespi-77.1.jar is not the file that was pinned: its SHA-256 is 77d0"
    )
    assert "com/ibm/icu/icu4j-localespi/77.1" in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["home.lock"]


def test_what_was_there_stays_when_a_new_recipe_fails(small: Recipe, home: Path) -> None:
    with pytest.raises(WrongContent):
        assemble(changed(small, sha256="0" * 64), home)

    assert (home / STAMP).read_text() == small.fingerprint
    assert (home / "locales" / "icu4j-localespi-77.1.jar").exists()


def test_a_new_recipe_replaces_what_was_there(small: Recipe, home: Path) -> None:
    assemble(changed(small, into="elsewhere"), home)

    assert sorted(path.name for path in home.iterdir()) == [STAMP, "elsewhere", "logs", "modules", "plugins"]


def test_the_same_recipe_is_not_made_twice(
    small: Recipe, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # so that Maven could not be asked

    assert assemble(small, home) == home


def test_two_at_once_make_one(small: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []
    fetch = assembling.fetch

    def counted(artifacts: tuple[Artifact, ...], folder: Path) -> Path:
        fetched.append(folder.name)
        return fetch(artifacts, folder)

    monkeypatch.setattr(assembling, "fetch", counted)
    threads = [threading.Thread(target=assemble, args=(small, tmp_path / "home")) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert fetched == ["downloads"]
    assert (tmp_path / "home" / STAMP).read_text() == small.fingerprint


def test_a_file_that_nobody_published_is_named(small: Recipe, tmp_path: Path) -> None:
    with pytest.raises(NotToBeHad, match=r"Maven could not fetch OpenSearch; its words: .*icu4j-localespi"):
        assemble(changed(small, coordinates="com.ibm.icu:icu4j-localespi:77.1.999:jar"), tmp_path / "home")


def test_without_maven_one_line_says_how_to_get_it(
    small: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NotToBeHad) as told:
        assemble(small, tmp_path / "home")

    assert str(told.value) == "mvn (Apache Maven) is not installed (Debian: apt-get install maven)"


def test_a_version_that_is_not_pinned_is_refused() -> None:
    with pytest.raises(OpenSearchError, match=r"OpenSearch 3.7.0 is not pinned here; choose one of 3.6.0, 2.19.6"):
        recipe_of("3.7.0")
