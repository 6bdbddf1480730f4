"""Questions, fusion and the look at titles."""

from __future__ import annotations

import numpy as np
import pytest

from search.analysis import title_sequence
from search.ranking.features import Titles, look_at_titles
from search.ranking.fusion import best_first, fuse, meaning_weight
from search.ranking.question import ask
from search.ranking.weights import RankingWeights
from search.terms import term_key

WEIGHTS = RankingWeights()


def titles(*texts: str, language: str = "en") -> Titles:
    sequences = [[term_key(language, term) for term in title_sequence(text, language)] for text in texts]  # type: ignore[arg-type]
    ends = np.cumsum([0, *(len(sequence) for sequence in sequences)])
    return Titles(np.array([key for sequence in sequences for key in sequence], np.uint64), ends.astype(np.int64))


def test_codes_want_less_meaning_and_long_questions_more() -> None:
    plain = meaning_weight(ask("wireless mouse", "en", WEIGHTS), WEIGHTS)

    assert meaning_weight(ask("galaxy s6 64gb", "en", WEIGHTS), WEIGHTS) < plain
    assert meaning_weight(ask("quiet mouse for long days at work", "en", WEIGHTS), WEIGHTS) > plain


def test_word_after_without_is_not_looked_for() -> None:
    assert [term.term for term in ask("futon without mattress", "en", WEIGHTS).terms] == ["futon"]
    assert ask("sans", "fr", WEIGHTS).terms


def test_neighbours_that_make_one_word_of_the_catalogue_add_it() -> None:
    question = ask("head set", "en", WEIGHTS, lambda word: word == "headset")

    assert "headset" in {term.term for term in question.terms}


def test_accessory_ranks_behind_the_thing_itself() -> None:
    question = ask("iphone", "en", WEIGHTS)

    seen = look_at_titles(titles("iPhone 13 smartphone", "Case for iPhone 13"), question, {"iphon": 1.0}, term_key)

    assert seen["accessory"].tolist() == [0.0, 1.0]
    assert seen["leading_coverage"][0] > seen["leading_coverage"][1]


def test_phrase_counts_neighbours() -> None:
    question = ask("red lamp", "en", WEIGHTS)

    seen = look_at_titles(titles("red lamp", "lamp in red"), question, {"red": 1.0, "lamp": 1.0}, term_key)

    assert seen["phrase"].tolist() == [1.0, 0.0]
    assert seen["exact"].tolist() == [1.0, 0.0]


def test_fusion_divides_by_the_best_lexical_score() -> None:
    lexical, cosines = np.array([4.0, 2.0, 0.0], np.float32), np.array([0.0, 0.5, 1.0], np.float32)

    assert fuse(lexical, 4.0, cosines, 0.2).tolist() == pytest.approx([1.0, 0.6, 0.2])
    assert fuse(lexical, 0.0, None, 0.2).tolist() == [0.0, 0.0, 0.0]


def test_first_of_a_limit_equal_the_first_of_all() -> None:
    chance = np.random.default_rng(1)
    scores = chance.integers(0, 5, 200).astype(np.float32)
    keys = chance.permutation(200).astype(np.uint64).reshape(-1, 1)

    assert best_first(scores, keys, 30).tolist() == best_first(scores, keys).tolist()[:30]


def test_unknown_weight_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no such ranking weight: colour"):
        RankingWeights.from_mapping({"colour": 1})
