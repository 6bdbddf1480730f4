"""Why a lone second-hand thing stands by a product, and what that product costs new: read again at each look."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from mall.catalogue.conditions import Family
from mall.catalogue.models import Equivalent, Offer

Evidence = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tie:
    """A thing's nearness to one product. It is not that product: the gap between both prices is no saving.

    product_title: in the page's language. evidence: entries as `mall.catalogue.evidence` describes them.
    new_minor: lowest total among the product's live new offers, minor units; None without one.
    """

    product_id: int
    product_title: str
    evidence: Evidence
    new_minor: int | None

    def gap_minor(self, total_minor: int) -> int:
        """How much less than the new product the thing costs, minor units; 0 where it does not."""
        return max(0, (self.new_minor or 0) - total_minor)


def read_evidence(pairs: Collection[tuple[int, int]]) -> dict[tuple[int, int], Evidence]:
    """Evidence of each pair (listing id, product id) that still holds: the thing is live and linked to nothing.

    One query, none without pairs.
    """
    if not pairs:
        return {}
    rows = _of_lone_things(Equivalent.objects.all()).filter(
        offer__listing__in={listing_id for listing_id, _product_id in pairs},
        product__in={product_id for _listing_id, product_id in pairs},
    )
    found = {
        (listing_id, product_id): tuple(evidence)
        for listing_id, product_id, evidence in rows.values_list("offer__listing", "product", "evidence").order_by()
    }
    return {pair: found[pair] for pair in pairs if pair in found}


def standing_by(product_id: int) -> QuerySet[Equivalent]:
    """Lone things whose nearest product on sale new is this one, nearest first."""
    nearer = with_live_new(Equivalent.objects.filter(offer=OuterRef("offer"), rank__lt=OuterRef("rank")))
    return _of_lone_things(
        with_live_new(Equivalent.objects.filter(product=product_id))
        .filter(~Exists(nearer), offer__listing__isnull=False)
        .order_by("-score", "offer_id")
    )


def with_live_new(rows: QuerySet[Equivalent]) -> QuerySet[Equivalent]:
    """Those of `rows` whose product is shown and can be had new now."""
    new = Offer.objects.live().filter(family=Family.NEW, variant__product=OuterRef("product"))
    return rows.filter(Exists(new), product__is_active=True)


def _of_lone_things(rows: QuerySet[Equivalent]) -> QuerySet[Equivalent]:
    return rows.filter(
        offer__variant__isnull=True,
        offer__withdrawn_at__isnull=True,
        offer__stock__gt=0,
        offer__seller__is_active=True,
    )
