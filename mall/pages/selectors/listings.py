"""One second-hand thing as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass

from listings.models import Listing, ListingPhoto
from mall.catalogue.match_selectors import current_match
from mall.catalogue.models import CatalogueMatch, Category, ProductText
from mall.pages.selectors.equivalents import NearestNew, nearest_new
from mall.pages.selectors.products import cheapest_new_total


@dataclass(frozen=True, kw_only=True, slots=True)
class MatchedProduct:
    """The catalogue's product that the thing is one of. new_total_minor: its cheapest live new offer, None without."""

    product_id: int
    slug: str
    title: str
    new_total_minor: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ListingFacts:
    """match: what links it to `product`. nearest: of a thing linked to nothing, the nearest product sold new."""

    listing: Listing
    photos: tuple[ListingPhoto, ...]
    categories: tuple[Category, ...]
    product: MatchedProduct | None
    match: CatalogueMatch | None
    nearest: NearestNew | None

    @property
    def is_live(self) -> bool:
        offer = self.listing.offer
        return offer.withdrawn_at is None and offer.stock > 0 and offer.seller.is_active

    @property
    def is_withdrawn(self) -> bool:
        """Taken back by its seller, not sold."""
        offer = self.listing.offer
        return offer.stock > 0 and not self.is_live


def find_listing(listing_id: int, language: str) -> ListingFacts | None:
    """None for a thing that never was. Nine queries at most."""
    listing = (
        Listing.objects.filter(pk=listing_id)
        .select_related("offer__seller", "offer__variant__product", "category", "brand")
        .first()
    )
    if listing is None:
        return None
    return ListingFacts(
        listing=listing,
        photos=tuple(listing.photos.select_related("picture")),
        categories=tuple(
            sorted(Category.objects.filter(slug__in=listing.category.path_slugs), key=lambda node: len(node.path))
        ),
        product=_product(listing, language),
        match=current_match(listing.offer) if listing.offer.variant_id else None,
        nearest=nearest_new(listing.offer, language),
    )


def _product(listing: Listing, language: str) -> MatchedProduct | None:
    variant = listing.offer.variant
    if variant is None or not variant.product.is_active:
        return None
    titles = dict(ProductText.objects.filter(product_id=variant.product_id).values_list("language", "title"))
    title = titles.get(language) or next(iter(titles.values()), variant.product.slug.replace("-", " "))
    return MatchedProduct(
        product_id=variant.product_id,
        slug=variant.product.slug,
        title=title,
        new_total_minor=cheapest_new_total(variant.product_id),
    )
