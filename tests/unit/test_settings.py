"""Settings are read in one place, refused at start when wrong, and each is documented."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from mall.settings.databases import database_from_url
from mall.settings.env import PROJECT_FOLDER, Env
from mall.settings.secret import secret_key

README = (PROJECT_FOLDER / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", Env.model_fields)
def test_every_setting_is_documented_in_the_readme(name: str) -> None:
    assert f"`MALL_{name.upper()}`" in README


def test_the_readme_documents_no_setting_that_is_not_there() -> None:
    known = {f"MALL_{name.upper()}" for name in Env.model_fields}

    assert set(re.findall(r"\bMALL_[A-Z_]+\b", README)) <= known


def test_every_dependency_has_its_reason_in_the_decision() -> None:
    project = tomllib.loads((PROJECT_FOLDER / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        *project["project"]["dependencies"],
        *(line for extra in project["project"]["optional-dependencies"].values() for line in extra),
        *project["dependency-groups"]["dev"],
    ]
    names = {re.split(r"[\[<>=;~ ]", line)[0] for line in wanted}
    decision = (PROJECT_FOLDER / "mall" / "decisions" / "0001-dependencies.md").read_text(encoding="utf-8")

    assert set(re.findall(r"^\| ([a-z0-9-]+) \|", decision, re.MULTILINE)) - {"package"} == names


def test_the_lock_names_every_dependency_with_a_hash_and_no_address() -> None:
    lock = (PROJECT_FOLDER / "requirements.lock").read_text(encoding="utf-8")

    assert "://" not in lock
    assert "--index-url" not in lock
    assert lock.count("--hash=sha256:") > 500


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("currency", "euro"),
        ("name", ""),
        ("search_engine", "solr"),
        ("web_processes", "0"),
        ("web_threads", "1000"),
        ("search_requests_per_minute", "-1"),
        ("proxy_count", "9"),
    ],
)
def test_a_wrong_setting_is_refused(field: str, value: str) -> None:
    with pytest.raises(ValidationError):
        Env.model_validate({field: value})


def test_a_postgresql_address_is_taken_apart(tmp_path: Path) -> None:
    found = database_from_url("postgresql://mall:p%40ss@db:5433/shop", tmp_path)

    assert (found["NAME"], found["USER"], found["PASSWORD"], found["HOST"], found["PORT"]) == (
        "shop",
        "mall",
        "p@ss",
        "db",
        5433,
    )
    with pytest.raises(ValueError, match="postgresql://"):
        database_from_url("mysql://x/y", tmp_path)


def test_the_signing_key_is_made_once_readable_by_its_owner_only(tmp_path: Path) -> None:
    first = secret_key("", tmp_path)

    assert secret_key("", tmp_path) == first
    assert len(first) >= 40
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(ValueError, match="at least 40"):
        secret_key("short", tmp_path)


def production(tmp_path: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MALL_")}
    environment = {**kept, "DJANGO_SETTINGS_MODULE": "mall.settings.production", "MALL_DATA_FOLDER": str(tmp_path)}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(
        command,
        cwd=PROJECT_FOLDER,
        env={**environment, **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_is_clean_by_django_s_own_check(tmp_path: Path) -> None:
    done = production(
        tmp_path,
        MALL_SECRET_KEY="k7" * 40 + "abcdefghij",
        MALL_DATABASE_URL="postgresql://mall@127.0.0.1:1/mall",
        MALL_REDIS_URL="redis://127.0.0.1:1/0",
        MALL_PUBLIC_URL="https://mall.example",
        MALL_ALLOWED_HOSTS='["mall.example"]',
    )

    assert (done.returncode, "no issues" in done.stdout) == (0, True), done.stderr[-3000:]


def test_production_says_what_must_be_set(tmp_path: Path) -> None:
    done = production(tmp_path)

    assert done.returncode != 0
    assert "MALL_SECRET_KEY must be set in production" in done.stderr
