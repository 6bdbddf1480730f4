"""Files of sales and of things, JSON a line, gzip or not; what a line lacks or says wrongly is told with its number."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, DecimalException
from pathlib import Path
from typing import Any, TextIO

from babel.numbers import get_currency_precision

from listings.pricing.errors import BrokenSale
from listings.pricing.sales import Sale, Thing

NEW_PRICE = "new_price"
_LONGEST_LINE = 1_000_000
_MOST_DIGITS = 15


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line that could be read. currency: ISO 4217; prices of two currencies teach nothing about each other."""

    number: int
    id: str
    currency: str
    thing: Thing
    row: Mapping[str, Any]


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    opener = gzip.open if path.name.endswith(".gz") else open
    # a byte that is no UTF-8 spoils its own line, not the file
    with opener(path, "rt", encoding="utf-8", errors="replace", newline="\n") as file:
        yield file


def read_lines(path: Path) -> Iterator[Line | BrokenSale]:
    """Each line that is not blank, as a thing or as what is wrong with it. OSError: no file, or a torn gzip file."""
    with _opened(path) as file:
        number, continues = 0, False
        while True:
            try:
                text = file.readline(_LONGEST_LINE)
            except (EOFError, zlib.error) as error:
                raise OSError(f"{path.name} ends early or is no gzip file: {error}") from error
            if not text:
                return
            number += not continues
            continues = not text.endswith("\n")
            if not text.strip():
                continue
            try:
                yield _line(number, text)
            except (ValueError, TypeError, RecursionError) as error:
                yield BrokenSale(f"{path.name}, line {number}: {error}")


def sale_of(line: Line, *, file: str, today: date) -> Sale:
    """Raises BrokenSale, with file and line, for a price that is none, or a day that is none or after `today`."""
    try:
        sold_on, listed_on = _day(line.row, "sold_on", "sold_at", "date"), _day(line.row, "listed_on", "listed_at")
        if sold_on and sold_on > today:
            raise BrokenSale(f"sold on {sold_on}, which is after {today}")
        return Sale(
            id=line.id,
            thing=line.thing,
            price_minor=minor_of(line.row.get("price"), line.currency),
            sold_on=sold_on,
            seller=str(line.row.get("seller_id") or ""),
            listed_on=listed_on,
        )
    except (ValueError, TypeError) as error:
        raise BrokenSale(f"{file}, line {line.number}: {error}") from error


def minor_of(amount: Any, currency: str) -> int:
    """Minor units of an amount in whole units, to the nearest. Raises BrokenSale unless it is a number above zero."""
    if isinstance(amount, bool) or not isinstance(amount, int | float | str):
        raise BrokenSale(f"a price is a number, not {amount!r}")
    try:
        exact = Decimal(str(amount).strip())
        if exact.is_finite() and exact.adjusted() > _MOST_DIGITS:
            raise BrokenSale(f"a price has at most {_MOST_DIGITS} digits")
        minor = int((exact * 10 ** get_currency_precision(currency)).to_integral_value())
    except (DecimalException, ValueError, OverflowError) as error:
        raise BrokenSale(f"a price is a number, not {str(amount)[:40]!r}") from error
    if minor <= 0:
        raise BrokenSale(f"a price is above zero, not {amount}")
    return minor


def whole_of(minor: int, currency: str) -> str:
    """The amount in whole units, with the currency's decimals: 1999 euro cents are "19.99"."""
    places = get_currency_precision(currency)
    return f"{Decimal(minor).scaleb(-places):.{places}f}"


def _line(number: int, text: str) -> Line:
    if len(text) >= _LONGEST_LINE:
        raise BrokenSale(f"longer than {_LONGEST_LINE} characters")
    row = json.loads(text)
    if not isinstance(row, dict):
        raise BrokenSale("is no JSON object")
    if not isinstance(row.get("id"), str | int) or row["id"] == "":
        raise BrokenSale("has no id")
    attributes = row.get("attrs") or {}
    if not isinstance(attributes, dict):
        raise BrokenSale("its attrs are no JSON object")
    currency = str(row.get("currency") or "")
    if len(currency) != 3 or not currency.isupper():
        raise BrokenSale(f"{currency!r} is no ISO 4217 currency code")
    new_price = attributes.get(NEW_PRICE) or row.get(NEW_PRICE)
    category = row.get("category") or ""
    thing = Thing(
        title=str(row.get("title") or ""),
        category=tuple(str(name) for name in category) if isinstance(category, list) else (str(category),),
        brand=str(row.get("brand") or ""),
        model=str(row.get("model") or ""),
        grade=str(row.get("condition") or ""),
        attributes={str(name): str(text) for name, text in attributes.items() if name != NEW_PRICE},
        new_price_minor=minor_of(new_price, currency) if new_price else None,
    )
    return Line(number=number, id=str(row["id"]), currency=currency, thing=thing, row=row)


def _day(row: Mapping[str, Any], *names: str) -> date | None:
    text = next((row[name] for name in names if row.get(name)), None)
    if text is None:
        return None
    # the day is enough: "2016-03-12" or "2016-03-12T10:15:00Z"
    return date.fromisoformat(str(text)[:10])
