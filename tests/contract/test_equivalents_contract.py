"""Second-hand beside new: who stands under whose card, who leads, and that nothing is shown twice or lost."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from search.answering import answer
from search.documents import SearchDocument
from search.engines.protocol import SearchEngine
from search.queries import Filters
from search.results import MOST_EQUIVALENTS, Hit
from tests.contract.questions import ask
from tests.search_documents import document, listing, offer

USED = Filters(conditions=frozenset({"used"}))


def shown(engine: SearchEngine, text: str = "", **facts: Any) -> list[tuple[str, list[str], int]]:
    """Per card: its id, the ids under it, how many there are."""
    hits = engine.retrieve(ask(text, **facts)).hits
    return [(hit.id, [under.id for under in hit.equivalents], hit.equivalent_count) for hit in hits]


def lumo_5() -> SearchDocument:
    """Its details hold the number of the model before it, as details do."""
    return document(12, "Novaro Lumo 5", offer(1), details="Smartphone, 4 appareils photo, 4 Go")


def lumo_4(**facts: Any) -> SearchDocument:
    return listing(7, "Novaro Lumo 4 64 Go", 12, **facts)


@pytest.mark.parametrize("text", ["lumo", "novaro", ""])
def test_a_listing_stands_under_the_new_product_it_is_near_to(engine: SearchEngine, text: str) -> None:
    engine.upsert([lumo_5(), lumo_4()])

    retrieval = engine.retrieve(ask(text))

    (card,) = retrieval.hits
    (under,) = card.equivalents
    assert (card.id, under.id, under.kind, card.equivalent_count) == ("product:12", "listing:7", "listing", 1)
    assert (retrieval.total, retrieval.total_cards, retrieval.total_offers) == (2, 1, 2)
    assert (under.best_offer_id, under.offers["used"].from_minor) == (1_000_007, 5_000)
    assert under.equivalents == ()


@pytest.mark.parametrize("text", ["lumo 4", "lumo4", "novaro lumo 4"])
def test_a_thing_that_nobody_sells_new_leads_when_it_is_asked_for(engine: SearchEngine, text: str) -> None:
    engine.upsert([lumo_5(), lumo_4()])

    assert shown(engine, text) == [("listing:7", [], 0), ("product:12", [], 0)]


def test_the_product_keeps_its_other_listings_when_one_leads(engine: SearchEngine) -> None:
    engine.upsert([lumo_5(), lumo_4(), listing(8, "Novaro Lumo 5 bleu", 12)])

    assert shown(engine, "lumo 4") == [("listing:7", [], 0), ("product:12", ["listing:8"], 1)]


def test_a_listing_that_leads_stands_before_its_product_whatever_its_length(engine: SearchEngine) -> None:
    """Words in a long text weigh less; what was asked for stands first all the same."""
    others = [document(n, f"Casque {n}", offer(n), details="4 micros") for n in range(20, 60)]
    long = lumo_4(details="Vendu avec sa boîte et son chargeur, batterie changée. " * 60)
    engine.upsert([lumo_5(), long, *others])

    assert [card for card, *_ in shown(engine, "lumo 4")][:2] == ["listing:7", "product:12"]


def test_a_listing_that_holds_clearly_more_of_the_words_leads(engine: SearchEngine) -> None:
    engine.upsert([document(1, "Lampe Opaline", offer(1)), listing(2, "Lampe Opaline rouge vintage", 1)])

    assert shown(engine, "lampe opaline vintage") == [("listing:2", [], 0), ("product:1", [], 0)]
    assert shown(engine, "lampe opaline") == [("product:1", ["listing:2"], 1)]


def test_a_code_typed_for_the_listing_alone_makes_it_lead(engine: SearchEngine) -> None:
    product = document(1, "Aspirateur Zéphyr", offer(1), identifiers=("WAN28208FF", "4006381333931"))
    thing = listing(2, "Aspirateur Zéphyr ancien", 1, identifiers=("WAN28201FF", "4006381333931"))
    engine.upsert([product, thing])

    assert shown(engine, "WAN28201FF")[0] == ("listing:2", [], 0)
    assert shown(engine, "WAN28208FF")[0] == ("product:1", ["listing:2"], 1)
    assert shown(engine, "4006381333931") == [("product:1", ["listing:2"], 1)]


def test_a_card_stands_at_the_best_place_of_what_it_shows(engine: SearchEngine) -> None:
    """The product says less with its title than the listing under it; the two stay together before the third."""
    engine.upsert(
        [
            document(1, "Machine à café avec broyeur et mousseur de lait", offer(1), details="expresso rivage"),
            document(2, "Machine rivage", offer(2), details="expresso"),
            listing(3, "Expresso Rivage", 1),
        ]
    )

    hits = engine.retrieve(ask("expresso rivage")).hits

    assert [hit.id for hit in hits] == ["product:1", "product:2"]
    assert hits[0].score >= hits[0].equivalents[0].score >= hits[1].score


def test_two_are_shown_and_the_rest_counted(engine: SearchEngine) -> None:
    engine.upsert([document(1, "Lampe", offer(1)), *(listing(n, "Lampe", 1) for n in (30, 4, 100, 7))])

    assert shown(engine, "lampe") == [("product:1", ["listing:100", "listing:30"], 4)]
    assert shown(engine) == [("product:1", ["listing:100", "listing:30"], 4)]


def test_those_that_hold_the_words_come_first_and_the_others_are_shown_too(engine: SearchEngine) -> None:
    engine.upsert(
        [
            document(1, "Canapé Brume", offer(1)),
            listing(2, "Sofa gris deux places", 1),
            listing(3, "Canapé Brume, tissu gris", 1),
        ]
    )

    retrieval = engine.retrieve(ask("canapé brume"))

    (card,) = retrieval.hits
    assert [under.id for under in card.equivalents] == ["listing:3", "listing:2"]
    assert (card.equivalent_count, retrieval.total, retrieval.total_cards) == (2, 2, 1)


def test_of_those_without_the_words_the_nearest_are_shown(engine: SearchEngine) -> None:
    engine.upsert(
        [
            document(1, "Brume trois places", offer(1)),
            listing(2, "Un meuble", 1),
            listing(3, "Banquette", 1),
            listing(4, "Banquette trois places", 1),
        ]
    )

    (card,) = shown(engine, "brume")

    assert (card[1][0], card[2]) == ("listing:4", 3)


def test_a_weak_match_goes_before_the_nearest_that_has_not_the_words(engine: SearchEngine) -> None:
    engine.upsert(
        [
            document(1, "Canapé trois places", offer(1), details="Collection Brume"),
            listing(2, "Canapé trois places", 1),
            listing(3, "Canapé trois places", 1),
            listing(4, "Meuble", 1, details="Tissu de qualité, lavable, brume, livré à domicile. " + "Beau. " * 200),
        ]
    )

    assert shown(engine, "brume") == [("product:1", ["listing:4", "listing:2"], 3)]


def test_a_filter_that_the_product_does_not_meet_leaves_the_listing_by_itself(engine: SearchEngine) -> None:
    engine.upsert([lumo_5(), lumo_4()])

    assert shown(engine, "lumo", filters=USED) == [("listing:7", [], 0)]
    assert shown(engine, filters=USED) == [("listing:7", [], 0)]


def test_a_filter_that_the_listing_does_not_meet_takes_it_away(engine: SearchEngine) -> None:
    engine.upsert([lumo_5(), lumo_4(total_minor=20_000), listing(8, "Téléphone", 12, total_minor=9_000)])

    at_most = Filters(price_max_minor=10_000)

    assert shown(engine, "lumo", filters=at_most) == [("product:12", ["listing:8"], 1)]
    assert shown(engine, "lumo", filters=Filters(conditions=frozenset({"new"}))) == [("product:12", [], 0)]


def test_a_product_that_is_sold_used_too_keeps_its_listings_under_that_filter(engine: SearchEngine) -> None:
    engine.upsert([document(12, "Lumo 5", offer(1), offer(2, family="used", grade="used.good")), lumo_4()])

    assert shown(engine, "lumo", filters=USED) == [("product:12", ["listing:7"], 1)]


@pytest.mark.parametrize("sort", ["price", "saving", "newest"])
@pytest.mark.parametrize("text", ["lumo", ""])
def test_other_orders_give_everything_its_own_place(engine: SearchEngine, sort: Any, text: str) -> None:
    engine.upsert([lumo_5(), lumo_4()])

    retrieval = engine.retrieve(ask(text, sort=sort))

    assert sorted(hit.id for hit in retrieval.hits) == ["listing:7", "product:12"]
    assert {(hit.equivalents, hit.equivalent_count) for hit in retrieval.hits} == {((), 0)}
    assert (retrieval.total, retrieval.total_cards) == (2, 2)


@pytest.mark.parametrize("sort", ["relevance", "price", "saving", "newest"])
def test_all_equivalents_of_a_product_can_be_listed(engine: SearchEngine, sort: Any) -> None:
    """Whether or not the product itself is in the index."""
    things = [listing(n, f"Lumo {n}", 12, total_minor=n * 1_000) for n in range(1, 8)]
    engine.upsert([lumo_5(), *things, listing(20, "Lumo", 13), listing(21, "Lumo", 1), listing(22, "Lumo")])
    of_12 = Filters(equivalent_of=frozenset({"product:12"}))
    of_both = Filters(equivalent_of=frozenset({"product:12", "product:13"}), price_max_minor=5_000)

    assert {card for card, *_ in shown(engine, filters=of_12, sort=sort)} == {thing.id for thing in things}
    five = {f"listing:{n}" for n in range(1, 6)}
    assert {card for card, *_ in shown(engine, "lumo", filters=of_both, sort=sort)} == five | {"listing:20"}
    assert shown(engine, filters=Filters(equivalent_of=frozenset({"product:99"})), sort=sort) == []
    assert engine.retrieve(ask(filters=of_12, sort=sort)).total_cards == 7


def test_facets_count_documents_whether_or_not_they_have_a_card(engine: SearchEngine) -> None:
    engine.upsert([lumo_5(), lumo_4()])

    folded, free = (engine.retrieve(ask("lumo", sort=sort)).facets for sort in ("relevance", "price"))

    assert folded == free
    assert {value.value: value.count for value in folded.values["condition"]} == {"new": 1, "used": 1}


def test_a_listing_stands_by_itself_once_its_product_is_gone(engine: SearchEngine) -> None:
    engine.upsert([lumo_5(), lumo_4()])

    engine.delete(["product:12"])

    assert shown(engine, "lumo") == [("listing:7", [], 0)]
    engine.upsert([lumo_5()])
    assert shown(engine, "lumo") == [("product:12", ["listing:7"], 1)]
    engine.delete(["listing:7"])
    assert shown(engine, "lumo") == [("product:12", [], 0)]


def test_a_listing_stands_by_itself_once_its_product_is_not_sold_new(engine: SearchEngine) -> None:
    engine.upsert([lumo_5(), lumo_4()])

    engine.upsert([listing(7, "Novaro Lumo 4 64 Go", version=2)])

    assert sorted(shown(engine, "lumo")) == [("listing:7", [], 0), ("product:12", [], 0)]


def test_a_product_that_comes_or_changes_after_its_listings_finds_them(engine: SearchEngine) -> None:
    engine.rebuild([lumo_4(), document(1, "Lumo lampe", offer(3))])
    assert {card for card, *_ in shown(engine, "lumo")} == {"listing:7", "product:1"}

    engine.upsert([lumo_5()])
    engine.upsert([listing(8, "Lumo 3", 12)])
    engine.upsert([document(12, "Novaro Lumo 5", offer(1), version=2)])

    assert ("product:12", ["listing:8", "listing:7"], 2) in shown(engine, "lumo")


def test_many_small_changes_lose_no_equivalent(engine: SearchEngine) -> None:
    engine.rebuild([lumo_5()])
    for number in range(20, 40):
        engine.upsert([listing(number, "Novaro Lumo", 12)])

    assert shown(engine, "lumo") == [("product:12", ["listing:20", "listing:21"], 20)]


@pytest.mark.parametrize("facts", [{"kind": "product"}, {"kind": "listing", "equivalent_of": "listing:3"}])
def test_only_a_listing_is_near_to_a_product(facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="only a listing"):
        document(1, "Lampe", **({"equivalent_of": "product:2"} | facts))


def chairs(seed: int) -> list[SearchDocument]:
    """40 products, some without a new offer, and 80 listings, most near to one of the first 25."""
    chance = random.Random(seed)
    words = ["Chaise", "Fauteuil", "Chaise pliante", "Chaise 4", "Tabouret chaise bois", "Siège"]
    colours = ["", "blue", "red"]
    products = [
        document(
            n,
            chance.choice(words),
            *[offer(n, total_minor=chance.randrange(500, 20_000), colour=chance.choice(colours))] * chance.randrange(2),
        )
        for n in range(1, 41)
    ]
    listings = [
        listing(
            n,
            chance.choice(words),
            chance.choice([*range(1, 26), None]),
            total_minor=chance.randrange(500, 20_000),
            colour=chance.choice(colours),
        )
        for n in range(1, 81)
    ]
    return chance.sample([*products, *listings], 120)


FILTERS = [
    Filters(),
    USED,
    Filters(price_max_minor=9_000),
    Filters(colours=frozenset({"blue"}), price_min_minor=2_000),
]


def cards_of(engine: SearchEngine, text: str, filters: Filters) -> list[Hit]:
    pages = [engine.retrieve(ask(text, filters=filters, page_size=7, page=page)).hits for page in range(1, 20)]
    return [hit for page in pages for hit in page]


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("text", ["", "chaise", "chaise 4", "chaise bois", "fauteuil"])
def test_over_all_pages_no_document_is_shown_twice_or_lost(engine: SearchEngine, text: str, filters: Filters) -> None:
    documents = {one.id: one for one in chairs(seed=11)}
    engine.rebuild(list(documents.values())[:90])
    engine.upsert(list(documents.values())[90:])
    whole = engine.retrieve(ask(text, filters=filters, page_size=96))
    everything = engine.retrieve(ask(text, filters=filters, page_size=96, sort="price"))
    rest = engine.retrieve(ask(text, filters=filters, page_size=96, sort="price", page=2)).hits
    results = {hit.id for hit in (*everything.hits, *rest)}

    cards = cards_of(engine, text, filters)

    assert [hit.id for hit in cards] == [hit.id for hit in whole.hits]
    assert whole.total_cards == len(cards)
    assert whole.total == everything.total == len(results)
    visible = [hit.id for card in cards for hit in (card, *card.equivalents)]
    assert len(visible) == len(set(visible))
    near = near_each(engine, cards, filters)
    leading = {card.id for card in cards}
    for card in cards:
        assert card.equivalent_count == len(near[card.id] - leading)
        assert {under.id for under in card.equivalents} <= near[card.id] - leading
        assert len(card.equivalents) == min(MOST_EQUIVALENTS, card.equivalent_count)
    behind = set().union(*(near[card.id] for card in cards)) if cards else set()
    assert results <= leading | behind
    scores = [card.score for card in cards]
    assert scores == sorted(scores, reverse=True)
    assert ties_are_by_id(cards)
    assert everything.facets == whole.facets


def near_each(engine: SearchEngine, cards: Sequence[Hit], filters: Filters) -> dict[str, set[str]]:
    """Per card: what "see all equivalents" lists."""
    found: dict[str, set[str]] = {}
    for card in cards:
        own = {name: getattr(filters, name) for name in Filters.__dataclass_fields__}
        all_near = Filters(**(own | {"equivalent_of": frozenset({card.id})}))
        found[card.id] = {hit.id for hit in engine.retrieve(ask(filters=all_near, page_size=96)).hits}
    return found


def ties_are_by_id(cards: Sequence[Hit]) -> bool:
    keys = [(-card.score, card.id) for card in cards]
    return keys == sorted(keys)


def test_pages_are_those_of_the_cards(engine: SearchEngine) -> None:
    engine.upsert([document(n, "Lampe", offer(n)) for n in range(1, 11)])
    engine.upsert([listing(n, "Lampe", n % 10 + 1) for n in range(1, 41)])

    by_relevance, by_price = (answer(engine, ask("lampe", sort=sort, page_size=10)) for sort in ("relevance", "price"))

    assert (by_relevance.total, by_relevance.total_cards, by_relevance.pages) == (50, 10, 1)
    assert (by_price.total, by_price.total_cards, by_price.pages) == (50, 50, 5)
