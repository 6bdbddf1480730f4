"""Poisonous work, handed out and looked after."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from mall.core import outbox
from mall.core.models import OutboxRow
from mall.ops.drills.poisons import ANTIDOTE, DONE, TOPIC

__all__ = ["cure_poison", "hurry", "poison_now", "publish_poison"]


def publish_poison(kinds: dict[str, int], good: int) -> int:
    """One row of each kind among good ones. kinds: how many attempts it has had before. Returns how many rows."""
    rows = [OutboxRow(topic=TOPIC, key=f"good:{n}", payload={"kind": "good", "name": f"good:{n}"}) for n in range(good)]
    step = max(1, good // (len(kinds) + 1))
    for place, (kind, attempts) in enumerate(kinds.items(), start=1):
        payload = {"kind": kind, "name": kind}
        rows.insert(place * step, OutboxRow(topic=TOPIC, key=kind, payload=payload, attempts=attempts))
    OutboxRow.objects.bulk_create(rows)
    return len(rows)


def hurry(topics: list[str]) -> int:
    """Time flies for rows of these topics that wait for their next attempt, or for a worker that is gone.

    Returns how many rows.
    """
    live = OutboxRow.objects.filter(topic__in=topics, is_dead=False)
    holders = set(live.exclude(claimed_by="").values_list("claimed_by", flat=True))
    now = timezone.now()
    waiting = live.filter(claimed_by="", available_at__gt=now).update(available_at=now)
    return waiting + live.filter(claimed_by__in=_gone(holders), locked_until__gt=now).update(locked_until=now)


def _gone(holders: Iterable[str]) -> list[str]:
    """Of names such as host:pid:hex, those whose process of this machine has ended."""
    return [name for name in holders if not os.path.exists(f"/proc/{name.split(':')[1]}")]


def poison_now() -> dict[str, Any]:
    """What is done, and by key why the dead letters are dead."""
    done = Path(settings.DATA_FOLDER) / DONE
    dead = OutboxRow.objects.filter(topic=TOPIC, is_dead=True).values_list("key", "error")
    return {
        "waiting": OutboxRow.objects.filter(topic=TOPIC, is_dead=False).count(),
        "done": sorted(done.read_text(encoding="utf-8").split("\n")[:-1]) if done.exists() else [],
        "dead": dict(dead),
    }


def cure_poison() -> int:
    """Mend the cause and try the dead letters again, as an operator does. Returns how many."""
    (Path(settings.DATA_FOLDER) / ANTIDOTE).touch()
    return outbox.replay_dead(topic=TOPIC)
