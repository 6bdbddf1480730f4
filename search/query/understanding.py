"""From what was typed to what was meant: language, filters said in words, codes, other words for the same thing.

    "casque bluetooth reconditionné moins de 200 €"
    -> text "casque bluetooth", conditions {refurbished}, price up to 200.00, both shown as chips

Pure and quick: one pass over at most 64 words, a fraction of a millisecond. The words of conditions, prices, sizes,
sellers and delivery leave the text; those of brands and colours stay in it, because they also rank.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from search.documents import Language
from search.params import format_major
from search.queries import Filters, SearchQuery
from search.query.codes import Code, find_codes
from search.query.language import detect_language
from search.query.names import NamedFilter, brand_spans, named_brand, named_colour, size_at
from search.query.phrases import LEADING, phrase_at
from search.query.prices import price_at
from search.query.synonyms import Expansion, expansions
from search.query.vocabulary import Vocabulary, name_key
from search.query.words import Word, cut_out, split_words, tidy_text
from search.results import UnderstoodFilter

_QUESTION_WORDS = frozenset(
    """comment pourquoi quel quelle quels quelles quoi ou qui combien
    how why what which where who when can does do is are""".split()
)
MIN_QUESTION_WORDS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """What kind of query this is, for ranking. word_count: of the words left."""

    has_digits: bool = False
    word_count: int = 0
    is_question: bool = False
    is_code: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Understood:
    """What a query means. text: the words to search. filters: those asked for and those found in the words.

    understood: the filters found, in the order of the words; a field the shopper has filtered already is not read.
    category: slug of the category whose name the whole text is, "" otherwise.
    expansions: places refer to the words of `text`.
    """

    text: str
    language: Language
    filters: Filters
    understood: tuple[UnderstoodFilter, ...] = ()
    codes: tuple[Code, ...] = ()
    expansions: tuple[Expansion, ...] = ()
    category: str = ""
    profile: Profile = field(default_factory=Profile)


@dataclass(frozen=True, slots=True)
class _Claim:
    start: int
    stop: int
    field: str
    value: Any
    shown: str
    stays_in_text: bool = False


def understand(query: SearchQuery, *, vocabulary: Vocabulary) -> Understood:
    """Read `query` with the catalogue's words. Never raises; what is not understood stays in the text."""
    text = tidy_text(query.text)
    words = split_words(text)
    claims = _claims(words, vocabulary, names_a_model=bool(find_codes(text))) if query.reads_filters else []
    left = cut_out(text, (_span(words, claim) for claim in claims if not claim.stays_in_text))
    left_words = split_words(left) if left != text else words
    codes = find_codes(left)
    filters, understood = _apply(query.filters, claims, text, words)
    return Understood(
        text=left,
        language=detect_language(text, words, prior=query.language),
        filters=filters,
        understood=understood,
        codes=codes,
        expansions=expansions(left_words),
        category=vocabulary.categories.get(name_key(left), ""),
        profile=_profile(left, left_words, codes),
    )


def without_understood(understood: Understood, original: Filters, fields: Iterable[str]) -> Understood:
    """The same reading with the found filters of `fields` dropped and marked so: they would have left nothing."""
    dropped = frozenset(fields)
    restored = {name: getattr(original, name) for name in dropped}
    return replace(
        understood,
        filters=replace(understood.filters, **restored),
        understood=tuple(
            replace(one, was_dropped=True) if one.field in dropped else one for one in understood.understood
        ),
    )


