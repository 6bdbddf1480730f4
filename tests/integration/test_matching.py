"""What the matcher says of one listing: linked, proposed to a person, or alone. Odd input ends in a clear state."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from listings.cases import Matcher
from listings.matching import MatchOutcome, match_listing
from listings.models import Listing
from listings.things import given_codes, thing_of_listing
from mall.accounts.models import Member
from mall.catalogue.identifiers import gtin_check_digit
from mall.catalogue.match_selectors import waiting_rows
from mall.catalogue.match_services import contest_match
from mall.catalogue.matching.database import EngineWeights, things_of_products
from mall.catalogue.matching.judging import Candidate, judge
from mall.catalogue.matching.model import match_model
from mall.catalogue.matching.reading import read
from mall.catalogue.matching.things import Thing
from mall.catalogue.models import Brand, CatalogueMatch, Category, Equivalent, Identifier, Offer, Product
from search.engines.protocol import SearchEngine
from search.indexing.rebuild import rebuild_index
from tests.factories import (
    BrandFactory,
    CategoryFactory,
    ListingFactory,
    OfferFactory,
    ProductFactory,
    VariantFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("search_index")]

LUMO = "Smartphone Novaro Lumo 5, 128 Go"
GTIN = "02990000000010"
GTIN = GTIN[:13] + str(gtin_check_digit(GTIN[:13]))


@pytest.fixture
def phones() -> Category:
    category: Category = CategoryFactory(slug="phones", name_fr="Téléphones", name_en="Phones")
    return category


@pytest.fixture
def novaro() -> Brand:
    brand: Brand = BrandFactory(name="Novaro", slug="novaro")
    return brand


def product_of(
    brand: Brand,
    category: Category,
    title: str = LUMO,
    *,
    price_minor: int = 59900,
    colours: tuple[str, ...] = ("blue",),
) -> Product:
    """Sold new, in as many variants as colours."""
    product: Product = ProductFactory(brand=brand, category=category, texts={"fr": title, "en": title})
    for colour in colours:
        variant = VariantFactory(product=product, colour=colour)
        OfferFactory(variant=variant, price_minor=price_minor)
    return product


def claim(product: Product, value: str, *, scheme: str = "gtin", authority: str = "mall") -> None:
    variant = product.variants.all()[0]
    Identifier.objects.create(variant=variant, scheme=scheme, value=value, source="test", authority=authority)


def listing_of(
    brand: Brand | None, category: Category, title: str = "Novaro Lumo 5 128 Go bleu", **facts: Any
) -> Listing:
    facts.setdefault("offer__price_minor", 31000)
    words = {"description": "", "title_other": "", "description_other": "", "colour": "blue", "bought_in": None}
    listing: Listing = ListingFactory(brand=brand, category=category, title=title, **{**words, **facts})
    return listing


def look(listing: Listing) -> MatchOutcome:
    """What the matcher says, over an index that holds everything. Whatever it says, it has looked and kept the rest."""
    rebuild_index()
    outcome = match_listing(listing.pk, now=timezone.now())
    listing.refresh_from_db()
    assert listing.matched_at is not None
    assert Offer.objects.get(pk=listing.offer_id).is_live(timezone.now())
    return outcome


def linked_to(listing: Listing) -> int | None:
    variant = Offer.objects.get(pk=listing.offer_id).variant
    return variant.product_id if variant else None


def evidence_kinds(listing: Listing) -> set[tuple[str, str]]:
    rows = CatalogueMatch.objects.filter(offer=listing.offer)
    return {(entry["kind"], entry["speaks"]) for row in rows for entry in row.evidence}


def test_a_barcode_that_one_product_bears_links_to_it(phones: Category, novaro: Brand) -> None:
    product = product_of(novaro, phones)
    claim(product, GTIN)
    listing = listing_of(novaro, phones, gtin=GTIN.lstrip("0"))

    assert look(listing) == MatchOutcome(state="linked", product_ids=(product.pk,))

    match = CatalogueMatch.objects.get()
    assert (match.method, match.state, match.role, match.score) == ("identifier", "confirmed", "matcher", 1.0)
    assert linked_to(listing) == product.pk


def test_a_barcode_within_the_words_counts_and_a_date_does_not(phones: Category, novaro: Brand) -> None:
    listing = listing_of(novaro, phones, description=f"Code sur la boîte : {GTIN[1:]}. Acheté le 20240107.")

    assert given_codes(listing).claimed == (("gtin", GTIN),)


def test_an_isbn_within_the_words_needs_its_name(phones: Category) -> None:
    named = listing_of(None, phones, description="ISBN 2-07-036822-X")
    unnamed = listing_of(None, phones, description="Appelez le 2-07-036822-X")

    assert given_codes(named).claimed[0] == ("isbn10", "207036822X")
    assert given_codes(unnamed).claimed == ()


def test_a_part_number_of_the_brand_links(phones: Category, novaro: Brand) -> None:
    product = product_of(novaro, phones)
    claim(product, "novaro:LU5128", scheme="mpn")

    assert look(listing_of(novaro, phones, model_code="LU5-128")).state == "linked"


def test_the_model_links_a_thing_whose_seller_names_the_model_number(phones: Category, novaro: Brand) -> None:
    product = product_of(novaro, phones, colours=("blue", "green"))
    for place, variant in enumerate(product.variants.all()):
        Identifier.objects.create(variant=variant, scheme="mpn", value=f"novaro:LU5128{'AB'[place]}", source="test")
    listing = listing_of(novaro, phones, "Smartphone Novaro Lumo 5 128 Go vert", model_code="LU5-128", colour="green")

    assert look(listing) == MatchOutcome(state="linked", product_ids=(product.pk,))

    match = CatalogueMatch.objects.get()
    assert (match.method, match.role, match.model_version) == ("model", "matcher", match_model().version)
    assert match.variant.colour == "green"
    assert match.score is not None
    assert match.score >= match_model().thresholds.linked


def test_an_empty_title_is_judged_as_nothing(phones: Category, novaro: Brand, search_index: SearchEngine) -> None:
    product = product_of(novaro, phones)
    rebuild_index()
    empty = Listing(
        title="", category=phones, brand=novaro, offer=OfferFactory(used=True, variant=None), description=""
    )
    known = things_of_products([product.pk], "fr")
    candidates = [Candidate(product_id=str(product.pk), reading=known[product.pk].reading)]

    assert thing_of_listing(empty).title == ""
    assert judge(read(thing_of_listing(empty)), candidates, EngineWeights(search_index, "fr"), match_model()) == ()
    assert judge(read(Thing(title="")), [], EngineWeights(search_index, "fr"), match_model()) == ()


def test_ten_thousand_words_are_matched_in_bounded_time(phones: Category, novaro: Brand) -> None:
    product_of(novaro, phones)
    listing = listing_of(novaro, phones, "mot " * 29, description="parole " * 10_000)
    started = time.process_time()

    assert look(listing).state == "alone"
    assert time.process_time() - started < 20


def test_only_pictograms_stay_alone(phones: Category, novaro: Brand) -> None:
    product_of(novaro, phones)

    assert look(listing_of(novaro, phones, "📱🔥💯")).state == "alone"


def test_a_wrong_control_digit_is_told_and_links_nothing(phones: Category, novaro: Brand) -> None:
    product = product_of(novaro, phones)
    claim(product, GTIN)
    claim(product, "novaro:LU5128", scheme="mpn")
    wrong = GTIN[:13] + str((int(GTIN[13]) + 1) % 10)
    listing = listing_of(novaro, phones, gtin=wrong, model_code="LU5-128")

    assert look(listing).state == "proposed"
    assert linked_to(listing) is None
    assert ("wrong_digit", "against") in evidence_kinds(listing)


def test_a_code_that_two_products_claim_is_proposed_twice_and_links_nothing(phones: Category, novaro: Brand) -> None:
    products = [product_of(novaro, phones), product_of(BrandFactory(), CategoryFactory(), "Râteau à feuilles")]
    for product in products:
        claim(product, GTIN)
    listing = listing_of(novaro, phones, gtin=GTIN)

    assert set(look(listing).product_ids) == {product.pk for product in products}
    assert linked_to(listing) is None
    assert CatalogueMatch.objects.filter(state="proposed").count() == 2
    assert ("claimed_twice", "against") in evidence_kinds(listing)


@pytest.mark.parametrize("sellers", [1, 5])
def test_what_the_brand_claims_stands_against_what_sellers_claim(phones: Category, novaro: Brand, sellers: int) -> None:
    product = product_of(novaro, phones)
    claim(product, GTIN, authority="brand")
    for number in range(sellers):
        claim(product_of(BrandFactory(), CategoryFactory(), f"Autre {number}"), GTIN, authority="seller")
    listing = listing_of(novaro, phones, gtin=GTIN)

    assert look(listing).state == "linked"
    assert linked_to(listing) == product.pk


def test_two_codes_of_two_products_are_proposed(phones: Category, novaro: Brand) -> None:
    one, two = product_of(novaro, phones), product_of(novaro, phones, "Smartphone Novaro Lumo 5, 256 Go")
    claim(one, GTIN)
    claim(two, "novaro:LU5256", scheme="mpn")
    listing = listing_of(novaro, phones, gtin=GTIN, model_code="LU5-256")

    assert set(look(listing).product_ids) == {one.pk, two.pk}
    assert linked_to(listing) is None


def test_a_code_of_another_brand_is_proposed_when_nothing_else_fits(phones: Category, novaro: Brand) -> None:
    rake = product_of(BrandFactory(name="Jardinor"), CategoryFactory(), "Râteau à feuilles 22 dents")
    claim(rake, GTIN)
    listing = listing_of(novaro, phones, gtin=GTIN)

    assert look(listing).state == "proposed"
    assert linked_to(listing) is None
    assert {("gtin", "for"), ("brand", "against")} <= evidence_kinds(listing)


def test_what_quotes_many_models_is_no_one_of_them(novaro: Brand) -> None:
    category: Category = CategoryFactory(slug="vacuum-cleaners", name_fr="Aspirateurs", name_en="Vacuum cleaners")
    for mark in ("V7", "V8", "V10"):
        product_of(novaro, category, f"Aspirateur balai Novaro {mark}", price_minor=39900)
    listing = listing_of(
        novaro, category, "Brosse compatible Novaro V6, V7, V8, V10, V11, V12, V15", offer__price_minor=1500
    )

    outcome = look(listing)

    assert outcome.state != "linked"
    assert outcome.equivalents == ()


@pytest.mark.parametrize("price_minor", [100, 99_999_900])
def test_a_price_out_of_proportion_links_nothing_by_itself(phones: Category, novaro: Brand, price_minor: int) -> None:
    product = product_of(novaro, phones)
    claim(product, GTIN)
    listing = listing_of(novaro, phones, gtin=GTIN, offer__price_minor=price_minor)

    assert look(listing).product_ids == (product.pk,)
    assert linked_to(listing) is None
    assert ("price", "against") in evidence_kinds(listing)
    assert waiting_rows().count() == 1


@pytest.mark.parametrize("side", ["product", "listing"])
def test_nothing_sensitive_is_linked_without_a_person(phones: Category, novaro: Brand, side: str) -> None:
    sensitive = CategoryFactory(is_sensitive=True)
    product = product_of(novaro, sensitive if side == "product" else phones)
    claim(product, GTIN)
    listing = listing_of(novaro, sensitive if side == "listing" else phones, gtin=GTIN)

    assert look(listing).state == "proposed"
    assert linked_to(listing) is None


def test_what_costs_as_much_as_the_set_price_is_left_to_a_person(
    phones: Category, novaro: Brand, settings: Any
) -> None:
    claim(product_of(novaro, phones), GTIN)
    settings.MATCH_LINKS_BELOW_MINOR = 31000
    dear, cheaper = (listing_of(novaro, phones, gtin=GTIN, offer__price_minor=price) for price in (31000, 30999))

    assert (look(dear).state, look(cheaper).state) == ("proposed", "linked")


def test_a_second_look_changes_nothing(phones: Category, novaro: Brand) -> None:
    product_of(novaro, phones)
    listing = listing_of(novaro, phones, "Novaro Lumo 4 64 Go vert", colour="green", bought_in=2021)
    first = look(listing)
    rows = list(Equivalent.objects.values()), list(CatalogueMatch.objects.values())
    version = Listing.objects.get(pk=listing.pk).search_version

    assert look(listing) == first
    assert (list(Equivalent.objects.values()), list(CatalogueMatch.objects.values())) == rows
    assert Listing.objects.get(pk=listing.pk).search_version == version


def test_a_linked_thing_is_left_alone_and_stands_beside_nothing(phones: Category, novaro: Brand) -> None:
    product = product_of(novaro, phones)
    listing = listing_of(novaro, phones, offer__variant=product.variants.all()[0])
    Equivalent.objects.create(offer=listing.offer, product=product, rank=1, score=0.5, model_version="before")

    assert match_listing(listing.pk, now=timezone.now()).state == "skipped"
    assert not Equivalent.objects.exists()
    assert not CatalogueMatch.objects.exists()


@pytest.mark.parametrize("facts", [{"offer__stock": 0}, {"offer__withdrawn_at": timezone.now()}])
def test_what_cannot_be_had_is_skipped(phones: Category, novaro: Brand, facts: dict[str, Any]) -> None:
    listing = listing_of(novaro, phones, **facts)

    assert match_listing(listing.pk, now=timezone.now()).state == "skipped"
    assert match_listing(10**9, now=timezone.now()).state == "skipped"


def test_a_contested_pair_is_never_linked_again(phones: Category, novaro: Brand) -> None:
    product = product_of(novaro, phones)
    claim(product, GTIN)
    listing = listing_of(novaro, phones, gtin=GTIN)
    look(listing)
    buyer = Member.objects.create_user(email="buyer@example.org", password="a-long-password")
    contest_match(offer_id=listing.offer_id, member=buyer, role="buyer", reason="", now=timezone.now())

    outcome = look(listing)

    assert outcome == MatchOutcome(state="alone")
    assert linked_to(listing) is None
    assert not Equivalent.objects.exists()


def test_while_a_contest_waits_another_product_is_only_proposed(phones: Category, novaro: Brand) -> None:
    wrong, right = product_of(novaro, phones), product_of(novaro, phones, "Smartphone Novaro Lumo 4, 64 Go")
    claim(wrong, GTIN)
    listing = listing_of(novaro, phones, gtin=GTIN)
    look(listing)
    buyer = Member.objects.create_user(email="buyer@example.org", password="a-long-password")
    contest_match(offer_id=listing.offer_id, member=buyer, role="buyer", reason="", now=timezone.now())
    claim(right, "novaro:LU464", scheme="mpn")
    Listing.objects.filter(pk=listing.pk).update(gtin="", model_code="LU4-64")

    assert look(listing).product_ids == (right.pk,)
    assert linked_to(listing) is None


def test_equivalents_are_the_nearest_of_the_type_with_what_differs(phones: Category, novaro: Brand) -> None:
    near, larger = product_of(novaro, phones), product_of(novaro, phones, "Smartphone Novaro Lumo 5, 256 Go")
    gone = product_of(novaro, phones, "Smartphone Novaro Lumo 4, 32 Go")
    Offer.objects.filter(variant__product=gone).update(stock=0)
    product_of(novaro, CategoryFactory(), "Coque Novaro Lumo 5", price_minor=1500)
    product_of(novaro, phones, "Coque pour Novaro Lumo 4", price_minor=60000)
    listing = listing_of(novaro, phones, "Novaro Lumo 4 64 Go vert", colour="green")

    outcome = look(listing)

    assert outcome.state != "linked"
    assert outcome.equivalents == (near.pk, larger.pk)
    first = Equivalent.objects.get(offer=listing.offer, rank=1)
    assert first.evidence == [
        {"kind": "brand", "speaks": "for", "detail": "Novaro"},
        {"kind": "category", "speaks": "for", "detail": ""},
        {"kind": "model", "speaks": "against", "detail": "Lumo 4", "other": "Lumo 5"},
        {"kind": "size", "speaks": "against", "detail": "64 Go", "other": "128 Go"},
        {"kind": "colour", "speaks": "against", "detail": ""},
    ]


def test_a_thing_dearer_than_half_more_than_new_stands_beside_nothing(phones: Category, novaro: Brand) -> None:
    product_of(novaro, phones, price_minor=20000)
    dear, fair = (
        listing_of(novaro, phones, "Novaro Lumo 4 64 Go", offer__price_minor=price) for price in (30001, 30000)
    )

    assert (len(look(dear).equivalents), len(look(fair).equivalents)) == (0, 1)


def test_another_brand_needs_more_than_the_type(phones: Category, novaro: Brand) -> None:
    product_of(novaro, phones)
    other = listing_of(BrandFactory(name="Kestova"), phones, "Kestova Plume S petit")
    kindred = listing_of(None, phones, "Téléphone inconnu, imite le Lumo")

    assert look(other).equivalents == ()
    assert len(look(kindred).equivalents) == 1


def test_products_are_read_in_as_many_queries_for_twenty_as_for_one(phones: Category, novaro: Brand) -> None:
    ids = [product_of(novaro, phones, f"Smartphone Novaro Lumo {number}").pk for number in range(20)]
    counts = []
    for some in (ids[:1], ids):
        with CaptureQueriesContext(connection) as queries:
            assert set(things_of_products(some, "fr")) == set(some)
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 7


def test_what_sellers_called_a_product_is_read_with_it(phones: Category, novaro: Brand) -> None:
    product = product_of(novaro, phones)
    listing_of(novaro, phones, "le fameux Lumo cinq", offer__variant=product.variants.all()[0])

    thing = things_of_products([product.pk], "fr")[product.pk].reading.thing

    assert "le fameux Lumo cinq" in thing.description
    assert (thing.price_low, thing.price_high) == (599.0, 599.0)


def test_a_look_takes_as_many_queries_beside_twenty_products_as_beside_one(phones: Category, novaro: Brand) -> None:
    listing = listing_of(novaro, phones, "Novaro Mira 64 Go")
    counts = []
    for count in (1, 20):
        for number in range(count):
            product_of(novaro, phones, f"Smartphone Novaro Lumo {number}")
        rebuild_index()
        matcher = Matcher()
        Equivalent.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            match_listing(listing.pk, now=timezone.now(), matcher=matcher)
        counts.append(len(queries))

    assert counts[0] == counts[1]
