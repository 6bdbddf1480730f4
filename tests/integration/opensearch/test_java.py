"""Which Java a server gets."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mall.ops.opensearch import java
from mall.ops.opensearch.errors import NotToBeHad
from mall.ops.opensearch.java import find_java
from mall.ops.opensearch.recipe import cache_folder, recipe_of
from tests.conftest import miss


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any Java, and an empty cache on it; its folder for programs."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("JAVA_HOME", "OPENSEARCH_JAVA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(java, "INSTALLED", tmp_path / "jvm")
    return programs


def pretend(home: Path, version: str, *, modules: str = "java.base", locales: str = "en, fr, th, de") -> Path:
    """A program that says it is this Java, which is all that is asked of one before it runs a server."""
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True)
    says = f"echo '{modules}'\necho 'available locales = {locales}'\necho 'openjdk version \"{version}\"' >&2\n"
    program.write_text(f"#!/bin/sh\n{says}")
    program.chmod(0o755)
    return home


def test_one_with_vector_instructions_is_preferred(bare: Path, tmp_path: Path) -> None:
    pretend(tmp_path / "jvm" / "b-newest", "26.0.1")
    fast = pretend(tmp_path / "jvm" / "a-fast", "25.0.2", modules="jdk.incubator.vector@25")

    found = find_java(recipe_of("3.6.0"))

    assert (found.home, found.major, found.has_vectors, found.has_locales) == (fast, 25, True, True)


def test_java_home_of_another_version_is_passed_over(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(pretend(tmp_path / "old", "17.0.15")))
    fitting = pretend(tmp_path / "jvm" / "fitting", "21.0.8", locales="en")

    found = find_java(recipe_of("3.6.0"))

    assert (found.home, found.has_locales) == (fitting, False)
    assert find_java(recipe_of("2.19.6")).home == tmp_path / "old"


def test_a_chosen_java_of_another_version_is_passed_over_aloud(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENSEARCH_JAVA_HOME", str(pretend(tmp_path / "newest", "25.0.2")))
    fitting = pretend(tmp_path / "jvm" / "fitting", "17.0.15")

    assert find_java(recipe_of("2.19.6")).home == fitting
    told = capsys.readouterr().err
    assert told == (
        "OPENSEARCH_JAVA_HOME holds Java 25; OpenSearch 2.19.6 needs Java 11 to 23, so another is looked for.\n"
    )


def test_a_chosen_folder_without_java_is_refused(bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENSEARCH_JAVA_HOME", str(tmp_path))

    with pytest.raises(NotToBeHad, match=r"holds no Java that runs; OpenSearch 3.6.0 needs Java 21 or newer"):
        find_java(recipe_of("3.6.0"))


def test_where_none_fits_the_pinned_one_is_fetched_once_for_both_lines(
    bare: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(tmp_path / "jvm" / "too-old", "8.0.1")

    try:
        found = find_java(recipe_of("3.6.0"))
    except NotToBeHad as error:
        miss(str(error))

    assert (found.major, found.has_vectors, found.has_locales) == (21, False, False)
    assert found.home.is_relative_to(cache_folder())
    assert capsys.readouterr().err == (
        "OpenSearch 3.6.0 needs Java 21 or newer, and no installed one is that; fetching one …\n"
    )
    assert find_java(recipe_of("2.19.6")) == found
    assert capsys.readouterr().err == ""


def test_a_fetched_file_with_another_hash_is_refused_and_nothing_is_left(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requirements = tmp_path / "requirements.txt"
    pinned = java.REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    requirements.write_text(f"{pinned[1]}\n    --hash=sha256:{'0' * 64}\n")
    monkeypatch.setattr(java, "REQUIREMENTS", requirements)

    with pytest.raises(NotToBeHad, match=r"OpenSearch 3.6.0 needs Java 21 or newer; .* none could be fetched: "):
        find_java(recipe_of("3.6.0"))

    assert not list(cache_folder().iterdir())


def test_a_java_that_is_broken_or_missing_is_none(tmp_path: Path) -> None:
    home = pretend(tmp_path / "broken", "25.0.2")
    (home / "bin" / "java").write_text("#!/bin/sh\nexit 3\n")
    assert java.ask(home) is None

    shutil.rmtree(home)
    assert java.ask(home) is None
