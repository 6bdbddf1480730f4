"""What is compared: a listing or a product, as its owner describes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from mall.catalogue.identifiers import InvalidIdentifier, normalise_gtin
from search.documents import Language

MAX_TITLE_CHARACTERS = 400
MAX_DESCRIPTION_CHARACTERS = 2000
_EMPTY_PRICE = re.compile(r"COL price VAL\s*$")
_PRICE = re.compile(r"\d[\d.,]*")
_UNBELIEVABLE = 1e300  # an integer beyond it is no float
_ENGLISH_THOUSANDS = re.compile(r"\d{1,3},\d{3}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Thing:
    """One side of a pair. Texts may be empty, price is None where unknown (any currency, the same on both sides).

    identifiers: normalised GTINs and ISBNs. model_code: the maker's number as written. category: names of its path,
    blank between; category_slugs: the same as the mall's own slugs, root first. attributes: values as text. years: of
    purchase or release, beside those that the title names. price_low, price_high: what offers of a product cost; for
    a listing both are its price.
    """

    title: str
    description: str = ""
    brand: str = ""
    model_code: str = ""
    identifiers: frozenset[str] = frozenset()
    category: str = ""
    attributes: str = ""
    category_slugs: tuple[str, ...] = ()
    years: frozenset[str] = frozenset()
    price_low: float | None = None
    price_high: float | None = None
    language: Language = "en"


def thing_of_row(row: Mapping[str, Any], *, language: Language = "en") -> Thing:
    """A row of a pairs or catalogue file. Names known: title or name, description, brand or manufacturer, modelno or
    mpn, category, price, ean or gtin, attrs, language.

    Where the price is missing some files end the field before it with the words "COL price VAL": they are cut.
    """
    price = price_of(row.get("price", row.get("price_cents")))
    if price is not None and "price" not in row:
        price /= 100
    attributes = row.get("attrs") or {}
    spoken = row.get("language")
    spoken = spoken if spoken in ("fr", "en") else language
    return Thing(
        title=text_of(row, "title", "name", f"title_{spoken}", "title_fr", "title_en")[:MAX_TITLE_CHARACTERS],
        description=text_of(row, "description", f"description_{spoken}")[:MAX_DESCRIPTION_CHARACTERS],
        brand=text_of(row, "brand", "manufacturer")[:MAX_TITLE_CHARACTERS],
        model_code=text_of(row, "modelno", "mpn", "model_code")[:MAX_TITLE_CHARACTERS],
        identifiers=frozenset(filter(None, (_gtin(text_of(row, "ean", "gtin")),))),
        category=text_of(row, "category")[:MAX_TITLE_CHARACTERS],
        attributes=" ".join(str(value) for value in attributes.values() if isinstance(value, str | int | float))
        if isinstance(attributes, Mapping)
        else "",
        price_low=price,
        price_high=price,
        language=spoken,
    )


def search_text(thing: Thing) -> str:
    """What a listing asks the engine with: its brand where the title lacks it, the title, the part number."""
    brand = "" if thing.brand.lower() in thing.title.lower() else thing.brand
    code = "" if thing.model_code.lower() in thing.title.lower() else thing.model_code
    return " ".join(part for part in (brand, thing.title, code) if part)


def text_of(row: Mapping[str, Any], *names: str) -> str:
    """The first of the named fields that holds text, in one line."""
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and (text := " ".join(_EMPTY_PRICE.sub("", value).split())):
            return text
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return ""


def price_of(value: object) -> float | None:
    """A positive, finite number read from a field, else None. French or English: "1 299,00", "$1,299.00"."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        price = float(value) if value < _UNBELIEVABLE else 0.0
    else:
        found = _PRICE.search("".join(value.split())) if isinstance(value, str) else None
        price = float(_decimal(found[0])) if found else 0.0
    return price if isfinite(price) and price > 0 else None


def _decimal(written: str) -> str:
    """Digits, points and commas as a decimal number: the last mark divides off the cents, or groups thousands."""
    marks = [mark for mark in written.rstrip(".,") if mark in ".,"]
    is_grouped = len(marks) > 1 and len(set(marks)) == 1
    if not marks or is_grouped or _ENGLISH_THOUSANDS.fullmatch(written):
        return re.sub("[.,]", "", written)
    whole, _mark, cents = written.rstrip(".,").rpartition(marks[-1])
    return f"{re.sub('[.,]', '', whole)}.{cents}"


def _gtin(code: str) -> str:
    try:
        return normalise_gtin(code) if code else ""
    except InvalidIdentifier:
        return ""
