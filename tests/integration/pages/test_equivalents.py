"""Second-hand things beside the new product they are near to: on cards, on product pages, on their own page."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from django.utils.text import slugify

from listings.models import Listing
from mall.catalogue import services
from mall.catalogue.models import CatalogueMatch, Equivalent, Offer, Product
from mall.pages.components.cards import OfferCard, cards_for
from search.indexing.rebuild import rebuild_index
from search.queries import Filters
from search.results import Hit
from tests.factories import (
    CategoryFactory,
    EquivalentFactory,
    ListingFactory,
    OfferFactory,
    ProductFactory,
    VariantFactory,
)
from tests.integration.pages.shelves import put_photo, stock_product

pytestmark = pytest.mark.django_db

WHEN = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def _machine(price_minor: int = 49900, title: str = "Machine Barista") -> Product:
    product: Product = ProductFactory(texts={"fr": title, "en": f"{title} (en)"})
    OfferFactory(variant=VariantFactory(product=product), price_minor=price_minor)
    return product


def _near(product: Product, *, price_minor: int = 24500, title: str = "Machine acier", **options: Any) -> Listing:
    """A lone thing near to the product."""
    listing: Listing = ListingFactory(
        offer__price_minor=price_minor, title=title, title_other=f"{title} (en)", category=product.category
    )
    EquivalentFactory(offer=listing.offer, product=product, **options)
    return listing


def _thing(listing: Listing) -> Hit:
    return Hit(id=f"listing:{listing.pk}", kind="listing", score=0.5)


def _hit(product: Product, *things: Listing, count: int | None = None) -> Hit:
    near = tuple(_thing(listing) for listing in things)
    number = len(near) if count is None else count
    return Hit(id=f"product:{product.pk}", kind="product", score=1.0, equivalents=near, equivalent_count=number)


def _cards(hits: list[Hit], language: str = "en", **options: Any) -> list[OfferCard]:
    with translation.override(language):
        return cards_for(hits, language, with_equivalents=True, **options)


def _address(thing: Product | Listing, language: str = "en") -> str:
    if isinstance(thing, Product):
        return f"/{language}/p/{thing.slug}-{thing.pk}/"
    return f"/{language}/item/{slugify(thing.title_in(language))}-{thing.pk}/"


def _get(client: Client, address: str, *, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def _words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def _card_ids(page: str) -> list[str]:
    return re.findall(r'<article class="offer-card[^"]*" id="([^"]+)"', page)


@pytest.mark.parametrize(
    ("language", "sentence", "product", "gap"),
    [
        (
            "fr",
            "<b>Équivalent d’occasion\u00a0:</b> même marque, même type, modèle 2019 au lieu de 2021",
            "Produit neuf le plus proche\u00a0: Machine Barista.",
            "254\u00a0€ de moins que le neuf",
        ),
        (
            "en",
            "<b>Second-hand equivalent:</b> same brand, same type, model of 2019 instead of 2021",
            "Nearest new product: Machine Barista (en).",
            "€254 less than new",
        ),
    ],
)
def test_an_equivalent_stands_after_its_product_and_says_why(
    language: str, sentence: str, product: str, gap: str
) -> None:
    machine, other = _machine(), _machine()
    first, second = _near(machine), _near(machine, price_minor=26000)

    cards = _cards([_hit(machine, first, second), _hit(other)], language)

    assert [card.id for card in cards] == [
        f"product-{machine.pk}",
        f"listing-{first.pk}",
        f"listing-{second.pk}",
        f"product-{other.pk}",
    ]
    assert cards[0].tie is cards[3].tie is None
    tie = cards[1].tie
    assert tie is not None
    assert (tie.sentence, tie.product, tie.gap) == (sentence, product, gap)
    html = cards[1].render_html()
    assert f'aria-describedby="listing-{first.pk}-tie"' in html
    assert "vs new" not in html


def test_the_gap_is_todays_and_nothing_is_said_of_a_dearer_thing() -> None:
    machine = _machine(price_minor=30000)
    cheap, dear = _near(machine, price_minor=20000), _near(machine, price_minor=30000)
    Offer.objects.filter(variant__product=machine).update(price_minor=29300)
    Offer.objects.filter(pk=cheap.offer_id).update(price_minor=20000, delivery_minor=1000)

    cards = _cards([_hit(machine, cheap, dear)])

    assert [card.tie.gap for card in cards if card.tie] == ["€83 less than new", ""]


def test_the_gap_is_measured_against_new_offers_only() -> None:
    machine = _machine(price_minor=30000)
    OfferFactory(variant=machine.variants.get(), refurbished=True, price_minor=15000)
    thing = _near(machine, price_minor=20000)
    hits = [_hit(machine, thing)]

    assert _cards(hits)[1].tie.gap == "€100 less than new"  # type: ignore[union-attr]
    under_filters = Filters(price_max_minor=25000)
    assert _cards(hits, filters=under_filters)[1].tie.gap == "€100 less than new"  # type: ignore[union-attr]

    Offer.objects.filter(family="new").update(stock=0)
    assert _cards(hits)[1].tie.gap == ""  # type: ignore[union-attr]


def test_a_refurbished_thing_is_not_called_second_hand() -> None:
    machine = _machine()
    thing = ListingFactory(offer=OfferFactory(variant=None, refurbished=True))
    EquivalentFactory(offer=thing.offer, product=machine, evidence=[])

    assert _cards([_hit(machine, thing)])[1].tie.sentence == "<b>Refurbished equivalent</b>"  # type: ignore[union-attr]


def test_evidence_cannot_write_markup() -> None:
    machine = _machine()
    thing = _near(machine, evidence=[{"kind": "words", "speaks": "for", "detail": "<script>"}])

    html = _cards([_hit(machine, thing)])[1].render_html()

    assert "<script>" not in html
    assert "same words: &lt;script&gt;" in html


def test_what_is_no_equivalent_any_more_is_neither_shown_nor_counted() -> None:
    machine = _machine()
    things = [_near(machine) for _ in range(5)]
    sold, withdrawn, linked, judged_anew, left = things
    Offer.objects.filter(pk=sold.offer_id).update(stock=0)
    Offer.objects.filter(pk=withdrawn.offer_id).update(withdrawn_at=WHEN)
    Offer.objects.filter(pk=linked.offer_id).update(variant=machine.variants.get())
    Equivalent.objects.filter(offer=judged_anew.offer_id).delete()

    cards = _cards([_hit(machine, *things, count=14)])

    assert [card.id for card in cards] == [f"product-{machine.pk}", f"listing-{left.pk}"]
    assert cards[1].more is not None
    assert cards[1].more.text == "See the 10 second-hand equivalents"


def test_the_link_to_all_stands_on_the_last_card_and_keeps_the_filters() -> None:
    machine = _machine()
    first, second = _near(machine), _near(machine)
    filters = Filters(brands=frozenset({"caffelune"}), price_max_minor=60000)

    cards = _cards([_hit(machine, first, second, count=14)], "fr", filters=filters)

    assert [card.more is not None for card in cards] == [False, False, True]
    assert cards[2].more is not None
    assert cards[2].more.text == "Voir les 14 équivalents d’occasion"
    assert cards[2].more.url == f"/fr/search/?brand=caffelune&price_max=600&equivalent_of={machine.pk}"
    assert _cards([_hit(machine, first, second)])[2].more is None


def test_where_all_shown_ones_are_gone_the_products_card_leads_to_the_others() -> None:
    machine = _machine()
    thing = _near(machine)
    Offer.objects.filter(pk=thing.offer_id).update(stock=0)

    (card,) = _cards([_hit(machine, thing, count=3)])

    assert card.more is not None
    assert card.more.text == "See the 2 second-hand equivalents"
    assert _cards([_hit(machine, thing, count=1)])[0].more is None


def test_rows_of_cards_elsewhere_show_no_equivalents() -> None:
    machine = _machine()

    cards = cards_for([_hit(machine, _near(machine), count=9)], "en")

    assert [(card.id, card.more) for card in cards] == [(f"product-{machine.pk}", None)]


@pytest.mark.parametrize("count", [3, 24])
def test_queries_do_not_grow_with_equivalents(count: int, django_assert_max_num_queries: Any) -> None:
    category = CategoryFactory()
    hits = []
    for _ in range(count):
        product = stock_product(category)
        hits.append(_hit(product, put_photo(_near(product)), put_photo(_near(product)), count=5))

    with django_assert_max_num_queries(6):
        cards = _cards(hits)

    assert len(cards) == 3 * count


@pytest.fixture
def shelf(search_index: Any) -> tuple[Product, list[Listing]]:
    """A machine sold new with four lone things near to it, and a lamp."""
    machine = _machine()
    prices = (24500, 26000, 22000, 31000)
    things = [
        put_photo(_near(machine, title=f"Machine acier {number}", price_minor=price, score=0.9 - number / 10))
        for number, price in enumerate(prices)
    ]
    stock_product(machine.category, title="Lampe Lune")
    rebuild_index()
    return machine, things


@pytest.mark.parametrize(
    ("language", "more", "heading"),
    [
        ("fr", "Voir les 4 équivalents d’occasion", "Équivalents d’occasion de «\u00a0Machine Barista\u00a0»"),
        ("en", "See the 4 second-hand equivalents", "Second-hand equivalents of “Machine Barista (en)”"),
    ],
)
def test_a_search_shows_two_equivalents_and_leads_to_all(
    client: Client, shelf: tuple[Product, list[Listing]], language: str, more: str, heading: str
) -> None:
    machine, things = shelf
    page = _get(client, f"/{language}/search/?q=machine+barista")

    ids = _card_ids(page)
    assert ids[0] == f"product-{machine.pk}"
    assert {*ids[1:3]} < {f"listing-{thing.pk}" for thing in things}
    link = re.search(r'class="offer-card__more"><a href="([^"]+)">([^<]+)<', page)
    assert link is not None
    assert (link[1], link[2]) == (f"/{language}/search/?equivalent_of={machine.pk}", more)

    listed = _get(client, link[1])
    assert f"<h1>{heading}</h1>" in listed
    assert f"<title>{heading}" in listed
    assert {*_card_ids(listed)} == {f"listing-{thing.pk}" for thing in things}
    chips = re.findall(r'class="chip chip--on" href="([^"]*)">([^<]*?) <', listed)
    assert chips == [(f"/{language}/search/", heading)]
    assert f'<input type="hidden" name="equivalent_of" value="{machine.pk}">' in listed
    assert listed.count("offer-card--tied") == 4


def test_a_list_of_equivalents_sorts_and_filters(client: Client, shelf: tuple[Product, list[Listing]]) -> None:
    machine, things = shelf
    by_price = [f"listing-{things[place].pk}" for place in (2, 0, 1, 3)]
    address = f"/en/search/?equivalent_of={machine.pk}&sort=price"

    assert _card_ids(_get(client, address)) == by_price
    assert _card_ids(_get(client, f"{address}&price_max=250")) == by_price[:2]
    page = _get(client, f"{address}&price_max=3", status=404)
    assert "Without “Up to €3”, 4 results are left." in page


def test_a_list_of_equivalents_of_nothing_known_is_an_empty_list(
    client: Client, shelf: tuple[Product, list[Listing]]
) -> None:
    page = _get(client, "/en/search/?equivalent_of=999999", status=404)

    assert "Second-hand equivalents" in page
    assert _get(client, "/en/search/?equivalent_of=abc", status=400)


def test_more_cards_by_htmx_bring_their_equivalents(client: Client, shelf: tuple[Product, list[Listing]]) -> None:
    address = "/en/search/?q=machine&page_size=1&page=1&first=1&part=more"

    part = client.get(address, headers={"HX-Request": "true"}).content.decode()

    machine, _things = shelf
    assert _card_ids(part)[0] == f"product-{machine.pk}"
    assert part.count("offer-card--tied") == 2


def test_a_product_shows_eight_equivalents_nearest_first_and_leads_to_the_rest(client: Client) -> None:
    machine = _machine()
    things = [_near(machine, title=f"Machine {number}", score=0.1 + number / 20) for number in range(10)]

    page = _get(client, _address(machine))

    section = page[page.index('id="equivalents"') : page.index('aria-labelledby="grades"')]
    assert _card_ids(section) == [f"listing-{thing.pk}" for thing in reversed(things[2:])]
    assert "Second-hand equivalent: same brand, same type, model of 2019 instead of 2021" in _words(section)
    assert "€254 less than new" in section
    assert f'href="/en/search/?equivalent_of={machine.pk}">See the 10 second-hand equivalents</a>' in section
    assert "Équivalents d’occasion" in _get(client, _address(machine, "fr"))


def test_a_thing_stands_only_by_its_nearest_product_that_is_sold_new(client: Client) -> None:
    nearest, second = _machine(title="Machine A"), _machine(title="Machine B")
    thing = _near(nearest)
    EquivalentFactory(offer=thing.offer, product=second, rank=2, score=0.4)
    assert f"listing-{thing.pk}" in _get(client, _address(nearest))
    assert 'id="equivalents"' not in _get(client, _address(second))

    Offer.objects.filter(variant__product=nearest).update(stock=0)

    assert 'id="equivalents"' not in _get(client, _address(nearest))
    assert f"listing-{thing.pk}" in _get(client, _address(second))


def test_equivalents_are_no_offers_of_the_product(client: Client) -> None:
    machine = _machine()
    _near(machine, title="Machine acier")

    page = _get(client, _address(machine))

    product = json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)[0])
    assert [offer["price"] for offer in product["offers"]] == ["499"]
    assert "acier" not in json.dumps(product)


def test_a_sold_equivalent_leaves_the_products_page(client: Client) -> None:
    machine = _machine()
    thing = _near(machine)
    Offer.objects.filter(pk=thing.offer_id).update(stock=0)

    assert 'id="equivalents"' not in _get(client, _address(machine))


def test_the_quiet_box_of_the_other_condition_can_be_hidden(client: Client) -> None:
    machine = _machine()
    OfferFactory(variant=machine.variants.get(), used=True, price_minor=28000)

    new = _get(client, _address(machine, "fr"))
    used = _get(client, f"{_address(machine, 'fr')}?condition=used")

    assert re.search(r'<dismissible-note [^>]*data-key="also-second-hand".*Aussi d’occasion dès 280\u00a0€', new)
    assert re.search(r'<dismissible-note [^>]*data-key="also-new".*Aussi neuf dès 499\u00a0€', used)
    assert "Masquer pour cette visite" in new


def test_the_page_of_a_product_costs_few_queries(client: Client, django_assert_max_num_queries: Any) -> None:
    machine = _machine()
    for _ in range(9):
        put_photo(_near(machine))
    client.get(_address(machine))

    with django_assert_max_num_queries(15):
        client.get(_address(machine))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "fr",
            [
                "L’équivalent neuf le plus proche",
                "Machine Barista",
                "Neuf dès 499\u00a0€",
                "prix relevé le",
                "Cet objet coûte 254\u00a0€ de moins.",
                "Ce qui plaide pour même marque même type",
                "Ce qui plaide contre modèle 2019 au lieu de 2021",
            ],
        ),
        (
            "en",
            [
                "The nearest product sold new",
                "Machine Barista (en)",
                "New from €499",
                "price seen on",
                "This thing costs €254 less.",
                "What speaks for it same brand same type",
                "What speaks against it model of 2019 instead of 2021",
            ],
        ),
    ],
)
def test_a_lone_thing_names_the_nearest_product_sold_new(client: Client, language: str, words: list[str]) -> None:
    machine = _machine()
    thing = _near(machine)
    sold_out = ProductFactory(texts={"fr": "Épuisée", "en": "Sold out"})
    Equivalent.objects.update(rank=2)
    EquivalentFactory(offer=thing.offer, product=sold_out, rank=1, score=0.9)

    page = _get(client, _address(thing, language))

    box = _words(page[page.index('aria-labelledby="nearest"') : page.index('aria-labelledby="description"')])
    places = [box.index(" ".join(one.split())) for one in words]
    assert places == sorted(places)
    assert "conomi" not in box
    assert "saving" not in box
    assert _address(machine, language) in page


def test_a_dearer_thing_and_one_that_is_gone_say_nothing_of_a_gap(client: Client) -> None:
    machine = _machine(price_minor=20000)
    dear, sold = _near(machine, price_minor=30000), _near(machine, price_minor=10000)
    Offer.objects.filter(pk=sold.offer_id).update(stock=0)

    for thing in (dear, sold):
        page = _get(client, _address(thing))
        assert "New from €200" in page
        assert "This thing costs" not in page


def test_a_lone_thing_near_to_nothing_sold_new_has_no_such_box(client: Client) -> None:
    thing = ListingFactory()
    EquivalentFactory(offer=thing.offer)

    page = _get(client, _address(thing))

    assert 'id="nearest"' not in page
    assert "Why this product?" not in page


@pytest.mark.parametrize(
    ("method", "score", "decided", "certainty"),
    [
        ("identifier", 1.0, "Recognised by its code on 2\u00a0March\u00a02026.", ""),
        (
            "model",
            0.979,
            "Recognised by comparing words and photos on 2\u00a0March\u00a02026.",
            "Certainty 97%",
        ),
    ],
)
def test_a_linked_thing_says_why_it_is_of_that_product(
    client: Client, method: str, score: float, decided: str, certainty: str
) -> None:
    machine = _machine()
    thing = ListingFactory(offer__price_minor=24500)
    services.link_offer(
        offer=thing.offer,
        variant=machine.variants.get(),
        method=method,
        evidence=[
            {"kind": "gtin", "speaks": "for", "detail": "03760000000017"},
            {"kind": "colour", "speaks": "against", "detail": "red", "other": "blue"},
        ],
        score=score,
        now=WHEN,
    )

    page = _get(client, _address(thing))

    assert "€254 less than new (−50%)" in page
    assert re.search(r"New today from €499</b> <small>\(price seen on ", page)
    why = page[page.index("Why this product?") : page.index('aria-labelledby="description"')]
    words = _words(why).replace(" ", " ")
    assert decided.replace("\u00a0", " ") in words.replace("\u00a0", " ")
    assert ("Certainty" in words) is bool(certainty)
    assert certainty in words
    assert "What speaks for it same barcode 03760000000017" in words
    assert "What speaks against it another colour" in words


def test_a_thing_that_a_person_linked_tells_whose_word_it_is(client: Client) -> None:
    machine = _machine()
    thing = ListingFactory(offer=OfferFactory(variant=machine.variants.get(), used=True))
    CatalogueMatch.objects.create(
        offer=thing.offer, variant=machine.variants.get(), method="operator", role="operator", state="confirmed"
    )

    page = _get(client, _address(thing, "fr"))

    assert "Pourquoi ce produit" in page
    assert "Vérifié par l’équipe de la galerie le" in page


def test_the_page_of_a_lone_thing_costs_few_queries(client: Client, django_assert_max_num_queries: Any) -> None:
    thing = put_photo(_near(stock_product(CategoryFactory())))
    client.get(_address(thing))

    with django_assert_max_num_queries(10):
        client.get(_address(thing))
