"""Why two things are taken for the same, or not: entries for people, read off the same features the model reads."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import isnan, log

from mall.catalogue.evidence import Evidence, EvidenceKind, Speaks
from mall.catalogue.matching.differences import unit_sign
from mall.catalogue.matching.reading import Reading
from mall.catalogue.matching.vocabulary import PART_WORDS
from search.analysis import STOP_WORDS

MOST_PLAUSIBLE = 3.0  # a used thing for more than three times the product's price is something else, or a mistake
LEAST_PLAUSIBLE = 1 / 25
_MANY_MODELS = 3
_LEAST_STORAGE = 48.0  # gigabytes: more than a phone or a laptop has as memory, less than they store
_SMALL_WORDS = STOP_WORDS["fr"] | STOP_WORDS["en"]


def doubts(listing: Reading, product: Reading, features: dict[str, float]) -> tuple[Evidence, ...]:
    """What forbids an automatic link whatever the probability says: contradictions that people would notice."""
    found: list[Evidence] = []
    if listing.set_size != product.set_size:
        found.append(_against("lot", _set_text(listing) or _set_text(product)))
    if quotes_many_models(listing, product):
        found.append(_against("many_models", ", ".join(sorted(named_models(listing))[:4])))
    parts = accessories_for(listing, product)
    if parts:
        found.append(_against("accessory", ", ".join(sorted(parts)[:2])))
    found += [_against("size", one, two) for one, two in _measure_conflicts(listing, product)]
    if not _shared_codes(listing, product):
        series = _series_conflicts(listing, product)
        found += [_against("model", one, two) for one, two in series]
        if not series and listing.models and product.models and not listing.models & product.models:
            found.append(_against("model", min(listing.models).upper(), min(product.models).upper()))
    if features["years_conflict"]:
        found.append(_against("year", _joined(listing.years), _joined(product.years)))
    if not is_plausible_price(listing, product):
        found.append(_against("price", _price(listing.thing.price_low)))
    return tuple(found)


def explain(listing: Reading, product: Reading, features: dict[str, float]) -> tuple[Evidence, ...]:
    """What speaks for and against the pair, strongest first; each kind at most once a side."""
    found: list[Evidence] = [*_codes(listing, product)]
    against = doubts(listing, product, features)
    if features["brand"] >= 0.9:
        found.append(_for("brand", product.thing.brand or listing.thing.brand))
    elif listing.brand and product.brand and not isnan(features["brand"]):
        found.append(_against("brand", listing.thing.brand, product.thing.brand))
    slugs = listing.thing.category_slugs[-1:], product.thing.category_slugs[-1:]
    if slugs[0] and slugs[1]:
        found.append(_for("category") if slugs[0] == slugs[1] else _against("category"))
    found += [one for one in against if one not in found]
    found += _sizes(listing, product)
    shared = [word for word in _shown_words(listing) if word in product.folded and word not in product.brand]
    if shared:
        found.append(_for("words", ", ".join(shared[:5])))
    if features["cosine"] >= 0.5:
        found.append(_for("meaning", f"{features['cosine']:.2f}"))
    if features["colours_conflict"]:
        found.append(_against("colour"))
    return tuple(_once(found))


def named_models(listing: Reading) -> frozenset[str]:
    """Models that a title quotes, when it quotes several: "compatible V7, V8, V10"."""
    whole = listing.models | listing.codes
    return frozenset(one for one in whole if not any(one != other and one in other for other in whole))


def quotes_many_models(listing: Reading, product: Reading) -> bool:
    """Does the title quote several models that the product is not?"""
    return len(named_models(listing) - product.models - product.codes) >= _MANY_MODELS


def accessories_for(own: Reading, other: Reading) -> frozenset[str]:
    """Parts and accessories that a title names and says what they are for, and that the other is not; mostly empty."""
    if not is_for_another(own):
        return frozenset()
    return (own.accessory | _parts_named(own)) - other.accessory - _parts_named(other)


def is_for_another(listing: Reading) -> bool:
    """Does the title say what the thing is for ("brosse pour Dyson V8")?"""
    return len(listing.leading) < len(set(listing.words))


def is_plausible_price(listing: Reading, product: Reading) -> bool:
    """Within what a used thing may cost beside its product; true where a price is unknown."""
    asked, low, high = listing.thing.price_low, product.thing.price_low, product.thing.price_high
    if asked is None or low is None or high is None:
        return asked is None or 1.5 <= asked < 500_000
    return log(LEAST_PLAUSIBLE) <= log(asked / low) and log(asked / high) <= log(MOST_PLAUSIBLE)


def _shared_codes(listing: Reading, product: Reading) -> set[str]:
    """Codes of one side that the other names too, as a code or within its texts."""
    shared = {
        code for code in listing.codes if code in product.all_codes or (len(code) > 3 and code in product.squashed_all)
    }
    return shared | {code for code in product.codes if len(code) > 3 and code in listing.squashed_all}


def _parts_named(reading: Reading) -> frozenset[str]:
    """Parts and accessories that the title names before it says what for."""
    return frozenset(re.findall(r"[^\W\d_]+", reading.folded)) & PART_WORDS if is_for_another(reading) else frozenset()


def _codes(listing: Reading, product: Reading) -> list[Evidence]:
    shared = _shared_codes(listing, product)
    found = [_for("model", _longest(shared).upper())] if shared else []
    same = listing.thing.identifiers & product.thing.identifiers
    if same:
        found.insert(0, _for("gtin", min(same)))
    if not shared and listing.codes and product.codes:
        one, two = _longest(listing.codes), _longest(product.codes)
        found.append(_against("model", one.upper(), two.upper()))
    elif not shared:
        short = listing.models & product.models
        if short:
            found.append(_for("model", max(short).upper()))
        elif listing.models and product.models:
            found.append(_against("model", min(listing.models).upper(), min(product.models).upper()))
        else:
            found += [
                _for("model", f"{word.capitalize()} {product.series[word]}") for word in _agreeing(listing, product)
            ]
            found += [_against("model", one, two) for one, two in _series_conflicts(listing, product)][:1]
    return found


def _longest(codes: Iterable[str]) -> str:
    return max(codes, key=lambda code: (len(code), code))


def _agreeing(listing: Reading, product: Reading) -> list[str]:
    return [word for word, mark in listing.series.items() if product.series.get(word) == mark][:1]


def _series_conflicts(listing: Reading, product: Reading) -> list[tuple[str, str]]:
    """ "Lumo 4" against "Lumo 5"."""
    return [
        (f"{word.capitalize()} {mark.upper()}", f"{word.capitalize()} {product.series[word].upper()}")
        for word, mark in listing.series.items()
        if word in product.series and product.series[word] != mark
    ]


def _measure_conflicts(listing: Reading, product: Reading) -> list[tuple[str, str]]:
    units = sorted(listing.measures.keys() & product.measures.keys())
    return [
        (_measure(listing, unit), _measure(product, unit))
        for unit in units
        if _differ(unit, listing.measures[unit], product.measures[unit])
    ]


def _differ(unit: str, one: frozenset[float], two: frozenset[float]) -> bool:
    """No value in common. Of a computer's gigabytes memory is compared with memory, storage with storage."""
    if unit != "gb":
        return not one & two
    for kind in (lambda value: value >= _LEAST_STORAGE, lambda value: value < _LEAST_STORAGE):
        left, right = frozenset(filter(kind, one)), frozenset(filter(kind, two))
        if left and right and not left & right:
            return True
    return False


