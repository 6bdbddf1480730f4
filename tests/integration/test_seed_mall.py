"""The demo mall: whole, lawful, the same each time."""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db.models import Count, F, Model

from listings.models import Listing, ListingPhoto
from listings.services import MATCH_WANTED
from mall.catalogue.conditions import FORBIDDEN_BESIDE_REFURBISHED
from mall.catalogue.identifiers import normalise_gtin, normalise_isbn10
from mall.catalogue.models import (
    Brand,
    CatalogueMatch,
    Category,
    Identifier,
    Offer,
    PriceHistory,
    Product,
    ProductText,
)
from mall.core.models import OutboxRow, Picture
from mall.demo import seed
from mall.demo.content import PHOTO_FOLDER, demo_content
from mall.sellers.models import Seller
from search.analysis import fold

# Children before parents, as they are emptied again.
SEEDED_TABLES: tuple[type[Model], ...] = (
    Listing, CatalogueMatch, Offer, Product, Brand, Seller, Picture, OutboxRow,
)  # fmt: skip
MANIFEST = Path(settings.BASE_DIR).parent / "shared" / "data" / "demo_photos" / "manifest.json"


@pytest.fixture(scope="module")
def demo_mall(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """The demo mall, seeded once for the module, with tiny renditions."""
    folder = tmp_path_factory.mktemp("seed")
    patch = pytest.MonkeyPatch()
    patch.setattr(seed, "FIRST_WIDTHS", (32,))
    patch.setattr(settings, "MEDIA_ROOT", folder / "media")
    patch.setattr(settings, "ORIGINALS_FOLDER", folder / "originals")
    with django_db_blocker.unblock():
        call_command("seed_mall", quiet=True)
        yield
        for table in SEEDED_TABLES:
            table._default_manager.all().delete()
        Category.objects.exclude(parent=None).delete()
        Category.objects.all().delete()
    patch.undo()


@pytest.fixture
def _seeded(demo_mall: None, db: None) -> None:
    """The seeded rows, seen inside a test's own transaction."""


pytestmark = pytest.mark.usefixtures("_seeded")


def test_the_mall_has_what_was_promised() -> None:
    assert Category.objects.filter(parent=None).count() == 12
    assert Product.objects.count() == 64
    assert ProductText.objects.count() == 128
    assert Seller.objects.filter(kind="brand").count() == 6
    assert Seller.objects.filter(kind="professional").count() == 4
    assert Seller.objects.filter(kind="private").count() == 20
    assert Brand.objects.filter(shop__isnull=False).count() == 6
    assert Listing.objects.count() == ListingPhoto.objects.values("picture").distinct().count() == 60
    # 15 that are no product of the catalogue, and six that the matcher is to find
    assert Listing.objects.filter(offer__variant=None).count() == 21
    assert 380 <= Offer.objects.count() <= 460


def test_a_second_run_adds_nothing_and_keeps_every_id() -> None:
    tables = (Seller, Brand, Category, Product, Offer, PriceHistory, CatalogueMatch, Listing, Picture)
    before = [list(table._default_manager.order_by("pk").values_list("pk", flat=True)) for table in tables]

    call_command("seed_mall", quiet=True)

    assert [list(table._default_manager.order_by("pk").values_list("pk", flat=True)) for table in tables] == before


def test_every_offer_ends_its_price_history_at_its_price_and_some_have_fallen() -> None:
    fallen = 0
    for offer in Offer.objects.prefetch_related("prices"):
        prices = list(offer.prices.all())
        assert (prices[-1].price_minor, prices[-1].delivery_minor) == (offer.price_minor, offer.delivery_minor)
        assert prices[0].starts_at == offer.published_at
        fallen += len(prices) > 1 and prices[-1].price_minor < prices[-2].price_minor

    assert fallen >= 50


def test_refurbished_goods_come_from_professionals_and_never_meet_as_good_as_new() -> None:
    refurbished = Offer.objects.filter(family="refurbished").select_related("seller")

    assert refurbished.count() >= 80
    for offer in refurbished:
        assert offer.seller.kind == "professional"
        assert not any(words in fold(offer.note_fr + offer.note_en) for words in FORBIDDEN_BESIDE_REFURBISHED)
    for text in ProductText.objects.all():
        assert not any(words in fold(text.description) for words in ("comme neuf", "like new"))


def test_a_matched_thing_has_a_confirmed_match_with_evidence_behind_it() -> None:
    listings = Listing.objects.exclude(offer__variant=None).select_related("offer").prefetch_related("offer__matches")

    for listing in listings:
        match = listing.offer.matches.get()
        assert match.state == "confirmed"
        assert match.variant_id == listing.offer.variant_id
        assert match.evidence[0]["speaks"] == "for"
    methods = CatalogueMatch.objects.filter(offer__listing__isnull=False).values_list("method").annotate(Count("id"))
    assert dict(methods) == {"identifier": 27, "seller": 12}


def test_every_listing_is_left_to_the_matcher_to_look_at() -> None:
    asked = OutboxRow.objects.filter(topic=MATCH_WANTED).values_list("key", flat=True)

    assert set(asked) == {f"listing:{pk}" for pk in Listing.objects.values_list("pk", flat=True)}
    assert not Listing.objects.filter(matched_at__isnull=False).exists()


def test_the_three_families_mostly_go_from_dear_to_cheap() -> None:
    def cheapest(product: Product, family: str) -> int | None:
        found = Offer.objects.filter(variant__product=product, family=family).order_by(F("price_minor")).first()
        return found.price_minor if found else None

    pairs = [
        (cheapest(product, "used"), cheapest(product, "refurbished"), cheapest(product, "new"))
        for product in Product.objects.all()
    ]

    assert all(used < new for used, _, new in pairs if used and new)
    assert all(refurbished < new for _, refurbished, new in pairs if refurbished and new)
    ordered = [used < refurbished for used, refurbished, _ in pairs if used and refurbished]
    assert sum(ordered) >= 0.9 * len(ordered)
    assert sum(1 for used, refurbished, new in pairs if new is None and used) >= 1


def test_codes_have_right_control_digits_and_belong_to_nobody() -> None:
    gtins = list(Identifier.objects.filter(scheme="gtin").values_list("value", flat=True))
    isbns = list(Identifier.objects.filter(scheme="isbn10").values_list("value", flat=True))

    assert len(gtins) == len(set(gtins)) == 106
    assert all(normalise_gtin(code) == code for code in gtins)
    assert all(code.startswith(("0299", "0978299999")) for code in gtins)
    assert len(isbns) == 2
    assert all(normalise_isbn10(code) == code for code in isbns)


def test_professionals_show_what_the_law_wants_and_are_plainly_fictional() -> None:
    for seller in Seller.objects.exclude(kind="private"):
        assert re.fullmatch(r"000 \d{3} \d{3} (RCS|RNA) Exemple", seller.register_number)
        assert seller.contact_email.endswith(".example")
        assert seller.about_fr
        assert seller.about_en


def test_every_text_stands_in_both_languages() -> None:
    for text in ProductText.objects.all():
        assert text.title
        assert text.description.count(".") >= 2
        assert 5 <= len(text.facts) <= 11
        assert not any(" | " in value for _label, value in text.facts)
    for listing in Listing.objects.all():
        assert listing.title_other
        assert listing.description_other
        assert listing.title != listing.title_other


def test_every_picture_has_a_first_rendition_and_waits_for_its_larger_ones() -> None:
    assert Picture.objects.count() == 163
    assert all(picture.ready_widths for picture in Picture.objects.all())


def test_the_photos_stay_within_twelve_megabytes() -> None:
    size = sum(path.stat().st_size for path in PHOTO_FOLDER.rglob("*.webp"))

    assert size <= 12 * 1024 * 1024


@pytest.mark.skipif(not MANIFEST.exists(), reason="the project's shared photo folder is not here")
def test_the_models_bear_the_titles_of_the_photo_manifest() -> None:
    images = json.loads(MANIFEST.read_text(encoding="utf-8"))["images"]
    wanted = {image["model"]: (image["title_fr"], image["title_en"]) for image in images}
    content = demo_content()

    assert len(wanted) == 42
    assert {key: content.by_key[key].title for key in wanted} == wanted
    for image in images:
        if image["kind"] == "studio":
            photo = f"{image['model']}-{image['colour']}"
            assert any(variant.photo == photo for variant in content.by_key[image["model"]].variants)


def test_a_full_disk_says_so_and_makes_no_half_mall(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    Listing.objects.all().delete()
    Offer.objects.filter(source_key__startswith="demo-listing:").delete()
    monkeypatch.setattr(os, "replace", no_room)
    monkeypatch.setattr(seed, "FIRST_WIDTHS", (33,))

    with pytest.raises(CommandError, match="No space left"):
        call_command("seed_mall", stdout=StringIO())

    assert not Listing.objects.exists()
