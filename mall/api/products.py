"""One product with everything on sale of it, in at most fourteen queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Min

from mall.api.answers import image, near_url, results
from mall.catalogue.buy_box import choose
from mall.catalogue.conditions import GRADES
from mall.catalogue.models import Category, Offer, Product, ProductText, Variant
from mall.pages.addresses import absolute, product_url, seller_url
from mall.pages.selectors.equivalents import things_near

MOST_OFFERS_PER_FAMILY = 100
LARGEST_ID = 2**63 - 1


def product_answer(product_id: int, language: str, *, now: datetime) -> dict[str, Any] | None:
    """None for a product that does not exist or is not shown."""
    if product_id > LARGEST_ID:
        return None
    product = (
        Product.objects.filter(pk=product_id, is_active=True)
        .select_related("brand", "category")
        .prefetch_related("texts", "variants__identifiers", "photos__picture")
        .first()
    )
    if product is None:
        return None
    texts = {text.language: text for text in product.texts.all()}
    shown = texts.get(language) or next(iter(texts.values()), None)
    live = Offer.objects.live().filter(variant__product=product)
    families = _families(live)
    offers = {family: _cheapest(live, family) for family in families}
    title = shown.title if shown else product.slug.replace("-", " ")
    return {
        "id": product.pk,
        "title": title,
        "url": absolute(product_url(product.pk, product.slug)),
        "brand": product.brand.name if product.brand else "",
        "category": product.category.slug,
        "category_names": _category_names(product.category, language),
        "language": language,
        "texts": {code: _text(text) for code, text in texts.items()},
        "images": [
            found for photo in product.photos.all() if (found := image(photo.picture, photo.alt(language))) is not None
        ],
        "variants": [_variant(variant, language) for variant in product.variants.all()],
        "offers": families,
        "buy_box": _buy_boxes(offers, now),
        "live_offers": [_offer(offer) for found in offers.values() for offer in found],
        **_equivalents(product.pk, title, families, language),
    }


def _equivalents(product_id: int, title: str, families: dict[str, dict[str, int]], language: str) -> dict[str, Any]:
    """Lone second-hand things near to the product: no offers of it."""
    new_minor = families["new"]["from_minor"] if "new" in families else None
    near = things_near(product_id, title=title, new_minor=new_minor, language=language)
    return {
        "equivalents": results(near.cards, language),
        "equivalent_count": near.count,
        "equivalents_url": near_url(product_id, language) if near.count else None,
    }


def _families(live: Any) -> dict[str, dict[str, int]]:
    """Lowest total and number of live offers by condition, in the order of the mall."""
    rows = {
        row["family"]: {"from_minor": row["from_minor"], "count": row["count"]}
        for row in live.values("family")
        .annotate(from_minor=Min(F("price_minor") + F("delivery_minor")), count=Count("pk"))
        .order_by()
    }
    return {family: rows[family] for family in ("new", "refurbished", "used", "parts") if family in rows}


def _cheapest(live: Any, family: str) -> list[Offer]:
    return list(live.filter(family=family).select_related("seller").by_total()[:MOST_OFFERS_PER_FAMILY])


def _buy_boxes(offers: dict[str, list[Offer]], now: datetime) -> dict[str, dict[str, Any]]:
    boxes = {}
    for family, found in offers.items():
        box = choose(found, now=now)
        if box is not None:
            boxes[family] = {
                "offer_id": box.winner.pk,
                "total_minor": box.winner.total_minor,
                "offer_count": box.reasons.offer_count,
                "gap_minor": box.reasons.gap_minor,
                "decided_by": box.reasons.decided_by,
            }
    return boxes


def _category_names(category: Category, language: str) -> list[str]:
    slugs: Sequence[str] = category.path_slugs
    names = {node.slug: node.name(language) for node in Category.objects.filter(slug__in=slugs)}
    return [names[slug] for slug in slugs if slug in names]


def _text(text: ProductText) -> dict[str, Any]:
    facts: Iterable[Sequence[Any]] = text.facts
    return {
        "title": text.title,
        "summary": text.summary,
        "description": text.description,
        "facts": [[str(label), str(value)] for label, value in facts],
    }


def _variant(variant: Variant, language: str) -> dict[str, Any]:
    return {
        "id": variant.pk,
        "label": variant.label(language),
        "colour": variant.colour,
        "size": variant.size,
        "identifiers": [{"scheme": one.scheme, "value": one.value} for one in variant.identifiers.all()],
    }


def _offer(offer: Offer) -> dict[str, Any]:
    seller = offer.seller
    return {
        "id": offer.pk,
        "variant_id": offer.variant_id,
        "condition": offer.family,
        "grade": offer.grade,
        "grade_label": str(GRADES[offer.grade].label),
        "price_minor": offer.price_minor,
        "delivery_minor": offer.delivery_minor,
        "total_minor": offer.total_minor,
        "currency": offer.currency,
        "stock": offer.stock,
        "delivery_days_min": offer.delivery_days_min,
        "delivery_days_max": offer.delivery_days_max,
        "can_be_collected": offer.can_be_collected,
        "warranty_months": offer.warranty_months,
        "seller": {
            "id": seller.pk,
            "name": seller.name,
            "kind": seller.kind,
            "url": absolute(seller_url(seller.slug)),
            "rating": seller.rating_tenths / 10 if seller.rating_tenths is not None else None,
            "rating_count": seller.rating_count,
            "return_days": seller.return_days,
        },
    }
