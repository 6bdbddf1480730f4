"""One question answered: understand, correct, retrieve, and relax where nothing would be left. Pure: no Django.

`search.service` binds this to the mall's engine; evaluations call it with an engine of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from search.engines.protocol import Retrieval, SearchEngine
from search.queries import MAX_QUERY_CHARACTERS, SearchQuery
from search.query import Understood, Vocabulary, understand, without_understood
from search.results import Correction, SearchPage

EMPTY_VOCABULARY = Vocabulary()
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_FALLBACK_RESULTS = 12


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One retrieval with how its query came about."""

    understood: Understood
    searched: SearchQuery
    corrections: tuple[Correction, ...]
    retrieval: Retrieval


def answer(
    engine: SearchEngine,
    query: SearchQuery,
    vocabulary: Vocabulary = EMPTY_VOCABULARY,
    *,
    with_facets: bool = True,
    at_least: int = 0,
) -> SearchPage:
    """The page for a query; any string is answered. Raises what the engine raises (EngineUnavailable).

    at_least: for evaluations that look deeper than a shopper: rank so many documents where there are.
    """
    cleaned = replace(query, text=clean(query.text))
    understood = understand(cleaned, vocabulary=vocabulary)
    attempt = _retrieve(engine, cleaned, understood, with_facets, at_least)
    if not attempt.retrieval.total and understood.understood:
        attempt = _drop_filters(engine, cleaned, understood, with_facets, at_least)
    if not attempt.retrieval.total and query.filters.is_empty and not at_least:
        attempt = _retrieve(engine, cleaned, attempt.understood, with_facets, _FALLBACK_RESULTS)
    return SearchPage(
        query=query,
        hits=attempt.retrieval.hits,
        total=attempt.retrieval.total,
        total_cards=attempt.retrieval.total_cards,
        total_offers=attempt.retrieval.total_offers,
        facets=attempt.retrieval.facets,
        searched_text=attempt.searched.text,
        corrections=attempt.corrections,
        understood=attempt.understood.understood,
        notices=_notices(attempt.retrieval),
    )


def _notices(retrieval: Retrieval) -> tuple[str, ...]:
    codes = {"fallback": retrieval.is_fallback, "words_only": retrieval.is_words_only}
    return tuple(code for code, is_so in codes.items() if is_so)


def clean(text: str) -> str:
    """Control characters and lone surrogates become blanks; cut to MAX_QUERY_CHARACTERS at a word."""
    bare = " ".join(_CONTROL.sub(" ", text[: 4 * MAX_QUERY_CHARACTERS]).split())
    if len(bare) <= MAX_QUERY_CHARACTERS:
        return bare
    return bare[:MAX_QUERY_CHARACTERS].rsplit(" ", 1)[0]


def _retrieve(
    engine: SearchEngine, query: SearchQuery, understood: Understood, with_facets: bool, at_least: int
) -> _Attempt:
    text = understood.text
    corrections: tuple[Correction, ...] = ()
    if query.corrects_spelling and text:
        text, corrections = engine.correct(text, language=understood.language)
    searched = replace(query, text=text, language=understood.language, filters=understood.filters)
    retrieval = engine.retrieve(searched, with_facets=with_facets, at_least=at_least)
    return _Attempt(understood, searched, corrections, retrieval)


def _drop_filters(
    engine: SearchEngine, query: SearchQuery, understood: Understood, with_facets: bool, at_least: int
) -> _Attempt:
    """Without the one found filter that stood in the way, the last said first; without all when no single one did.

    What is dropped is said on the page (`was_dropped`); its words do not come back into the text.
    """
    fields = list(dict.fromkeys(one.field for one in reversed(understood.understood)))
    choices = [[name] for name in fields] + ([fields] if len(fields) > 1 else [])
    attempt = None
    for dropped in choices:
        attempt = _retrieve(
            engine, query, without_understood(understood, query.filters, dropped), with_facets, at_least
        )
        if attempt.retrieval.total:
            break
    assert attempt is not None  # noqa: S101 - there is at least one found filter
    return attempt
