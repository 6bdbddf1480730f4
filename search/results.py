"""What is answered: hits with their reasons, facets, corrections, the filters found in the words. Pure shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from search.documents import ConditionFamily, DocumentKind
from search.queries import SearchQuery

MOST_EQUIVALENTS = 2
ReasonKind = Literal["identifier", "words", "parts", "meaning", "offer"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """One cause of a hit's place, as data; the page puts it into words.

    kind "identifier": `terms` holds the code that matched; "words" and "parts": the words of the query found;
    "meaning": `value` is the cosine, -1 to 1; "offer": the offer that met the filters.
    value: this cause's share of the final score, 0 to 1 (for "meaning" the cosine itself).
    """

    kind: ReasonKind
    terms: tuple[str, ...] = ()
    value: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferRange:
    """Live offers of one condition family that meet the query's filters. from_minor: the lowest total."""

    from_minor: int
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """One card. score compares within one response only, higher is better.

    offers: per family, all live offers of the document that meet the filters *other than the condition*
    (a card shows new, refurbished and used together). best_offer_id: the offer that meets every filter.
    equivalents: of a product, the lone listings near to it that stand under its card, best first, at most
    MOST_EQUIVALENTS; equivalent_count: all that meet the filters and have no card of their own, those included.
    """

    id: str
    kind: DocumentKind
    score: float
    reasons: tuple[Reason, ...] = ()
    offers: Mapping[ConditionFamily, OfferRange] = field(default_factory=dict)
    best_offer_id: int | None = None
    saving_percent: int = 0
    equivalents: tuple[Hit, ...] = ()
    equivalent_count: int = 0

    @property
    def source_id(self) -> int:
        """The database id behind "product:12"."""
        return int(self.id.partition(":")[2])


@dataclass(frozen=True, kw_only=True, slots=True)
class FacetValue:
    """One value of a facet; count: documents that would be left, the facet's own filter not applied."""

    value: str
    count: int
    is_selected: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceBar:
    """One bar of the price histogram: documents whose cheapest fitting offer lies in [from, below)."""

    from_minor: int
    below_minor: int
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Facets:
    """Counts of documents with at least one fitting offer, most frequent first (condition and saving in fixed order).

    Keys of `values`: "condition", "grade", "category", "brand", "colour", "size", "seller_kind", "saving" ("20", "30",
    "50": at least that percent), "delivery" ("free", or the highest number of days).
    """

    values: Mapping[str, tuple[FacetValue, ...]] = field(default_factory=dict)
    price_bars: tuple[PriceBar, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """A word that no product has, and the catalogue's word that was searched in its place."""

    typed: str
    searched: str


@dataclass(frozen=True, kw_only=True, slots=True)
class UnderstoodFilter:
    """A filter read out of the words ("moins de 200 €"). field: a name of `Filters`; value: as in an address.

    was_dropped: the filter would have left nothing, so the search went on without it; the page says so.
    """

    field: str
    value: str
    words: str
    was_dropped: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchPage:
    """The answer to one `SearchQuery`.

    total: documents that match; total_offers: their offers that meet the filters.
    total_cards: cards over all pages: documents that match, less those that stand under another's card.
    searched_text: what was searched after correction and with the understood filters' words taken out.
    notices: codes of what the page should admit: "words_only" (the text model is missing), "capped" (deep paging),
    "fallback" (the engine that stands in answered; very recent changes may be missing).
    """

    query: SearchQuery
    hits: tuple[Hit, ...] = ()
    total: int = 0
    total_cards: int = 0
    total_offers: int = 0
    facets: Facets = field(default_factory=Facets)
    searched_text: str = ""
    corrections: tuple[Correction, ...] = ()
    understood: tuple[UnderstoodFilter, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def pages(self) -> int:
        return max(1, -(-self.total_cards // self.query.page_size))


SuggestionKind = Literal["query", "category", "brand", "product"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestion:
    """One line under the search field. text: plain, as shown; value: slug, document id or query."""

    kind: SuggestionKind
    text: str
    value: str
    context: str = ""
    count: int = 0
    offers: Mapping[ConditionFamily, OfferRange] = field(default_factory=dict)
