"""Two workers look at one listing in the same second: it is linked once. On both databases, real processes."""

from __future__ import annotations

from tests.conftest import MallOfItsOwn, StartPython
from tests.services import line_of, together

A_LISTING = """
from mall.catalogue.models import Identifier
from search.indexing.rebuild import rebuild_index
from tests.factories import ListingFactory, OfferFactory
offer = OfferFactory()
Identifier.objects.create(variant=offer.variant, scheme="gtin", value="04006381333931", source="test")
listing = ListingFactory(gtin="4006381333931", offer__price_minor=2400)
rebuild_index()
print(listing.pk)
"""

# reading takes long enough for the twin to have read the same
LOOK = """
import sys, time
from django.utils import timezone
from listings import matching
from listings.cases import Matcher
read_all = matching.open_case
def read_slowly(*facts):
    case = read_all(*facts)
    time.sleep(1)
    return case
matching.open_case = read_slowly
matcher = Matcher()
print("ready", flush=True)
sys.stdin.readline()
print(matching.match_listing(int(sys.argv[1]), now=timezone.now(), matcher=matcher).state)
"""

LOOK_WITHOUT_THE_LOCK = (
    """
from django.db.models import QuerySet
QuerySet.select_for_update = lambda rows, *args, **options: rows
"""
    + LOOK
)

STATEMENTS = """
from mall.catalogue.models import CatalogueMatch
print(CatalogueMatch.objects.count())
"""


def look_twice(code: str, mall: MallOfItsOwn, start_python: StartPython) -> tuple[list[str], int]:
    """What both said, and how many statements are kept."""
    listing_id = line_of(start_python(A_LISTING, mall=mall))
    said = together([start_python(code, listing_id, mall=mall) for _ in range(2)])
    return sorted(said), int(line_of(start_python(STATEMENTS, mall=mall)))


def test_of_two_workers_one_links_and_the_other_finds_it_done(
    mall_of_its_own: MallOfItsOwn, start_python: StartPython
) -> None:
    assert look_twice(LOOK, mall_of_its_own, start_python) == (["linked", "skipped"], 1)


def test_control_without_the_lock_both_link(postgresql_mall: MallOfItsOwn, start_python: StartPython) -> None:
    assert look_twice(LOOK_WITHOUT_THE_LOCK, postgresql_mall, start_python) == (["linked", "linked"], 2)
