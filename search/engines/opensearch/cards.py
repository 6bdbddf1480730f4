"""From stored documents to hits: their offers, their reasons, and the listings under a card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from search.documents import CONDITION_FAMILIES, ConditionFamily, DocumentKind
from search.engines.opensearch.client import Client
from search.engines.opensearch.filters import offer_test
from search.engines.opensearch.folding import Cards
from search.engines.opensearch.mapping import VECTOR
from search.engines.opensearch.plan import Plan
from search.engines.opensearch.requests import Body, ids_query
from search.engines.opensearch.window import INSIDE, Candidate, Window
from search.engines.opensearch.words import Query
from search.queries import Filters, SearchQuery
from search.ranking.reasons import reasons_of
from search.results import MOST_EQUIVALENTS, Hit, OfferRange, Reason

_CARD_FILTERS = ("conditions", "grades")
# listings near to the products of one page that are read; all of them are counted
MOST_LISTINGS = 300
_MOST_VECTORS = 200
_COSINE_DECIMALS = 4


def page_body(query: Query) -> Body:
    """Stored documents of a page, as far as cards show them."""
    return {"query": query, "_source": ["offers"], "track_total_hits": False}


def near_body(products: Sequence[str], filters: Sequence[Query], match: Sequence[Query], words: Query | None) -> Body:
    """Listings near to the products of a page that meet the filters, results of the question first."""
    named: Query = {"bool": {"filter": list(match) or [{"match_all": {}}], "_name": INSIDE}}
    should = [named] if words is None else [named, words]
    wanted = {"terms": {"equivalent_of": sorted(products)}}
    return {
        "query": {"bool": {"filter": [wanted, *filters], "should": should}},
        "size": MOST_LISTINGS,
        "sort": [{"_score": {"order": "desc"}}, {"id": {"order": "asc"}}],
        "_source": ["offers", "equivalent_of"],
        "track_total_hits": False,
        "aggs": {"products": {"terms": {"field": "equivalent_of", "size": len(products)}}},
    }


def read_hit(
    hit: Mapping[str, Any],
    filters: Filters,
    place: float,
    plan: Plan | None,
    candidate: Candidate,
    ranked: float | None = None,
) -> Hit:
    """hit: of `page_body`; place: score shown; ranked: score of the document itself where its place is another's."""
    identity: str = hit["_id"]
    offers: list[dict[str, Any]] = hit["_source"].get("offers", [])
    offers.sort(key=lambda offer: (offer["total"], offer["id"]))
    fitting = list(filter(offer_test(filters), offers))
    shown = list(filter(offer_test(filters.without(*_CARD_FILTERS)), offers))
    reasons = _reasons(plan, candidate, place if ranked is None else ranked)
    best = int(fitting[0]["id"]) if fitting else None
    if best is not None:
        reasons.append(Reason(kind="offer", terms=(str(best),)))
    kind: DocumentKind = "listing" if identity.startswith("listing:") else "product"
    return Hit(
        id=identity,
        kind=kind,
        score=place,
        reasons=tuple(reasons),
        offers=offer_ranges(shown),
        best_offer_id=best,
        saving_percent=max((int(offer["saving"]) for offer in fitting), default=0),
    )


def _reasons(plan: Plan | None, candidate: Candidate, ranked: float) -> list[Reason]:
    if plan is None:
        return []
    share = (candidate.lexical or 0.0) / plan.best_lexical if plan.best_lexical else 0.0
    cosine = (candidate.cosine or 0.0) if plan.vector is not None else None
    terms = plan.words.terms_of(candidate.names)
    is_identified = candidate.id in plan.identified
    return reasons_of(plan.words.question, terms, share, ranked, cosine, is_identified=is_identified)


def offer_ranges(offers: Sequence[Mapping[str, Any]]) -> dict[ConditionFamily, OfferRange]:
    """Per family: lowest total and number. offers: as stored, cheapest first."""
    ranges: dict[ConditionFamily, OfferRange] = {}
    for family in CONDITION_FAMILIES:
        totals = [int(offer["total"]) for offer in offers if offer["family"] == family]
        if totals:
            ranges[family] = OfferRange(from_minor=totals[0], count=len(totals))
    return ranges


def under_cards(
    client: Client,
    index: str,
    near: Body,
    cards: Cards,
    query: SearchQuery,
    plan: Plan | None,
    window: Window,
    scores: Mapping[str, float],
) -> dict[str, tuple[tuple[Hit, ...], int]]:
    """Per product: the listings shown under its card, best first, and how many there are."""
    counts = {one["key"]: int(one["doc_count"]) for one in near["aggregations"]["products"]["buckets"]}
    for leader in cards.leaders:
        product = window.candidates[leader].near
        if product in counts:
            counts[product] -= 1
    hits = [hit for hit in near["hits"]["hits"] if hit["_id"] not in cards.leaders]
    worth = {hit["_id"]: _worth(hit, plan, scores) for hit in hits}
    matches = {hit["_id"] for hit in hits if INSIDE in hit.get("matched_queries", ())}
    by_product: dict[str, list[Mapping[str, Any]]] = {}
    for hit in hits:
        by_product.setdefault(hit["_source"]["equivalent_of"], []).append(hit)
    unsure = {
        product: [hit["_id"] for hit in listed if plan is None or hit["_id"] not in matches]
        for product, listed in by_product.items()
        if counts[product] > MOST_EQUIVALENTS
        and (plan is None or sum(hit["_id"] in matches for hit in listed) < MOST_EQUIVALENTS)
    }
    if any(unsure.values()):
        worth |= _nearness(client, index, unsure)
    found = {}
    for product, listed in by_product.items():
        listed.sort(key=lambda hit: (hit["_id"] not in matches, -worth[hit["_id"]], hit["_id"]))
        shown = []
        for hit in listed[:MOST_EQUIVALENTS]:
            one = window.candidates.get(hit["_id"]) or Candidate(hit["_id"])
            if one.lexical is None:
                one.lexical = float(hit["sort"][0])
                one.names = frozenset(hit.get("matched_queries", ())) - {INSIDE}
            score = scores.get(hit["_id"], worth[hit["_id"]] if plan is not None else 0.0)
            shown.append(read_hit(hit, query.filters, score, plan, one))
        if counts[product] > 0:
            found[product] = (tuple(shown), counts[product])
    return found


def _worth(hit: Mapping[str, Any], plan: Plan | None, scores: Mapping[str, float]) -> float:
    """Relevance of a result; 0 for what does not hold the words, and when browsing."""
    if plan is None or INSIDE not in hit.get("matched_queries", ()):
        return 0.0
    if hit["_id"] in scores:
        return scores[hit["_id"]]
    return float(hit["sort"][0]) / (plan.best_lexical or 1.0)


def _nearness(client: Client, index: str, unsure: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Cosine of each listing with its product, 0 where one of the two has no vector."""
    ids = list(dict.fromkeys(one for product, listings in unsure.items() for one in (product, *listings)))
    wanted = ids[:_MOST_VECTORS]
    body = {"query": ids_query(wanted), "size": len(wanted), "_source": [VECTOR], "track_total_hits": False}
    (answer,) = client.ask_all(index, [body])
    vectors = {
        hit["_id"]: np.asarray(hit["_source"][VECTOR], np.float32)
        for hit in answer["hits"]["hits"]
        if VECTOR in hit["_source"]
    }
    found = {}
    for product, listings in unsure.items():
        for listing in listings:
            both = product in vectors and listing in vectors
            found[listing] = round(float(vectors[product] @ vectors[listing]), _COSINE_DECIMALS) if both else 0.0
    return found
