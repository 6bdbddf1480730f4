"""Listings of a file against a catalogue file, through candidates and matcher.

Two rounds. What the first is sure of (a shared code of five signs and more, a clear lead) teaches the catalogue how
sellers call those products, as linked listings do in the mall; the second round looks at the others again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mall.catalogue.matching.judging import Candidate, Judgement, judge
from mall.catalogue.matching.model import MatchModel
from mall.catalogue.matching.reading import Reading, Statistics, read, without_advert
from mall.catalogue.matching.things import Thing, search_text, thing_of_row
from search.analysis import fold
from search.documents import LANGUAGES, Language
from search.embeddings.protocol import TextEncoder
from search.engines.protocol import SearchEngine
from search.evaluation.catalogue_files import guess_language, read_rows, row_to_document
from search.evaluation.runs import throwaway_index

MOST_CANDIDATES = 50
_SURE_CODE, _SURE_LEAD, _MOST_NAMES, _ROUNDS = 5, 0.3, 12, 3


@dataclass(frozen=True, kw_only=True, slots=True)
class ListingRun:
    """judgements: by listing id, likeliest product first. cpu_ms: per listing and round, sorted."""

    judgements: Mapping[str, tuple[Judgement, ...]]
    listings_a_second: float
    cpu_ms: tuple[float, ...]
    products: int
    learned: int


class _Catalogue:
    """The products of a file, read when they are first asked for, in the language of who asks.

    Both sides of a pair are stemmed alike: an English name in a French listing must meet itself.
    """

    def __init__(self, path: Path, language: Language) -> None:
        self.language = language
        self.rows = {str(row.get("id") or row.get("ean")): row for row in read_rows(path)}
        self._told: dict[str, dict[str, Any]] = {}
        self._readings: dict[tuple[str, Language], Reading] = {}
        self._weights: dict[Language, Statistics] = {}

    def reading(self, key: str, language: Language) -> Reading:
        if (key, language) not in self._readings:
            row = {**self._told.get(key, self.rows[key]), "language": language}
            self._readings[key, language] = read(thing_of_row(row))
        return self._readings[key, language]

    def weights(self, language: Language) -> Statistics:
        if language not in self._weights:
            self._weights[language] = Statistics(self.reading(key, language) for key in self.rows)
        return self._weights[language]

    def learn(self, engine: SearchEngine, names: Mapping[str, Sequence[str]]) -> None:
        """Sellers' titles become words of the products they were surely of."""
        documents = []
        for key, titles in names.items():
            told = " . ".join(titles[:_MOST_NAMES])
            row = self.rows[key] | {"description": f"{self.rows[key].get('description') or ''} {told}".strip()}
            for language in LANGUAGES:
                self._readings.pop((key, language), None)
            self._told[key] = row
            document = row_to_document(row, self.language)
            if document is not None:
                documents.append(replace(document, version=2 + len(titles)))
        engine.upsert(documents)
        self._weights.clear()


def run_listings(
    catalogue_path: Path,
    listings: Iterable[Mapping[str, Any]],
    encoder: TextEncoder | None,
    model: MatchModel,
    *,
    vector_cache: Path | None = None,
) -> ListingRun:
    """Judge every listing. Rows: id, title, description, brand, attrs, price, language. Raises BrokenCatalogue."""
    language = guess_language(catalogue_path)
    catalogue = _Catalogue(catalogue_path, language)
    with throwaway_index([catalogue_path], encoder, language=language, vector_cache=vector_cache) as built:
        things = {str(row["id"]): thing_of_row(row, language=language) for row in listings}
        started = time.perf_counter()
        judged: dict[str, tuple[Judgement, ...]] = {}
        spent: list[float] = []
        names: dict[str, list[str]] = {}
        rest = dict(things)
        for _ in range(_ROUNDS):
            found, took = _judge_all(rest, catalogue, built.engine, model)
            judged |= found
            spent += took
            sure = [key for key, candidates in found.items() if _is_sure(candidates)]
            for key in sure:
                names.setdefault(found[key][0].product_id, []).append(rest.pop(key).title)
            if not sure:
                break
            catalogue.learn(built.engine, names)
        seconds = time.perf_counter() - started
    return ListingRun(
        judgements=judged,
        listings_a_second=len(things) / seconds if seconds else 0.0,
        cpu_ms=tuple(sorted(spent)),
        products=len(catalogue.rows),
        learned=len(names),
    )


def _judge_all(
    things: Mapping[str, Thing], catalogue: _Catalogue, engine: SearchEngine, model: MatchModel
) -> tuple[dict[str, tuple[Judgement, ...]], list[float]]:
    judged, spent = {}, []
    for language in {thing.language for thing in things.values()}:
        catalogue.weights(language)  # read once, before the clock runs
    for key, thing in things.items():
        started = time.process_time()
        judged[key] = _judge_one(thing, catalogue, engine, model)
        spent.append(1000 * (time.process_time() - started))
    return judged, spent


def _judge_one(thing: Thing, catalogue: _Catalogue, engine: SearchEngine, model: MatchModel) -> tuple[Judgement, ...]:
    near = engine.nearest_products(
        without_advert(fold(search_text(thing))),
        codes=sorted(thing.identifiers),
        language=thing.language,
        limit=MOST_CANDIDATES,
    )
    candidates = [
        Candidate(
            product_id=one.id, reading=catalogue.reading(one.id, thing.language), score=one.score, cosine=one.cosine
        )
        for one in near
    ]
    return judge(read(thing), candidates, catalogue.weights(thing.language), model)


def _is_sure(found: Sequence[Judgement]) -> bool:
    if not found:
        return False
    features = found[0].features
    code = max(features["code_longest_contained"], features["code_longest_shared"])
    lead = found[0].order - found[1].order if len(found) > 1 else _SURE_LEAD
    return code >= _SURE_CODE and lead >= _SURE_LEAD
