"""What somebody within a mall does for a drill: its sellers' changes are changes, one drill after another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mall.catalogue.models import Offer, PriceHistory
from mall.core.models import OutboxRow
from mall.ops.drills.deeds import writing
from search.indexing.changes import TOPIC
from tests.factories import OfferFactory
from tests.services import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def offers() -> Iterator[list[Offer]]:
    yield [OfferFactory(price_minor=5900 + number) for number in range(4)]
    for one in writing._now:
        one.is_over.set()


def _write(count: int) -> None:
    """Sellers change so many prices at least."""
    writing.start_writing(per_second=200)
    wait_until(lambda: len(writing._now[0].walls) >= count, what="the changes")
    writing.stop_writing()


def test_every_price_of_every_drill_is_a_change(offers: list[Offer]) -> None:
    for _drill in range(2):
        history, rows = PriceHistory.objects.count(), OutboxRow.objects.filter(topic=TOPIC).count()
        before = dict(Offer.objects.values_list("pk", "price_minor"))

        _write(8)

        changes = len(writing._now[0].walls)
        assert changes >= 8
        assert PriceHistory.objects.count() == history + changes
        assert OutboxRow.objects.filter(topic=TOPIC).count() == rows + changes
        after = dict(Offer.objects.values_list("pk", "price_minor"))
        acknowledged = writing._now[0].acknowledged
        assert after == before | acknowledged
        assert all(price > before[offer_id] for offer_id, price in acknowledged.items())
        assert writing.check_writes()["lost"] == []
