"""What stands near a product second-hand, and which product sold new a thing comes nearest to."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db.models import Count, Window

from mall.catalogue.models import Equivalent, Offer
from mall.pages.selectors.browse import listing_hit, product_hit
from mall.pages.selectors.cards import CardFacts, read_cards
from mall.pages.selectors.ties import Evidence, Tie, standing_by, with_live_new

MOST_SHOWN = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class NearThings:
    """cards: the nearest things, tied to the product; count: of all."""

    cards: tuple[CardFacts, ...] = ()
    count: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class NearestNew:
    """A product on sale new, and why a thing comes nearest to it."""

    product: CardFacts
    evidence: Evidence


def things_near(product_id: int, *, title: str, new_minor: int | None, language: str) -> NearThings:
    """Up to MOST_SHOWN lone live things near a product that is sold new, nearest first. At most three queries.

    title: the product's. new_minor: lowest total of its live new offers; nothing stands by a product without one.
    """
    if new_minor is None:
        return NearThings()
    near = standing_by(product_id).annotate(in_all=Window(Count("pk")))
    rows = list(near.values_list("offer__listing", "evidence", "in_all")[:MOST_SHOWN])
    ties = {
        listing_id: Tie(product_id=product_id, product_title=title, evidence=tuple(evidence), new_minor=new_minor)
        for listing_id, evidence, _count in rows
    }
    cards = read_cards([listing_hit(listing_id) for listing_id in ties], language) if ties else []
    return NearThings(
        cards=tuple(replace(card, tie=ties[card.hit.source_id]) for card in cards), count=rows[0][2] if rows else 0
    )


def nearest_new(offer: Offer, language: str) -> NearestNew | None:
    """None for an offer that is linked to a product, or near to none that is sold new. At most five queries."""
    if offer.variant_id is not None:
        return None
    nearest = with_live_new(Equivalent.objects.filter(offer=offer)).order_by("rank").first()
    if nearest is None:
        return None
    cards = read_cards([product_hit(nearest.product_id)], language)
    return NearestNew(product=cards[0], evidence=tuple(nearest.evidence)) if cards else None
