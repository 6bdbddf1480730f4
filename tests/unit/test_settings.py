"""Settings are read in one place, refused at start when wrong, and each is documented."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from pydantic import ValidationError

from mall.settings.databases import broker_options, database_from_url
from mall.settings.env import PROJECT_FOLDER, Env, read_env
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


def start(*words: str, tmp_path: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """A program of the mall with nothing but these settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MALL_")}
    environment = {**kept, "DJANGO_SETTINGS_MODULE": "mall.settings.dev", "MALL_DATA_FOLDER": str(tmp_path)}
    return subprocess.run(
        [sys.executable, *words],
        cwd=PROJECT_FOLDER,
        env={**environment, **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"REDIS_URL": "http://host:6379"}, "REDIS_URL must begin with redis:// or rediss://, not 'http://...'"),
        ({"REDIS_URL": "hunter2"}, "REDIS_URL must be an address such as redis://host:6379/0"),
        ({"REDIS_URL": "redis://host:6379/first"}, "REDIS_URL names its database by a number; it looks like"),
        (
            {"DATABASE_URL": "mysql://a/b"},
            "DATABASE_URL must begin with postgresql:// or postgres://, not 'mysql://...'",
        ),
        (
            {"DATABASE_URL": "postgresql://h:5x/b"},
            "DATABASE_URL has a port or a host that cannot be read; ",
        ),
        ({"DATABASE_URL": "postgresql://host"}, "DATABASE_URL names no database; it looks like"),
        ({"EMAIL_URL": "mail.example"}, "EMAIL_URL must be an address such as smtp://user:password@host:587"),
        ({"PUBLIC_URL": "mall.example"}, "PUBLIC_URL must be an address such as https://mall.example"),
        ({"SEARCH_ENGINE": "opensearch"}, "OPENSEARCH_URL must be set, because MALL_SEARCH_ENGINE is opensearch"),
        ({"OPENSEARCH_URL": "host:9200"}, "OPENSEARCH_URL must be an address such as https://host:9200"),
        ({"OPENSEARCH_URL": "https://u:hunter2@h:9200"}, "OPENSEARCH_URL must hold no name and no password: "),
        (
            {"OPENSEARCH_URL": "https://a:1,http://b:1"},
            "OPENSEARCH_URL must use https:// for all nodes, or ",
        ),
        ({"OPENSEARCH_PASSWORD": "hunter2"}, "OPENSEARCH_USER must be set, because MALL_OPENSEARCH_PASSWORD is"),
        ({"OPENSEARCH_USER": "passage"}, "OPENSEARCH_PASSWORD must be set, because MALL_OPENSEARCH_USER is"),
        ({"OPENSEARCH_CA_FILE": "/no/where.pem"}, "OPENSEARCH_CA_FILE cannot be read (No such file or directory): "),
        (
            {"OPENSEARCH_CA_FILE": str(PROJECT_FOLDER / "README.md")},
            "OPENSEARCH_CA_FILE holds no certificate that ",
        ),
        ({"OPENSEARCH_INDEX": "Passage"}, "OPENSEARCH_INDEX must match pattern "),
        ({"WEB_THREADS": "1000"}, "WEB_THREADS must be less than or equal to 64, not '1000'"),
        ({"SEARCH_ENGINE": "solr"}, "SEARCH_ENGINE must be 'embedded' or 'opensearch', not 'solr'"),
        ({"SECRET_KEY": "hunter2"}, "SECRET_KEY needs at least 40 characters"),
        ({"METRICS_ALLOWED": "everybody"}, "METRICS_ALLOWED must list addresses or networks, such as "),
        ({"DATA_FOLDER": "/proc/nowhere"}, "DATA_FOLDER cannot be made ("),
    ],
)
def test_each_fault_is_one_plain_line(
    settings: dict[str, str], line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in os.environ if name.startswith("MALL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MALL_DATA_FOLDER", str(tmp_path))
    for name, value in settings.items():
        monkeypatch.setenv(f"MALL_{name}", value)

    with pytest.raises(SystemExit) as refused:
        read_env(is_production=False)

    told = str(refused.value).splitlines()
    assert told[0] == "The mall does not start: 1 setting is wrong."
    assert told[1].startswith(f"  MALL_{line}")
    assert "hunter2" not in str(refused.value)


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Env.model_fields:
        monkeypatch.setenv(f"MALL_{name.upper()}", "")
    monkeypatch.setenv("MALL_DATA_FOLDER", str(tmp_path))

    assert read_env(is_production=False) == Env.model_construct(data_folder=tmp_path)


def test_lists_are_read_by_comma_and_as_json() -> None:
    hosts = [Env.model_validate({"allowed_hosts": text}).allowed_hosts for text in ("a.example, [::1]", '["a", "b"]')]

    assert hosts == [("a.example", "[::1]"), ("a", "b")]


def test_settings_that_are_printed_show_no_password() -> None:
    env = Env.model_validate({
        "database_url": "postgresql://mall:hunter2@db/mall",
        "redis_url": "redis://:hunter2@redis/0",
        "email_url": "smtp://mall:hunter2@mail:587",
        "secret_key": "hunter2" * 8,
        "opensearch_password": "hunter2",
    })  # fmt: skip

    assert "hunter2" not in repr(env) + str(env)


FAULTS = {"MALL_REDIS_URL": "http://:hunter2@x", "MALL_WEB_THREADS": "0", "MALL_SEARCH_ENGINE": "opensearch"}


@pytest.mark.parametrize(
    "words",
    [
        ("manage.py", "check"),
        ("-m", "gunicorn", "mall.wsgi:application", "--config", "mall/ops/gunicorn_config.py", "--bind", "127.0.0.1:0"),
        ("-m", "celery", "-A", "mall", "worker", "--pool", "solo"),
        ("-m", "celery", "-A", "mall", "beat"),
    ],
    ids=["manage.py", "gunicorn", "worker", "beat"],
)
def test_every_program_tells_all_faults_at_once_and_without_a_traceback(words: tuple[str, ...], tmp_path: Path) -> None:
    done = start(*words, tmp_path=tmp_path, **FAULTS)

    assert done.returncode not in {0, None}
    said = done.stdout + done.stderr
    told = [line for line in said.splitlines() if line.startswith("  MALL_")]
    assert told == [
        "  MALL_REDIS_URL must begin with redis:// or rediss://, not 'http://...'",
        "  MALL_WEB_THREADS must be greater than or equal to 1, not '0'",
        "  MALL_OPENSEARCH_URL must be set, because MALL_SEARCH_ENGINE is opensearch",
    ]
    assert "Traceback" not in said
    assert "hunter2" not in said


def test_pages_take_their_connections_from_a_pool_and_other_programs_one_each(tmp_path: Path) -> None:
    address = "postgresql://mall:p%40ss@db:5433/shop"
    page = database_from_url(address, tmp_path, pool_connections=6, statement_seconds=20)
    command = database_from_url(address, tmp_path)

    assert (page["CONN_MAX_AGE"], page["CONN_HEALTH_CHECKS"]) == (0, True)
    assert (page["OPTIONS"]["pool"]["min_size"], page["OPTIONS"]["pool"]["max_size"]) == (1, 6)
    assert page["OPTIONS"]["options"] == "-c statement_timeout=20000"
    assert (command["CONN_MAX_AGE"], "pool" in command["OPTIONS"]) == (60, False)


def test_a_message_is_not_given_away_while_the_longest_task_may_still_run() -> None:
    own = [one["time_limit"] for one in settings.CELERY_TASK_ANNOTATIONS.values()]

    assert max(settings.CELERY_TASK_TIME_LIMIT, *own) == settings.LONGEST_TASK_SECONDS
    assert settings.VISIBILITY_SECONDS > 2 * settings.LONGEST_TASK_SECONDS
    options = broker_options("redis://host/0", Path("/nowhere"), visibility_seconds=settings.VISIBILITY_SECONDS)
    assert options["visibility_timeout"] == settings.VISIBILITY_SECONDS


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
