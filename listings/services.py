"""Use cases of listings. Each writes the outbox rows of what it changed in its own transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import F

from listings.models import Listing, ListingPhoto
from mall.catalogue.models import Brand, Category, Offer
from mall.catalogue.services import OfferTerms, publish_offer, touch_offer
from mall.core import outbox
from mall.core.models import Picture
from mall.sellers.models import Seller
from search.indexing.changes import mark_changed

MATCH_WANTED = "listings.match"
ALL = "all"


@dataclass(frozen=True, kw_only=True, slots=True)
class ListingWords:
    """What a seller says of a thing; the fields are those of `Listing`."""

    category: Category
    brand: Brand | None
    language: str
    title: str
    description: str = ""
    title_other: str = ""
    description_other: str = ""
    defects: tuple[str, ...] = ()
    is_complete: bool = True
    colour: str = ""
    size: str = ""
    bought_in: int | None = None
    gtin: str = ""
    model_code: str = ""
    attributes: Mapping[str, str | int | float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class ListingPicture:
    """alt: what the photo shows, in French and English. is_defect: it shows a flaw, and is never to be retouched."""

    picture: Picture
    alt_fr: str = ""
    alt_en: str = ""
    is_defect: bool = False


@transaction.atomic
def publish_listing(
    *,
    seller: Seller,
    terms: OfferTerms,
    words: ListingWords,
    pictures: Sequence[ListingPicture],
    now: datetime,
    source_key: str | None = None,
) -> Listing:
    """Put one second-hand thing on sale, linked to nothing, and ask what it is. Raises RefurbishedRuleBroken.

    pictures: in the order they are shown. source_key: of the offer; IntegrityError when a listing bears it already.
    """
    offer = publish_offer(seller=seller, variant=None, terms=terms, now=now, source_key=source_key)
    listing = Listing.objects.create(offer=offer, created_at=now, **_fields(words))
    ListingPhoto.objects.bulk_create(
        ListingPhoto(listing=listing, position=place, **_shown(picture)) for place, picture in enumerate(pictures)
    )
    ask_for_match([listing.pk])
    return listing


@transaction.atomic
def rewrite_listing(*, listing_id: int, words: ListingWords) -> Listing:
    """Replace what a seller says of a thing, and ask again what it is. Raises Listing.DoesNotExist."""
    offer = Offer.objects.select_for_update(of=("self",)).filter(listing=listing_id).first()
    if offer is None:
        raise Listing.DoesNotExist(f"there is no listing {listing_id}")
    Listing.objects.filter(pk=listing_id).update(**_fields(words))
    touch_offer(offer)
    ask_for_match([listing_id])
    return Listing.objects.get(pk=listing_id)


def ask_for_match(ids: Iterable[int]) -> None:
    """Ask, inside the caller's transaction, that the matcher look at these listings."""
    outbox.publish_many(MATCH_WANTED, ((f"listing:{pk}", {"listing_id": pk}) for pk in ids))


def ask_for_all_matches() -> None:
    """Ask that the matcher look at every live listing that is linked to nothing. Many such wishes are one."""
    outbox.publish(MATCH_WANTED, ALL, {"listing_id": None})


def touch_listings(ids: Iterable[int]) -> None:
    """Say that the documents of these listings changed: the index follows."""
    changed = sorted(set(ids))
    Listing.objects.filter(pk__in=changed).update(search_version=F("search_version") + 1)
    mark_changed("listing", changed)


def _fields(words: ListingWords) -> dict[str, object]:
    # not asdict: it would copy the rows that the words name
    fields = {name: getattr(words, name) for name in ListingWords.__dataclass_fields__}
    return fields | {"defects": list(words.defects), "attributes": dict(words.attributes)}


def _shown(picture: ListingPicture) -> dict[str, object]:
    return {name: getattr(picture, name) for name in ListingPicture.__dataclass_fields__}
