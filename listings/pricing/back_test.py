"""How past advice compares with what things were then sold for: kept by the worker each week, read by people."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from listings.pricing.advice import Silence, advise
from listings.pricing.encoding import name_of
from listings.pricing.model import PriceModel
from listings.pricing.sales import Sale


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """One sale beside what was, or would have been, advised before it. Prices in minor units, above zero.

    category: its path as text. low_minor, advised_minor, high_minor: None, all three, where the advice was silent.
    """

    category: str
    price_minor: int
    low_minor: int | None = None
    advised_minor: int | None = None
    high_minor: int | None = None
    silence: Silence | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BackTest:
    """Figures of one category, or of all. Shares are 0 to 1; figures of prices are None when every advice was silent.

    sales: how many; advised: how many of them got a price. inside: share within low to high, 0.8 is meant.
    mean_error, median_error: of |advised - price| / price. log_error: root mean square of the log difference.
    drift: median of price / advised - 1; above 0, things sell for more than is advised. width: median of
    (high - low) / advised.
    """

    sales: int
    advised: int
    inside: float | None
    mean_error: float | None
    median_error: float | None
    log_error: float | None
    drift: float | None
    width: float | None

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> BackTest:
        spoken = [
            (o.price_minor, o.low_minor, o.advised_minor, o.high_minor)
            for o in outcomes
            if o.low_minor is not None and o.advised_minor is not None and o.high_minor is not None
        ]
        if not spoken:
            return cls(
                sales=len(outcomes),
                advised=0,
                inside=None,
                mean_error=None,
                median_error=None,
                log_error=None,
                drift=None,
                width=None,
            )
        errors = [abs(advised - price) / price for price, _, advised, _ in spoken]
        return cls(
            sales=len(outcomes),
            advised=len(spoken),
            inside=fmean(low <= price <= high for price, low, _, high in spoken),
            mean_error=fmean(errors),
            median_error=median(errors),
            log_error=math.sqrt(fmean(math.log(price / advised) ** 2 for price, _, advised, _ in spoken)),
            drift=median(price / advised for price, _, advised, _ in spoken) - 1,
            width=median((high - low) / advised for _, low, advised, high in spoken),
        )


def outcomes_of(sales: Iterable[Sale], *, model: PriceModel) -> list[Outcome]:
    """What `model` says of sales that it must not have learned from: later ones, or others' parts."""
    outcomes: list[Outcome] = []
    for sale in sales:
        advice = advise(sale.thing, model=model)
        marks = advice.marks
        outcomes.append(
            Outcome(
                category=name_of(sale.thing.category),
                price_minor=sale.price_minor,
                low_minor=marks.low_minor if marks else None,
                advised_minor=marks.advised.price_minor if marks else None,
                high_minor=marks.high_minor if marks else None,
                silence=advice.silence,
            )
        )
    return outcomes


def back_test(outcomes: Iterable[Outcome]) -> tuple[BackTest, dict[str, BackTest]]:
    """Figures of all outcomes, and of each category, by name."""
    everything = list(outcomes)
    by_category: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in everything:
        by_category[outcome.category].append(outcome)
    return BackTest.of(everything), {name: BackTest.of(by_category[name]) for name in sorted(by_category)}
