"""How near a second-hand thing is to a product that it is not, and the words why: brand, type, then what differs.

Nearness is no probability: it orders the products of one category beside a thing that none of them is. Numbers were
set by hand over the demo's things; tests/integration/test_demo_equivalents.py holds what they must give.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isnan, log, nan

from mall.catalogue.evidence import Evidence, EvidenceKind
from mall.catalogue.matching.differences import measure_differences, name_of, numbers_after
from mall.catalogue.matching.explaining import accessories_for, quotes_many_models
from mall.catalogue.matching.reading import Reading, Weights
from mall.catalogue.matching.vocabulary import ACCESSORY_WORDS, EDITION_WORDS, SET_WORDS
from search.analysis import fold, stem
from search.documents import LANGUAGES
from search.query.colours import COLOURS

MOST_PRICE_SHARE = 1.5
CLOSE_COSINE = 0.3
_TELLING_SHARE = 0.4  # of the weight of a word that nobody else uses
_UNSEEN = "\0"  # no text holds it: its weight is the highest there is
_COUNT_FIRST = re.compile(r"(\d{1,2}) [^\W\d_]{3,}")
_NOT_NAMES = frozenset(
    "ancien ancienne old older vieux vieille modele model edition version generation gen premiere first petit petite "
    "small grand grande large serie series gamme range vitesse vitesses speed speeds pouces inch inches marque brand "
    "inconnue inconnu unknown sans avec without with complet complete complets neuf neuve neufs new taille size lot "
    "set importe importee imported originale original pressage pressing club reissue reedition".split()
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedThing:
    """The second-hand side. colour: filter colour or "". year: of the model where its title names one, else of its
    purchase, None where unknown."""

    reading: Reading
    colour: str
    year: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NearCandidate:
    """A product that may be near. colours: those it is made in. released_in: year. price: in units, what it costs new
    (else in any condition). cosine: of the text vectors, NaN where not known."""

    product_id: int
    reading: Reading
    colours: frozenset[str]
    released_in: int | None
    price: float | None
    cosine: float = nan


@dataclass(frozen=True, kw_only=True, slots=True)
class Nearness:
    """score: 0 to 1. evidence: brand and type first, then what differs."""

    product_id: int
    score: float
    evidence: tuple[Evidence, ...]


def nearest(
    thing: ListedThing, candidates: Iterable[NearCandidate], weights: Weights, *, limit: int
) -> tuple[Nearness, ...]:
    """At most `limit` products that the thing may stand beside, nearest first, ties by id."""
    found = [near for one in candidates if (near := nearness(thing, one, weights)) is not None]
    return tuple(sorted(found, key=lambda near: (-near.score, near.product_id))[:limit])


def nearness(thing: ListedThing, product: NearCandidate, weights: Weights) -> Nearness | None:
    """None where the two may not stand side by side: another category, an accessory, a set of another size, dearer
    than MOST_PRICE_SHARE of the product's price, or nothing in common beside the category."""
    if not _may_stand_beside(thing, product):
        return None
    is_same_brand = has_same_brand(thing.reading, product.reading)
    shared = _shared_names(thing.reading, product.reading, weights, reads_all=not is_same_brand)
    is_close = not isnan(product.cosine) and product.cosine >= CLOSE_COSINE
    if not (is_same_brand or shared or is_close):
        return None
    differences = _differences(thing, product, names_may_differ=is_same_brand and not shared)
    kin = (0.55 if is_same_brand else 0.2) + (0.2 if shared else 0.0)
    cosine = 0.0 if isnan(product.cosine) else max(0.0, product.cosine)
    score = kin + 0.1 * cosine + 0.1 * _likeness(thing.reading, product.reading, weights) - _distance(thing, product)
    return Nearness(
        product_id=product.product_id,
        score=round(min(1.0, max(0.01, score)), 4),
        evidence=(*_kinship(thing, product, shared, is_same_brand=is_same_brand, is_close=is_close), *differences),
    )


def has_same_brand(listing: Reading, product: Reading) -> bool:
    """The same maker: both say so, or the title of a listing without one names the product's."""
    if listing.brand:
        return listing.brand == product.brand
    return len(product.brand) > 3 and product.brand in listing.squashed


def _may_stand_beside(thing: ListedThing, product: NearCandidate) -> bool:
    own, other = thing.reading, product.reading
    if own.thing.category_slugs[-1:] != other.thing.category_slugs[-1:]:
        return False
    if accessories_for(own, other) or accessories_for(other, own) or quotes_many_models(own, other):
        return False
    if pieces(own) != pieces(other):
        return False
    asked = own.thing.price_low
    return asked is None or product.price is None or asked <= MOST_PRICE_SHARE * product.price


def pieces(reading: Reading) -> int:
    """How many things are sold together. "5 romans" is a set of five though it does not say so."""
    first = _COUNT_FIRST.match(reading.folded)
    return int(first[1]) if first and reading.set_size == 1 and int(first[1]) > 1 else reading.set_size


