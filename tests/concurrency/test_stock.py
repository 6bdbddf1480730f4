"""Two buyers, one lamp: on both databases, with real processes."""

from __future__ import annotations

from tests.conftest import MallOfItsOwn, StartPython
from tests.services import line_of, together

ONE_LAMP = """
from tests.factories import OfferFactory
print(OfferFactory(stock=1).pk)
"""

WITH_THE_GUARD = """
import sys
from mall.catalogue.errors import OfferNotLive
from mall.catalogue.services import change_stock
print("ready", flush=True)
sys.stdin.readline()
try:
    change_stock(offer_id=int(sys.argv[1]), by=-1)
    print("bought")
except OfferNotLive:
    print("too late")
"""

WITHOUT_THE_GUARD = """
import sys, time
from mall.catalogue.models import Offer
print("ready", flush=True)
sys.stdin.readline()
offer = Offer.objects.get(pk=int(sys.argv[1]))
if offer.stock >= 1:
    time.sleep(1)
    offer.stock -= 1
    offer.save()
    print("bought")
else:
    print("too late")
"""

WHAT_IS_LEFT = """
import sys
from mall.catalogue.models import Offer
from mall.core.models import OutboxRow
print(Offer.objects.get(pk=int(sys.argv[1])).stock, OutboxRow.objects.filter(topic="search.changed").count())
"""


def test_one_of_two_buyers_gets_the_last_unit(mall_of_its_own: MallOfItsOwn, start_python: StartPython) -> None:
    offer_id = line_of(start_python(ONE_LAMP, mall=mall_of_its_own))

    said = together([start_python(WITH_THE_GUARD, offer_id, mall=mall_of_its_own) for _ in range(2)])

    assert sorted(said) == ["bought", "too late"]
    # one sale, one change for the index: the loser wrote nothing
    assert line_of(start_python(WHAT_IS_LEFT, offer_id, mall=mall_of_its_own)) == "0 1"


def test_without_the_guard_both_buyers_get_the_last_unit(
    mall_of_its_own: MallOfItsOwn, start_python: StartPython
) -> None:
    offer_id = line_of(start_python(ONE_LAMP, mall=mall_of_its_own))

    said = together([start_python(WITHOUT_THE_GUARD, offer_id, mall=mall_of_its_own) for _ in range(2)])

    assert said == ["bought", "bought"]
