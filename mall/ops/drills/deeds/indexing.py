"""Changes that reach an index late, twice or in the wrong order, and an index that has stopped following."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from typing import Any, cast

from django.db import transaction
from django.db.models import F, Min
from django.utils import timezone

from listings.search_documents import alone
from mall.catalogue.models import Offer, Product
from mall.catalogue.services import change_price, change_stock, touch_products
from mall.core.models import OutboxRow
from search.documents import SearchDocument
from search.engines.opensearch.engine import OpenSearchEngine
from search.indexing.changes import TOPIC
from search.indexing.drift import repair_drift
from search.indexing.handlers import index_changes
from search.indexing.registry import source_of
from search.indexing.streams import live_streams
from search.service import get_primary_engine

__all__ = ["deliver_in_every_order", "deliver_late", "repair", "sell_unseen", "server_facts"]

MIXED = 3


def sell_unseen() -> dict[str, Any]:
    """A product's new price falls to the lowest, a thing is sold: what pages must show although no index knows."""
    live = Offer.objects.live().filter(family="new", variant__isnull=False).order_by("pk")
    offer = live.select_related("variant__product").first()
    thing = alone().order_by("pk").first()
    assert offer is not None and offer.variant is not None and thing is not None
    siblings = Offer.objects.live().filter(variant__product=offer.variant.product, family="new")
    lowest = siblings.aggregate(least=Min(F("price_minor") + F("delivery_minor")))["least"]
    change_price(offer_id=offer.pk, price_minor=lowest - 100, delivery_minor=0, now=timezone.now())
    change_stock(offer_id=thing.offer_id, by=-thing.offer.stock)
    text = offer.variant.product.texts.get(language="fr")
    return {
        "product": offer.variant.product_id,
        "title": text.title,
        "from_minor": lowest - 100,
        "thing": thing.pk,
        "thing_title": thing.title,
    }


def deliver_in_every_order() -> dict[str, int]:
    """Products change, go and come back; each of the rows about it is handed to the handler in every order, twice.

    Nobody else drains meanwhile. Returns how many deliveries there were, and how often the index then differed.
    """
    products = _some_products()
    payloads = [_come_and_go(pk) for pk in products]
    deliveries = differing = 0
    for order in itertools.permutations(range(len(payloads[0]))):
        for rows in payloads:
            for place in (*order, *order):
                index_changes([rows[place]])
                deliveries += 1
        differing += _differing(products)
    return {"deliveries": deliveries, "differing": differing}


def _some_products() -> list[int]:
    live = Product.objects.filter(is_active=True, variants__offers__in=Offer.objects.live()).distinct().order_by("pk")
    return list(live.values_list("pk", flat=True)[:MIXED])


def _come_and_go(product_id: int) -> list[dict[str, Any]]:
    """What the outbox holds about a product after a change, an end and a return."""
    before = set(_rows(product_id).values_list("pk", flat=True))
    _reprice(product_id)
    _set_active(product_id, is_active=False)
    _set_active(product_id, is_active=True)
    return list(_rows(product_id).exclude(pk__in=before).order_by("pk").values_list("payload", flat=True))


def _rows(product_id: int) -> Any:
    return OutboxRow.objects.filter(topic=TOPIC, key=f"product:{product_id}")


def _reprice(product_id: int) -> None:
    offer = Offer.objects.live().filter(variant__product=product_id).order_by("pk")[0]
    change_price(offer_id=offer.pk, price_minor=offer.price_minor + 100, delivery_minor=0, now=timezone.now())


def _set_active(product_id: int, *, is_active: bool) -> None:
    with transaction.atomic(durable=True):
        Product.objects.filter(pk=product_id).update(is_active=is_active)
        touch_products([product_id])


def _engine() -> OpenSearchEngine:
    return cast(OpenSearchEngine, get_primary_engine())


def _differing(products: Sequence[int]) -> int:
    """How many of the products the index holds in another version than the database, or holds although they are gone,
    or does not hold."""
    _engine().generations.refresh()
    stored = dict(_engine().stored_versions())
    wanted = {document.id: document.version for document in _built(products)}
    return sum(stored.get(f"product:{pk}") != wanted.get(f"product:{pk}") for pk in products)


def _built(products: Sequence[int]) -> Sequence[SearchDocument]:
    return source_of("product").build(list(products))


def deliver_late(forget_seconds: float) -> dict[str, int]:
    """Workers that lost their claims write at last: old documents, one of a product that is gone, a removal.

    forget_seconds: after which the server has forgotten what it removed. Nobody else drains meanwhile. Returns how
    many documents were older than the database's after each: `old` must be 0, the others are left to `repair`.
    """
    first, second, gone = _some_products()
    before = _built([first, second, gone])
    for pk in (first, second, gone):
        _reprice(pk)
    between = _built([first, second, gone])
    for pk in (first, second, gone):
        _reprice(pk)
    _set_active(gone, is_active=False)
    index_changes([{"kind": "product", "id": pk} for pk in (first, second, gone)])
    found = {"before": _differing([first, second, gone])}
    for late in ((before, between), (between, before)):
        for documents in late:
            _engine().upsert(one for one in documents if not one.id.endswith(f":{gone}"))
    found["old"] = _differing([first, second])
    _engine().upsert([before[-1]])
    found["gone_at_once"] = _differing([gone])
    time.sleep(forget_seconds + 1)
    _engine().generations.refresh()
    _engine().upsert([between[-1]])
    _engine().delete([f"product:{second}"])
    found["gone_later"], found["removed_late"] = _differing([gone]), _differing([second])
    OutboxRow.objects.filter(topic=TOPIC).delete()
    return {**found, "product": gone}


def repair(revive: int | None = None) -> dict[str, int]:
    """The nightly compare of every index: how many documents differed. revive: a product that is sold again before."""
    if revive is not None:
        _set_active(revive, is_active=True)
    return {topic: repair_drift(engine, topic).differing for topic, engine in live_streams()}


def server_facts() -> dict[str, Any]:
    """The live index, and the names of its parts on the server."""
    live = _engine().generations.live()
    return {"index": live.index, "targets": _engine().generations.targets(), "encoder": live.encoder}