def _shared_names(listing: Reading, product: Reading, weights: Weights, *, reads_all: bool) -> tuple[str, ...]:
    """Stems that both bear beside brand, category and what is said of anything; most telling first.

    reads_all: the description of one side counts too, and names of brands in it ("looks like Atelier Orme's").
    """
    shared = listing.title & product.title
    if reads_all:
        shared |= (listing.title & product.everything) | (listing.everything & product.title)
    generic = generic_stems() | listing.category | product.category
    if not reads_all:
        generic |= brand_stems(product)
    least = _TELLING_SHARE * weights.weight(_UNSEEN)
    names = [word for word in shared - generic if len(word) > 2 and word.isalpha() and weights.weight(word) >= least]
    return tuple(sorted(names, key=lambda word: (-weights.weight(word), word)))


def generic_stems() -> frozenset[str]:
    """Stems of words that name nothing: colours, editions, accessories, what is said of any old thing."""
    return _GENERIC


_COLOUR_WORDS = frozenset(
    word for colour in COLOURS for form in (colour.french, colour.english, *colour.forms) for word in fold(form).split()
)
_GENERIC = frozenset(
    stem(word, language)
    for word in (*_NOT_NAMES, *EDITION_WORDS, *ACCESSORY_WORDS, *SET_WORDS, *_COLOUR_WORDS)
    for language in LANGUAGES
)


def brand_stems(reading: Reading) -> frozenset[str]:
    """Words of the title that are its brand, whole or a part of it."""
    return frozenset(word for word in reading.words if len(word) > 2 and reading.brand and word in reading.brand)


def _likeness(listing: Reading, product: Reading, weights: Weights) -> float:
    """Share of the information of both titles that they share, 0 to 1."""
    shared = sum(weights.weight(word) for word in listing.title & product.title)
    both = sum(weights.weight(word) for word in listing.title | product.title)
    return shared / both if both else 0.0


def _distance(thing: ListedThing, product: NearCandidate) -> float:
    """What is taken off for differences, 0 to some 0.4: editions, sizes, numbers of the model, years, price."""
    own, other = thing.reading, product.reading
    lost = 0.05 * min(2, len(other.editions - own.editions)) + 0.02 * min(2, len(own.editions - other.editions))
    for size, nearest_size in measure_differences(own, other):
        lost += min(0.08, 0.04 * abs(log(size.value / nearest_size.value)))
    for number, its_number in numbers_after(own, other).values():
        lost += 0.02 + min(0.08, 0.3 * abs(log((number + 1) / (its_number + 1))))
    if thing.year and product.released_in:
        lost += min(0.04, 0.004 * max(0, product.released_in - thing.year))
    if own.thing.price_low and product.price:
        lost += min(0.06, 0.02 * abs(log(own.thing.price_low / product.price)))
    return lost


def _kinship(
    thing: ListedThing, product: NearCandidate, shared: Sequence[str], *, is_same_brand: bool, is_close: bool
) -> list[Evidence]:
    found = []
    if is_same_brand:
        found.append(Evidence(kind="brand", speaks="for", detail=product.reading.thing.brand))
    found.append(Evidence(kind="category", speaks="for"))
    if is_same_brand:
        return found
    if shared:
        words = _as_written(thing.reading, product.reading, shared)
        found.append(Evidence(kind="words", speaks="for", detail=", ".join(words[:3])))
    if is_close:
        found.append(Evidence(kind="meaning", speaks="for", detail=f"{product.cosine:.2f}"))
    own, other = thing.reading.thing.brand, product.reading.thing.brand
    if own and other:
        found.append(Evidence(kind="brand", speaks="against", detail=own, other=other))
    return found


def _as_written(listing: Reading, product: Reading, stems: Sequence[str]) -> list[str]:
    """The words behind stems as the listing writes them, else as the product does."""
    found: dict[str, str] = {}
    for side in (listing, product):
        text = f"{side.thing.title} {side.thing.description} {side.thing.brand}"
        for word in re.findall(r"[^\W\d_]+", text):
            key = stem(fold(word), listing.thing.language)
            if key in stems:
                found.setdefault(key, word)
    return list(found.values())


def _differences(thing: ListedThing, product: NearCandidate, *, names_may_differ: bool) -> list[Evidence]:
    """What sets the thing apart from the product, in plain values; what both share is said by brand and type.

    names_may_differ: two things of one maker that share no name; the name of another maker's thing tells nothing.
    """
    own, other = thing.reading, product.reading
    found = []
    numbers = numbers_after(own, other)
    for word, (one, two) in list(numbers.items())[:1]:
        found.append(_against("model", f"{word.capitalize()} {one:g}", f"{word.capitalize()} {two:g}"))
    names = name_of(own, generic_stems()), name_of(other, generic_stems())
    if names_may_differ and not numbers and names[0] and names[1] and names[0] != names[1]:
        found.append(_against("model", names[0], names[1]))
    said = {one for one, _two in numbers.values()}
    sizes = [pair for pair in measure_differences(own, other) if pair[0].value not in said]
    if sizes:
        found.append(
            _against("size", *(", ".join(dict.fromkeys(map(str, side))) for side in zip(*sizes[:2], strict=True)))
        )
    if thing.year and product.released_in and thing.year < product.released_in:
        found.append(_against("year", str(thing.year), str(product.released_in)))
    if thing.colour and product.colours:
        is_made_in_it = thing.colour in product.colours
        found.append(Evidence(kind="colour", speaks="for" if is_made_in_it else "against"))
    return found


def _against(kind: EvidenceKind, detail: str, other: str = "") -> Evidence:
    return Evidence(kind=kind, speaks="against", detail=detail, other=other)
