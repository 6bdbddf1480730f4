"""What listings do when an offer changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import F

from listings.models import Listing
from mall.catalogue.services import OFFER_CHANGED
from mall.core import outbox
from search.indexing.changes import mark_changed


@outbox.handles(OFFER_CHANGED)
def index_listings_of_offers(payloads: Sequence[dict[str, Any]]) -> None:
    """A changed offer changes the document of the listing behind it, also when that has just found its product."""
    with transaction.atomic():
        listings = Listing.objects.filter(offer_id__in=[payload["offer_id"] for payload in payloads])
        ids = list(listings.values_list("pk", flat=True))
        listings.update(search_version=F("search_version") + 1)
        mark_changed("listing", ids)
