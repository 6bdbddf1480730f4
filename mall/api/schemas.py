"""The shapes of the answers, as the documentation shows them. Amounts are minor units (cents) of `currency`."""

from __future__ import annotations

from typing import Literal

from ninja import Schema
from pydantic import Field

Family = Literal["new", "refurbished", "used", "parts"]


class Problem(Schema):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    parameter: str | None = None


class OfferRange(Schema):
    """Live offers of one condition. from_minor: the lowest price, delivery included, that meets the filters."""

    from_minor: int
    count: int


class Reason(Schema):
    """Why the result stands here. value: its share of the score; for "meaning" the similarity, -1 to 1."""

    kind: Literal["identifier", "words", "parts", "meaning", "offer"]
    terms: list[str]
    value: float
    text: str = Field(description="the same in words, in the language asked for")


class Image(Schema):
    """src: a JPEG. avif_srcset: the same photo in several widths."""

    src: str
    avif_srcset: str
    width: int
    height: int
    alt: str


class Evidence(Schema):
    """What speaks for or against a thing being the same as a product.

    detail: the thing's value, or one that both share; other: the product's, where it differs.
    """

    kind: str
    speaks: Literal["for", "against"]
    detail: str
    other: str
    text: str = Field(description="the same in words, in the language asked for")


class Result(Schema):
    """One card. Second-hand things that are no product of the catalogue come right after the new product that they are
    nearest to."""

    kind: Literal["product", "listing"]
    id: int
    title: str
    url: str
    brand: str
    image: Image | None
    currency: str
    offers: dict[Family, OfferRange]
    saving_percent: int = Field(
        description="cheapest second-hand or refurbished offer against today's cheapest new one; of an equivalent:"
        " against today's cheapest new offer of the product that it is near to, 0 when it is not cheaper"
    )
    equivalent_of: int | None = Field(description="id of the product that the thing is near to, without being it")
    evidence: list[Evidence] = Field(description="of an equivalent: why it is near, what differs; else empty")
    equivalent_count: int = Field(description="of a product: how many things are near to it; some follow it")
    equivalents_url: str | None = Field(
        description="the page with all of them, under the same filters; here: the parameter equivalent_of"
    )
    reasons: list[Reason]


class FacetValue(Schema):
    value: str
    count: int
    is_selected: bool


class PriceBar(Schema):
    from_minor: int
    below_minor: int
    count: int


class Facets(Schema):
    """values: by parameter name; each facet is counted without its own filter."""

    values: dict[str, list[FacetValue]]
    price_bars: list[PriceBar]


class Correction(Schema):
    typed: str
    searched: str


class Understood(Schema):
    """A filter read out of the words. was_dropped: it would have left nothing."""

    field: str
    value: str
    words: str
    was_dropped: bool


class SearchAnswer(Schema):
    query: str
    searched_text: str
    language: str
    total: int = Field(description="all that matches, equivalents included")
    total_cards: int = Field(description="all that is counted into pages: what stands under a product is not")
    total_offers: int
    page: int
    page_size: int
    pages: int
    results: list[Result] = Field(description="in the order of the page; equivalents come beside the page_size")
    facets: Facets
    corrections: list[Correction]
    understood: list[Understood]
    notices: list[str] = Field(
        description='what to admit: "words_only" (meaning is not compared), "capped" (the list goes on further), '
        '"fallback" (the stand-by engine answered; what was put on sale just now may be missing)'
    )


class Suggestion(Schema):
    kind: Literal["query", "category", "brand", "product"]
    text: str
    value: str
    context: str
    url: str
    count: int
    offers: dict[Family, OfferRange]


class SuggestAnswer(Schema):
    suggestions: list[Suggestion]


class Identifier(Schema):
    scheme: str
    value: str


class Variant(Schema):
    id: int
    label: str
    colour: str
    size: str
    identifiers: list[Identifier]


class Seller(Schema):
    id: int
    name: str
    kind: Literal["brand", "professional", "private"]
    url: str
    rating: float | None
    rating_count: int
    return_days: int


class Offer(Schema):
    id: int
    variant_id: int
    condition: Family
    grade: str
    grade_label: str
    price_minor: int
    delivery_minor: int
    total_minor: int
    currency: str
    stock: int
    delivery_days_min: int | None
    delivery_days_max: int | None
    can_be_collected: bool
    warranty_months: int
    seller: Seller


class BuyBox(Schema):
    """The offer that stands first in its condition. decided_by: only, price, date, rating or rotation."""

    offer_id: int
    total_minor: int
    offer_count: int
    gap_minor: int = Field(description="how much the runner-up costs more")
    decided_by: str


class Product(Schema):
    id: int
    title: str
    url: str
    brand: str
    category: str
    category_names: list[str]
    language: str
    texts: dict[Literal["fr", "en"], ProductText]
    images: list[Image]
    variants: list[Variant]
    offers: dict[Family, OfferRange]
    buy_box: dict[Family, BuyBox]
    equivalents: list[Result] = Field(
        description="the nearest second-hand things that are no product of the catalogue; none without a new offer"
    )
    equivalent_count: int
    equivalents_url: str | None
    live_offers: list[Offer] = Field(description="cheapest first within each condition, at most 100 of each")


class ProductText(Schema):
    title: str
    summary: str
    description: str
    facts: list[list[str]]


Product.model_rebuild()
