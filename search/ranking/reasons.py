"""Why a hit stands where it stands, as data. Pure: any engine that knows which terms a document has can ask."""

from __future__ import annotations

from collections.abc import Sequence

from search.ranking.fusion import IDENTIFIER_SCORE
from search.ranking.question import QueryTerm, Question
from search.results import Reason


def reasons_of(
    question: Question,
    terms: Sequence[QueryTerm],
    lexical_share: float,
    score: float,
    cosine: float | None,
    *,
    is_identified: bool,
) -> list[Reason]:
    """terms: those of the question that the document has; lexical_share: of the best lexical score, 0 to 1.

    score: as ranked, with what a typed code adds; cosine: None without a text model.
    """
    reasons: list[Reason] = []
    if is_identified:
        reasons.append(Reason(kind="identifier", terms=question.tokens, value=1.0))
        score -= IDENTIFIER_SCORE
    share = min(1.0, lexical_share / max(score, lexical_share, 1e-9))
    reasons += _word_reasons(question, terms, share)
    if cosine is not None:
        reasons.append(Reason(kind="meaning", value=round(cosine, 4)))
    return reasons


def _word_reasons(question: Question, terms: Sequence[QueryTerm], share: float) -> list[Reason]:
    """share: of the words, whole and in parts, in the score, 0 to 1."""
    words = _typed(question.tokens, [term.token for term in terms if not term.is_part])
    parts = _typed(question.tokens, [term.token for term in terms if term.is_part])
    part_share = sum(t.weight for t in terms if t.is_part) / max(sum(t.weight for t in terms), 1e-9)
    reasons = []
    if words:
        reasons.append(Reason(kind="words", terms=words, value=round(share * (1 - part_share), 4)))
    if parts:
        reasons.append(Reason(kind="parts", terms=parts, value=round(share * part_share, 4)))
    return reasons


def _typed(tokens: Sequence[str], numbers: Sequence[int]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tokens[number] for number in numbers))
