"""From a ranked match set to the page that was asked for: filters, order, cards with their offers and reasons."""

from __future__ import annotations

import numpy as np

from search.documents import CONDITION_FAMILIES, ConditionFamily
from search.engines.embedded.columns import KINDS, Columns
from search.engines.embedded.container import Array
from search.engines.embedded.facets import FacetCounter
from search.engines.embedded.filters import Mask
from search.engines.embedded.ranking import Ranking
from search.engines.embedded.snapshot import Snapshot
from search.queries import Filters, Sort
from search.ranking.fusion import best_first
from search.ranking.reasons import reasons_of
from search.results import Hit, OfferRange, Reason

_CARD_FILTERS = ("conditions", "grades")


class FittingOffers:
    """Documents of the match set that meet all filters, with what their fitting offers say."""

    def __init__(self, columns: Columns, filters: Filters, matched: Array, counter: FacetCounter) -> None:
        self._columns = columns
        self._fits = counter.fitting_offers()
        has_offer_filters = counter.masks.has_offer_filters
        inside = counter.fitting_documents()
        if has_offer_filters:
            has_fitting = np.zeros(len(matched), bool)
            has_fitting[counter.places[self._fits]] = True
            inside &= has_fitting
        self.rows = matched[inside]
        self._row_place = np.full(len(matched), -1, np.int64)
        self._row_place[inside] = np.arange(len(self.rows))
        self._offers = counter.offers[self._fits]
        self._owner = self._row_place[counter.places[self._fits]]
        self.total_offers = len(self._offers)

    def lowest_totals(self) -> Array:
        """float64 per row: lowest fitting total, infinite without an offer."""
        lowest = np.full(len(self.rows), np.inf)
        np.minimum.at(lowest, self._owner, self._columns.arrays["totals"][self._offers].astype(np.float64))
        return lowest

    def highest(self, column: str) -> Array:
        """float64 per row: highest value among the fitting offers, -1 without an offer."""
        highest = np.full(len(self.rows), -1.0)
        np.maximum.at(highest, self._owner, self._columns.arrays[column][self._offers].astype(np.float64))
        return highest


def sort_scores(sort: Sort, fitting: FittingOffers) -> Array:
    """Per row, for every order but relevance: the higher, the earlier."""
    if sort == "price":
        return -fitting.lowest_totals()
    if sort == "saving":
        return fitting.highest("savings")
    return fitting.highest("published")


def browsing_scores(columns: Columns) -> Array:
    """float32 per row for browsing without words: more conditions first, then more offers."""
    owner, families = columns.document_of_offer, columns.arrays["families"]
    kinds = np.zeros((columns.rows, len(CONDITION_FAMILIES)), bool)
    kinds[owner, families] = True
    offers = np.diff(columns.arrays["offer_ends"])
    return np.asarray(kinds.sum(axis=1) + offers / (offers + 10.0), np.float32)


def page_rows(rows: Array, scores: Array, columns: Columns, offset: int, size: int) -> tuple[Array, Array]:
    """The rows of one page and their scores."""
    order = best_first(scores, columns.arrays["id_keys"][rows], offset + size)[offset:]
    return rows[order], scores[order]


def make_hits(
    snapshot: Snapshot, filters: Filters, rows: Array, scores: Array, ranking: Ranking | None
) -> tuple[Hit, ...]:
    """Cards of the rows in order."""
    if not len(rows):
        return ()
    order = np.argsort(rows, kind="stable")
    counter = FacetCounter(snapshot.columns, filters, rows[order])
    card = FacetCounter(snapshot.columns, filters.without(*_CARD_FILTERS), rows[order])
    best = counter.fitting_offers()
    shown = card.fitting_offers()
    reasons = reasons_for(ranking, rows) if ranking is not None else [[] for _ in rows]
    hits: dict[int, Hit] = {}
    for place, number in enumerate(order.tolist()):
        here = counter.offers_between(place)
        offers = counter.offers[here]
        score = float(scores[number])
        hits[number] = _hit(
            snapshot.columns, int(rows[number]), score, offers[best[here]], offers[shown[here]], reasons[number]
        )
    return tuple(hits[number] for number in range(len(rows)))


def _hit(columns: Columns, row: int, score: float, fitting: Array, shown: Array, reasons: list[Reason]) -> Hit:
    """fitting: positions of the offers that meet all filters, cheapest first; shown: of those the card shows."""
    arrays = columns.arrays
    best = int(arrays["offer_ids"][fitting[0]]) if len(fitting) else None
    if best is not None:
        reasons.append(Reason(kind="offer", terms=(str(best),)))
    return Hit(
        id=columns.id_of(row),
        kind=KINDS[arrays["kinds"][row]],
        score=score,
        reasons=tuple(reasons),
        offers=offer_ranges(columns, shown),
        best_offer_id=best,
        saving_percent=int(arrays["savings"][fitting].max()) if len(fitting) else 0,
    )


def offer_ranges(columns: Columns, offers: Array) -> dict[ConditionFamily, OfferRange]:
    """Per family: lowest total and number of offers. offers: positions, cheapest first."""
    families, totals = columns.arrays["families"][offers].tolist(), columns.arrays["totals"][offers].tolist()
    ranges: dict[ConditionFamily, OfferRange] = {}
    for number, family in enumerate(CONDITION_FAMILIES):
        of_family = [total for total, found in zip(totals, families, strict=True) if found == number]
        if of_family:
            ranges[family] = OfferRange(from_minor=min(of_family), count=len(of_family))
    return ranges


def reasons_for(ranking: Ranking, rows: Array) -> list[list[Reason]]:
    """Why each of some rows stands where it stands, in the order of the rows."""
    question, lexical = ranking.question, ranking.lexical
    has = {term.term: _among(lexical.rows[term.term], rows) for term in question.terms}
    identified = np.isin(rows, ranking.identified).tolist()
    lexical_scores, scores = lexical.score[rows].tolist(), ranking.scores[rows].tolist()
    cosines = ranking.cosines[rows].tolist() if ranking.cosines is not None else None
    found = []
    for place in range(len(rows)):
        share = lexical_scores[place] / lexical.best if lexical.best else 0.0
        terms = [term for term in question.terms if has[term.term][place]]
        cosine = cosines[place] if cosines is not None else None
        found.append(reasons_of(question, terms, share, scores[place], cosine, is_identified=identified[place]))
    return found


def _among(sorted_rows: Array, rows: Array) -> Mask:
    if not len(sorted_rows):
        return np.zeros(len(rows), bool)
    places = np.searchsorted(sorted_rows, rows.astype(sorted_rows.dtype)).clip(max=len(sorted_rows) - 1)
    return np.asarray(sorted_rows[places] == rows)
