"""A sign of life of worker and clock: a file that is touched when a task is done, or one was handed to the broker.

It goes the whole way (clock, broker, worker, pool process), so a worker that is connected but hangs is found out:
what started it (the supervisor, a container's health check) looks at the file's age. A long task keeps it young; the
limits on the time of tasks, and not this file, end one that never ends.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path
from typing import Any

from celery.signals import after_task_publish, task_postrun, task_prerun
from django.conf import settings

BEAT_SECONDS = 15.0


class _Work:
    """How many tasks this process does now, and the process whose thread beats meanwhile (a fork has none)."""

    lock = threading.Lock()
    tasks = 0
    beating_process = 0


@after_task_publish.connect
def beat_once(**_facts: Any) -> None:
    """Touch settings.HEARTBEAT_FILE where there is one; a full disk must not stop the work."""
    if settings.HEARTBEAT_FILE:
        with contextlib.suppress(OSError):
            Path(settings.HEARTBEAT_FILE).touch()


@task_prerun.connect
def begin(**_facts: Any) -> None:
    """A task begins: beat until it is over."""
    if not settings.HEARTBEAT_FILE:
        return
    with _Work.lock:
        _Work.tasks += 1
        if _Work.beating_process != os.getpid():
            _Work.beating_process, _Work.tasks = os.getpid(), 1
            threading.Thread(target=_beat_while_busy, name="heartbeat", daemon=True).start()


@task_postrun.connect
def end(**_facts: Any) -> None:
    """A task is over."""
    if settings.HEARTBEAT_FILE:
        with _Work.lock:
            _Work.tasks = max(0, _Work.tasks - 1)
        beat_once()


def _beat_while_busy() -> None:
    while True:
        time.sleep(BEAT_SECONDS)
        if _Work.tasks:
            beat_once()
