"""What becomes of a published thing: kept off sale for a while, taken back, put on sale again."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.db import transaction

from listings.models import Listing
from listings.selling.errors import LifeNotAllowed
from mall.accounts.models import Member
from mall.catalogue.models import Offer
from mall.catalogue.services import touch_offer, withdraw_offer


class LifeState(StrEnum):
    PUBLISHED = "published"
    PAUSED = "paused"
    SOLD = "sold"
    WITHDRAWN = "withdrawn"


class Deed(StrEnum):
    """What a seller may do; `DEEDS_OF` says when."""

    PAUSE = "pause"
    RESUME = "resume"
    WITHDRAW = "withdraw"
    RELIST = "relist"


DEEDS_OF: dict[LifeState, tuple[Deed, ...]] = {
    LifeState.PUBLISHED: (Deed.PAUSE, Deed.WITHDRAW),
    LifeState.PAUSED: (Deed.RESUME, Deed.WITHDRAW),
    LifeState.SOLD: (),
    LifeState.WITHDRAWN: (Deed.RELIST,),
}


def state_of(listing: Listing, *, now: datetime) -> LifeState:
    """Sold when nothing is left of it, whatever else was said. No query where the offer was read with it."""
    offer = listing.offer
    if offer.stock == 0:
        return LifeState.SOLD
    if offer.withdrawn_at is None or offer.withdrawn_at > now:
        return LifeState.PUBLISHED
    return LifeState.PAUSED if listing.paused_at else LifeState.WITHDRAWN


@transaction.atomic(durable=True)
def change_life(*, listing_id: int, member: Member, deed: Deed, now: datetime) -> LifeState:
    """Do it, and return the new state. Raises LifeNotAllowed; Listing.DoesNotExist for a thing of somebody else."""
    offer = Offer.objects.select_for_update(of=("self",)).filter(listing=listing_id, seller__member=member).first()
    if offer is None:
        raise Listing.DoesNotExist(f"no listing {listing_id} of this member")
    listing = Listing.objects.get(pk=listing_id)
    listing.offer = offer
    before = state_of(listing, now=now)
    if deed not in DEEDS_OF[before]:
        raise LifeNotAllowed(f"a listing that is {before} cannot {deed}")
    listing.paused_at = now if deed == Deed.PAUSE else None
    listing.save(update_fields=["paused_at"])
    if deed in (Deed.PAUSE, Deed.WITHDRAW):
        withdraw_offer(offer_id=offer.pk, now=now)
        return LifeState.PAUSED if deed == Deed.PAUSE else LifeState.WITHDRAWN
    offer.withdrawn_at = None
    offer.save(update_fields=["withdrawn_at"])
    touch_offer(offer)
    return LifeState.PUBLISHED
