"""The worker's own tasks. Each may run twice or at the same time as its twin."""

from __future__ import annotations

import threading
import time
from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down

from mall.core import outbox
from mall.core.tidying import remove_old_drafts

# A turn ends well before the limit of a task, however much is left: the clock starts the next one within seconds.
TURN_SECONDS = 60.0

_is_closing = threading.Event()


@worker_shutting_down.connect
def stop_soon(**_facts: Any) -> None:
    """The worker is asked to end: the batch at hand is finished, the rest waits in the outbox."""
    _is_closing.set()


@shared_task(name="outbox.drain")
def drain_outbox() -> int:
    """Do what the outbox holds; another worker at it is fine."""
    ends_at = time.monotonic() + TURN_SECONDS
    try:
        return outbox.drain(should_stop=lambda: _is_closing.is_set() or time.monotonic() > ends_at)
    except outbox.LeaseTaken:
        return 0


@shared_task(name="core.tidy")
def tidy_files() -> int:
    """Take away what interrupted writers left."""
    return remove_old_drafts(now=time.time())
