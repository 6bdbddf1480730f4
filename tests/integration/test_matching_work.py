"""The matcher in the worker: when it is asked, what it does while search is away, that web processes never load it."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from listings import handlers
from listings.models import Listing
from listings.services import (
    MATCH_WANTED,
    ListingPicture,
    ListingWords,
    ask_for_match,
    publish_listing,
    rewrite_listing,
)
from listings.tasks import match_all
from mall.accounts.models import Member
from mall.catalogue import services
from mall.catalogue.match_services import contest_match
from mall.catalogue.models import CatalogueMatch, Equivalent, Identifier, Offer, Product
from mall.core import outbox, tasks
from mall.core.models import OutboxRow
from search.engines.protocol import SearchEngine
from search.indexing.rebuild import rebuild_index
from search.queries import SearchQuery
from search.service import search
from tests.conftest import MallOfItsOwn, StartPython
from tests.factories import (
    BrandFactory,
    CategoryFactory,
    ListingFactory,
    OfferFactory,
    PictureFactory,
    ProductFactory,
    SellerFactory,
)

GTIN = "04006381333931"


def kettle() -> Product:
    """Sold new, with a barcode."""
    product: Product = ProductFactory(
        brand=BrandFactory(name="Theora", slug="theora"),
        category=CategoryFactory(slug="kettles"),
        texts={"fr": "Bouilloire Theora Rivage 1,7 L", "en": "Theora Rivage 1.7 L kettle"},
    )
    offer = OfferFactory(variant__product=product)
    Identifier.objects.create(variant=offer.variant, scheme="gtin", value=GTIN, source="test")
    return product


def words_of(product: Product, **facts: object) -> ListingWords:
    plain = {"title": "Bouilloire Theora Rivage verte", "description": "Peu servie.", "colour": "green"}
    return ListingWords(category=product.category, brand=product.brand, language="fr", **{**plain, **facts})  # type: ignore[arg-type]


def publish(product: Product, **facts: object) -> Listing:
    terms = services.OfferTerms(grade="used.good", kind=Offer.Kind.UNIQUE, price_minor=2400)
    return publish_listing(
        seller=SellerFactory(private=True),
        terms=terms,
        words=words_of(product, **facts),
        pictures=[ListingPicture(picture=PictureFactory(), alt_fr="dessus"), ListingPicture(picture=PictureFactory())],
        now=timezone.now(),
    )


def asked() -> set[str]:
    return set(OutboxRow.objects.filter(topic=MATCH_WANTED).values_list("key", flat=True))


@pytest.mark.django_db
def test_a_published_listing_is_linked_by_the_worker_and_found_on_the_card_of_its_product(
    search_index: SearchEngine,
) -> None:
    product = kettle()
    rebuild_index()
    listing = publish(product, gtin=GTIN)

    assert asked() == {f"listing:{listing.pk}"}
    assert [(photo.position, photo.alt_fr) for photo in listing.photos.all()] == [(0, "dessus"), (1, "")]
    outbox.drain()

    listing.refresh_from_db()
    assert listing.matched_at is not None
    assert Offer.objects.get(pk=listing.offer_id).variant == product.variants.get()
    (hit,) = search(SearchQuery(text="bouilloire rivage", language="fr")).hits
    assert (hit.id, set(hit.offers)) == (f"product:{product.pk}", {"new", "used"})


@pytest.mark.django_db
def test_a_published_listing_that_is_no_product_stands_beside_its_equivalent(search_index: SearchEngine) -> None:
    product = kettle()
    rebuild_index()
    listing = publish(product, title="Theora Rivage 1 L, l’ancien modèle de 2012")

    outbox.drain()

    assert Equivalent.objects.get(offer=listing.offer).product == product
    (hit,) = search(SearchQuery(text="theora rivage", language="fr")).hits
    assert [one.id for one in hit.equivalents] == [f"listing:{listing.pk}"]


@pytest.mark.django_db
def test_a_rewritten_listing_is_looked_at_again(search_index: SearchEngine) -> None:
    product = kettle()
    rebuild_index()
    listing = publish(product, title="Bouilloire, je ne sais plus laquelle")
    outbox.drain()

    rewritten = rewrite_listing(listing_id=listing.pk, words=words_of(product, gtin=GTIN, defects=("Rayée",)))
    outbox.drain()

    assert (rewritten.gtin, rewritten.defects) == (GTIN, ["Rayée"])
    assert Offer.objects.get(pk=listing.offer_id).variant == product.variants.get()
    with pytest.raises(Listing.DoesNotExist):
        rewrite_listing(listing_id=10**9, words=words_of(product))


@pytest.mark.django_db
def test_a_contested_listing_is_looked_at_again_and_stands_elsewhere(search_index: SearchEngine) -> None:
    product = kettle()
    other = OfferFactory(
        variant__product=ProductFactory(
            brand=product.brand, category=product.category, texts={"fr": "Bouilloire Theora Rivage 1 L"}
        )
    ).variant.product
    rebuild_index()
    listing = publish(product, gtin=GTIN)
    outbox.drain()
    buyer = Member.objects.create_user(email="buyer@example.org", password="a-long-password")

    contest_match(offer_id=listing.offer_id, member=buyer, role="buyer", reason="", now=timezone.now())
    outbox.drain()

    near = Equivalent.objects.filter(offer=listing.offer)
    assert [row.product_id for row in near] == [other.pk]


@pytest.mark.django_db
def test_a_new_price_is_looked_at_again_and_other_changes_are_not(search_index: SearchEngine) -> None:
    product = kettle()
    rebuild_index()
    listing = publish(product, gtin=GTIN)
    outbox.drain()
    Offer.objects.filter(pk=listing.offer_id).update(variant=None)
    lone = publish(product, title="Rivage ancienne")
    outbox.drain()

    services.touch_offer(Offer.objects.get(pk=lone.offer_id))
    handlers.follow_offers([{"offer_id": lone.offer_id}])
    assert asked() == set()

    later = timezone.now() + timedelta(seconds=1)
    services.change_price(offer_id=lone.offer_id, price_minor=2000, delivery_minor=0, now=later)
    handlers.follow_offers([{"offer_id": lone.offer_id}])
    assert asked() == {f"listing:{lone.pk}"}


@pytest.mark.django_db
def test_every_lone_live_listing_is_looked_at_each_night(search_index: SearchEngine) -> None:
    lone, linked, gone = ListingFactory(), ListingFactory(offer=OfferFactory(used=True)), ListingFactory()
    Offer.objects.filter(pk=gone.offer_id).update(stock=0)
    OutboxRow.objects.all().delete()

    match_all()
    match_all()
    handlers.match_listings([row.payload for row in OutboxRow.objects.all()[:1]])

    assert asked() == {"all", f"listing:{lone.pk}"}
    assert linked.offer.variant is not None


@pytest.mark.django_db(transaction=True)
def test_an_import_that_brought_products_asks_once(tmp_path: Path, search_index: SearchEngine) -> None:
    listing = ListingFactory(title="Lampe Opaline verte")
    feed = tmp_path / "feed.jsonl.gz"
    rows = [{"id": f"{n}", "title": f"Opaline lamp {n}", "brand": "Lampyre", "price_cents": 4900} for n in range(3)]
    with gzip.open(feed, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)

    call_command("import_catalogue", str(feed), brand="Lampyre", stdout=StringIO())
    assert OutboxRow.objects.filter(topic=services.PRODUCTS_ADDED).count() == 1
    rebuild_index()
    outbox.drain()

    listing.refresh_from_db()
    assert listing.matched_at is not None
    call_command("import_catalogue", str(feed), brand="Lampyre", stdout=StringIO())
    assert not OutboxRow.objects.filter(topic=services.PRODUCTS_ADDED).exists()


@pytest.mark.django_db(transaction=True)
def test_an_import_that_takes_a_new_offer_away_or_brings_it_back_tells_what_stands_beside(tmp_path: Path) -> None:
    feed = tmp_path / "feed.jsonl"

    def bring(price: int | None) -> None:
        row = {"id": "1", "title": "Opaline lamp", "brand": "Lampyre", "ean": GTIN[1:], "price_cents": price}
        feed.write_text(json.dumps({key: value for key, value in row.items() if value is not None}) + "\n")
        OutboxRow.objects.all().delete()
        call_command("import_catalogue", str(feed), brand="Lampyre", stdout=StringIO())

    def heard() -> bool:
        return OutboxRow.objects.filter(topic=services.OFFER_CHANGED, key=f"offer:{listing.offer_id}").exists()

    bring(4900)
    listing = ListingFactory()
    Equivalent.objects.create(
        offer=listing.offer, product=Product.objects.get(), rank=1, score=0.5, model_version="test"
    )

    bring(4500)
    assert not heard()
    bring(None)
    assert heard()
    bring(4500)
    assert heard()


@pytest.mark.django_db
def test_matches_wait_while_search_has_no_index(search_index: SearchEngine) -> None:
    product = kettle()
    listing = publish(product, gtin=GTIN)
    OutboxRow.objects.exclude(topic=MATCH_WANTED).delete()

    assert outbox.drain() == 0
    row = OutboxRow.objects.get()
    assert (row.key, row.attempts, row.is_dead) == (f"listing:{listing.pk}", 0, False)

    rebuild_index()
    OutboxRow.objects.update(available_at=timezone.now())
    outbox.drain()
    assert Offer.objects.get(pk=listing.offer_id).variant == product.variants.get()


@pytest.mark.django_db
def test_a_turn_is_short_and_the_rest_is_asked_for_again(
    search_index: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    kettle()
    listings = [ListingFactory() for _ in range(3)]
    rebuild_index()
    monkeypatch.setattr(handlers, "TURN_SECONDS", 0.0)

    handlers.match_listings([{"listing_id": listing.pk} for listing in listings])

    assert len(asked()) == 3 - Listing.objects.filter(matched_at__isnull=False).count()
    assert len(asked()) >= 2


@pytest.mark.django_db
def test_the_worker_ends_its_turn_and_leaves_the_rest_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    ask_for_match([10**9])
    monkeypatch.setattr(tasks, "TURN_SECONDS", -1.0)
    assert tasks.drain_outbox() == 0

    monkeypatch.setattr(tasks, "TURN_SECONDS", 60.0)
    assert tasks.drain_outbox() == 1


@pytest.mark.django_db
def test_the_command_matches_at_once_or_asks_the_worker(search_index: SearchEngine) -> None:
    kettle()
    seen, fresh = ListingFactory(matched_at=timezone.now()), ListingFactory()
    rebuild_index()
    said = StringIO()

    call_command("match_listings", stdout=said)
    assert asked() == {f"listing:{fresh.pk}"}
    call_command("match_listings", all=True, stdout=said)
    assert asked() == {f"listing:{pk}" for pk in (seen.pk, fresh.pk)}
    call_command("match_listings", now=True, stdout=said)
    call_command("match_listings", now=True, stdout=said)

    lines = said.getvalue().splitlines()
    assert lines[:2] == ["Left to the worker: 1.", "Left to the worker: 2."]
    assert lines[2].startswith("1 of 1: 1 alone.")
    assert len(lines) == 3


@pytest.mark.django_db
def test_asking_twice_is_one_piece_of_work(search_index: SearchEngine) -> None:
    product = kettle()
    rebuild_index()
    listing = publish(product, gtin=GTIN)
    ask_for_match([listing.pk, listing.pk])

    outbox.drain()

    assert CatalogueMatch.objects.count() == 1
    assert not OutboxRow.objects.filter(topic=MATCH_WANTED).exists()


WEB_PROCESS = """
import sys
from django.test import Client
import mall.wsgi
from tests.factories import ListingFactory
from listings.services import ask_for_all_matches
from mall.pages.addresses import listing_url
from django.conf import settings
from django.test.utils import override_settings
plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}).enable()
ask_for_all_matches()
page = Client(HTTP_HOST="127.0.0.1").get(listing_url(ListingFactory().pk, "x"), follow=True)
print(page.status_code, *sorted({"lightgbm", "torch", "mall.catalogue.matching.features"} & set(sys.modules)))
"""


def test_a_web_process_loads_no_matcher(sqlite_mall: MallOfItsOwn, start_python: StartPython) -> None:
    said, wrong = start_python(WEB_PROCESS, mall=sqlite_mall).communicate(timeout=120)

    assert said.decode().splitlines()[-1:] == ["200"], wrong.decode()[-2000:]
