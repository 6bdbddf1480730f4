"""How second-hand things that match no product become search documents of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from django.db.models import QuerySet

from listings.models import Listing
from mall.catalogue.newness import nearest_products_sold_new
from mall.catalogue.search_documents import category_names, offer_document, path_names
from search.documents import DocumentText, Language, SearchDocument
from search.indexing.registry import DocumentSource, ids_of, versions_of
from search.indexing.registry import register as register_source


def alone() -> QuerySet[Listing]:
    """Live listings that stand on no product's page."""
    return Listing.objects.filter(
        offer__variant__isnull=True,
        offer__withdrawn_at__isnull=True,
        offer__stock__gt=0,
        offer__seller__is_active=True,
    )


def build_documents(ids: Sequence[int]) -> list[SearchDocument]:
    """Documents of the live, unmatched listings among `ids`."""
    listings = list(alone().filter(pk__in=ids).select_related("offer__seller", "category", "brand").order_by("pk"))
    names = category_names(listing.category for listing in listings)
    nearest = nearest_products_sold_new([listing.offer_id for listing in listings])
    return [_document(listing, names, nearest.get(listing.offer_id)) for listing in listings]


def _document(listing: Listing, names: dict[str, tuple[str, str]], product_id: int | None) -> SearchDocument:
    """product_id: of the nearest product that is sold new, None when there is none."""
    own = cast(Language, listing.language)
    other: Language = "en" if own == "fr" else "fr"
    texts = {own: _text(listing, own, names)}
    if listing.title_other:
        texts[other] = _text(listing, other, names)
    return SearchDocument(
        id=f"listing:{listing.pk}",
        kind="listing",
        version=listing.search_version,
        texts=texts,
        brand=listing.brand.name if listing.brand else "",
        brand_slug=listing.brand.slug if listing.brand else "",
        category_path=listing.category.path_slugs,
        identifiers=tuple(code for code in (listing.gtin, listing.model_code) if code),
        equivalent_of=f"product:{product_id}" if product_id else "",
        offers=(offer_document(listing.offer, colour=listing.colour, size=listing.size, new_total_minor=None),),
    )


def _text(listing: Listing, language: Language, names: dict[str, tuple[str, str]]) -> DocumentText:
    return DocumentText(
        title=listing.title_in(language),
        details=listing.description_in(language),
        categories=path_names(listing.category, names, language),
    )


def register() -> None:
    """Tell search where lone listings come from."""
    register_source(
        DocumentSource(
            kind="listing",
            build=build_documents,
            iterate_ids=lambda: ids_of(alone()),
            count=lambda: alone().count(),
            versions=lambda: versions_of(alone()),
        )
    )
