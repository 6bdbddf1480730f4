"""What two things of one kind differ in, as values that can be shown: sizes, numbers behind a name, the name itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from math import log

from mall.catalogue.matching.reading import Reading, key_of, read
from mall.catalogue.matching.things import Thing
from search.analysis import STOP_WORDS, fold, stem

# what a shopper calls the unit, after the number
_SIGNS = {"in": "″", "gb": " Go", "tb": " To", "mb": " Mo", "w": " W", "v": " V", "l": " L", "ch": ""}
# units that say what the thing is, not how many come with it or how fast it does something
_TELLING = frozenset("gb tb l ml cl in w v kg g mm cm ft oz lb mah mp".split())
_NUMBER_AFTER = r"(?<![^\W_]){word} (\d{{1,4}}(?:[.,]\d+)?)(?![^\W_])"
_YEARS = range(1950, 2050)


@dataclass(frozen=True, slots=True, order=True)
class Measure:
    """A number and its unit, as `reading` unifies units."""

    unit: str
    value: float

    def __str__(self) -> str:
        return f"{self.value:g}{unit_sign(self.unit)}"


def unit_sign(unit: str) -> str:
    """What stands behind a number of this unit, its blank included."""
    return _SIGNS.get(unit, f" {unit}")


def measure_differences(listing: Reading, product: Reading) -> list[tuple[Measure, Measure]]:
    """Sizes of a listing's title that the product does not have, each with the product's nearest in that unit.

    The product's attributes count where its title names no size of the unit.
    """
    described = _measures_in(product.thing.attributes)
    found = []
    for unit in sorted(listing.measures.keys() & _TELLING):
        others = product.measures.get(unit) or described.get(unit, frozenset())
        for value in sorted(listing.measures[unit]):
            if value > 0 and others and value not in others:
                nearest = min(others, key=lambda other: (abs(log(max(other, 1e-9) / value)), other))
                if nearest > 0:
                    found.append((Measure(unit, value), Measure(unit, nearest)))
    return found


@lru_cache(maxsize=1000)
def _measures_in(text: str) -> dict[str, frozenset[float]]:
    return read(Thing(title=text)).measures


def numbers_after(listing: Reading, product: Reading) -> dict[str, tuple[float, float]]:
    """By word of both titles: the number behind it here and there, where they differ: "lumo" 4 and 5. No years.

    What follows the brand alone ("Ferrovan 18 V") is a size, not a name.
    """
    found = {}
    for word in dict.fromkeys(re.findall(r"[^\W\d_]{3,}", listing.folded)):
        if product.brand.endswith(word):
            continue
        one, two = _number_after(word, listing.folded), _number_after(word, product.folded)
        if one is not None and two is not None and one != two and not {one, two} & set(_YEARS):
            found[word] = (one, two)
    return found


def _number_after(word: str, folded: str) -> float | None:
    match = re.search(_NUMBER_AFTER.format(word=re.escape(word)), folded)
    return float(match[1].replace(",", ".")) if match else None


def name_of(reading: Reading, generic: frozenset[str]) -> str:
    """The word behind the brand in the title, as written, when it names the thing; "" where none does."""
    words = re.findall(r"[^\W_]+", reading.thing.title)
    keys = [key_of(fold(word)) for word in words]
    end = _end_of_brand(keys, reading.brand)
    if end is None:
        return ""
    stop = STOP_WORDS["fr"] | STOP_WORDS["en"]
    for word, key in zip(words[end:], keys[end:], strict=True):
        if key in stop:
            continue
        known = {stem(key, "fr"), stem(key, "en")}
        is_name = key.isalpha() and len(key) > 2 and not known & (generic | reading.category)
        return word if is_name else ""
    return ""


def _end_of_brand(keys: list[str], brand: str) -> int | None:
    """How many words the title has up to the end of its brand; None where it does not name it."""
    for start in range(len(keys)):
        joined = ""
        for end in range(start, min(len(keys), start + 6)):
            joined += keys[end]
            if brand and joined == brand:
                return end + 1
    return None
