"""Whose feed it is: the seller of its new offers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.text import slugify

from mall.catalogue.models import Brand
from mall.sellers.models import Seller

TO_BE_GIVEN = "à compléter / to be given"


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedOwner:
    """feed: first part of the source keys. is_new: its legal facts are still to be given in the admin."""

    seller: Seller
    feed: str
    is_new: bool


@transaction.atomic
def feed_owner(name: str, *, now: datetime) -> FeedOwner:
    """The seller of that name, made as a brand's shop when there is none. Raises ValueError for a name without letters.

    A new one shows openly that its legal facts are missing; nothing is made up.
    """
    name = " ".join(name.split())[:80]
    feed = slugify(name)[:50]
    if not feed:
        raise ValueError(f"{name!r} has no letter or digit")
    known = Seller.objects.filter(slug=feed).first() or Seller.objects.filter(name__iexact=name).first()
    if known is not None:
        return FeedOwner(seller=known, feed=feed, is_new=False)
    seller = Seller.objects.create(
        kind=Seller.Kind.BRAND,
        name=name,
        slug=feed,
        company_name=name,
        company_address=TO_BE_GIVEN,
        register_number=TO_BE_GIVEN,
        contact_email=f"contact@{feed}.example",
        certified_at=now,
        return_days=14,
        joined_at=now,
    )
    Brand.objects.filter(slug=feed, shop__isnull=True).update(shop=seller)
    return FeedOwner(seller=seller, feed=feed, is_new=True)
