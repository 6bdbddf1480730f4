"""Which sales teach: no seller makes a model's price alone, and absurd or planted prices are left out.

A price is judged by what sales of *other* words, and of other models, foretell: ten planted sales of one thing have no
say in that. Left-out sales do not teach the middle; they still widen the range, which must hold for junk too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from listings.pricing.cells import cells_of
from listings.pricing.encoding import Encoding, Floats, words_of
from listings.pricing.folds import Rows, guessed, parts_of
from listings.pricing.ridge import fit_ridge, robust_sigma
from listings.pricing.sales import Sale

MOST_PER_SELLER = 3
ABSURD_SIGMAS = 5.0
APART_SIGMAS = 4.0
BURST_SIGMAS = 1.5
BURST_DAYS = 60
_FEWEST_OF_A_BURST = 4
_FEWEST_OF_A_MODEL = 5
_FEWEST_TO_JUDGE = 8
Flags = NDArray[np.bool_]


def capped_per_seller(sales: Sequence[Sale]) -> list[Sale]:
    """At most three sales of one seller in each finest cell, the newest; order kept."""
    seen: dict[tuple[str, str], int] = defaultdict(int)
    kept: set[str] = set()
    for sale in sorted(sales, key=lambda s: (s.sold_on or date.max, s.id), reverse=True):
        key = (sale.seller_key, cells_of(sale.thing)[0][1])
        seen[key] += 1
        if seen[key] <= MOST_PER_SELLER:
            kept.add(sale.id)
    return [sale for sale in sales if sale.id in kept]


def believable(sales: Sequence[Sale], encoding: Encoding) -> Flags:
    """bool (n,): may the sale teach? False for three kinds.

    Five sigmas from what other models foretell, or four from its own model's; four from what sales of other words
    foretell; one of four and more with the same words within 60 days (or without days) that together stand 1.5 sigmas
    apart. Fewer than eight sales are all believed: nothing stands out among so few.
    """
    if len(sales) < _FEWEST_TO_JUDGE:
        return np.ones(len(sales), np.bool_)
    logs = np.log([float(sale.price_minor) for sale in sales])
    rows = encoding.sparse([sale.thing for sale in sales])
    models, texts = [_model_of(sale) for sale in sales], [_text_of(sale) for sale in sales]
    by_models = _left_by_others(rows, logs, models)
    by_texts = _left_by_others(rows, logs, texts)
    kept = np.abs(by_models) <= ABSURD_SIGMAS * robust_sigma(by_models)
    kept &= np.abs(by_texts) <= APART_SIGMAS * robust_sigma(by_texts)
    return np.asarray(kept & _near_their_model(by_models, models) & ~_bursts(sales, by_texts, texts))


def _left_by_others(rows: sparse.csr_matrix, logs: Floats, groups: Sequence[str]) -> Floats:
    """Log price minus what the sales of other groups foretell, (n,), around 0."""
    ones = np.ones(len(logs))

    def guess(learn: Rows, rest: Rows) -> Floats:
        middle, coefficients = fit_ridge(rows[learn], logs[learn], ones[learn])
        return np.asarray(middle + rows[rest] @ coefficients)

    left = logs - guessed(parts_of(groups), np.full(len(logs), float(np.median(logs))), guess)
    return np.asarray(left - np.median(left))


def _model_of(sale: Sale) -> str:
    thing = sale.thing
    return "\x1f".join((thing.brand, thing.model)) if thing.model else f"sale:{sale.id}"


def _text_of(sale: Sale) -> str:
    thing = sale.thing
    return "\x1f".join((thing.brand, thing.model, *sorted(set(words_of(thing.title)))))


def _members(names: Sequence[str], fewest: int) -> list[list[int]]:
    members: dict[str, list[int]] = defaultdict(list)
    for row, name in enumerate(names):
        members[name].append(row)
    return [rows for rows in members.values() if len(rows) >= fewest]


def _near_their_model(left: Floats, models: Sequence[str]) -> Flags:
    apart, judged = np.zeros(len(left)), np.zeros(len(left), np.bool_)
    for rows in _members(models, _FEWEST_OF_A_MODEL):
        apart[rows] = left[rows] - np.median(left[rows])
        judged[rows] = True
    if not judged.any():
        return ~judged
    return np.asarray(~judged | (np.abs(apart) <= APART_SIGMAS * robust_sigma(apart[judged])))


def _bursts(sales: Sequence[Sale], left: Floats, texts: Sequence[str]) -> Flags:
    """Sales of the same words, close in time, whose middle no other sale explains.

    A catalogue gives one name to all sales of a product, and they are not planted: those are spread over months.
    """
    found = np.zeros(len(left), np.bool_)
    limit = BURST_SIGMAS * robust_sigma(left)
    for rows in _members(texts, _FEWEST_OF_A_BURST):
        days = [day for row in rows if (day := sales[row].sold_on)]
        is_short = not days or (max(days) - min(days)).days <= BURST_DAYS
        middle = float(np.median(left[rows]))
        if is_short and abs(middle) > limit:
            # honest sales among them keep their say
            found[rows] = np.sign(middle) * left[rows] > limit / 2
    return found
