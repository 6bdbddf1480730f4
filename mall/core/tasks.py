"""The worker's own tasks. Each may run twice or at the same time as its twin."""

from __future__ import annotations

from celery import shared_task

from mall.core import outbox


@shared_task(name="outbox.drain")
def drain_outbox() -> int:
    """Do what the outbox holds; another worker at it is fine."""
    try:
        return outbox.drain()
    except outbox.LeaseTaken:
        return 0
