"""A thing's words taken apart: words, codes, measures, numbers. Done once per thing, compared many times."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import log
from typing import Protocol

from mall.catalogue.matching.things import Thing
from mall.catalogue.matching.vocabulary import (
    ACCESSORY_WORDS,
    ADVERT_PHRASES,
    COLOUR_OF_WORD,
    EDITION_WORDS,
    PURPOSE_WORDS,
    SET_WORDS,
)
from search.analysis import STOP_WORDS, fold, stem
from search.documents import Language

_CHUNK = re.compile(r"[^\s,;()\[\]{}\"“”«»|!?]+")
_MEASURE = re.compile(r"(?<![^\W_])(\d+(?:[.,]\d+)?)[ \u00a0\u202f-]?([a-z\"']{1,12})")
_CODE_JOINERS = re.compile(r"[-–—/_.+#:]")
_VERSION = re.compile(r"v(?:ersion|er|\.)?\s?(\d+(?:\.\d+)*)")
_SET_OF = re.compile(
    r"\b(?:lot|set|pack|coffret|box) (?:de |of )?(\d{1,3})\b"
    r"|\b(\d{1,3})[ -]?(?:pack|pk|pcs)\b|(?<![^\W_])(\d{1,2}) x (?=[^\W\d_])"
)
_YEAR = re.compile(r"(?:19[5-9]|20[0-4])\d")
_ADVERT = re.compile(
    r"(?<![^\W_])(?:" + "|".join(sorted(map(re.escape, ADVERT_PHRASES), key=len, reverse=True)) + r")(?![^\W_])"
)
_SHORT_MODEL = re.compile(r"(?<![^\W_])(?:[a-z]{1,4}\d{1,4}[a-z]{0,2}|\d{1,3}[a-z]{1,2})(?![^\W_])")
_FOLLOWED = re.compile(r"(?<![^\W_])([^\W\d_]{3,}) ([a-z]{0,3}\d{1,4}[a-z]{0,2})(?![^\W_]|[.,]\d)")
MIN_CODE = 3
MAX_CODES = 40
_LONGEST_CODE = 40
_UNITS = {
    "gb": "gb", "go": "gb", "gig": "gb", "gigabyte": "gb", "mb": "mb", "mo": "mb", "tb": "tb", "to": "tb", "kb": "kb",
    "l": "l", "liter": "l", "litre": "l", "litres": "l", "ml": "ml", "cl": "cl", "inch": "in", "inches": "in",
    "in": "in", "\"": "in", "'": "in", "''": "in", "pouces": "in", "pouce": "in", "w": "w", "watt": "w", "watts": "w",
    "v": "v", "volt": "v", "volts": "v", "kg": "kg", "g": "g", "mm": "mm", "cm": "cm", "m": "m", "ft": "ft",
    "feet": "ft", "foot": "ft", "oz": "oz", "lb": "lb", "lbs": "lb", "mah": "mah", "hz": "hz", "khz": "khz",
    "mhz": "mhz", "ghz": "ghz", "mp": "mp", "mpx": "mp", "megapixel": "mp", "megapixels": "mp", "x": "x",
    "port": "port", "ports": "port", "user": "user", "users": "user", "pack": "pack", "channel": "ch", "channels": "ch",
    "ch": "ch", "page": "page", "pages": "page", "rpm": "rpm", "cu": "cu", "mbps": "mbps", "gbps": "gbps",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """words: stems of the title without stop words, in order; title, everything: distinct tokens of the title, of all
    fields; codes: keys (letters and digits only) that hold a digit, of title and part number; all_codes: of all
    fields; measures: values by unit; numbers: bare numbers of the title; squashed: the title without blanks or marks.
    leading: words before "for", "with", "pour"…; models: short names of letters and digits ("v8", "x2"), codes
    included; series: number or model that follows a word of the title ("lumo": "5").
    """

    thing: Thing
    folded: str
    words: tuple[str, ...]
    title: frozenset[str]
    everything: frozenset[str]
    codes: frozenset[str]
    all_codes: frozenset[str]
    model_key: str
    brand: str
    measures: dict[str, frozenset[float]]
    numbers: frozenset[str]
    years: frozenset[str]
    set_size: int
    squashed: str
    squashed_all: str
    leading: frozenset[str]
    colours: frozenset[str]
    editions: frozenset[str]
    accessory: frozenset[str]
    category: frozenset[str]
    models: frozenset[str]
    series: dict[str, str]


def read(thing: Thing) -> Reading:
    """Take a thing apart. Any text is read; an empty title gives an empty reading."""
    folded = without_advert(fold(thing.title))
    words = _stems(folded, thing.language)
    rest = " ".join((thing.description, thing.brand, thing.model_code, thing.attributes))
    folded_all = f"{folded} {fold(rest)}"
    title_codes = _codes(folded)
    model = key_of(fold(thing.model_code))
    codes = frozenset({*title_codes, *([model] if len(model) >= MIN_CODE else [])})
    numbers = frozenset(_bare_numbers(folded))
    models = _models(folded)
    cut = _first_purpose(folded)
    return Reading(
        thing=thing,
        folded=folded,
        words=tuple(words),
        title=frozenset((*words, *title_codes, *models, *numbers)),
        everything=frozenset(
            (*_stems(folded_all, thing.language), *_codes(folded_all), *_models(folded_all), *_bare_numbers(folded_all))
        ),
        codes=codes,
        all_codes=frozenset((*codes, *_codes(folded_all))),
        model_key=model,
        brand=key_of(fold(thing.brand)),
        measures=_measures(folded),
        numbers=numbers,
        years=thing.years | {number for number in numbers if _YEAR.fullmatch(number)},
        set_size=_set_size(folded),
        squashed=key_of(folded),
        squashed_all=key_of(folded_all),
        leading=frozenset(_stems(folded[:cut], thing.language)),
        colours=frozenset(COLOUR_OF_WORD[word] for word in _plain(folded_all) if word in COLOUR_OF_WORD),
        editions=frozenset(word for word in _plain(folded) if word in EDITION_WORDS),
        accessory=frozenset(word for word in _plain(folded[:cut]) if word in ACCESSORY_WORDS),
        category=frozenset(_stems(fold(thing.category), thing.language)),
        models=frozenset(models),
        series=_series(folded),
    )


def without_advert(folded: str) -> str:
    """A folded title without the words of small advertisements; the title itself when nothing else is left."""
    bare = " ".join(_ADVERT.sub(" ", folded).split())
    return bare or folded


def key_of(folded: str) -> str:
    """Letters and digits only."""
    return "".join(character for character in folded if character.isalnum())


def _plain(folded: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", folded)


def _stems(folded: str, language: Language) -> list[str]:
    stop = STOP_WORDS["fr"] | STOP_WORDS["en"]
    return [stem(word, language) for word in _plain(folded) if len(word) > 1 and word not in stop]


def _codes(folded: str) -> list[str]:
    """Keys of chunks with a digit and a letter, or four digits and more; whole, and their parts with a digit."""
    found: dict[str, None] = {}
    for match in _CHUNK.finditer(folded):
        chunk = match[0].strip(".'-/:*&")
        if not any(c.isdigit() for c in chunk):
            continue
        key = key_of(chunk)
        measure = _MEASURE.fullmatch(chunk)
        if MIN_CODE <= len(key) <= _LONGEST_CODE and not (measure and measure[2] in _UNITS) and _looks_like_code(key):
            found[key] = None
        parts = [part for part in _CODE_JOINERS.split(chunk) if part]
        if len(parts) > 1:
            for part in parts:
                measure = _MEASURE.fullmatch(part)
                if (
                    MIN_CODE <= len(part) <= _LONGEST_CODE
                    and _looks_like_code(part)
                    and not (measure and measure[2] in _UNITS)
                ):
                    found[key_of(part)] = None
        if len(found) >= MAX_CODES:
            break
    return list(found)


def _models(folded: str) -> list[str]:
    """Chunks of one to four letters and one to four digits that are no measure: "v8", "s10e", "x2"."""
    found = []
    for match in _SHORT_MODEL.finditer(folded):
        measure = _MEASURE.fullmatch(match[0])
        if not (measure and measure[2] in _UNITS):
            found.append(match[0])
    return found


def _series(folded: str) -> dict[str, str]:
    """What number or short model follows a word of three letters and more, the first time it does."""
    found: dict[str, str] = {}
    for word, mark in _FOLLOWED.findall(folded):
        measure = _MEASURE.match(folded[folded.index(f"{word} {mark}") + len(word) + 1 :])
        if not (measure and measure[2] in _UNITS and measure[1] == mark) and word not in SET_WORDS:
            found.setdefault(word, mark)
    return found


def _looks_like_code(key: str) -> bool:
    has_digit = any(c.isdigit() for c in key)
    has_letter = any(c.isalpha() for c in key)
    return has_digit and (has_letter or len(key) >= 4) and not _YEAR.fullmatch(key)


def _measures(folded: str) -> dict[str, frozenset[float]]:
    found: dict[str, set[float]] = {}
    for number, unit in _MEASURE.findall(folded):
        if unit in _UNITS:
            found.setdefault(_UNITS[unit], set()).add(float(number.replace(",", ".")))
    return {unit: frozenset(values) for unit, values in found.items()}


def _bare_numbers(folded: str) -> list[str]:
    numbers = re.findall(r"(?<![^\W_])\d+(?:[.,]\d+)?(?![^\W_])", folded)
    versions = _VERSION.findall(folded)
    return [_number(one) for one in (*numbers, *versions)][:60]


def _number(text: str) -> str:
    text = text.replace(",", ".")
    return text.rstrip("0").rstrip(".") if "." in text else (text.lstrip("0") or "0")


def _set_size(folded: str) -> int:
    found = _SET_OF.search(folded)
    if found:
        return int(found[1] or found[2] or found[3])
    return 2 if any(word in SET_WORDS for word in _plain(folded)) else 1


def _first_purpose(folded: str) -> int:
    for match in re.finditer(r"[^\W\d_]+", folded):
        if match.start() > 0 and match[0] in PURPOSE_WORDS:
            return match.start()
    return len(folded)


class Weights(Protocol):
    """How much a token tells: at least 0, more the rarer it is."""

    def weight(self, token: str) -> float: ...


def information(count: int, seen: int) -> float:
    """Inverse document frequency of a token that `seen` of `count` things have; 1 where nothing is known."""
    return log(1 + max(0.5, count - seen + 0.5) / (seen + 0.5)) if count else 1.0


class Statistics:
    """How rare tokens are among the things seen. Weights are inverse document frequencies, at least 0."""

    def __init__(self, readings: Iterable[Reading] = ()) -> None:
        self.count = 0
        self._seen: Counter[str] = Counter()
        for reading in readings:
            self.add(reading)

    def add(self, reading: Reading) -> None:
        self.count += 1
        self._seen.update(reading.everything)

    def weight(self, token: str) -> float:
        return information(self.count, self._seen[token])
