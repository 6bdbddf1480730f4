"""Second-hand things beside the new product that they are near to: who stands under whose card, and who leads.

The rule is in search/README.md, "Second-hand beside new".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from search.engines.embedded.columns import KINDS, ragged_places
from search.engines.embedded.container import Array
from search.engines.embedded.facets import FacetCounter
from search.engines.embedded.filters import Mask
from search.engines.embedded.pages import FittingOffers, make_hits
from search.engines.embedded.ranking import Floats, Ranking
from search.engines.embedded.snapshot import Snapshot
from search.queries import Filters
from search.ranking.leading import Said, bare_numbers, leads
from search.ranking.weights import RankingWeights
from search.results import MOST_EQUIVALENTS, Hit

_COSINE_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Near:
    """Lone listings, each with the product it is near to: rows, int32 (n,), by product, then by listing."""

    listings: Array
    products: Array

    def __len__(self) -> int:
        return len(self.listings)

    def where(self, kept: Mask) -> Near:
        return Near(self.listings[kept], self.products[kept])


@dataclass(frozen=True, slots=True)
class Cards:
    """What has a card of its own. rows: ascending; scores: of its place, per row.

    near: listings that may stand under the card of one of these rows; matches: bool per listing, a result of the query.
    """

    rows: Array
    scores: Floats
    near: Near
    matches: Mask


def near_of(snapshot: Snapshot) -> Near:
    """Living listings near to a living product; found once per state of the index."""
    found: Near | None = snapshot.caches.get("near")
    if found is None:
        rows, names = snapshot.columns.near()
        products = _products_named(snapshot, names)
        kept = np.flatnonzero(snapshot.alive[rows] & (products >= 0))
        order = kept[np.lexsort((rows[kept], products[kept]))]
        found = Near(rows[order].astype(np.int32), products[order].astype(np.int32))
        snapshot.caches["near"] = found
    return found


def _products_named(snapshot: Snapshot, names: Array) -> Array:
    """int64 (n,): rows of the living products of these names (uint64 (n, 3), see `Columns.near`), -1 where none is."""
    if not len(names):
        return np.empty(0, np.int64)
    arrays = snapshot.columns.arrays
    # the second word of an id begins with the number's first digits: few rows are left for the exact look
    possible = np.isin(arrays["id_keys"][:, 1], names[:, 1]) & (arrays["kinds"] == KINDS.index("product"))
    rows = np.flatnonzero(possible & snapshot.alive)
    row_of = dict(zip(map(tuple, arrays["id_keys"][rows].tolist()), rows.tolist(), strict=True))
    return np.array([row_of.get(tuple(name), -1) for name in names.tolist()], np.int64)


def unfolded(rows: Array, scores: Array) -> Cards:
    """Every result at its own place. scores: per row."""
    return Cards(rows, scores, Near(np.empty(0, np.int32), np.empty(0, np.int32)), np.empty(0, bool))


def fold(
    snapshot: Snapshot,
    rows: Array,
    relevance: Floats,
    ranking: Ranking | None,
    weights: RankingWeights,
) -> Cards:
    """Which results have a card of their own, and where it stands.

    rows: results that meet the filters, ascending; relevance: per row of the index. Asked only for relevance's order.
    A card stands at the best place of what it shows, a listing that leads not behind its product.
    """
    near = near_of(snapshot)
    if not len(near):
        return unfolded(rows, relevance[rows])
    inside = np.zeros(snapshot.columns.rows, bool)
    inside[rows] = True
    near = near.where(inside[near.products])
    matches = inside[near.listings]
    leading = np.zeros(len(near), bool)
    if ranking is not None:
        leading[matches] = _leading(snapshot, ranking, near.where(matches), weights)
    leaders, under, matches = near.where(leading), near.where(~leading), matches[~leading]
    folded = under.where(matches)
    places = relevance.copy()
    np.maximum.at(places, folded.products, relevance[folded.listings])
    places[leaders.listings] = np.maximum(places[leaders.listings], places[leaders.products])
    inside[folded.listings] = False
    heads = rows[inside[rows]]
    return Cards(heads, places[heads], under, matches)


def _leading(snapshot: Snapshot, ranking: Ranking, near: Near, weights: RankingWeights) -> Mask:
    """Which of these listings the words of the query say rather than their products."""
    numbers = np.zeros(snapshot.columns.rows, np.uint8)
    for term in bare_numbers(ranking.question):
        postings = snapshot.lexical.find(ranking.question.language, term)
        numbers[postings.rows[postings.title_counts > 0]] += 1
    listings, products = (
        Said(ranking.lexical.reach[side], numbers[side], np.isin(side, ranking.identified))
        for side in (near.listings, near.products)
    )
    return leads(listings, products, weights)


def make_cards(
    snapshot: Snapshot,
    filters: Filters,
    cards: Cards,
    rows: Array,
    scores: Array,
    relevance: Floats,
    ranking: Ranking | None,
) -> tuple[Hit, ...]:
    """Cards of a page's rows in order, each with the listings under it."""
    under, counts = _under(snapshot, filters, cards, rows, relevance, ranking)
    shown = np.concatenate([rows, *under]) if under else rows
    own_scores = np.concatenate([scores, relevance[shown[len(rows) :]]])
    hits = make_hits(snapshot, filters, shown, own_scores, ranking)
    found, done = list(hits[: len(rows)]), len(rows)
    for place, (count, listings) in enumerate(zip(counts, under, strict=True)):
        if count:
            equivalents = hits[done : done + len(listings)]
            found[place] = replace(found[place], equivalents=equivalents, equivalent_count=count)
            done += len(listings)
    return tuple(found)


