"""The demo mall's second-hand things: each with its own photo, matched to the catalogue where that has it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zlib import crc32

from django.db import transaction

from listings.services import ListingPicture, ListingWords, publish_listing
from mall.catalogue.models import CatalogueMatch, Identifier, Offer, Variant
from mall.catalogue.services import OfferTerms, link_offer, match_by_identifier
from mall.demo.content import DemoContent, DemoListing
from mall.demo.seed import Shelves


@transaction.atomic
def publish_listings(content: DemoContent, shelves: Shelves, *, now: datetime) -> int:
    """Publish the things that are not there yet. Returns how many were new."""
    known = set(Offer.objects.filter(source_key__startswith="demo-listing:").values_list("source_key", flat=True))
    fresh = [row for row in content.listings if f"demo-listing:{row.photo}" not in known]
    for row in fresh:
        _publish(row, content, shelves, published=now - timedelta(hours=5 + crc32(row.photo.encode()) % 900))
    return len(fresh)


def _publish(row: DemoListing, content: DemoContent, shelves: Shelves, *, published: datetime) -> None:
    variant = _variant(row, content, shelves)
    title_fr, title_en = row.title if row.language == "fr" else reversed(row.title)
    listing = publish_listing(
        seller=shelves.sellers[row.seller],
        terms=_terms(row),
        words=_words(row, content, shelves, variant),
        pictures=[
            ListingPicture(
                picture=shelves.photos[f"phone/{row.photo}"],
                alt_fr=f"{title_fr}, photo du vendeur",
                alt_en=f"{title_en}, the seller’s photo",
            )
        ],
        now=published,
        source_key=f"demo-listing:{row.photo}",
    )
    if variant is not None and row.match != "matcher":
        _match(row, listing.offer, variant, published)


def _words(row: DemoListing, content: DemoContent, shelves: Shelves, variant: Variant | None) -> ListingWords:
    product = content.by_key.get(row.product)
    brand = product.brand if product else row.brand
    return ListingWords(
        category=shelves.categories[product.category if product else row.category],
        brand=shelves.brands[brand] if brand else None,
        language=row.language,
        title=row.title[0],
        description=row.text[0],
        title_other=row.title[1],
        description_other=row.text[1],
        defects=row.defects,
        is_complete=row.is_complete,
        colour=variant.colour if variant else row.colour,
        size=row.size,
        bought_in=row.year,
        gtin=_gtin(variant) if variant and row.match == "gtin" else "",
        model_code=row.code,
    )


def _terms(row: DemoListing) -> OfferTerms:
    return OfferTerms(
        grade=row.grade,
        kind=Offer.Kind.UNIQUE,
        price_minor=row.price_minor,
        delivery_minor=row.delivery_minor,
        delivery_days_min=3 if row.is_delivered else None,
        delivery_days_max=5 if row.is_delivered else None,
        can_be_collected=row.can_be_collected,
    )


def _variant(row: DemoListing, content: DemoContent, shelves: Shelves) -> Variant | None:
    """The variant whose studio picture shows the same colour as the phone photo."""
    if not row.product:
        return None
    places = [
        place
        for place, variant in enumerate(content.by_key[row.product].variants)
        if row.photo.startswith(f"{variant.photo}-")
    ]
    return shelves.variants[row.product, places[0]]


def _match(row: DemoListing, offer: Offer, variant: Variant, published: datetime) -> None:
    if row.match == "gtin":
        match_by_identifier(offer=offer, scheme=Identifier.Scheme.GTIN, value=_gtin(variant), now=published)
        return
    link_offer(
        offer=offer,
        variant=variant,
        method=CatalogueMatch.Method.SELLER,
        evidence=[
            {"kind": "seller", "detail": "chosen from the catalogue", "speaks": "for"},
            {"kind": "title", "detail": row.title[0], "speaks": "for"},
        ],
        score=None,
        now=published,
    )


def _gtin(variant: Variant) -> str:
    return variant.identifiers.get(scheme=Identifier.Scheme.GTIN).value
