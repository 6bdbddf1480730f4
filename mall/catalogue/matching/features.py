"""Two things compared, in numbers: what speaks for and against their being the same.

Names and order are those of FEATURES; NaN where a side has nothing to compare. Which of them decide is measured in
mall/decisions/0011-matcher.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import fsum, isfinite, log, nan

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler, LCSseq, Prefix

from mall.catalogue.matching.reading import Reading, Statistics, Weights, read
from mall.catalogue.matching.things import Thing

MIN_CONTAINED = 4
_DIGITS = re.compile(r"\d{2,}")


def pair_features(left: Reading, right: Reading, statistics: Weights, cosine: float = nan) -> dict[str, float]:
    """Features by name. left: the listing; right: the product; cosine: of their text vectors, NaN without a model."""
    found: dict[str, float] = {"cosine": cosine}
    found |= _overlap("title", left.title, right.title, statistics)
    found |= _overlap("all", left.everything, right.everything, statistics)
    found["title_in_all"] = _held(left.title, right.everything, statistics)
    found["all_of_title"] = _held(right.title, left.everything, statistics)
    found |= _codes(left, right, statistics)
    found |= _numbers(left, right)
    found |= _brands(left, right)
    found |= _characters(left, right)
    found |= _differences(left, right, statistics)
    found |= _prices(left, right)
    found["category_overlap"] = _jaccard(left.category, right.category) if left.category and right.category else nan
    found["left_words"] = float(len(left.title))
    found["right_words"] = float(len(right.title))
    found["left_description"] = float(min(len(left.thing.description), 500))
    found["right_description"] = float(min(len(right.thing.description), 500))
    found["same_identifier"] = _identifiers(left, right)
    return found


def as_row(features: dict[str, float]) -> NDArray[np.float64]:
    return np.array([features[name] for name in FEATURES], np.float64)


def named(row: NDArray[np.float64]) -> dict[str, float]:
    """A row of a matrix of features, float64 (n,), by their names."""
    return dict(zip(FEATURES, row.tolist(), strict=True))


def _overlap(name: str, one: frozenset[str], two: frozenset[str], statistics: Weights) -> dict[str, float]:
    shared = one & two
    held = _sum(shared, statistics)
    left, right = _sum(one, statistics), _sum(two, statistics)
    return {
        f"{name}_jaccard": len(shared) / len(one | two) if one or two else nan,
        f"{name}_left_held": held / left if left else nan,
        f"{name}_right_held": held / right if right else nan,
        f"{name}_weighted": held / (left + right - held) if left + right - held else nan,
        f"{name}_best_shared": max((statistics.weight(token) for token in shared), default=0.0),
    }


def _held(part: frozenset[str], whole: frozenset[str], statistics: Weights) -> float:
    total = _sum(part, statistics)
    return _sum(part & whole, statistics) / total if total else nan


def _sum(tokens: Iterable[str], statistics: Weights) -> float:
    return fsum(statistics.weight(token) for token in tokens)


def _jaccard(one: frozenset[str], two: frozenset[str]) -> float:
    return len(one & two) / len(one | two) if one or two else nan


def _codes(left: Reading, right: Reading, statistics: Weights) -> dict[str, float]:
    shared = left.codes & right.codes
    shared_anywhere = (left.codes & right.all_codes) | (right.codes & left.all_codes)
    best = max(
        ((_alike(one, two), one, two) for one in left.codes for two in right.codes),
        default=(nan, "", ""),
    )
    contained = [code for code in left.codes if len(code) >= MIN_CONTAINED and code in right.squashed_all]
    contains = [code for code in right.codes if len(code) >= MIN_CONTAINED and code in left.squashed_all]
    either = [*contained, *contains]
    longest = max((len(code) for code in either), default=0)
    return {
        "codes_left": float(len(left.codes)),
        "codes_right": float(len(right.codes)),
        "codes_shared": float(len(shared)),
        "codes_shared_anywhere": float(len(shared_anywhere)),
        "code_longest_shared": float(max((len(code) for code in shared_anywhere), default=0)),
        "code_rarest_shared": max((statistics.weight(code) for code in shared_anywhere), default=0.0),
        "code_longest_contained": float(longest),
        "code_left_contained": float(len(contained)) / len(left.codes) if left.codes else nan,
        "code_right_contained": float(len(contains)) / len(right.codes) if right.codes else nan,
        "code_alike": best[0],
        "code_prefix": _prefix(best[1], best[2]) if best[1] else nan,
        "code_conflict": float(bool(left.codes and right.codes and not shared_anywhere and not either)),
        "code_digits_differ": _digits_differ(best[1], best[2]),
        "code_tail": float(abs(len(best[1]) - len(best[2]))) if best[1] else nan,
        "model_alike": _alike(left.model_key, right.model_key) if left.model_key and right.model_key else nan,
        "model_in_title": _model_in(left, right),
        "longest_common_code": _longest_run(left, right),
    }


def _alike(one: str, two: str) -> float:
    return float(JaroWinkler.normalized_similarity(one, two))


def _prefix(one: str, two: str) -> float:
    return Prefix.similarity(one, two) / max(1, min(len(one), len(two)))


def _digits_differ(one: str, two: str) -> float:
    """1 when the digits of two codes differ, 0 when they are the same; NaN without codes."""
    if not one or not two:
        return nan
    return float("".join(filter(str.isdigit, one)) != "".join(filter(str.isdigit, two)))


def _model_in(left: Reading, right: Reading) -> float:
    """Does a part number stand in the other's texts? 1 whole, else the longest beginning that does, as a share."""
    found = [
        _beginning(own.model_key, other.squashed_all)
        for own, other in ((left, right), (right, left))
        if len(own.model_key) >= MIN_CONTAINED
    ]
    return max(found, default=nan)


