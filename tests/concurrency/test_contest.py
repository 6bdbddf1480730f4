"""Two people, or a person and the matcher, speak of one offer at the same moment: on both databases, real processes."""

from __future__ import annotations

from tests.conftest import MallOfItsOwn, StartPython
from tests.services import line_of, together

A_LINKED_THING = """
from django.contrib.auth.models import Permission
from django.utils import timezone
from mall.accounts.models import Member
from mall.catalogue.services import link_offer
from tests.factories import ListingFactory, VariantFactory
offer, variant = ListingFactory().offer, VariantFactory()
link_offer(offer=offer, variant=variant, method="model", evidence=[], score=0.9, now=timezone.now())
for name in ("lea", "max"):
    member = Member.objects.create_user(f"{name}@example.org")
    member.user_permissions.add(Permission.objects.get(codename="change_cataloguematch"))
print(offer.pk, variant.pk, variant.product_id)
"""

BEGIN = """
import sys, time
from django.utils import timezone
from mall.accounts.models import Member
from mall.catalogue import match_services, services
from mall.catalogue.errors import MatchError
from mall.catalogue.match_selectors import refused_pairs
from mall.catalogue.models import CatalogueMatch, Offer, Variant
offer_id, variant_id, product_id = map(int, sys.argv[2].split())
now = timezone.now()
member = Member.objects.filter(email=f"{sys.argv[1]}@example.org").first()
print("ready", flush=True)
sys.stdin.readline()
"""

CONTEST = (
    BEGIN
    + """
said = match_services.contest_match(offer_id=offer_id, member=member, role="operator", reason=sys.argv[1], now=now)
print("contested", said.pk)
"""
)

CONTEST_WITHOUT_THE_LOCK = (
    BEGIN
    + """
offer = Offer.objects.get(pk=offer_id)
if offer.variant_id is not None:
    time.sleep(1)
    said = CatalogueMatch.objects.create(
        offer=offer, variant_id=offer.variant_id, method="operator", state="contested", role="operator", actor=member
    )
    Offer.objects.filter(pk=offer_id).update(variant=None)
    print("contested", said.pk)
"""
)

SPLIT = (
    BEGIN
    + """
match_services.split_match(offer_id=offer_id, product_id=product_id, member=member, now=now)
print("split")
"""
)

CONFIRM = (
    BEGIN
    + """
match_services.confirm_match(offer_id=offer_id, variant_id=variant_id, member=member, now=now)
print("confirmed")
"""
)

MATCHER = (
    BEGIN
    + """
try:
    services.link_offer(
        offer=Offer.objects.get(pk=offer_id), variant=Variant.objects.get(pk=variant_id), method="model",
        evidence=[], score=0.9, now=now,
    )
    print("linked")
except MatchError:
    print("refused")
"""
)

MATCHER_WITHOUT_THE_GUARD = (
    BEGIN
    + """
if (offer_id, product_id) not in refused_pairs([offer_id]):
    time.sleep(1.5)
    CatalogueMatch.objects.create(
        offer_id=offer_id, variant_id=variant_id, method="model", state="confirmed", score=0.9
    )
    Offer.objects.filter(pk=offer_id).update(variant=variant_id)
print("linked")
"""
)

CONTEST_A_LITTLE_LATER = (
    BEGIN
    + """
time.sleep(0.5)
match_services.contest_match(offer_id=offer_id, member=member, role="operator", reason="", now=now)
print("contested")
"""
)

WHAT_HOLDS = """
import sys
from mall.catalogue.match_selectors import match_rows, state_after
from mall.catalogue.models import Offer
offer = Offer.objects.get(pk=int(sys.argv[1].split()[0]))
rows = match_rows(offer.pk)
state = state_after(rows)
people = ",".join(row.state for row in rows if row.role != "matcher")
print("linked" if offer.variant_id else "alone", "linked" if state.link else "alone", people)
"""


def test_two_contests_at_once_are_one(mall_of_its_own: MallOfItsOwn, start_python: StartPython) -> None:
    thing = line_of(start_python(A_LINKED_THING, mall=mall_of_its_own))

    said = together([start_python(CONTEST, name, thing, mall=mall_of_its_own) for name in ("lea", "max")])

    assert len(set(said)) == 1
    assert line_of(start_python(WHAT_HOLDS, thing, mall=mall_of_its_own)) == "alone alone contested"


def test_without_the_lock_two_contests_at_once_are_two(
    mall_of_its_own: MallOfItsOwn, start_python: StartPython
) -> None:
    thing = line_of(start_python(A_LINKED_THING, mall=mall_of_its_own))

    together([start_python(CONTEST_WITHOUT_THE_LOCK, name, thing, mall=mall_of_its_own) for name in ("lea", "max")])

    assert line_of(start_python(WHAT_HOLDS, thing, mall=mall_of_its_own)) == "alone alone contested,contested"


def test_of_two_decisions_at_once_the_later_holds_and_page_and_history_agree(
    mall_of_its_own: MallOfItsOwn, start_python: StartPython
) -> None:
    thing = line_of(start_python(A_LINKED_THING, mall=mall_of_its_own))

    together(
        [
            start_python(SPLIT, "lea", thing, mall=mall_of_its_own),
            start_python(CONFIRM, "max", thing, mall=mall_of_its_own),
        ]
    )

    assert line_of(start_python(WHAT_HOLDS, thing, mall=mall_of_its_own)) in {
        "linked linked split,confirmed",
        "alone alone confirmed,split",
    }


def test_a_contest_holds_while_the_matcher_links(mall_of_its_own: MallOfItsOwn, start_python: StartPython) -> None:
    thing = line_of(start_python(A_LINKED_THING, mall=mall_of_its_own))

    together(
        [
            start_python(CONTEST, "lea", thing, mall=mall_of_its_own),
            start_python(MATCHER, "nobody", thing, mall=mall_of_its_own),
        ]
    )

    assert line_of(start_python(WHAT_HOLDS, thing, mall=mall_of_its_own)) == "alone alone contested"


def test_without_the_guard_the_matcher_links_what_was_just_contested(
    mall_of_its_own: MallOfItsOwn, start_python: StartPython
) -> None:
    thing = line_of(start_python(A_LINKED_THING, mall=mall_of_its_own))

    together(
        [
            start_python(CONTEST_A_LITTLE_LATER, "lea", thing, mall=mall_of_its_own),
            start_python(MATCHER_WITHOUT_THE_GUARD, "nobody", thing, mall=mall_of_its_own),
        ]
    )

    assert line_of(start_python(WHAT_HOLDS, thing, mall=mall_of_its_own)) == "linked linked contested"
