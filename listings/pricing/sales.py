"""What price advice is about: a thing to be priced, and things that were sold. Shapes only; a worker fills them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from listings.pricing.errors import BrokenSale

LARGEST_MINOR = 10**13


@dataclass(frozen=True, kw_only=True, slots=True)
class Thing:
    """One second-hand thing as its seller describes it.

    category: path from the top, never empty. brand, model: "" when unknown. grade: code of its condition, or "".
    attributes: whatever else the category asks for, as text ("2014", "1248 CC"); numbers are recognised in training.
    new_price_minor: what its product costs new today, in minor units; None when nobody sells it new.
    Raises BrokenSale for an empty category or a new price that is not above zero.
    """

    title: str
    category: tuple[str, ...]
    brand: str = ""
    model: str = ""
    grade: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    new_price_minor: int | None = None

    def __post_init__(self) -> None:
        if not self.category or not all(self.category):
            raise BrokenSale("a thing needs a category: a path of names, none of them empty")
        if self.new_price_minor is not None and not 0 < self.new_price_minor < LARGEST_MINOR:
            raise BrokenSale(f"a new price is above zero minor units, not {self.new_price_minor}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sale:
    """A thing that was paid for, past its return window, fees and delivery left out.

    price_minor: minor units of the mall's one currency. sold_on: None where a history has no dates; such a sale
    counts as if it were of the newest day. seller: any stable name; "" when unknown, and then each sale counts as
    another seller's. listed_on: first day on sale, for the expected days.
    Raises BrokenSale for a price that is not above zero, or a listing that begins after its sale.
    """

    id: str
    thing: Thing
    price_minor: int
    sold_on: date | None = None
    seller: str = ""
    listed_on: date | None = None

    def __post_init__(self) -> None:
        if not 0 < self.price_minor < LARGEST_MINOR:
            raise BrokenSale(f"sale {self.id}: a price is above zero minor units, not {self.price_minor}")
        if self.sold_on and self.listed_on and self.listed_on > self.sold_on:
            raise BrokenSale(f"sale {self.id}: listed on {self.listed_on}, after it was sold on {self.sold_on}")

    @property
    def seller_key(self) -> str:
        """Unknown sellers are strangers to each other."""
        return f"seller:{self.seller}" if self.seller else f"sale:{self.id}"


def usable_sales(sales: Iterable[Sale], *, today: date, oldest_days: int) -> list[Sale]:
    """The sales to learn from: each id once (its first), none after `today`, none more than `oldest_days` old.

    In the order of their ids, so that a training does not depend on the order of a query.
    """
    oldest = today - timedelta(days=oldest_days)
    first: dict[str, Sale] = {}
    for sale in sales:
        if sale.sold_on is None or oldest <= sale.sold_on <= today:
            first.setdefault(sale.id, sale)
    return [first[key] for key in sorted(first)]