def _sizes(listing: Reading, product: Reading) -> list[Evidence]:
    units = sorted(listing.measures.keys() & product.measures.keys())
    return [
        _for("size", f"{min(listing.measures[unit] & product.measures[unit]):g}{unit_sign(unit)}")
        for unit in units
        if listing.measures[unit] & product.measures[unit]
    ][:1]


def _measure(reading: Reading, unit: str) -> str:
    return ", ".join(f"{value:g}{unit_sign(unit)}" for value in sorted(reading.measures[unit])[:2])


def _shown_words(listing: Reading) -> list[str]:
    """Words of the title as written (folded), three letters and more: not its brand, no "pour", no "with"."""
    words = [word for word in listing.folded.replace(",", " ").split() if len(word) > 2 and word.isalpha()]
    return [word for word in dict.fromkeys(words) if word not in listing.brand and word not in _SMALL_WORDS]


def _set_text(reading: Reading) -> str:
    return f"× {reading.set_size}" if reading.set_size > 1 else ""


def _joined(values: frozenset[str]) -> str:
    return ", ".join(sorted(values)[:2])


def _price(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _for(kind: EvidenceKind, detail: str = "") -> Evidence:
    return Evidence(kind=kind, speaks="for", detail=detail)


def _against(kind: EvidenceKind, detail: str = "", other: str = "") -> Evidence:
    return Evidence(kind=kind, speaks="against", detail=detail, other=other)


def _once(found: list[Evidence]) -> list[Evidence]:
    seen: dict[tuple[str, Speaks], Evidence] = {}
    for one in found:
        seen.setdefault((one.kind, one.speaks), one)
    return list(seen.values())
