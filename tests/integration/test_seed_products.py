"""Products for load tests."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from mall.catalogue.identifiers import normalise_gtin, normalise_mpn
from mall.catalogue.models import Identifier, Offer, Product, ProductText, Variant
from mall.core.models import OutboxRow
from mall.demo import load_products
from tests.factories import ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db(transaction=True)

MADE_UP = "load.products:"


def seed(products: int | None, *, offers: int | None = None, seed: int = 1) -> str:
    said = StringIO()
    call_command("seed_offers", products=products, offers=offers, seed=seed, stdout=said)
    return said.getvalue()


def made_up() -> list[tuple[object, ...]]:
    """Every made-up product with all that was written of it."""
    fields = ("source_key", "slug", "brand__slug", "category__slug", "attributes", "released_on", "is_active")
    words = ("texts__language", "texts__title", "texts__summary", "texts__description", "texts__facts")
    codes = ("variants__colour", "variants__size", "variants__identifiers__scheme", "variants__identifiers__value")
    rows = Product.objects.filter(source_key__startswith=MADE_UP)
    return list(rows.values_list(*fields, *words, *codes).order_by("source_key", words[0], codes[2]))


def forget() -> None:
    Product.objects.filter(source_key__startswith=MADE_UP).delete()


def test_exactly_so_many_products_are_there_and_a_second_run_adds_none() -> None:
    VariantFactory.create_batch(3)

    said = seed(25)
    again = seed(25)

    assert "22 products added" in said and said.splitlines()[-1].endswith("run manage.py rebuild_search.")
    assert "0 products added" in again
    assert Product.objects.filter(is_active=True).count() == 25


def test_the_same_seed_gives_the_same_products_and_another_gives_other_titles() -> None:
    VariantFactory.create_batch(3)
    seed(20)
    first = made_up()
    forget()

    seed(20)

    assert made_up() == first
    forget()
    seed(20, seed=2)
    assert made_up() != first
    assert [row[0] for row in made_up()] == [row[0] for row in first]


def test_an_interrupted_run_goes_on_and_ends_with_the_same_products(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_products, "PRODUCTS_A_BATCH", 4)
    VariantFactory.create_batch(3)
    seed(25)
    whole = made_up()
    forget()

    class Cut(Exception):
        pass

    def cut(done: int, _wanted: int) -> None:
        if done >= 8:
            raise Cut

    with pytest.raises(Cut):
        load_products.make_up_products(total=25, seed=1, now=timezone.now(), progress=cut)
    assert Product.objects.filter(source_key__startswith=MADE_UP).count() == 8
    seed(25)

    assert made_up() == whole


def test_a_batch_that_fails_leaves_nothing_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    VariantFactory()
    monkeypatch.setattr(load_products, "internal_gtin", lambda number: "no gtin" if number == 7 else f"{number:014d}")

    with pytest.raises(CommandError, match="go on"):
        seed(20)

    assert Product.objects.count() == 1
    assert not OutboxRow.objects.exists()


def test_a_copy_keeps_all_of_its_original_but_a_word_of_each_title_and_the_codes() -> None:
    original = ProductFactory(
        texts={"fr": "Bouilloire Rivage inox", "en": "Rivage steel kettle"},
        texts__facts=[["OEM code", "AB 12"], ["Puissance", "2 200 W"]],
        attributes={"oem_code": "AB 12", "power": 2200},
    )
    VariantFactory(product=original, size="L")
    VariantFactory(product=original, colour="red")

    seed(2)

    copy = Product.objects.get(source_key=f"{MADE_UP}00000000")
    code = load_products.model_code(0)
    assert (copy.brand, copy.category, copy.released_on) == (original.brand, original.category, original.released_on)
    assert copy.attributes == {"oem_code": code, "power": 2200}
    assert copy.slug.endswith(code.lower())
    for text in original.texts.all():
        own = copy.texts.get(language=text.language)
        kept, changed = set(text.title.split()), own.title.split()
        assert changed[-1] == code
        assert len(kept & set(changed)) == 2 and 3 <= len(changed) <= 4
        assert (own.summary, own.description) == (text.summary, text.description)
        assert own.facts == [["OEM code", code], ["Puissance", "2 200 W"]]
    variant = Variant.objects.get(product=copy)
    assert (variant.colour, variant.label_fr, variant.size, variant.position) == ("green", "vert sauge", "L", 0)
    assert original.brand is not None
    assert dict(variant.identifiers.values_list("scheme", "value")) == {
        "gtin": load_products.internal_gtin(0),
        "mpn": f"{original.brand.slug}:{code}",
    }


def test_a_product_without_brand_words_or_variant_is_copied_too() -> None:
    ProductFactory(brand=None, texts={}, slug="sans-mot")

    seed(3)

    copy = Product.objects.get(source_key=f"{MADE_UP}00000001")
    assert copy.slug == f"sans-mot-{load_products.model_code(1).lower()}"
    assert list(Identifier.objects.filter(variant__product=copy).values_list("scheme", flat=True)) == ["gtin"]


def test_titles_stay_as_short_as_the_catalogue_wants_them() -> None:
    ProductFactory(texts={"en": " ".join(["word"] * 60)[:300]})
    ProductFactory(texts={"en": "x" * 300})
    ProductFactory(texts={"en": "Kettle"})

    seed(60)

    titles = ProductText.objects.filter(product__source_key__startswith=MADE_UP).values_list("title", flat=True)
    assert max(len(title) for title in titles) <= 300
    assert all(title.split()[-1].startswith("ZQ") and len(title.split()) > 1 for title in titles)


def test_made_up_codes_are_sound_and_no_two_are_alike() -> None:
    numbers = [*range(20_000), *range(load_products.MOST_PRODUCTS - 20_000, load_products.MOST_PRODUCTS)]

    codes = {load_products.model_code(number) for number in numbers}
    gtins = {load_products.internal_gtin(number) for number in numbers}

    assert len(codes) == len(gtins) == len(numbers)
    assert all(normalise_gtin(gtin) == gtin and gtin.startswith("00400") for gtin in gtins)
    assert all(normalise_mpn(code) == code for code in codes)


def test_copies_are_made_of_the_catalogues_own_active_products_in_turn() -> None:
    ProductFactory(texts={"en": "Gone"}, is_active=False)
    ProductFactory(texts={"en": "First lamp"})
    ProductFactory(texts={"en": "Second lamp"}, source_key="feed:2")
    seed(4)
    seed(12)

    slugs = Product.objects.filter(source_key__startswith=MADE_UP).values_list("category__slug", flat=True)

    assert sorted([list(slugs).count(slug) for slug in set(slugs)]) == [5, 5]


def test_offers_with_products_change_versions_but_ask_nothing_of_the_outbox() -> None:
    VariantFactory.create_batch(2)

    said = seed(10, offers=30)

    assert "8 products added, 30 offers added" in said
    assert Offer.objects.live().count() == 30
    assert set(Product.objects.values_list("search_version", flat=True)) == {2}
    assert not OutboxRow.objects.exists()


def test_prices_of_what_nobody_sells_new_differ_from_product_to_product() -> None:
    VariantFactory()
    seed(30, offers=90)

    prices = {
        round(offer.price_minor, -3)
        for offer in Offer.objects.filter(family="new", variant__product__source_key__startswith=MADE_UP)
    }

    assert len(prices) > 5
    assert min(Offer.objects.values_list("price_minor", flat=True)) >= 99


@pytest.mark.parametrize(
    ("products", "offers", "words"),
    [
        (None, None, "--products N, --offers N or both"),
        (0, None, "between 1 and 10000000"),
        (-5, 10, "between 1 and 10000000"),
        (10_000_001, None, "between 1 and 10000000"),
        (5, 0, "--offers must be 1 or more"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(products: int | None, offers: int | None, words: str) -> None:
    VariantFactory()

    with pytest.raises(CommandError, match=words):
        seed(products, offers=offers)

    assert Product.objects.count() == 1
    assert not Offer.objects.exists()


def test_an_empty_catalogue_has_nothing_to_copy() -> None:
    with pytest.raises(CommandError, match="seed_mall or import_catalogue"):
        seed(10)
