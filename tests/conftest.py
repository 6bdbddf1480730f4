"""Markers by folder, and the servers that tests ask for by fixture."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest
from django.core.cache import cache

from mall.ops.stack import Stack
from mall.pages.selectors.kept import forget_kept
from search.engines.protocol import SearchEngine
from search.service import forget_engine, get_engine
from tests import services
from tests.secured_front import Secured, secured_front

TESTS = Path(__file__).parent
KINDS = ("unit", "integration", "contract", "concurrency", "browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test's folder is its kind."""
    for item in items:
        kind = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
        if kind in KINDS:
            item.add_marker(getattr(pytest.mark, kind))


def miss(reason: str) -> NoReturn:
    """Skip where a person works, fail in CI: nothing there may be left untested."""
    if os.environ.get("CI"):
        pytest.fail(f"in CI nothing is skipped: {reason}")
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    forget_kept()
    yield
    cache.clear()
    forget_kept()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the system's Chromium."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        found = shutil.which(name)
        if found:
            return found
    miss("Chromium is not installed (Debian: apt-get install chromium)")


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Address of an empty Redis of this test run."""
    with ExitStack() as stack:
        try:
            address = stack.enter_context(services.redis())
        except services.Missing as error:
            miss(str(error))
        yield address


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """Address of an empty PostgreSQL database of this test run."""
    with ExitStack() as stack:
        try:
            address = stack.enter_context(services.postgresql())
        except services.Missing as error:
            miss(str(error))
        yield address


@pytest.fixture(scope="session")
def opensearch_url() -> Iterator[str]:
    """Address of an OpenSearch 3 of this test run, shared by its tests: each takes index names of its own."""
    yield from _opensearch("3.6.0")


@pytest.fixture(scope="session")
def opensearch_2_url() -> Iterator[str]:
    """The same of OpenSearch 2."""
    yield from _opensearch("2.19.6")


@pytest.fixture(scope="session")
def secured_opensearch(opensearch_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """That OpenSearch 3 behind TLS and a password."""
    with secured_front(opensearch_url, tmp_path_factory.mktemp("certificates")) as secured:
        yield secured


def _opensearch(version: str) -> Iterator[str]:
    with ExitStack() as stack:
        try:
            address = stack.enter_context(services.opensearch(version))
        except services.Missing as error:
            miss(str(error))
        yield address


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """The whole mall, empty, on servers of its own; one for a module, whose tests give back what they took away."""
    with ExitStack() as exits:
        try:
            made = exits.enter_context(services.stack())
        except services.Missing as error:
            miss(str(error))
        yield made


@dataclass(frozen=True)
class MallOfItsOwn:
    """A migrated, empty mall that only its test uses, for processes of their own. environment: what they need."""

    folder: Path
    environment: dict[str, str]

    def manage(self, *words: str, seconds: float = 300) -> str:
        return services.manage(*words, environment=self.environment, seconds=seconds)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a migrated SQLite file, to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    services.manage("migrate", "--skip-checks", "-v", "0", environment=services.mall_environment(folder))
    return folder


@pytest.fixture
def sqlite_mall(migrated_sqlite: Path, tmp_path: Path) -> MallOfItsOwn:
    """A mall on SQLite with a folder of its own."""
    folder = tmp_path / "mall"
    shutil.copytree(migrated_sqlite, folder)
    return MallOfItsOwn(folder, services.mall_environment(folder))


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a migrated database, to be copied as a template."""
    folder = tmp_path_factory.mktemp("postgresql")
    services.manage(
        "migrate",
        "--skip-checks",
        "-v",
        "0",
        environment=services.mall_environment(folder, database_url=postgresql_url),
    )
    return postgresql_url


@pytest.fixture
def postgresql_mall(migrated_postgresql: str, tmp_path: Path) -> MallOfItsOwn:
    """A mall on PostgreSQL with a database of its own."""
    server, _, template = migrated_postgresql.rpartition("/")
    name = f"mall_{abs(hash(tmp_path))}"
    services.create_database(int(server.rpartition(":")[2]), name, template=template)
    return MallOfItsOwn(tmp_path, services.mall_environment(tmp_path, database_url=f"{server}/{name}"))


@pytest.fixture(params=["sqlite", "postgresql"])
def mall_of_its_own(request: pytest.FixtureRequest) -> MallOfItsOwn:
    """The same test on both databases."""
    mall: MallOfItsOwn = request.getfixturevalue(f"{request.param}_mall")
    return mall


StartPython = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start_python() -> Iterator[StartPython]:
    """`services.start_python` in a mall; what still runs when the test ends is killed."""
    started = []

    def start(code: str, *words: str, mall: MallOfItsOwn) -> subprocess.Popen[bytes]:
        process = services.start_python(code, *words, environment=mall.environment)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def search_index(settings: Any, tmp_path: Path) -> Iterator[SearchEngine]:
    """The mall's search engine over an empty folder of its own."""
    settings.SEARCH_FOLDER = tmp_path / "search"
    forget_engine()
    yield get_engine()
    forget_engine()
