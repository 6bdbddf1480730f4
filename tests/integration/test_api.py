"""The JSON interface answers what the pages show, by the same rules, and says errors as problem documents."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from mall.api import schemas
from mall.catalogue import services
from mall.catalogue.models import Identifier, Offer, Product
from search.engines.protocol import SearchEngine
from search.errors import EngineUnavailable
from search.indexing.rebuild import rebuild_index
from tests.factories import (
    BrandFactory,
    CategoryFactory,
    EquivalentFactory,
    ListingFactory,
    OfferFactory,
    ProductFactory,
    SellerFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db

PROBLEM = "application/problem+json"


@pytest.fixture
def mall(search_index: SearchEngine) -> Product:
    """A lamp sold new, refurbished and used, and an old lamp that matches no product."""
    brand = BrandFactory(name="Auralune", slug="auralune")
    category = CategoryFactory(slug="lampes", name_fr="Lampes", name_en="Lamps")
    product: Product = ProductFactory(
        slug="lampe-opaline", brand=brand, category=category, texts={"fr": "Lampe Opaline", "en": "Opaline lamp"}
    )
    variant = VariantFactory(product=product)
    Identifier.objects.create(variant=variant, scheme="gtin", value="03760000000017", source="test")
    OfferFactory(variant=variant, price_minor=10000)
    OfferFactory(variant=variant, price_minor=9000, delivery_minor=500, seller=SellerFactory(rated=True))
    OfferFactory(variant=variant, refurbished=True, price_minor=6000)
    OfferFactory(variant=variant, used=True, price_minor=4000)
    OfferFactory(variant=variant, price_minor=1, sold_out=True)
    OfferFactory(variant=variant, price_minor=2, withdrawn=True)
    ListingFactory(title="Lampe Opaline ancienne", title_other="Old opaline lamp", category=category, brand=brand)
    rebuild_index()
    return product


def read(client: Client, address: str, status: int = 200) -> Any:
    response = client.get(address)
    assert response.status_code == status, response.content
    return json.loads(response.content)


def test_one_search_tells_each_condition_with_its_lowest_total_and_count(client: Client, mall: Product) -> None:
    answer = read(client, "/api/search?q=lampe+opaline&language=fr")

    schemas.SearchAnswer.model_validate(answer)
    by_kind = {result["kind"]: result for result in answer["results"]}
    lamp = by_kind["product"]
    assert (answer["total"], answer["page"], answer["page_size"], answer["language"]) == (2, 1, 24, "fr")
    assert (lamp["id"], lamp["title"], lamp["brand"]) == (mall.pk, "Lampe Opaline", "Auralune")
    assert lamp["url"] == f"http://127.0.0.1:8000/fr/p/lampe-opaline-{mall.pk}/"
    assert lamp["offers"] == {
        "new": {"from_minor": 9500, "count": 2},
        "refurbished": {"from_minor": 6000, "count": 1},
        "used": {"from_minor": 4000, "count": 1},
    }
    assert lamp["saving_percent"] == 57
    assert {reason["kind"] for reason in lamp["reasons"]} >= {"words"}
    assert by_kind["listing"]["offers"] == {"used": {"from_minor": 2400, "count": 1}}
    assert "/fr/item/" in by_kind["listing"]["url"]


def test_titles_addresses_and_reasons_come_in_the_language_asked_for(client: Client, mall: Product) -> None:
    (lamp,) = [one for one in read(client, "/api/search?q=opaline&language=en")["results"] if one["kind"] == "product"]

    assert lamp["title"] == "Opaline lamp"
    assert "/en/p/" in lamp["url"]
    assert lamp["reasons"][0]["text"].startswith("Word")


def test_the_price_shown_is_the_one_in_the_database_not_the_one_in_the_index(client: Client, mall: Product) -> None:
    used = Offer.objects.get(family="used", variant__product=mall)
    services.change_price(offer_id=used.pk, price_minor=4200, delivery_minor=0, now=timezone.now())

    answer = read(client, "/api/search?q=opaline&language=fr")

    (lamp,) = [one for one in answer["results"] if one["kind"] == "product"]
    assert lamp["offers"]["used"] == {"from_minor": 4200, "count": 1}


def test_what_was_sold_since_the_last_indexing_has_no_offer_left(client: Client, mall: Product) -> None:
    Offer.objects.filter(listing__isnull=False).update(stock=0)

    (old_lamp,) = [one for one in read(client, "/api/search?q=opaline")["results"] if one["kind"] == "listing"]

    assert old_lamp["offers"] == {}


def test_filters_hold_and_facets_are_counted(client: Client, mall: Product) -> None:
    answer = read(client, "/api/search?q=opaline&condition=used&price_max=30")

    assert [result["kind"] for result in answer["results"]] == ["listing"]
    condition = {one["value"]: one for one in answer["facets"]["values"]["condition"]}
    assert condition["used"]["is_selected"] is True
    assert condition["used"]["count"] == 1


def test_page_size_and_page_cut_the_results(client: Client, mall: Product) -> None:
    first = read(client, "/api/search?q=opaline&page_size=1")
    second = read(client, "/api/search?q=opaline&page_size=1&page=2")
    beyond = read(client, "/api/search?q=opaline&page_size=1&page=3")

    assert [len(page["results"]) for page in (first, second, beyond)] == [1, 1, 0]
    assert first["results"][0]["id"] != second["results"][0]["id"] or first["results"][0]["kind"] != "product"
    assert (first["pages"], first["total"]) == (2, 2)


@pytest.mark.parametrize(
    ("address", "parameter"),
    [
        ("/api/search?sort=random", "sort"),
        ("/api/search?condition=stolen", "condition"),
        ("/api/search?page=0", "page"),
        ("/api/search?page=1000000000", "page"),
        ("/api/search?page_size=100000", "page_size"),
        ("/api/search?price_min=abc", "price_min"),
        ("/api/search?price_min=9&price_max=1", "price_min"),
        ("/api/search?language=de", "language"),
        ("/api/suggest?q=lam&language=de", "language"),
        ("/api/suggest?q=lam&limit=0", "limit"),
        ("/api/products/1?language=xx", "language"),
    ],
)
def test_an_unknown_value_is_a_problem_that_names_its_parameter(
    address: str, parameter: str, client: Client, mall: Product
) -> None:
    response = client.get(address)

    problem = json.loads(response.content)
    assert (response.status_code, response["Content-Type"]) == (400, PROBLEM)
    assert set(problem) == {"type", "title", "status", "detail", "instance", "parameter"}
    assert (problem["status"], problem["title"], problem["parameter"]) == (400, "Bad Request", parameter)
    assert problem["instance"] == address
    assert parameter in problem["detail"]


def test_an_unknown_parameter_is_ignored(client: Client, mall: Product) -> None:
    assert read(client, "/api/search?q=opaline&utm_source=x&_connector=OR")["total"] == 2


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("get", "/api/nothing", 404),
        ("get", "/api/products/999999", 404),
        ("get", "/api/products/99999999999999999999999999", 404),
        ("get", "/api/products/abc", 404),
        ("post", "/api/search", 405),
        ("delete", "/api/products/1", 405),
        ("put", "/api/suggest", 405),
    ],
)
def test_every_refusal_is_a_problem_document(
    method: str, address: str, status: int, client: Client, mall: Product
) -> None:
    response = getattr(client, method)(address)

    problem = json.loads(response.content)
    assert (response.status_code, response["Content-Type"]) == (status, PROBLEM)
    assert (problem["status"], problem["instance"]) == (status, address)
    assert problem["detail"]
    assert response["X-Request-ID"]


def test_a_search_that_is_being_rebuilt_is_a_problem_with_a_time_to_come_again(
    client: Client, search_index: SearchEngine
) -> None:
    response = client.get("/api/search?q=lampe")

    assert (response.status_code, response["Content-Type"], response["Retry-After"]) == (503, PROBLEM, "30")


def test_a_failure_of_the_mall_is_a_problem_without_a_stack_trace(
    client: Client, mall: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr("mall.api.urls.search_answer", fail)
    client.raise_request_exception = False

    response = client.get("/api/search?q=lampe")

    assert (response.status_code, response["Content-Type"]) == (500, PROBLEM)
    assert b"secret" not in response.content
    assert b"Traceback" not in response.content


def test_suggestions_have_kind_text_and_address(client: Client, mall: Product) -> None:
    answer = read(client, "/api/suggest?q=opal&language=fr")

    schemas.SuggestAnswer.model_validate(answer)
    products = [one for one in answer["suggestions"] if one["kind"] == "product"]
    assert products[0]["text"] == "Lampe Opaline"
    assert products[0]["url"] == f"http://127.0.0.1:8000/fr/p/lampe-opaline-{mall.pk}/"
    assert products[0]["offers"]["new"] == {"from_minor": 9500, "count": 2}
    assert read(client, "/api/suggest?q=o") == {"suggestions": []}
    assert read(client, "/api/suggest") == {"suggestions": []}


def test_a_product_tells_texts_identifiers_offers_and_who_stands_first(client: Client, mall: Product) -> None:
    answer = read(client, f"/api/products/{mall.pk}?language=en")

    schemas.Product.model_validate(answer)
    assert (answer["title"], answer["texts"]["fr"]["title"]) == ("Opaline lamp", "Lampe Opaline")
    assert answer["category_names"] == ["Lamps"]
    assert answer["variants"][0]["identifiers"] == [{"scheme": "gtin", "value": "03760000000017"}]
    assert [(one["condition"], one["total_minor"]) for one in answer["live_offers"]] == [
        ("new", 9500),
        ("new", 10000),
        ("refurbished", 6000),
        ("used", 4000),
    ]
    assert answer["buy_box"]["new"]["total_minor"] == 9500
    assert (answer["buy_box"]["new"]["decided_by"], answer["buy_box"]["new"]["gap_minor"]) == ("price", 500)
    assert answer["buy_box"]["used"]["decided_by"] == "only"
    assert answer["live_offers"][0]["seller"]["rating"] == 4.7
    assert answer["live_offers"][3]["seller"]["kind"] == "private"


@pytest.fixture
def old_lamps(mall: Product) -> list[Any]:
    """Four things near to the lamp that is sold new for 95: at 20, 30, 40 and, dearer than new, 120 euros."""
    things = []
    for place, price_minor in enumerate((2000, 3000, 4000, 12000)):
        title = f"Opaline de brocante {place}"
        thing = ListingFactory(title=title, category=mall.category, offer__price_minor=price_minor)
        EquivalentFactory(offer=thing.offer, product=mall, score=0.9 - place / 10)
        things.append(thing)
    rebuild_index()
    return things


def test_equivalents_come_right_after_their_product_with_their_evidence(
    client: Client, mall: Product, old_lamps: list[Any]
) -> None:
    answer = read(client, "/api/search?q=lampe+opaline&language=fr")

    schemas.SearchAnswer.model_validate(answer)
    lamp, first, second = answer["results"][:3]
    assert (lamp["kind"], lamp["id"], lamp["equivalent_of"], lamp["evidence"]) == ("product", mall.pk, None, [])
    assert lamp["equivalent_count"] == 4
    assert lamp["equivalents_url"] == f"http://127.0.0.1:8000/fr/search/?equivalent_of={mall.pk}"
    assert [one["equivalent_of"] for one in (first, second)] == [mall.pk, mall.pk]
    assert {first["id"], second["id"]} < {thing.pk for thing in old_lamps}
    assert (first["equivalent_count"], first["equivalents_url"]) == (0, None)
    assert first["evidence"] == [
        {"kind": "brand", "speaks": "for", "detail": "", "other": "", "text": "même marque"},
        {"kind": "category", "speaks": "for", "detail": "", "other": "", "text": "même type"},
        {
            "kind": "year",
            "speaks": "against",
            "detail": "2019",
            "other": "2021",
            "text": "modèle 2019 au lieu de 2021",
        },
    ]
    assert [one["equivalent_of"] for one in answer["results"][3:]] == [None] * len(answer["results"][3:])
    assert answer["total_cards"] < answer["total"]


def test_the_saving_of_an_equivalent_is_measured_against_todays_new_price(
    client: Client, mall: Product, old_lamps: list[Any]
) -> None:
    answer = read(client, f"/api/search?equivalent_of={mall.pk}&sort=price&language=en")

    assert [(one["id"], one["saving_percent"]) for one in answer["results"]] == [
        (thing.pk, saving) for thing, saving in zip(old_lamps, (78, 68, 57, 0), strict=True)
    ]
    assert {one["equivalent_of"] for one in answer["results"]} == {mall.pk}
    Offer.objects.filter(family="new").update(stock=0)

    answer = read(client, f"/api/search?equivalent_of={mall.pk}&sort=price&language=en")

    assert [one["saving_percent"] for one in answer["results"]] == [0, 0, 0, 0]


def test_an_equivalent_sold_since_the_last_indexing_is_neither_told_nor_counted(
    client: Client, mall: Product, old_lamps: list[Any]
) -> None:
    (_lamp, first, _second) = read(client, "/api/search?q=lampe+opaline")["results"][:3]
    Offer.objects.filter(listing=first["id"]).update(stock=0)

    answer = read(client, "/api/search?q=lampe+opaline")

    lamp = answer["results"][0]
    assert lamp["equivalent_count"] == 3
    assert first["id"] not in {one["id"] for one in answer["results"] if one["kind"] == "listing"}


def test_a_product_tells_its_equivalents_nearest_first(client: Client, mall: Product, old_lamps: list[Any]) -> None:
    answer = read(client, f"/api/products/{mall.pk}?language=en")

    schemas.Product.model_validate(answer)
    assert [one["id"] for one in answer["equivalents"]] == [thing.pk for thing in old_lamps]
    assert [one["saving_percent"] for one in answer["equivalents"]] == [78, 68, 57, 0]
    assert {one["equivalent_of"] for one in answer["equivalents"]} == {mall.pk}
    assert answer["equivalents"][0]["evidence"][2]["text"] == "model of 2019 instead of 2021"
    assert answer["equivalent_count"] == 4
    assert answer["equivalents_url"] == f"http://127.0.0.1:8000/en/search/?equivalent_of={mall.pk}"
    Offer.objects.filter(family="new").update(stock=0)

    answer = read(client, f"/api/products/{mall.pk}?language=en")

    assert (answer["equivalents"], answer["equivalent_count"], answer["equivalents_url"]) == ([], 0, None)


def test_a_hidden_product_is_as_absent_as_one_that_never_was(client: Client, mall: Product) -> None:
    Product.objects.update(is_active=False)

    hidden = read(client, f"/api/products/{mall.pk}", status=404)
    absent = read(client, "/api/products/999999", status=404)

    assert {**hidden, "instance": ""} == {**absent, "instance": ""}


def test_the_number_of_queries_does_not_grow_with_the_results(
    client: Client, mall: Product, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        product = ProductFactory(category=mall.category, texts={"fr": f"Lampe Opaline {number}"})
        OfferFactory(variant__product=product)
    rebuild_index()

    with django_assert_max_num_queries(8):
        assert len(read(client, "/api/search?q=opaline&language=fr")["results"]) == 22
    with django_assert_max_num_queries(8):
        read(client, "/api/suggest?q=opal&language=fr")
    with django_assert_max_num_queries(12):
        read(client, f"/api/products/{mall.pk}")


def test_an_answer_that_is_known_already_is_not_sent_again(client: Client, mall: Product) -> None:
    first = client.get("/api/search?q=opaline")
    again = client.get("/api/search?q=opaline", headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert first["Cache-Control"] == "public, max-age=30"
    assert "Set-Cookie" not in first
    other = client.get("/api/search?q=lampe", headers={"If-None-Match": first["ETag"]})
    assert other.status_code == 200


def test_the_documentation_needs_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/api/docs")
    description = read(client, "/api/openapi.json")

    assert page.status_code == 200
    assert b"//" not in page.content.replace(b"http://www.w3.org", b"")
    assert set(description["paths"]) == {"/api/search", "/api/suggest", "/api/products/{product_id}"}
    names = [parameter["name"] for parameter in description["paths"]["/api/search"]["get"]["parameters"]]
    assert names[:6] == ["q", "language", "condition", "category", "brand", "price_min"]
    assert len(names) == len(set(names))


def test_an_engine_error_in_suggestions_is_a_problem(
    client: Client, search_index: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object, **options: object) -> None:
        raise EngineUnavailable("away")

    monkeypatch.setattr("mall.api.urls.suggest", away)

    assert client.get("/api/suggest?q=lampe").status_code == 503
