"""Brands, colours and sizes named in a query: read only where the catalogue has them and they mean nothing else.

A chip that is wrong hides what was asked for, so each rule here prefers to miss: the words stay in the text anyway and
rank what they name higher.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from search.analysis import STOP_WORDS
from search.query.colours import MAX_COLOUR_WORDS, NOT_COLOURS, WEAK_FORMS, base_of, colour_of
from search.query.vocabulary import MAX_NAME_WORDS, Vocabulary
from search.query.words import Word, phrase

SIZE_OPENERS = frozenset({"taille", "tailles", "pointure", "pointures", "size", "sizes"})
COLOUR_OPENERS = frozenset({"couleur", "coloris", "colour", "color", "en"})
# The goods are for that brand's goods, not by that brand: "coque pour Samsung".
FOR_WORDS = frozenset(
    "pour for compatible compatibles fits avec with type style comme like facon vs versus ou or".split()
)
ACCESSORIES = frozenset(
    """coque coques etui etuis housse housses protection protecteur verre film vitre cable cables chargeur chargeurs
    adaptateur adaptateurs batterie batteries telecommande support supports bracelet bracelets sangle cartouche
    cartouches encre toner toners filtre filtres sac sacs sacoche capsule capsules dosette dosettes accessoire
    accessoires piece pieces station dock case cases cover covers skin protector protectors charger chargers adapter
    adapters adaptor battery remote mount mounts holder holders stand stands strap straps band bands cartridge
    cartridges ink filter filters bag bags sleeve sleeves pod pods accessory accessories part parts replacement refill
    refills lens tempered glass docking""".split()
)
_ALL_STOP_WORDS = STOP_WORDS["fr"] | STOP_WORDS["en"]


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedFilter:
    """field, value: of `Filters`; words `start` to `stop` of the query say so."""

    field: str
    value: str
    start: int
    stop: int


def brand_spans(words: Sequence[Word], vocabulary: Vocabulary) -> list[NamedFilter]:
    """Every brand named in the query, the longest names first; none overlap."""
    found: list[NamedFilter] = []
    start = 0
    while start < len(words):
        for length in range(min(MAX_NAME_WORDS, len(words) - start), 0, -1):
            name = phrase(words, start, start + length)
            slug = vocabulary.brands.get(name)
            if slug is None or colour_of(name) is not None:  # "orange" may be either, so it is neither
                continue
            if not (start and words[start - 1].touches) and not words[start + length - 1].touches:
                found.append(NamedFilter(field="brands", value=slug, start=start, stop=start + length))
                start += length - 1
                break
        start += 1
    return found


def named_brand(words: Sequence[Word], free: Sequence[int], brands: Sequence[NamedFilter]) -> NamedFilter | None:
    """The one brand whose goods are asked for: first or last of the free words, beside a thing that is no accessory."""
    if len({brand.value for brand in brands}) != 1:
        return None
    brand = brands[0]
    if free[:1] != [brand.start] and free[-1:] != [brand.stop - 1]:
        return None
    if brand.start > 0 and words[brand.start - 1].folded in FOR_WORDS:
        return None
    others = content_words(words, free, taken=(brand,))
    if not others or any(words[place].folded in ACCESSORIES for place in others):
        return None
    return brand


def named_colour(words: Sequence[Word], free: Sequence[int], vocabulary: Vocabulary) -> NamedFilter | None:
    """The one colour of the goods, where offers have it and a thing is named beside it."""
    found = [colour for place in free if (colour := _colour_at(words, place, free, vocabulary)) is not None]
    # "bleu marine" is found at "bleu" and again at "marine"
    outer = [one for one in found if not any(one.start > other.start and one.stop <= other.stop for other in found)]
    if len({colour.value for colour in outer}) != 1 or not content_words(words, free, taken=outer):
        return None
    return outer[0]


def _colour_at(words: Sequence[Word], start: int, free: Sequence[int], vocabulary: Vocabulary) -> NamedFilter | None:
    for length in range(min(MAX_COLOUR_WORDS, len(words) - start), 0, -1):
        stop = start + length
        name = phrase(words, start, stop)
        code = _offered_colour(name, vocabulary)
        if code is None or not set(range(start, stop)) <= set(free):
            continue
        is_told = start > 0 and words[start - 1].folded in COLOUR_OPENERS
        if (name in WEAK_FORMS or name in vocabulary.brands) and not is_told:
            return None
        beside = {phrase(words, max(start - 1, 0), stop), phrase(words, start, stop + 1)}
        if beside & NOT_COLOURS or (start and words[start - 1].touches) or words[stop - 1].touches:
            return None
        return NamedFilter(field="colours", value=code, start=start, stop=stop)
    return None


def _offered_colour(name: str, vocabulary: Vocabulary) -> str | None:
    """The code that live offers have for this colour: its own, or that of the colour it belongs to."""
    code = colour_of(name)
    if code is None:
        return None
    return next((known for known in (code, base_of(code)) if known in vocabulary.colours), None)


def size_at(words: Sequence[Word], start: int, vocabulary: Vocabulary) -> NamedFilter | None:
    """ "taille 42", "size M", "taille 6 ans": only after its word, and only a size that offers have."""
    if words[start].folded not in SIZE_OPENERS:
        return None
    for length in (2, 1):
        stop = start + 1 + length
        if stop > len(words):
            continue
        written = vocabulary.sizes.get(phrase(words, start + 1, stop).replace(",", "."))
        if written is not None and not words[stop - 1].touches:
            return NamedFilter(field="sizes", value=written, start=start, stop=stop)
    return None


def content_words(words: Sequence[Word], free: Sequence[int], *, taken: Sequence[NamedFilter]) -> list[int]:
    """Places of the free words that name a thing: no stop word, no number, not part of what was taken."""
    return [
        place
        for place in free
        if words[place].folded not in _ALL_STOP_WORDS
        and words[place].folded.isalpha()
        and len(words[place].folded) > 1
        and not any(one.start <= place < one.stop for one in taken)
        and words[place].folded not in COLOUR_OPENERS
    ]
