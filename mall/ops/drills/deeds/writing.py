"""Sellers who change prices through the services, and what was acknowledged to them."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import dataclass, field

from django.db import DatabaseError, connection
from django.utils import timezone

from mall.catalogue.models import Offer
from mall.catalogue.services import change_price

__all__ = ["check_writes", "start_writing", "stop_writing"]

MOST_OFFERS = 400


@dataclass(kw_only=True)
class Writers:
    """Each writer has offers of its own, so the order of what happens to one offer is known.

    asked: last price by offer, each a cent above the one before: the same price again is no change, and nothing would
    follow it. acknowledged: last price by offer that the database confirmed. tried: those since, of which nothing is
    known.
    """

    per_second: float
    writers: int
    asked: dict[int, int] = field(default_factory=dict)
    acknowledged: dict[int, int] = field(default_factory=dict)
    tried: dict[int, list[int]] = field(default_factory=dict)
    walls: list[float] = field(default_factory=list)
    refused: int = 0
    threads: list[threading.Thread] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)
    started: float = 0.0
    ended: float = 0.0

    def start(self) -> None:
        live = Offer.objects.live().filter(variant__isnull=False).order_by("pk")
        self.asked = dict(live.values_list("pk", "price_minor")[:MOST_OFFERS])
        offers = list(self.asked)
        self.started = time.monotonic()
        for number in range(self.writers):
            thread = threading.Thread(target=self._write, args=(number, offers[number :: self.writers]), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _write(self, number: int, offers: list[int]) -> None:
        pause = self.writers / self.per_second
        due = time.monotonic() + number / self.per_second
        for offer_id in itertools.cycle(offers):
            if self.is_over.wait(max(0.0, due - time.monotonic())):
                break
            due = max(due + pause, time.monotonic() - 5 * pause)
            self._change(offer_id)
        connection.close()

    def _change(self, offer_id: int) -> None:
        self.asked[offer_id] += 1
        price, began = self.asked[offer_id], time.monotonic()
        self.tried.setdefault(offer_id, []).append(price)
        try:
            change_price(offer_id=offer_id, price_minor=price, delivery_minor=0, now=timezone.now())
        except DatabaseError:
            self.refused += 1
            connection.close()
            return
        self.acknowledged[offer_id], self.tried[offer_id] = price, []
        self.walls.append(time.monotonic() - began)

    def stop(self) -> None:
        self.is_over.set()
        for thread in self.threads:
            thread.join()
        self.ended = time.monotonic()


_now: list[Writers] = []


def start_writing(per_second: float = 4.0, writers: int = 2) -> int:
    """Change prices, so many a second, until `stop_writing`. Returns how many sellers do."""
    _now[:] = [Writers(per_second=per_second, writers=writers)]
    _now[0].start()
    return writers


def stop_writing() -> dict[str, float]:
    """How many changes were acknowledged, how many refused, and how long the slowest took."""
    one = _now[0]
    one.stop()
    return {
        "writes": len(one.walls),
        "writes_refused": one.refused,
        "writes_per_second": round(len(one.walls) / (one.ended - one.started), 1),
        "write_slowest_ms": round(1000 * max(one.walls, default=0.0)),
    }


def check_writes() -> dict[str, list[int]]:
    """Offers whose price is not the last acknowledged one, nor one that was tried after it."""
    one = _now[0]
    prices = dict(Offer.objects.filter(pk__in=one.acknowledged).values_list("pk", "price_minor"))
    lost = [
        offer_id
        for offer_id, price in one.acknowledged.items()
        if prices.get(offer_id) not in {price, *one.tried[offer_id]}
    ]
    return {"offers": sorted(one.acknowledged), "lost": lost}
