"""The words of a query as the rankers see them: terms with weights. Pure: no engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from search.analysis import STOP_WORDS, stem, terms, token_terms, tokens
from search.documents import Language
from search.query.synonyms import expansions
from search.query.words import split_words
from search.ranking.weights import RankingWeights

MAX_TOKENS = 40
MAX_CHARACTERS = 512
_NEGATIONS = {"fr": ("sans",), "en": ("without",)}


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """One term to look for. token: number of the typed token it comes from; is_part: a piece of a code or size."""

    term: str
    weight: float
    token: int
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class Synonyms:
    """Other words for a part of the query. covered: places in `Question.terms`; alternatives: terms of each."""

    covered: tuple[int, ...]
    alternatives: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Question:
    """An analysed query. tokens: as typed, folded; terms: distinct, heaviest weight kept."""

    language: Language
    tokens: tuple[str, ...]
    terms: tuple[QueryTerm, ...]
    has_digits: bool
    synonyms: tuple[Synonyms, ...] = ()

    @property
    def word_count(self) -> int:
        return len({term.token for term in self.terms})


def ask(
    text: str, language: Language, weights: RankingWeights, joined: Callable[[str], bool] = lambda word: False
) -> Question:
    """Analyse a query. joined: has the catalogue this word? Two neighbours that make one ("head set") add it.

    At most MAX_TOKENS tokens are read. A query of stop words only keeps them.
    """
    typed = tuple(tokens(text)[:MAX_TOKENS])
    found: dict[str, QueryTerm] = {}
    negated = False
    for number, token in enumerate(typed):
        negation = token in _NEGATIONS[language]
        for term in _terms_of(token, number, language, weights):
            weight = weights.negated if negated or negation else term.weight
            if term.term not in found or found[term.term].weight < weight:
                found[term.term] = QueryTerm(term.term, weight, number, term.is_part)
        negated = negated or (negation and bool(found) and any(t.weight for t in found.values()))
    if not any(term.weight for term in found.values()):
        for number, token in enumerate(typed):
            word = stem(token, language)
            found[word] = QueryTerm(word, 1.0, number)
    for number, (one, two) in enumerate(pairwise(typed)):
        if one.isalpha() and two.isalpha() and not STOP_WORDS[language] & {one, two} and joined(one + two):
            found.setdefault(stem(one + two, language), QueryTerm(stem(one + two, language), 1.0, number))
    kept = tuple(term for term in found.values() if term.weight > 0)
    has_digits = any(c.isdigit() for token in typed for c in token)
    return Question(language, typed, kept, has_digits, _synonyms(text, kept, language))


def _synonyms(text: str, kept: tuple[QueryTerm, ...], language: Language) -> tuple[Synonyms, ...]:
    """The table's other words for what the query names, as terms; words the query has already are no alternative."""
    place_of = {term.term: place for place, term in enumerate(kept)}
    found = []
    for expansion in expansions(split_words(text[:MAX_CHARACTERS])):
        own = terms(expansion.words, language)
        covered = tuple(place_of[term] for term in own if term in place_of)
        others = {tuple(terms(alternative, language)) for alternative in expansion.alternatives} - {tuple(own), ()}
        others = {other for other in others if not set(other) <= set(place_of)}
        if covered and others:
            found.append(Synonyms(covered, tuple(sorted(others))))
    return tuple(found)


def _terms_of(token: str, number: int, language: Language, weights: RankingWeights) -> list[QueryTerm]:
    found = token_terms(token, language)
    if len(found) == 1:
        return [QueryTerm(found[0], 1.0, number)]
    return [
        QueryTerm(term, weights.code_part if place else weights.whole_code, number, bool(place))
        for place, term in enumerate(found)
    ]
