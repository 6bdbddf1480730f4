"""One question against one state of the index: which documents are results, and in which order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.analysis import fold
from search.embeddings.protocol import Vectors
from search.engines.embedded.columns import ragged_places
from search.engines.embedded.container import Array
from search.engines.embedded.lexical import LexicalScores
from search.engines.embedded.snapshot import Snapshot
from search.ranking.features import Titles, look_at_titles, title_score
from search.ranking.fusion import IDENTIFIER_SCORE, best_first, fuse, meaning_weight
from search.ranking.question import Question, ask
from search.ranking.weights import RankingWeights
from search.terms import much_stemmed, term_key, typed_codes

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Ranking:
    """scores: float32 per row, for rows of the match set; matched: rows that are results, ascending.

    cosines: per row, None without a text model; identified: rows whose own code was typed.
    """

    question: Question
    lexical: LexicalScores
    scores: Floats
    matched: Array
    cosines: Floats | None
    meaning: float
    identified: Array


def rank(
    snapshot: Snapshot, text: str, language: str, query_vector: Vectors | None, weights: RankingWeights, at_least: int
) -> Ranking:
    """Score all rows and choose the match set. at_least: widen the match set to so many rows if there are."""
    question = ask(text, language, weights, lambda word: snapshot.vocabulary.get(word, 0) > 1)  # type: ignore[arg-type]
    lexical = snapshot.lexical.score(question, weights)
    meaning = meaning_weight(question, weights)
    cosines = None
    if snapshot.vectors is not None and query_vector is not None:
        cosines = snapshot.vectors.approximate(query_vector)
    scores = fuse(lexical.score, lexical.best, cosines, meaning)
    scores[~snapshot.alive] = -np.inf
    candidates = _candidates(scores, lexical, weights)
    if cosines is not None and query_vector is not None and snapshot.vectors is not None:
        cosines[candidates] = snapshot.vectors.exact(query_vector, candidates)
        scores[candidates] = fuse(lexical.score[candidates], lexical.best, cosines[candidates], meaning)
        scores[~snapshot.alive] = -np.inf
    looked_at = candidates[np.argsort(-scores[candidates], kind="stable")[: weights.reranked]]
    scores[looked_at] += _look(snapshot, looked_at, question, lexical, weights)
    scores[looked_at] -= np.float32(weights.other_word) * _share_of_other_words(
        snapshot, looked_at, text, language, lexical
    )
    identified = find_by_code(snapshot, text)
    scores[identified] += np.float32(IDENTIFIER_SCORE)
    matched = _match_set(snapshot, question, lexical, cosines, scores, identified, weights, at_least)
    return Ranking(question, lexical, scores, matched, cosines, meaning, identified)


def find_by_code(snapshot: Snapshot, text: str) -> Array:
    """Living rows with an identifier that is the whole text or one of its words."""
    found = [snapshot.lexical.find("id", code).rows for code in typed_codes(text)]
    rows = np.unique(np.concatenate(found)) if found else np.empty(0, np.uint32)
    return rows[snapshot.alive[rows]].astype(np.int64)


def _candidates(scores: Floats, lexical: LexicalScores, weights: RankingWeights) -> Array:
    """Rows looked at exactly: best by words, best by both, ascending."""
    if not len(scores):
        return np.empty(0, np.int64)
    by_both = _highest(scores, np.arange(len(scores)), weights.candidates)
    by_words = _highest(lexical.score, np.flatnonzero(lexical.score > 0), weights.candidates)
    rows = np.union1d(by_both, by_words)
    return np.asarray(rows[np.isfinite(scores[rows])])


def _highest(values: Floats, rows: Array, count: int) -> Array:
    """Of some rows, `count` with the highest values, in no order."""
    if len(rows) <= count:
        return rows
    return rows[np.argpartition(values[rows], len(rows) - count)[-count:]]


def _look(
    snapshot: Snapshot, rows: Array, question: Question, lexical: LexicalScores, weights: RankingWeights
) -> Floats:
    titles = titles_of(snapshot, rows, question.language)
    seen = title_score(look_at_titles(titles, question, lexical.informations, term_key), weights)
    return seen + np.float32(weights.coverage) * lexical.coverage[rows]


def _share_of_other_words(snapshot: Snapshot, rows: Array, text: str, language: str, lexical: LexicalScores) -> Floats:
    """Per row, the share of the typed words that it was found by the stem of, while its title has not the word."""
    shares = np.zeros(len(rows), np.float32)
    for root, beginning, share in much_stemmed(text, language):  # type: ignore[arg-type]
        for place in np.flatnonzero(np.isin(rows, lexical.rows.get(root, ()))).tolist():
            if beginning not in fold(snapshot.columns.title_of(int(rows[place]), language)):
                shares[place] += share
    return shares


def titles_of(snapshot: Snapshot, rows: Array, language: str) -> Titles:
    """The titles of some rows as term keys, in the order of the rows."""
    keys, lengths = [np.empty(0, np.uint64)], np.zeros(len(rows), np.int64)
    order = np.arange(len(rows))
    segment_of = np.searchsorted(snapshot.offsets, rows, side="right") - 1
    if len(snapshot.segments) > 1:
        order = np.argsort(segment_of, kind="stable")
    for number in np.unique(segment_of):
        here = order[segment_of[order] == number]
        arrays, local = snapshot.segments[number].arrays, rows[here] - snapshot.offsets[number]
        ends = arrays[f"title_ends_{language}"]
        lengths[here] = np.diff(ends)[local] if len(local) * 4 > len(ends) else ends[local + 1] - ends[local]
        keys.append(arrays[f"title_keys_{language}"][ragged_places(ends[local], lengths[here])])
    joined = np.concatenate(keys)
    if len(snapshot.segments) > 1:  # back into the order of the rows
        starts = np.zeros(len(rows), np.int64)
        starts[order] = np.cumsum(lengths[order]) - lengths[order]
        joined = joined[ragged_places(starts, lengths)]
    return Titles(joined, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))


def _match_set(
    snapshot: Snapshot,
    question: Question,
    lexical: LexicalScores,
    cosines: Floats | None,
    scores: Floats,
    identified: Array,
    weights: RankingWeights,
    at_least: int,
) -> Array:
    """Rows that a shopper would call results.

    By words: those that hold at least `coverage_floor` of the best covered document's information. Where words are
    weak, the nearest in meaning too. Rows typed by their code always.
    """
    alive = snapshot.alive
    best = float(lexical.reach[alive].max(initial=0.0))
    matched = (lexical.reach >= max(weights.coverage_floor * best, 1e-6)) & alive
    matched[identified] = True
    is_weak = best < weights.weak_coverage or int(matched.sum()) < weights.few_results
    if is_weak and cosines is not None and not len(identified):
        near = np.where(alive, cosines, -1.0)
        floor = max(weights.meaning_floor, float(near.max(initial=-1.0)) - weights.meaning_margin)
        rows = np.flatnonzero(near >= floor)
        matched[rows[np.argsort(-near[rows], kind="stable")[: weights.meaning_results]]] = True
    if question.word_count >= weights.loose_words and not len(identified):
        loose = (lexical.reach >= weights.loose_floor * best) & (lexical.score > 0) & alive
        _add_best(matched, loose, scores, snapshot, weights.loose_results)
    if at_least:
        useful = (lexical.score > 0) | (cosines > 0) if cosines is not None else lexical.score > 0
        _add_best(matched, useful & alive, scores, snapshot, at_least)
    return np.flatnonzero(matched)


def _add_best(matched: Mask, allowed: Mask, scores: Floats, snapshot: Snapshot, wanted: int) -> None:
    """Widen `matched` in place by the best of the allowed rows, until there are `wanted`."""
    missing = wanted - int(matched.sum())
    rows = np.flatnonzero(allowed & ~matched)
    if missing > 0 and len(rows):
        keys = snapshot.columns.arrays["id_keys"][rows]
        matched[rows[best_first(scores[rows], keys, missing)]] = True
