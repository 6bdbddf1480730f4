"""From an address to a `SearchQuery` and back: one grammar for pages and API.

Parameters, in the fixed order of addresses: q, condition, category, brand, price_min, price_max, saving, seller_kind,
seller, colour, size, grade, delivery, equivalent_of, sort, page, page_size, exact. Repeated ones mean "or". Prices are
in major units ("19.99"). equivalent_of: the number of a product.
`exact=1`: the words exactly as typed, no spelling correction and no filters read out of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from search.documents import CONDITION_FAMILIES, SELLER_KINDS, Language
from search.queries import MAX_PAGE, MAX_PAGE_SIZE, MAX_QUERY_CHARACTERS, SORTS, Filters, InvalidQuery, SearchQuery

Params = Mapping[str, Sequence[str]]
T = TypeVar("T")

MAX_VALUES = 40
_AMOUNT = re.compile(r"(?P<whole>[0-9]{1,8})(?:[.,](?P<cents>[0-9]{1,2}))?€?")
FREE_DELIVERY = "free"
_PRODUCT = "product:"


def parse_query(params: Params, *, language: Language, default_page_size: int = 24) -> SearchQuery:
    """Read a query. Unknown parameters are ignored; unknown values raise InvalidQuery naming the parameter."""
    is_exact = _one(params, "exact") == "1"
    return SearchQuery(
        text=_text(params),
        language=language,
        filters=_filters(params),
        sort=_choice(params, "sort", SORTS, "relevance"),
        page=_whole(params, "page", default=1, low=1, high=MAX_PAGE) or 1,
        page_size=_whole(params, "page_size", default=default_page_size, low=1, high=MAX_PAGE_SIZE) or 1,
        corrects_spelling=not is_exact,
        reads_filters=not is_exact,
    )


def to_params(query: SearchQuery, *, default_page_size: int = 24) -> list[tuple[str, str]]:
    """The address of `query`, fixed order, defaults left out. `parse_query` of it gives `query` again."""
    filters = query.filters
    pairs: list[tuple[str, str]] = [("q", query.text)] if query.text else []
    pairs += _sorted_pairs("condition", filters.conditions)
    pairs += _sorted_pairs("category", filters.categories)
    pairs += _sorted_pairs("brand", filters.brands)
    if filters.price_min_minor is not None:
        pairs.append(("price_min", format_major(filters.price_min_minor)))
    if filters.price_max_minor is not None:
        pairs.append(("price_max", format_major(filters.price_max_minor)))
    if filters.saving_percent_min is not None:
        pairs.append(("saving", str(filters.saving_percent_min)))
    pairs += _sorted_pairs("seller_kind", filters.seller_kinds)
    pairs += _sorted_pairs("seller", map(str, filters.seller_ids))
    pairs += _sorted_pairs("colour", filters.colours)
    pairs += _sorted_pairs("size", filters.sizes)
    pairs += _sorted_pairs("grade", filters.grades)
    if filters.has_free_delivery:
        pairs.append(("delivery", FREE_DELIVERY))
    if filters.delivery_days_max is not None:
        pairs.append(("delivery", str(filters.delivery_days_max)))
    pairs += _sorted_pairs("equivalent_of", (identity.removeprefix(_PRODUCT) for identity in filters.equivalent_of))
    if query.sort != "relevance":
        pairs.append(("sort", query.sort))
    if query.page != 1:
        pairs.append(("page", str(query.page)))
    if query.page_size != default_page_size:
        pairs.append(("page_size", str(query.page_size)))
    if not query.corrects_spelling:
        pairs.append(("exact", "1"))
    return pairs


def format_major(minor: int) -> str:
    """Minor units as written in an address: "19.99", "200"."""
    whole, cents = divmod(minor, 100)
    return f"{whole}.{cents:02d}" if cents else str(whole)


def parse_major(parameter: str, text: str) -> int:
    """ "19,99" or "19.99" as minor units. Raises InvalidQuery."""
    found = _AMOUNT.fullmatch(re.sub(r"\s", "", text))
    if found is None:
        raise InvalidQuery(parameter, f"{parameter} must be an amount such as 19.99, at most 99999999.99")
    return int(found["whole"]) * 100 + int((found["cents"] or "0").ljust(2, "0"))


def _filters(params: Params) -> Filters:
    low, high = _price(params, "price_min"), _price(params, "price_max")
    if low is not None and high is not None and low > high:
        raise InvalidQuery("price_min", "price_min must not be above price_max")
    delivery = _many(params, "delivery")
    days = [_number("delivery", value, 0, 60) for value in delivery if value != FREE_DELIVERY]
    return Filters(
        conditions=_choices(params, "condition", CONDITION_FAMILIES),
        grades=frozenset(_many(params, "grade")),
        categories=frozenset(_many(params, "category")),
        brands=frozenset(_many(params, "brand")),
        colours=frozenset(_many(params, "colour")),
        sizes=frozenset(_many(params, "size")),
        seller_kinds=_choices(params, "seller_kind", SELLER_KINDS),
        seller_ids=frozenset(_number("seller", value, 1, 2**62) for value in _many(params, "seller")),
        price_min_minor=low,
        price_max_minor=high,
        saving_percent_min=_whole(params, "saving", default=None, low=1, high=99),
        delivery_days_max=min(days) if days else None,
        has_free_delivery=FREE_DELIVERY in delivery,
        equivalent_of=frozenset(
            f"{_PRODUCT}{_number('equivalent_of', value, 1, 2**62)}" for value in _many(params, "equivalent_of")
        ),
    )


def _text(params: Params) -> str:
    """The words, without what no keyboard writes; over-long text is cut, not refused."""
    text = "".join(mark if mark.isprintable() else " " for mark in _one(params, "q")[: MAX_QUERY_CHARACTERS * 4])
    text = text.encode("utf-8", "ignore").decode("utf-8")
    return " ".join(text.split())[:MAX_QUERY_CHARACTERS].strip()


def _one(params: Params, name: str) -> str:
    values = params.get(name) or ()
    return values[-1] if values else ""


def _many(params: Params, name: str) -> list[str]:
    values = [value.strip() for value in params.get(name) or () if value.strip()]
    if len(values) > MAX_VALUES or any(len(value) > 120 for value in values):
        raise InvalidQuery(name, f"{name}: at most {MAX_VALUES} values of 120 characters")
    return values


def _choices(params: Params, name: str, known: Sequence[Any]) -> frozenset[Any]:
    values = _many(params, name)
    for value in values:
        if value not in known:
            raise InvalidQuery(name, f"{name} must be one of {', '.join(known)}")
    return frozenset(values)


def _choice(params: Params, name: str, known: Sequence[T], default: T) -> T:
    value: Any = _one(params, name) or default
    if value not in known:
        raise InvalidQuery(name, f"{name} must be one of {', '.join(map(str, known))}")
    return value  # type: ignore[no-any-return]


def _whole(params: Params, name: str, *, default: int | None, low: int, high: int) -> int | None:
    value = _one(params, name).strip()
    return _number(name, value, low, high) if value else default


def _number(name: str, value: str, low: int, high: int) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 19 or not low <= int(value) <= high:
        raise InvalidQuery(name, f"{name} must be a whole number from {low} to {high}")
    return int(value)


def _price(params: Params, name: str) -> int | None:
    value = _one(params, name).strip()
    return parse_major(name, value) if value else None


def _sorted_pairs(name: str, values: Iterable[str]) -> list[tuple[str, str]]:
    key: Callable[[str], str] = str
    return [(name, value) for value in sorted(values, key=key)]