def _under(
    snapshot: Snapshot, filters: Filters, cards: Cards, heads: Array, relevance: Floats, ranking: Ranking | None
) -> tuple[Sequence[Array], Sequence[int]]:
    """Per card: rows of the listings shown under it, best first, and how many there are."""
    near = cards.near
    first, last = (np.searchsorted(near.products, heads, side) for side in ("left", "right"))
    places = ragged_places(first, last - first)
    if not len(places):
        return (), ()
    owner = np.repeat(np.arange(len(heads)), last - first)
    listings, matches = near.listings[places].astype(np.int64), cards.matches[places]
    fits = matches | np.isin(listings, _fitting(snapshot, filters, np.sort(listings[~matches])))
    owner, listings, matches = owner[fits], listings[fits], matches[fits]
    counts = np.bincount(owner, minlength=len(heads))
    worth = np.zeros(len(listings), np.float32) if ranking is None else np.where(matches, relevance[listings], 0)
    matched_by_words = matches if ranking is not None else np.zeros(len(matches), bool)
    open_places = MOST_EQUIVALENTS - np.bincount(owner[matched_by_words], minlength=len(heads))
    unsure = ~matched_by_words & ((counts > MOST_EQUIVALENTS) & (open_places > 0))[owner]
    worth[unsure] = _nearness(snapshot, listings[unsure], heads[owner[unsure]])
    keys = snapshot.columns.arrays["id_keys"][listings]
    order = np.lexsort((keys[:, 2], keys[:, 1], keys[:, 0], -worth, ~matches, owner))
    ends = np.cumsum(counts)
    starts = ends - counts
    best = [
        listings[order[start : start + MOST_EQUIVALENTS]][: end - start]
        for start, end in zip(starts, ends, strict=True)
    ]
    return best, counts.tolist()


def _fitting(snapshot: Snapshot, filters: Filters, rows: Array) -> Array:
    """Of some rows, ascending, those that meet the filters."""
    if not len(rows) or filters.is_empty:
        return rows
    counter = FacetCounter(snapshot.columns, filters, rows)
    return FittingOffers(snapshot.columns, filters, rows, counter).rows


def _nearness(snapshot: Snapshot, listings: Array, products: Array) -> Floats:
    """float32 (n,): cosine of each listing with its product, 0 without a text model."""
    if snapshot.vectors is None or not len(listings):
        return np.zeros(len(listings), np.float32)
    distinct, place_of = np.unique(products, return_inverse=True)
    vectors = snapshot.vectors.at(distinct)[place_of]
    cosines = np.einsum("nd,nd->n", snapshot.vectors.at(listings), vectors)
    return np.asarray(cosines.round(_COSINE_DECIMALS), np.float32)