def _beginning(code: str, text: str) -> float:
    for length in range(len(code), MIN_CONTAINED - 1, -1):
        if code[:length] in text:
            return length / len(code)
    return 0.0


def _longest_run(left: Reading, right: Reading) -> float:
    """Longest beginning of a code of one side within the other's title, four signs and more, with a digit."""
    best = 0
    for own, other in ((left, right), (right, left)):
        for code in own.codes:
            for length in range(len(code), max(best, MIN_CONTAINED - 1), -1):
                part = code[:length]
                if part in other.squashed and any(c.isdigit() for c in part):
                    best = max(best, length)
                    break
    return float(best)


def _numbers(left: Reading, right: Reading) -> dict[str, float]:
    units = left.measures.keys() & right.measures.keys()
    agreeing = sum(bool(left.measures[unit] & right.measures[unit]) for unit in units)
    shared = left.numbers & right.numbers
    return {
        "measures_agree": float(agreeing),
        "measures_conflict": float(len(units) - agreeing),
        "numbers_shared": float(len(shared)),
        "numbers_left_only": float(len(left.numbers - right.numbers)),
        "numbers_right_only": float(len(right.numbers - left.numbers)),
        "numbers_conflict": float(bool(left.numbers and right.numbers and not shared)),
        "numbers_left_missing": float(sum(number not in right.everything for number in left.numbers)),
        "numbers_right_missing": float(sum(number not in left.everything for number in right.numbers)),
        "models_shared": float(len(left.models & right.models)),
        "models_left_only": float(len(left.models - right.models)),
        "models_right_only": float(len(right.models - left.models)),
        "models_conflict": float(bool(left.models and right.models and not left.models & right.models)),
        "series_agree": float(_series(left, right, same=True)),
        "series_conflict": float(_series(left, right, same=False)),
        "numbers_in_codes": float(_within_codes(left, right) + _within_codes(right, left)),
        "years_conflict": float(bool(left.years and right.years and not left.years & right.years)),
        "years_one_side": float(bool(left.years) != bool(right.years)),
        "set_size_differs": float(left.set_size != right.set_size),
    }


def _series(left: Reading, right: Reading, *, same: bool) -> int:
    """How many words of both titles are followed by the same number or model, or by another one."""
    return sum((left.series[word] == right.series[word]) is same for word in left.series.keys() & right.series.keys())


