"""From a whole draft to a thing in the one search."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction
from django.utils.text import slugify

from listings.models import Listing, ListingDraft
from listings.selling.answers import DELIVERY_SPANS, flaws_in_words, unanswered
from listings.selling.errors import DraftIncomplete
from listings.selling.selectors import photos_of, private_seller_of
from listings.services import ListingPicture, ListingWords, publish_listing
from mall.accounts.models import Member
from mall.catalogue.models import Brand, Offer
from mall.catalogue.services import OfferTerms
from mall.sellers.models import Seller


@transaction.atomic(durable=True)
def publish_draft(*, draft_id: int, member: Member, seller_name: str, city: str, now: datetime) -> Listing:
    """Put the draft's thing on sale; a second call returns the same listing.

    seller_name, city: as buyers see them, read only where the member has sold nothing yet. Raises DraftIncomplete.
    """
    draft = ListingDraft.objects.select_for_update(of=("self",)).select_related("category", "listing").get(pk=draft_id)
    if draft.listing is not None:
        return draft.listing
    photos = photos_of(draft)
    missing = unanswered(draft, photo_count=len(photos))
    if missing:
        raise DraftIncomplete(missing)
    alt = "alt_en" if draft.language == "en" else "alt_fr"
    listing = publish_listing(
        seller=_seller(member, seller_name, city),
        terms=_terms(draft),
        words=_words(draft),
        pictures=[
            ListingPicture(picture=photo.picture, is_defect=photo.is_defect, **{alt: photo.alt}) for photo in photos
        ],
        now=now,
        source_key=f"draft:{draft.pk}",
    )
    draft.state, draft.listing, draft.updated_at = ListingDraft.State.PUBLISHED, listing, now
    draft.save(update_fields=["state", "listing", "updated_at"])
    return listing


def _seller(member: Member, name: str, city: str) -> Seller:
    # the lock keeps two tabs from opening two sellers
    Member.objects.select_for_update().get(pk=member.pk)
    known = private_seller_of(member)
    if known is not None:
        return known
    slug = f"{slugify(name)[:70] or 'seller'}-{secrets.token_hex(4)}"
    return Seller.objects.create(kind=Seller.Kind.PRIVATE, name=name, slug=slug, member=member, city=city)


def _terms(draft: ListingDraft) -> OfferTerms:
    longest = draft.delivery_days_max if draft.can_be_sent else None
    return OfferTerms(
        grade=draft.grade,
        price_minor=draft.price_minor or 0,
        delivery_minor=(draft.delivery_minor or 0) if draft.can_be_sent else 0,
        kind=Offer.Kind.UNIQUE,
        delivery_days_min=DELIVERY_SPANS[longest] if longest else None,
        delivery_days_max=longest,
        can_be_collected=draft.can_be_collected,
    )


def _words(draft: ListingDraft) -> ListingWords:
    if draft.category is None:
        raise ValueError(f"draft {draft.pk} has no category")
    brand = Brand.objects.filter(name__iexact=draft.brand_name).first() if draft.brand_name else None
    return ListingWords(
        category=draft.category,
        brand=brand,
        # a brand that the mall has not is still read by the matcher
        attributes={"brand": draft.brand_name} if draft.brand_name and brand is None else {},
        language=draft.language,
        title=draft.title,
        description=draft.description,
        defects=flaws_in_words(draft),
        is_complete=draft.is_complete,
        size=draft.size,
        bought_in=draft.bought_in,
        gtin=draft.gtin,
        model_code=draft.model_code,
    )