def _claims(words: Sequence[Word], vocabulary: Vocabulary, *, names_a_model: bool) -> list[_Claim]:
    """Every filter said in the words, in their order; none overlap.

    names_a_model: the query has the code of one product ("Bosch HMT75M451 black"), so its brand and colour go unread.
    """
    brands = brand_spans(words, vocabulary)
    # inside the name of a brand ("New Balance", "Black+Decker") no other word is read
    guarded = {place for brand in brands for place in range(brand.start, brand.stop)}
    claims: list[_Claim] = []
    place = 0
    while place < len(words):
        found = [] if place in guarded else _claims_at(words, place, vocabulary, guarded)
        claims += found
        place = found[0].stop if found else place + 1
    taken = {place for claim in claims for place in range(claim.start, claim.stop)}
    if names_a_model:
        return claims
    free = [place for place in range(len(words)) if place not in taken]
    colour = named_colour(words, [place for place in free if place not in guarded], vocabulary)
    if colour is not None:  # "chaise Atelier Orme bleue": the brand still stands last
        free = [place for place in free if not colour.start <= place < colour.stop]
    brand = named_brand(words, free, brands)
    for named in (brand, colour):
        if named is not None:
            claims.append(_Claim(named.start, named.stop, named.field, named.value, named.value, stays_in_text=True))
    return sorted(claims, key=lambda claim: claim.start)


def _claims_at(words: Sequence[Word], start: int, vocabulary: Vocabulary, guarded: set[int]) -> list[_Claim]:
    price = price_at(words, start)
    if price is not None:
        bounds = (("price_min_minor", price.low_minor), ("price_max_minor", price.high_minor))
        return [
            _Claim(start, price.stop, name, minor, format_major(minor)) for name, minor in bounds if minor is not None
        ]
    size = size_at(words, start, vocabulary)
    if size is not None:
        return [_named(size)]
    said = phrase_at(words, start)
    if said is None or any(place in guarded for place in range(start, said[0])):
        return []
    stop, meaning = said
    # "casque en occasion": the little word goes with it
    first = start - 1 if start > 1 and words[start - 1].folded in LEADING and start - 1 not in guarded else start
    return [_Claim(first, stop, meaning.field, meaning.value, meaning.value)]


def _named(found: NamedFilter) -> _Claim:
    return _Claim(found.start, found.stop, found.field, found.value, found.value)


def _span(words: Sequence[Word], claim: _Claim) -> tuple[int, int]:
    return words[claim.start].start, words[claim.stop - 1].stop


def _apply(
    asked: Filters, claims: Sequence[_Claim], text: str, words: Sequence[Word]
) -> tuple[Filters, tuple[UnderstoodFilter, ...]]:
    """`asked` with the claims of fields it leaves open. What the shopper has chosen outside the words always wins."""
    default = Filters()
    found: dict[str, Any] = {}
    understood: list[UnderstoodFilter] = []
    for claim in claims:
        if getattr(asked, claim.field) != getattr(default, claim.field):
            continue
        found[claim.field] = _joined(claim, found.get(claim.field))
        start, stop = _span(words, claim)
        understood.append(UnderstoodFilter(field=claim.field, value=claim.shown, words=text[start:stop]))
    low = found.get("price_min_minor", asked.price_min_minor)
    high = found.get("price_max_minor", asked.price_max_minor)
    if low is not None and high is not None and low > high:
        # two bounds that leave no price between them: the words are in doubt, not the shopper's own choice
        found = {name: value for name, value in found.items() if not name.startswith("price_")}
        understood = [one for one in understood if not one.field.startswith("price_")]
    return replace(asked, **found), tuple(understood)


def _joined(claim: _Claim, before: Any) -> Any:
    """Named twice: two conditions are both wanted, of two bounds the narrower one holds."""
    if claim.field == "has_free_delivery":
        return True
    if claim.field == "price_min_minor":
        return claim.value if before is None else max(before, claim.value)
    if claim.field == "price_max_minor":
        return claim.value if before is None else min(before, claim.value)
    return frozenset({claim.value}) | (before or frozenset())


def _profile(text: str, words: Sequence[Word], codes: Sequence[Code]) -> Profile:
    asks = bool(words) and words[0].folded in _QUESTION_WORDS and len(words) >= MIN_QUESTION_WORDS
    return Profile(
        has_digits=any(word.is_number for word in words),
        word_count=len(words),
        is_question=asks or text.endswith("?"),
        is_code=len(codes) == 1 and codes[0].words == text,
    )
