"""What every search engine must do, whatever runs underneath."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from search.documents import CONDITION_FAMILIES, DocumentText, OfferDocument, SearchDocument
from search.engines.protocol import SearchEngine
from search.queries import Filters, SearchQuery
from search.results import OfferRange
from tests.search_documents import document, offer
from tests.tiny_encoder import TinyEncoder


def ask(text: str = "", **facts: Any) -> SearchQuery:
    return SearchQuery(text=text, language=facts.pop("language", "fr"), **facts)


def found(engine: SearchEngine, text: str = "", **facts: Any) -> list[str]:
    return [hit.id for hit in engine.retrieve(ask(text, **facts)).hits]


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


def random_documents(seed: int, count: int = 120) -> list[SearchDocument]:
    chance = random.Random(seed)
    documents = []
    for number in range(1, count + 1):
        offers = [
            offer(
                number * 10 + place,
                family=chance.choice(CONDITION_FAMILIES),
                grade=chance.choice(["a", "b", "c"]),
                total_minor=chance.randrange(500, 50_000),
                seller_kind=chance.choice(["brand", "professional", "private"]),
                seller_id=chance.randrange(1, 6),
                colour=chance.choice(["", "blue", "red", "green"]),
                size=chance.choice(["", "S", "M"]),
                saving_percent=chance.choice([0, 15, 25, 35, 60]),
                delivery_days=chance.choice([None, 2, 5]),
                has_free_delivery=chance.random() < 0.3,
                published_at=chance.randrange(1_600_000_000, 1_700_000_000),
            )
            for place in range(chance.randrange(0, 5))
        ]
        path = chance.choice([(), ("home",), ("home", "kitchen"), ("toys",)])
        brand = chance.choice(["", "acme", "bolt"])
        documents.append(
            document(number, "Chaise", *offers, category_path=path, categories=path, brand=brand, brand_slug=brand)
        )
    return documents


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


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("creme dessert", "crèmes desserts"),
        ("oeufs", "œufs"),
        ("l'aspirateur", "aspirateurs"),
        ("L’écran d’ordinateur", "ecrans ordinateurs"),
        ("128 go", "128GB"),
        ("iPhone13", "iphone 13"),
    ],
)
def test_french_ways_of_writing_find_the_same(engine: SearchEngine, one: str, two: str) -> None:
    titles = [
        "Crème dessert vanille",
        "Œufs frais",
        "Aspirateur balai",
        "Écran pour ordinateur",
        "iPhone 13 Pro 128 Go",
        "Desserts au soja",
        "Clavier",
    ]
    engine.upsert([document(n, title) for n, title in enumerate(titles, 1)])

    first, second = found(engine, one), found(engine, two)

    assert first == second
    assert first


def test_english_word_finds_a_bilingual_document_in_the_french_mall(engine: SearchEngine) -> None:
    both = {"fr": DocumentText(title="Casque sans fil"), "en": DocumentText(title="Wireless headphones")}
    engine.upsert([document(1, texts=both), document(2, "Lampe de bureau")])

    assert found(engine, "wireless", language="fr")[0] == "product:1"
    assert found(engine, "casque", language="en")[0] == "product:1"


def test_meaning_finds_what_no_word_does(engine: SearchEngine) -> None:
    engine.upsert([document(1, "Sofa", language="en"), document(2, "Lamp", language="en")])

    retrieval = engine.retrieve(ask("couch", language="en"))

    assert retrieval.hits[0].id == "product:1"
    assert not retrieval.is_words_only


def test_broken_text_model_leaves_words(engine: SearchEngine, encoder: TinyEncoder) -> None:
    engine.upsert([document(1, "Sofa rouge")])
    encoder.is_broken = True

    retrieval = engine.retrieve(ask("sofa"))

    assert retrieval.is_words_only
    assert [hit.id for hit in retrieval.hits] == ["product:1"]
    assert "mend it" in engine.status().message


@pytest.mark.parametrize(
    "typed", ["3614271256607", "03614271256607", "361-4271 256607", "WH-1000XM4", "wh1000xm4", "080442957X"]
)
def test_identifier_comes_first(engine: SearchEngine, typed: str) -> None:
    codes = ("03614271256607", "WH-1000XM4", "080442957X")
    engine.upsert(
        [document(1, "WH 1000 XM 4 étui"), document(2, "Casque", identifiers=codes), document(3, "Autre 3614271")]
    )

    hits = engine.retrieve(ask(typed)).hits

    assert hits[0].id == "product:2"
    assert hits[0].reasons[0].kind == "identifier"


def test_reasons_name_words_meaning_and_offer(engine: SearchEngine) -> None:
    engine.upsert([document(1, "Casque bluetooth", offer(5))])

    reasons = {reason.kind: reason for reason in engine.retrieve(ask("casque")).hits[0].reasons}

    assert reasons["words"].terms == ("casque",)
    assert 0 < reasons["meaning"].value <= 1.001
    assert reasons["offer"].terms == ("5",)


def test_lower_version_never_replaces_a_higher(engine: SearchEngine) -> None:
    engine.upsert([document(1, "Nouveau", version=5)])

    stored = engine.upsert([document(1, "Ancien", version=4)])

    assert stored == 0
    assert found(engine, "nouveau") == ["product:1"]
    assert (
        found(engine, "ancien", corrects_spelling=False) != ["product:1"] or engine.retrieve(ask("nouveau")).total == 1
    )


def test_writing_twice_leaves_one(engine: SearchEngine) -> None:
    for _ in range(3):
        assert engine.upsert([document(1, "Lampe", offer(1)), document(2, "Lampe", offer(2))]) == 2

    assert engine.status().documents == 2
    assert engine.retrieve(ask("lampe")).total == 2


def test_deleted_document_is_gone_everywhere(engine: SearchEngine) -> None:
    engine.upsert([document(n, "Lampe halogène", offer(n)) for n in (1, 2)])

    assert engine.delete(["product:1", "product:9"]) == 1

    assert found(engine, "lampe") == ["product:2"]
    assert found(engine) == ["product:2"]
    assert [one.value for one in engine.suggest("lampe", language="fr", limit=20) if one.kind == "product"] == [
        "product:2"
    ]
    assert engine.delete(["product:1"]) == 0


def test_many_small_writes_give_the_same_as_one_build(engine: SearchEngine) -> None:
    documents = random_documents(seed=2, count=40)
    engine.rebuild(documents)
    whole = engine.retrieve(ask("chaise", page_size=60, sort="price"))

    engine.rebuild([])
    for one in documents:
        engine.upsert([replace(one, version=1)])
        engine.upsert([replace(one, version=2)])

    apart = engine.retrieve(ask("chaise", page_size=60, sort="price"))
    assert [hit.id for hit in apart.hits] == [hit.id for hit in whole.hits]
    assert [hit.offers for hit in apart.hits] == [hit.offers for hit in whole.hits]
    assert apart.facets == whole.facets
    assert engine.status().documents == 40


@pytest.mark.parametrize(
    "text",
    [
        '"',
        "'",
        "(",
        "a AND (b OR",
        "field:value^3~",
        "\x00\x01\x02",
        "\ud800",
        "😀 é ß ﷺ 中文",
        "a" * 10_000,
        "mot " * 5_000,
        "1" * 4_000,
        "%s %d {} ' OR 1=1 --",
        "sans",
        "the",
        "l'",
        "-" * 300,
    ],
)
def test_any_text_is_answered(engine: SearchEngine, text: str) -> None:
    engine.upsert([document(1, "Lampe 😀 中文"), document(2, "Mot")])

    retrieval = engine.retrieve(ask(text))

    assert retrieval.total >= 0
    engine.correct(text, language="fr")
    engine.suggest(text, language="fr", limit=5)


def test_empty_index_answers_with_nothing(engine: SearchEngine) -> None:
    for text in ("", "lampe"):
        retrieval = engine.retrieve(ask(text))
        assert (retrieval.total, retrieval.hits, retrieval.total_offers) == (0, (), 0)
    assert engine.suggest("la", language="fr", limit=5) == ()
    assert engine.similar("product:1", filters=Filters(), limit=5) == ()


def test_page_beyond_the_last_is_empty(engine: SearchEngine) -> None:
    engine.upsert([document(1, "Lampe")])

    retrieval = engine.retrieve(ask("lampe", page=10_000))

    assert (retrieval.hits, retrieval.total) == ((), 1)


def test_browsing_shows_first_what_has_most_conditions(engine: SearchEngine) -> None:
    both = (offer(1, family="new"), offer(2, family="used"))
    engine.upsert([document(1, "A"), document(2, "B", offer(3)), document(3, "C", *both)])

    assert found(engine) == ["product:3", "product:2", "product:1"]


def test_similar_leaves_the_document_itself_out_and_keeps_filters(engine: SearchEngine) -> None:
    engine.upsert(
        [
            document(1, "Sofa rouge", offer(1)),
            document(2, "Sofa bleu", offer(2, family="used")),
            document(3, "Couch", offer(3)),
            document(4, "Perceuse", offer(4)),
        ]
    )

    near = [hit.id for hit in engine.similar("product:1", filters=Filters(), limit=2)]
    used = [hit.id for hit in engine.similar("product:1", filters=Filters(conditions=frozenset({"used"})), limit=5)]

    assert set(near) == {"product:2", "product:3"}
    assert used == ["product:2"]


def test_suggestions_fold_accents_and_come_in_order(engine: SearchEngine) -> None:
    categories: dict[str, Any] = {"categories": ("Vélos",), "category_path": ("velos",)}
    engine.upsert(
        [
            document(n, f"Vélo de ville {n}", offer(n), brand="Vélozen", brand_slug="velozen", **categories)
            for n in range(1, 4)
        ]
    )

    lines = engine.suggest("velo", language="fr", limit=10)

    kinds = [line.kind for line in lines]
    assert kinds == sorted(kinds, key=["query", "category", "brand", "product"].index)
    assert {"query", "category", "brand", "product"} == set(kinds)
    assert next(line for line in lines if line.kind == "category").text == "Vélos"
    assert next(line for line in lines if line.kind == "product").offers["new"].count == 1


def test_spelling_corrects_only_words_that_no_document_has(engine: SearchEngine) -> None:
    engine.upsert([document(n, "Aspirateur sans sac") for n in range(1, 4)] + [document(5, "Lave-linge hublot")])

    assert engine.correct("aspirtaeur", language="fr")[0] == "aspirateur"
    assert engine.correct("aspirateurs", language="fr") == ("aspirateurs", ())
    assert (
        engine.correct("lav linge", language="fr")[0] == "lav linge"
        or "linge" in engine.correct("lav linge", language="fr")[0]
    )
    assert engine.correct("wh1000xm4", language="fr") == ("wh1000xm4", ())
