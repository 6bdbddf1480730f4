"""What a server is made of, who may do what on a real one, and the flags of each Java."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from mall.ops.opensearch.errors import OpenSearchError
from mall.ops.opensearch.java import Java, flags_for
from mall.ops.opensearch.node import Program
from mall.ops.opensearch.recipe import recipe_of, versions
from tests.services import PROJECT

SECURITY = PROJECT / "mall" / "ops" / "opensearch" / "security"


def java(major: int) -> Java:
    return Java(home=Path("/java"), major=major, has_vectors=major >= 25, has_locales=True)


@pytest.mark.parametrize("version", versions())
def test_every_file_of_a_server_is_pinned(version: str) -> None:
    recipe = recipe_of(version)

    assert all(re.fullmatch(r"[0-9a-f]{64}", artifact.sha256) for artifact in recipe.artifacts)
    assert len({artifact.file_name for artifact in recipe.artifacts}) == len(recipe.artifacts)
    assert {module.name for module in recipe.modules} == {
        artifact.into.removeprefix("modules/") for artifact in recipe.artifacts if artifact.into.startswith("modules/")
    }


def test_another_hash_makes_another_fingerprint() -> None:
    assert recipe_of("3.6.0").fingerprint == recipe_of("3.6.0").fingerprint
    assert recipe_of("3.6.0").fingerprint != recipe_of("2.19.6").fingerprint


@pytest.mark.parametrize(
    ("version", "major", "has", "lacks"),
    [
        ("3.6.0", 25, "--add-modules=jdk.incubator.vector", "-Djava.security.manager=allow"),
        ("3.6.0", 21, "-javaagent:/home/agent/opensearch-agent.jar", "--add-modules=jdk.incubator.vector"),
        ("2.19.6", 21, "-Djava.security.manager=allow", "-javaagent:/home/agent/opensearch-agent.jar"),
        ("2.19.6", 17, "-Djava.locale.providers=SPI,COMPAT", "-Djava.security.manager=allow"),
    ],
)
def test_each_java_gets_the_flags_it_knows(version: str, major: int, has: str, lacks: str) -> None:
    flags = flags_for(java(major), recipe_of(version), Path("/home"))

    assert has in flags
    assert lacks not in flags


@pytest.mark.parametrize(("heap", "mb"), [("512m", 512), ("1g", 1024)])
def test_heap_is_read_in_megabytes(heap: str, mb: int) -> None:
    assert Program(home=Path(), java=Path(), flags=(), class_path="", heap=heap).heap_mb == mb


@pytest.mark.parametrize("heap", ["", "1", "1gb", "-1g", "1 g"])
def test_another_heap_is_refused(heap: str) -> None:
    with pytest.raises(OpenSearchError, match="write it as 512m or 1g"):
        _ = Program(home=Path(), java=Path(), flags=(), class_path="", heap=heap).heap_mb


def test_the_malls_user_reaches_its_own_indices_only_and_administers_nothing() -> None:
    roles, mapping, users = (
        yaml.safe_load((SECURITY / name).read_text(encoding="utf-8"))
        for name in ("roles.yml", "roles_mapping.yml", "internal_users.yml")
    )

    assert set(roles) == set(mapping) == set(users) == {"_meta", "passage"}
    assert [rule["index_patterns"] for rule in roles["passage"]["index_permissions"]] == [["passage*"]]
    assert roles["passage"]["cluster_permissions"] == [
        "cluster_monitor",
        "cluster_composite_ops_ro",
        "indices:data/write/bulk",
        "indices:data/read/scroll/clear",
    ]
    assert mapping["passage"]["users"] == ["passage"]
    assert users["passage"]["hash"] == "${envbc.MALL_OPENSEARCH_PASSWORD}"


def test_a_real_node_speaks_tls_and_makes_no_index_by_itself() -> None:
    settings = yaml.safe_load((SECURITY / "opensearch.yml").read_text(encoding="utf-8"))

    assert settings["plugins.security.ssl.http.enabled"] is True
    assert settings["action.auto_create_index"] is False
    assert settings["plugins.security.disable_envvar_replacement"] is False
