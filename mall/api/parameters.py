"""The query parameters as the documentation lists them. They are read by `search.params`, as for the pages."""

from __future__ import annotations

from typing import Any

from search.documents import CONDITION_FAMILIES, LANGUAGES, SELLER_KINDS
from search.queries import MAX_PAGE, MAX_PAGE_SIZE, SORTS


def _one(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": {"type": "string", **schema}}


def _many(name: str, description: str, **item: Any) -> dict[str, Any]:
    schema = {"type": "array", "items": {"type": "string", **item}}
    return {"name": name, "in": "query", "description": description, "style": "form", "explode": True, "schema": schema}


LANGUAGE = _one("language", "language of words and answer", enum=list(LANGUAGES), default="fr")

SEARCH: list[dict[str, Any]] = [
    _one("q", "the words, as a shopper types them; empty: everything"),
    LANGUAGE,
    _many("condition", "repeat for “or”", enum=list(CONDITION_FAMILIES)),
    _many("category", "slug; a department takes its categories in"),
    _many("brand", "slug"),
    _one("price_min", "lowest total, delivery included, in major units: 19.99"),
    _one("price_max", "highest total, delivery included"),
    _one("saving", "at least so many percent below today's cheapest new offer", type="integer", minimum=1, maximum=99),
    _many("seller_kind", "who sells", enum=list(SELLER_KINDS)),
    _many("seller", "id of a seller"),
    _many("colour", "English name of the colour"),
    _many("size", "as written on the product"),
    _many("grade", "grade of the condition, such as used.good"),
    _many("delivery", "“free”, or the highest number of days"),
    _many("equivalent_of", "id of a product: only second-hand things near to it that are no product of the catalogue"),
    _one("sort", "the order", enum=list(SORTS), default="relevance"),
    _one("page", "from 1", type="integer", minimum=1, maximum=MAX_PAGE, default=1),
    _one("page_size", "results of a page", type="integer", minimum=1, maximum=MAX_PAGE_SIZE, default=24),
    _one("exact", "1: the words exactly as typed, nothing corrected, no filters read out of them", enum=["1"]),
]

SUGGEST: list[dict[str, Any]] = [
    _one("q", "what has been typed so far"),
    LANGUAGE,
    _one("limit", "at most so many", type="integer", minimum=1, maximum=20, default=8),
]
