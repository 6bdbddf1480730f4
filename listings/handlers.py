"""What listings do when an offer changed, when products came in, and when the matcher is asked for."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from listings.models import Listing
from listings.search_documents import alone
from listings.services import MATCH_WANTED, ask_for_all_matches, ask_for_match, touch_listings
from mall.catalogue.models import CatalogueMatch, PriceHistory
from mall.catalogue.services import OFFER_CHANGED, PRODUCTS_ADDED
from mall.core import outbox
from search.errors import EngineUnavailable
from search.indexing.registry import ids_of

# Searches wait behind matches in the outbox, so one turn stays short; the rest is asked for again, behind them.
TURN_SECONDS = 10.0


@outbox.handles(OFFER_CHANGED)
def follow_offers(payloads: Sequence[dict[str, Any]]) -> None:
    """A changed offer changes the document of the listing behind it, also when that has just found its product.

    What lost its product, or has a new price, since the matcher saw it is looked at again.
    Different offers may be followed at once: one offer has one listing.
    """
    with transaction.atomic():
        listings = Listing.objects.filter(offer_id__in=[payload["offer_id"] for payload in payloads])
        touch_listings(listings.values_list("pk", flat=True))
        ask_for_match(_seen_otherwise().filter(pk__in=listings).order_by("pk").values_list("pk", flat=True))


@outbox.handles(PRODUCTS_ADDED)
def look_again_at_all(payloads: Sequence[dict[str, Any]]) -> None:
    """A lone thing may be one of the new products, or stand beside it. They share one key: never two at once."""
    ask_for_all_matches()


@outbox.handles(MATCH_WANTED, at_once=50, is_slow=True)
def match_listings(payloads: Sequence[dict[str, Any]]) -> None:
    """Match for TURN_SECONDS at most; what is left is asked for again. Raises Busy while search has no index.

    Different listings may be matched at once: each match is a transaction that holds its offer's row, and where two
    that link to the same products deadlock, the database ends one, which waits and comes again.
    Web processes read this module too: what compares texts is imported where the work is done.
    """
    from listings.cases import Matcher
    from listings.matching import match_listing

    ids = [payload["listing_id"] for payload in payloads if payload["listing_id"] is not None]
    if len(ids) < len(payloads):
        ask_for_match(ids_of(alone()))
    if not ids:
        return
    matcher = Matcher()
    ends_at = time.monotonic() + TURN_SECONDS
    for place, listing_id in enumerate(ids):
        if time.monotonic() > ends_at:
            ask_for_match(ids[place:])
            return
        try:
            match_listing(listing_id, now=timezone.now(), matcher=matcher)
        except EngineUnavailable as error:
            raise outbox.Busy(str(error) or type(error).__name__) from error


def _seen_otherwise() -> QuerySet[Listing]:
    """Live lone listings of which a person spoke, or whose price changed, after the matcher last looked at them."""
    spoken = CatalogueMatch.objects.filter(offer=OuterRef("offer")).exclude(role=CatalogueMatch.Role.MATCHER)
    since = Q(created_at__gt=OuterRef("matched_at"))
    repriced = PriceHistory.objects.filter(offer=OuterRef("offer"), starts_at__gt=OuterRef("matched_at"))
    return alone().filter(Exists(spoken.filter(since)) | Q(Exists(spoken), matched_at__isnull=True) | Exists(repriced))
