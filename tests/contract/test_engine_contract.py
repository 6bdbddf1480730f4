"""What every search engine must do, whatever runs underneath."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from search.documents import OfferDocument, SearchDocument
from search.engines.protocol import SearchEngine
from search.queries import Filters
from search.results import OfferRange
from tests.contract.questions import ask, found
from tests.search_documents import document, offer, random_documents


def test_price_bounds_are_inclusive(engine: SearchEngine) -> None:
    engine.upsert([document(n, "Lampe", offer(n, total_minor=n * 100)) for n in range(1, 6)])

    between = Filters(price_min_minor=200, price_max_minor=400)

    assert sorted(found(engine, "lampe", filters=between)) == ["product:2", "product:3", "product:4"]


def test_all_conditions_hold_on_one_offer(engine: SearchEngine) -> None:
    dear_used = offer(1, family="used", total_minor=50_000, colour="blue")
    cheap_new = offer(2, family="new", total_minor=10_000, colour="blue")
    fitting = offer(3, family="used", total_minor=15_000, colour="blue")
    engine.upsert([document(1, "Vélo", dear_used, cheap_new), document(2, "Vélo", fitting)])

    wanted = Filters(conditions=frozenset({"used"}), price_max_minor=20_000, colours=frozenset({"blue"}))
    retrieval = engine.retrieve(ask("vélo", filters=wanted))

    assert [hit.id for hit in retrieval.hits] == ["product:2"]
    assert (retrieval.total, retrieval.total_offers, retrieval.hits[0].best_offer_id) == (1, 1, 3)


def test_card_shows_other_conditions_beside_the_filtered_one(engine: SearchEngine) -> None:
    offers = [
        offer(1, family="new", total_minor=49_900),
        offer(2, family="used", total_minor=28_000, saving_percent=44),
        offer(3, family="used", total_minor=31_000, saving_percent=38),
        offer(4, family="refurbished", total_minor=90_000),
    ]
    engine.upsert([document(1, "Téléphone", *offers)])

    filters = Filters(conditions=frozenset({"used"}), price_max_minor=60_000)
    hit = engine.retrieve(ask("téléphone", filters=filters)).hits[0]

    assert hit.offers == {"new": OfferRange(from_minor=49_900, count=1), "used": OfferRange(from_minor=28_000, count=2)}
    assert (hit.best_offer_id, hit.saving_percent) == (2, 44)


def test_document_without_offers_matches_until_an_offer_is_asked_for(engine: SearchEngine) -> None:
    engine.upsert([document(1, "Livre")])

    assert found(engine, "livre") == ["product:1"]
    assert found(engine, "livre", filters=Filters(conditions=frozenset({"new"}))) == []


def test_parent_category_includes_its_children(engine: SearchEngine) -> None:
    engine.upsert(
        [
            document(1, "Four", categories=("Maison", "Cuisine"), category_path=("maison", "cuisine")),
            document(2, "Four", categories=("Jouets",), category_path=("jouets",)),
        ]
    )

    assert found(engine, "four", filters=Filters(categories=frozenset({"maison"}))) == ["product:1"]


def test_unknown_filter_values_leave_nothing(engine: SearchEngine) -> None:
    engine.upsert([document(1, "Four", offer(1))])

    for filters in (
        Filters(brands=frozenset({"none"})),
        Filters(colours=frozenset({"none"})),
        Filters(seller_ids=frozenset({9})),
    ):
        assert engine.retrieve(ask("four", filters=filters)).total == 0


FILTERS = [
    Filters(),
    Filters(conditions=frozenset({"used", "new"})),
    Filters(conditions=frozenset({"used"}), price_max_minor=20_000, colours=frozenset({"blue"})),
    Filters(brands=frozenset({"acme"}), saving_percent_min=20),
    Filters(categories=frozenset({"home"}), sizes=frozenset({"S"}), delivery_days_max=5),
    Filters(seller_kinds=frozenset({"private"}), grades=frozenset({"a", "b"}), has_free_delivery=True),
    Filters(price_min_minor=5_000, price_max_minor=30_000, seller_ids=frozenset({1, 2})),
]


def meets(one: OfferDocument, filters: Filters) -> bool:
    return all(
        (
            not filters.conditions or one.family in filters.conditions,
            not filters.grades or one.grade in filters.grades,
            not filters.colours or one.colour in filters.colours,
            not filters.sizes or one.size in filters.sizes,
            not filters.seller_kinds or one.seller_kind in filters.seller_kinds,
            not filters.seller_ids or one.seller_id in filters.seller_ids,
            filters.price_min_minor is None or one.total_minor >= filters.price_min_minor,
            filters.price_max_minor is None or one.total_minor <= filters.price_max_minor,
            filters.saving_percent_min is None or one.saving_percent >= filters.saving_percent_min,
            filters.delivery_days_max is None
            or (one.delivery_days is not None and one.delivery_days <= filters.delivery_days_max),
            not filters.has_free_delivery or one.has_free_delivery,
        )
    )


def fitting_offers(one: SearchDocument, filters: Filters) -> list[OfferDocument]:
    if filters.brands and one.brand_slug not in filters.brands:
        return []
    if filters.categories and not filters.categories & set(one.category_path):
        return []
    return [each for each in one.offers if meets(each, filters)]


OWN_FIELDS: dict[str, tuple[str, Callable[[SearchDocument, OfferDocument], set[str]]]] = {
    "condition": ("conditions", lambda one, each: {each.family}),
    "grade": ("grades", lambda one, each: {each.grade}),
    "colour": ("colours", lambda one, each: {each.colour} - {""}),
    "size": ("sizes", lambda one, each: {each.size} - {""}),
    "seller_kind": ("seller_kinds", lambda one, each: {each.seller_kind}),
    "brand": ("brands", lambda one, each: {one.brand_slug} - {""}),
    "category": ("categories", lambda one, each: set(one.category_path)),
    "saving": ("saving_percent_min", lambda one, each: {str(s) for s in (20, 30, 50) if each.saving_percent >= s}),
}


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("text", ["", "chaise"])
def test_facet_counts_equal_counting_by_hand(engine: SearchEngine, filters: Filters, text: str) -> None:
    documents = random_documents(seed=5)
    engine.upsert(documents)

    retrieval = engine.retrieve(ask(text, filters=filters))

    for facet, (own, values_of) in OWN_FIELDS.items():
        others = filters.without(own)
        expected: Counter[str] = Counter()
        for one in documents:
            expected.update({v for each in fitting_offers(one, others) for v in values_of(one, each)})
        shown = {value.value: value.count for value in retrieval.facets.values[facet] if value.count}
        assert shown == dict(expected), facet
    if not filters.is_empty:
        fitting = [one for one in documents if fitting_offers(one, filters)]
        assert retrieval.total == len(fitting)
        assert retrieval.total_offers == sum(len(fitting_offers(one, filters)) for one in documents)
    no_price = filters.without("price_min_minor", "price_max_minor")
    assert sum(bar.count for bar in retrieval.facets.price_bars) == sum(
        bool(fitting_offers(one, no_price)) for one in documents
    )


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("sort", ["price", "saving", "newest"])
def test_sorts_order_by_the_best_fitting_offer_then_by_id(engine: SearchEngine, filters: Filters, sort: Any) -> None:
    documents = random_documents(seed=9)
    engine.upsert(documents)
    keys: dict[str, Callable[[list[OfferDocument]], int]] = {
        "price": lambda offers: min(each.total_minor for each in offers),
        "saving": lambda offers: -max(each.saving_percent for each in offers),
        "newest": lambda offers: -max(each.published_at for each in offers),
    }
    having = [(keys[sort](fit), one.id) for one in documents if (fit := fitting_offers(one, filters))]

    shown = found(engine, "chaise", filters=filters, sort=sort, page_size=200)

    assert shown[: len(having)] == [identity for _, identity in sorted(having)]


def test_sorts_of_more_documents_than_a_server_looks_at_one_by_one(engine: SearchEngine) -> None:
    """Large segments are skipped through; OpenSearch 3 does so in a way that its nested numbers cannot."""
    count = 6_000
    price = {f"product:{n}": n * 7_919 % 100_003 for n in range(1, count + 1)}
    engine.rebuild([document(n, "Lampe", offer(n, total_minor=price[f"product:{n}"])) for n in range(1, count + 1)])
    cheapest = sorted(price, key=lambda identity: price[identity])[:24]

    assert found(engine, "lampe", sort="price", page_size=24) == cheapest
    assert found(engine, sort="price", page_size=24) == cheapest
    for sort in ("saving", "newest"):
        assert engine.retrieve(ask("lampe", sort=sort)).total == count


def test_pages_are_stable_and_never_repeat_a_document(engine: SearchEngine) -> None:
    engine.upsert(random_documents(seed=3))
    for sort in ("relevance", "price", "saving", "newest"):
        for text in ("", "chaise"):
            whole = found(engine, text, sort=sort, page_size=200)

            pages = [i for page in range(1, 14) for i in found(engine, text, sort=sort, page_size=10, page=page)]

            assert pages == whole
            assert len(set(whole)) == len(whole) == 120


def test_ties_are_ordered_by_id(engine: SearchEngine) -> None:
    engine.upsert([document(n, "Tasse", offer(n)) for n in (30, 4, 100, 7)])

    assert found(engine, "tasse") == sorted(["product:30", "product:4", "product:100", "product:7"])
