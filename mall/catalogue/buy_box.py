"""Which offer stands first: computed from the live offers each time, never stored, with its reasons.

Gates: live (seller open, stock), the legal facts of its kind present (database constraints see to that).
Rank: total price within a tolerance band, then the promised date, then the seller's lower rating bound, then a
rotation among equals that changes with the day. Nothing paid moves an offer. Rule: decisions/0007-buy-box.md.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mall.catalogue.conditions import Family
from mall.catalogue.models import Offer

TOLERANCE_PERCENT = 1
NO_PROMISE_DAYS = 99

# What a new offer leads on where there is one; otherwise the surest second-hand family.
FAMILY_ORDER = (Family.NEW, Family.REFURBISHED, Family.USED, Family.PARTS)


@dataclass(frozen=True, kw_only=True, slots=True)
class BuyBoxReasons:
    """Why the winner won; the page puts it into words.

    gap_minor: how much the runner-up costs more (0 when alone or equal). decided_by: "only", "price", "date",
    "rating" or "rotation".
    """

    offer_count: int
    gap_minor: int
    decided_by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BuyBox:
    winner: Offer
    reasons: BuyBoxReasons
    runners_up: tuple[Offer, ...]


def rating_lower_bound(rating_tenths: int | None, votes: int) -> float:
    """A seller's rating, 1 to 5, lowered the fewer votes stand behind it; 3.5 for a seller without votes.

    Lower end of a 90 % interval with a standard deviation of one star (votes are few, so no finer model).
    """
    if rating_tenths is None or votes == 0:
        return 3.5
    return max(1.0, rating_tenths / 10 - 1.645 / math.sqrt(votes))


def choose(offers: Iterable[Offer], *, now: datetime) -> BuyBox | None:
    """The winner among live offers of one variant and family; None without any."""
    live = sorted((offer for offer in offers if offer.is_live(now)), key=lambda offer: (offer.total_minor, offer.pk))
    if not live:
        return None
    cheapest = live[0].total_minor
    band = [offer for offer in live if offer.total_minor * 100 <= cheapest * (100 + TOLERANCE_PERCENT)]
    ranked = sorted(band, key=lambda offer: _rank(offer, now))
    winner = ranked[0]
    rest = tuple(offer for offer in live if offer.pk != winner.pk)
    return BuyBox(winner=winner, reasons=_reasons(winner, ranked, live, now), runners_up=rest)


def _rank(offer: Offer, now: datetime) -> tuple[int, float, int]:
    days = offer.delivery_days_max if offer.delivery_days_max is not None else NO_PROMISE_DAYS
    trust = rating_lower_bound(offer.seller.rating_tenths, offer.seller.rating_count)
    return days, -round(trust, 1), _rotation(offer.pk, now)


def _rotation(offer_id: int, now: datetime) -> int:
    digest = hashlib.sha256(f"{now:%Y-%m-%d}|{offer_id}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def _reasons(winner: Offer, ranked: Sequence[Offer], live: Sequence[Offer], now: datetime) -> BuyBoxReasons:
    others = [offer for offer in live if offer.pk != winner.pk]
    gap = max(0, min((offer.total_minor for offer in others), default=winner.total_minor) - winner.total_minor)
    if len(live) == 1:
        decided = "only"
    elif len(ranked) == 1:
        decided = "price"
    else:
        first, second = (_rank(offer, now) for offer in ranked[:2])
        decided = "date" if first[0] != second[0] else "rating" if first[1] != second[1] else "rotation"
    return BuyBoxReasons(offer_count=len(live), gap_minor=gap, decided_by=decided)


def saving_percent(total_minor: int, new_total_minor: int | None) -> int:
    """Whole percent below today's cheapest live new offer of the same product, 0 when none or not cheaper."""
    if not new_total_minor or total_minor >= new_total_minor:
        return 0
    return (new_total_minor - total_minor) * 100 // new_total_minor
