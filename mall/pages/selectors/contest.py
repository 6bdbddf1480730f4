"""One offer beside the product it stands with, for the page that contests it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from listings.models import Listing
from mall.catalogue.conditions import Family
from mall.catalogue.match_selectors import match_rows, state_after
from mall.catalogue.models import Offer, Product, ProductText
from mall.core.models import Picture


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductSide:
    """The product with its words in one language. facts: (label, value) pairs."""

    product: Product
    title: str
    facts: tuple[tuple[str, str], ...]
    picture: Picture | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ContestFacts:
    """product: where the offer stands, or stood until it was contested; None where it stands alone.

    picture: of the very thing, None for stock.
    """

    offer: Offer
    listing: Listing | None
    picture: Picture | None
    product: ProductSide | None
    is_waiting: bool

    @property
    def is_new(self) -> bool:
        return self.offer.family == Family.NEW

    @property
    def is_gone(self) -> bool:
        return not self.offer.is_live(timezone.now())


def find_contest(offer_id: int, language: str) -> ContestFacts | None:
    """None for an offer that never was. Six queries at most."""
    offer = Offer.objects.filter(pk=offer_id).select_related("seller", "variant__product__category", "listing").first()
    if offer is None:
        return None
    listing = getattr(offer, "listing", None)
    own = listing.photos.select_related("picture").first() if listing else None
    contest = state_after(match_rows(offer_id)).contest if offer.variant is None else None
    variant = contest.variant if contest else offer.variant
    return ContestFacts(
        offer=offer,
        listing=listing,
        picture=own.picture if own else None,
        product=_side(variant.product, language) if variant else None,
        is_waiting=contest is not None,
    )


def _side(product: Product, language: str) -> ProductSide:
    texts = {text.language: text for text in ProductText.objects.filter(product=product)}
    text = texts.get(language) or next(iter(texts.values()), None)
    photo = product.photos.select_related("picture").first()
    return ProductSide(
        product=product,
        title=text.title if text else product.slug.replace("-", " "),
        facts=tuple((str(label), str(value)) for label, value in text.facts) if text else (),
        picture=photo.picture if photo else None,
    )
