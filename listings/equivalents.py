"""The products that a thing stands beside while it is linked to none, kept as rows of `Equivalent`."""

from __future__ import annotations

from collections.abc import Sequence

from listings.cases import Case
from listings.services import touch_listings
from listings.things import year_of
from mall.catalogue.matching.nearness import ListedThing, NearCandidate, Nearness, nearest
from mall.catalogue.models import Equivalent, Offer
from mall.catalogue.models.equivalents import MOST_PER_OFFER


def find_equivalents(case: Case) -> tuple[Nearness, ...]:
    """The nearest products that can be had, MOST_PER_OFFER at most; those that a person keeps apart are not among
    them."""
    thing = ListedThing(reading=case.reading, colour=case.listing.colour, year=year_of(case.listing, case.reading))
    candidates = [
        NearCandidate(
            product_id=product.id,
            reading=product.reading,
            colours=frozenset(variant.colour for variant in product.variants if variant.colour),
            released_in=product.released_in,
            price=product.price_low if product.is_sold_new else product.price_high,
            cosine=case.cosines.get(product.id, float("nan")),
        )
        for product in case.known.values()
        if product.is_live
    ]
    return nearest(thing, candidates, case.weights, limit=MOST_PER_OFFER)


def replace_equivalents(case: Case, near: Sequence[Nearness]) -> bool:
    """Write the rows where they differ from those there are, and tell the index. False when nothing changed."""
    rows = [
        Equivalent(
            offer=case.offer,
            product_id=one.product_id,
            rank=rank,
            score=one.score,
            evidence=[entry.as_json() for entry in one.evidence],
            model_version=case.model_version,
            created_at=case.now,
        )
        for rank, one in enumerate(near, 1)
    ]
    before = list(Equivalent.objects.filter(offer=case.offer).order_by("rank"))
    if list(map(_content, before)) == list(map(_content, rows)):
        return False
    Equivalent.objects.filter(offer=case.offer).delete()
    Equivalent.objects.bulk_create(rows)
    touch_listings([case.listing.pk])
    return True


def forget_equivalents(offer: Offer) -> bool:
    """A linked thing stands beside nothing. False when it did not before."""
    deleted, _by_model = Equivalent.objects.filter(offer=offer).delete()
    return deleted > 0


def _content(row: Equivalent) -> tuple[object, ...]:
    return row.product_id, row.rank, row.score, row.evidence
