"""Stored vectors of what documents look like, in one query; no image model is loaded here."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Value

from listings.models import ListingPhoto
from mall.catalogue.models import Offer, ProductPhoto
from mall.core.picture_vectors import StoredLook
from search.documents import DocumentKind

# newest of the category: what a page may spend on them is measured in decision 0012
CATEGORY_PICTURES = 60
# of the asked documents: a product in forty colours has forty pictures
ASKED_PICTURES = 200


def read_looks(
    document_ids: Collection[str], *, category_path: str, kinds: Collection[DocumentKind] = ()
) -> list[StoredLook]:
    """Looks of these documents, and of all of `kinds` that stand live in the category: its newest pictures. One query.

    document_ids: "product:12", "listing:7"; so are the owners of the answer. Photos of flaws are left out.
    """
    listing_ids, product_ids = _ids("listing", document_ids), _ids("product", document_ids)
    things, packshots = ListingPhoto.objects.filter(is_defect=False), ProductPhoto.objects.all()
    legs = []
    if listing_ids:
        legs.append(_vectors("listing", things.filter(listing_id__in=listing_ids)))
    if product_ids:
        legs.append(_vectors("product", packshots.filter(product_id__in=product_ids)))
    if "listing" in kinds:
        lone = things.filter(
            listing__category__path=category_path,
            listing__offer__variant__isnull=True,
            listing__offer__withdrawn_at__isnull=True,
            listing__offer__stock__gt=0,
            listing__offer__seller__is_active=True,
        ).exclude(listing_id__in=listing_ids)
        legs.append(_vectors("listing", things.filter(pk__in=_newest(lone))))
    if "product" in kinds:
        on_sale = packshots.filter(
            Exists(Offer.objects.live().filter(variant__product=OuterRef("product"))),
            product__category__path=category_path,
            product__is_active=True,
        ).exclude(product_id__in=product_ids)
        legs.append(_vectors("product", packshots.filter(pk__in=_newest(on_sale))))
    if not legs:
        return []
    rows = legs[0].union(*legs[1:], all=True)[: ASKED_PICTURES + len(kinds) * CATEGORY_PICTURES]
    return [StoredLook(owner=f"{kind}:{pk}", encoder=encoder, vector=vector) for kind, pk, encoder, vector in rows]


def _ids(kind: DocumentKind, document_ids: Collection[str]) -> list[int]:
    return sorted(int(one.partition(":")[2]) for one in document_ids if one.startswith(f"{kind}:"))


def _newest(photos: QuerySet[Any]) -> QuerySet[Any, Any]:
    return photos.order_by("-pk").values("pk")[:CATEGORY_PICTURES]


def _vectors(kind: DocumentKind, photos: QuerySet[Any]) -> QuerySet[Any, Any]:
    """Rows (kind, id of the document, encoder, vector) of the photos that have a vector."""
    return (
        photos.filter(picture__vectors__isnull=False)
        .order_by()
        .values_list(
            Value(kind, output_field=CharField()),
            F(f"{kind}_id"),
            "picture__vectors__encoder",
            "picture__vectors__vector",
        )
    )