def _within_codes(own: Reading, other: Reading) -> int:
    """How many of a title's numbers of two or three digits begin digits of the other's codes: 65 and "UE65KU6000"."""
    sizes = {str(int(value)) for values in own.measures.values() for value in values if isfinite(value)} | own.numbers
    starts = {run for code in other.codes for run in _DIGITS.findall(code)}
    return sum(any(run.startswith(size) for run in starts) for size in sizes if len(size) in (2, 3) and size.isdigit())


def _brands(left: Reading, right: Reading) -> dict[str, float]:
    known = [key for key in (left.brand, right.brand) if key]
    named = nan
    if len(known) == 2:
        named = max(_alike(left.brand, right.brand), float(left.brand in right.brand or right.brand in left.brand))
    elif left.brand:
        named = float(left.brand[:12] in right.squashed_all)
    elif right.brand:
        named = float(right.brand[:12] in left.squashed_all)
    first = float(bool(left.words and right.words and left.words[0] == right.words[0]))
    return {"brand": named, "brands_known": float(len(known)), "first_word": first}


def _characters(left: Reading, right: Reading) -> dict[str, float]:
    one, two = left.folded[:200], right.folded[:200]
    squashed = LCSseq.similarity(left.squashed[:120], right.squashed[:120])
    shorter = max(1, min(len(left.squashed[:120]), len(right.squashed[:120])))
    return {
        "ratio": fuzz.ratio(one, two) / 100,
        "token_sort": fuzz.token_sort_ratio(one, two) / 100,
        "token_set": fuzz.token_set_ratio(one, two) / 100,
        "partial": fuzz.partial_ratio(left.squashed[:120], right.squashed[:120]) / 100,
        "subsequence": squashed / shorter,
        "trigrams": _jaccard(_trigrams(left.squashed), _trigrams(right.squashed)),
    }


def _trigrams(text: str) -> frozenset[str]:
    return frozenset(text[place : place + 3] for place in range(min(len(text), 200) - 2))


def _differences(left: Reading, right: Reading, statistics: Weights) -> dict[str, float]:
    left_only, right_only = _missing(left, right), _missing(right, left)
    editions = left.editions ^ right.editions
    heaviest = [max((statistics.weight(token) for token in side), default=0.0) for side in (left_only, right_only)]
    return {
        "substituted": min(heaviest),
        "left_only_heaviest": heaviest[0],
        "right_only_heaviest": heaviest[1],
        "left_only_sum": _sum(left_only, statistics),
        "right_only_sum": _sum(right_only, statistics),
        "left_only": float(len(left_only)),
        "right_only": float(len(right_only)),
        "editions_differ": float(len(editions)),
        "editions_left_only": float(len(left.editions - right.editions)),
        "editions_right_only": float(len(right.editions - left.editions)),
        "editions_shared": float(len(left.editions & right.editions)),
        "colours_conflict": float(bool(left.colours and right.colours and not left.colours & right.colours)),
        "colours_shared": float(bool(left.colours & right.colours)),
        "accessory_differs": float(bool(left.accessory) != bool(right.accessory)),
        "accessory_left_only": float(len(left.accessory - right.accessory)),
        "accessory_right_only": float(len(right.accessory - left.accessory)),
        "leading_held": _held(left.leading, right.leading, statistics),
        "leading_held_back": _held(right.leading, left.leading, statistics),
    }


def _missing(own: Reading, other: Reading) -> list[str]:
    """Words of a title that the other side says nowhere, not even glued to another word."""
    return [
        word
        for word in own.title
        if word not in other.everything and not (len(word) > 3 and word in other.squashed_all)
    ]


def _prices(left: Reading, right: Reading) -> dict[str, float]:
    one, low, high = left.thing.price_low, right.thing.price_low, right.thing.price_high
    if one is None or low is None or high is None:
        return {"price_ratio": nan, "price_gap": nan}
    nearest = min(max(one, low), high)
    return {"price_ratio": log(one / nearest), "price_gap": abs(log(one / nearest))}


def _identifiers(left: Reading, right: Reading) -> float:
    one, two = left.thing.identifiers, right.thing.identifiers
    return float(bool(one & two)) if one and two else nan


FEATURES: tuple[str, ...] = tuple(pair_features(read(Thing(title="")), read(Thing(title="")), Statistics()))
