"""Work that harms who does it, for one drill: `celery … worker --include mall.ops.drills.poisons` knows it.

Each kind is harmless once the file ANTIDOTE lies in the data folder: then a person has mended its cause.
"""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings

from mall.core import outbox

TOPIC = "drill.poison"
ANTIDOTE, DONE = "drill-antidote", "drill-done"
LONGEST_SECONDS = 2.0
MEMORY_BYTES = 2**32


class Poison(Exception):
    """What the work that raises raises."""


def _raise() -> NoReturn:
    raise Poison("this work cannot be done")


def _never_end() -> None:
    while True:
        time.sleep(0.1)


def _eat_memory() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, hard))
    try:
        bytearray(2 * MEMORY_BYTES)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


DEEDS: Mapping[str, Callable[[], object]] = {
    "good": lambda: None,
    "raises": _raise,
    "exits": lambda: os._exit(3),
    "is killed": _kill,
    "eats memory": _eat_memory,
    "never ends": _never_end,
}


@outbox.handles(TOPIC, longest_seconds=LONGEST_SECONDS)
def take(payloads: Sequence[dict[str, Any]]) -> None:
    """Do what each asks for, and note it. Keys may be done at once: a line is added in one write."""
    folder = Path(settings.DATA_FOLDER)
    for payload in payloads:
        if not (folder / ANTIDOTE).exists():
            DEEDS[payload["kind"]]()
    with (folder / DONE).open("a", encoding="utf-8") as file:
        file.write("".join(f"{payload['name']}\n" for payload in payloads))
