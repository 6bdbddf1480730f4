"""The advice a seller sees: three marks, a range, the sales that speak; or silence with its reason."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from listings.pricing.cells import SpeakingSales
from listings.pricing.model import Estimate, PriceModel
from listings.pricing.sales import LARGEST_MINOR, Thing

WIDEST_RANGE = 4.0


class Silence(StrEnum):
    """Why no price is advised. The sales that there are can be shown all the same."""

    UNKNOWN_CATEGORY = "unknown category"
    FEW_SALES = "few sales"
    WIDE_RANGE = "wide range"


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """One of the three prices. price_minor: minor units, above zero. expected_days: half of those that sold at about
    this price were sold sooner; None where too few sales tell when they were listed.
    """

    price_minor: int
    expected_days: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Marks:
    """quick: a quarter of sales were lower; advised: half; patient: three quarters. low to high: 80 % of sales."""

    low_minor: int
    quick: Mark
    advised: Mark
    patient: Mark
    high_minor: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Advice:
    """marks or silence, never both, never neither. sales: what it rests on, or what little there is.

    trained_for: the day the model was made for; model_version: "" for a model that was never saved.
    """

    marks: Marks | None
    silence: Silence | None
    sales: SpeakingSales
    new_price_minor: int | None
    trained_for: date
    model_version: str


def advise(thing: Thing, *, model: PriceModel) -> Advice:
    """What the past sales say the thing is worth. Reads nothing but its arguments; about 3 ms."""
    sales = model.book.speaking(thing)
    marks: Marks | None = None
    silence: Silence | None = None
    if not model.book.knows(thing):
        silence = Silence.UNKNOWN_CATEGORY if model.book.sales else Silence.FEW_SALES
    elif not sales.are_enough:
        silence = Silence.FEW_SALES
    else:
        estimate = model.estimate(thing)
        if estimate is None:
            silence = Silence.FEW_SALES
        elif estimate.high - estimate.low > math.log(WIDEST_RANGE):
            silence = Silence.WIDE_RANGE
        else:
            marks = _marks(thing, model, estimate)
    return Advice(
        marks=marks,
        silence=silence,
        sales=sales,
        new_price_minor=thing.new_price_minor,
        trained_for=model.trained_for,
        model_version=model.version,
    )


def _marks(thing: Thing, model: PriceModel, estimate: Estimate) -> Marks:
    days = model.learned.days if model.learned else None

    def mark(log_price: float) -> Mark:
        expected = days.expected(thing, log_price - estimate.middle) if days else None
        return Mark(price_minor=_minor(log_price), expected_days=expected)

    return Marks(
        low_minor=_minor(estimate.low),
        quick=mark(estimate.quick),
        advised=mark(estimate.middle),
        patient=mark(estimate.patient),
        high_minor=_minor(estimate.high),
    )


def _minor(log_price: float) -> int:
    """Whole minor units, at least one."""
    return max(round(math.exp(min(log_price, math.log(LARGEST_MINOR)))), 1)
