"""Whether a product is sold new, and which second-hand things nobody linked have to hear of it."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from mall.catalogue.conditions import Family
from mall.catalogue.models import Equivalent, Offer


def sells_new(offer: Offer, *, stock: int | None = None) -> bool:
    """Is this an offer of new goods that is on sale, its seller aside? stock: at that moment, when not the present."""
    on_hand = offer.stock if stock is None else stock
    return offer.family == Family.NEW and offer.withdrawn_at is None and on_hand > 0


def lone_offers_that_depend_on(offer: Offer, *, variant_id: int | None) -> list[int]:
    """Ids of live unlinked offers near to the product of that variant, if nobody but `offer` sells it new.

    One query where nothing is near to the product, two otherwise. The caller has written to the product's row in this
    transaction, so that of two last offers withdrawn at once one sees the other gone.
    """
    lone = Offer.objects.live().filter(variant__isnull=True, equivalents__product__variants=variant_id)
    ids = list(lone.order_by("pk").values_list("pk", flat=True).distinct())
    if not ids:
        return []
    others = Offer.objects.live().filter(family=Family.NEW, variant__product__variants=variant_id).exclude(pk=offer.pk)
    return [] if others.exists() else ids


def nearest_products_sold_new(offer_ids: list[int]) -> dict[int, int]:
    """Per offer: id of the nearest active product that has a live new offer, in one query. Without one: left out."""
    new = Offer.objects.live().filter(variant__product=OuterRef("product"), family=Family.NEW)
    rows = Equivalent.objects.filter(Exists(new), offer__in=offer_ids, product__is_active=True)
    nearest: dict[int, int] = {}
    for offer_id, product_id in rows.order_by("offer_id", "rank").values_list("offer_id", "product_id"):
        nearest.setdefault(offer_id, product_id)
    return nearest
