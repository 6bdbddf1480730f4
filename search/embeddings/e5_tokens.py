"""Texts to token numbers of multilingual-e5, in Python: the same answer as the C engine's tokenizer.

Pieces never reach over a blank, so each word is cut alone and remembered. The model file holds its 250,000 pieces and
their scores in a form of its own, not as a `tokenizer.json`.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

from search.embeddings.e5_weights import E5Weights

BLANK = "▁"
UNKNOWN_PENALTY = 10.0
MAX_WORD_CHARACTERS = 64  # the work grows with the square of a word's length


class PieceTable:
    """Number of a piece by its text. Two arrays of 3 MB, where a dict of 250,000 strings takes 40 MB of each process.

    A text that is no piece would pass for one once in 10^13 look-ups: the keys are 64 bits of a BLAKE2b hash.
    """

    def __init__(self, pieces: Iterable[tuple[str, int]]) -> None:
        pairs = sorted((_key(piece), number) for piece, number in pieces)
        self._keys = array("Q", (key for key, _ in pairs))
        self._numbers = array("i", (number for _, number in pairs))

    def get(self, piece: str) -> int | None:
        key = _key(piece)
        at = bisect_left(self._keys, key)
        return self._numbers[at] if at < len(self._keys) and self._keys[at] == key else None


def _key(piece: str) -> int:
    return int.from_bytes(blake2b(piece.encode("utf-8", "replace"), digest_size=8).digest(), "big")


class E5Tokenizer:
    """Cuts words into the pieces whose scores add up to the most (unigram model, Viterbi)."""

    def __init__(self, weights: E5Weights) -> None:
        scores = weights.scores.tolist()
        # the last of two equal pieces counts, as in the engine
        pieces = {
            piece.decode("utf-8", "replace"): number
            for number, piece in enumerate(weights.pieces)
            if piece and number != weights.unknown
        }
        self._pieces = PieceTable(pieces.items())
        self._scores = array("f", scores)
        self._longest = max(map(len, pieces))
        self._unknown = weights.unknown
        self._unknown_score = min(scores) - UNKNOWN_PENALTY
        self._normalisation = weights.normalisation
        self._begin, self._end = weights.begin, weights.end
        self.word_pieces = lru_cache(maxsize=50_000)(self._word_pieces)

    def encode(self, text: str, *, max_tokens: int) -> list[int]:
        """Numbers of the tokens of `text`, begin and end set, at most `max_tokens`."""
        numbers = [self._begin]
        words = text.translate(self._normalisation).split(" ")
        for word in words:
            # a text may start with a blank or have two in a row: nothing between them to cut
            if word:
                numbers.extend(self.word_pieces(word))
            if len(numbers) >= max_tokens:
                break
        if not words[-1]:
            numbers.extend(self.word_pieces(""))  # a blank at the end stands for itself
        return [*numbers[: max_tokens - 1], self._end]

    def _word_pieces(self, word: str) -> tuple[int, ...]:
        cut: list[int] = []
        marked = BLANK + word
        for start in range(0, len(marked), MAX_WORD_CHARACTERS):
            cut.extend(self._best_cut(marked[start : start + MAX_WORD_CHARACTERS]))
        return tuple(cut)

    def _best_cut(self, word: str) -> list[int]:
        length, pieces, scores = len(word), self._pieces, self._scores
        best = [0.0] + [float("-inf")] * length
        arrived: list[tuple[int, int]] = [(0, 0)] * (length + 1)  # piece, where it starts
        for start in range(length):
            base = best[start]
            for stop in range(start + 1, min(length, start + self._longest) + 1):
                number = pieces.get(word[start:stop])
                if number is not None and base + scores[number] > best[stop]:
                    best[stop] = base + scores[number]
                    arrived[stop] = (number, start)
            if base + self._unknown_score > best[start + 1]:
                best[start + 1] = base + self._unknown_score
                arrived[start + 1] = (self._unknown, start)
        numbers, at = [], length
        while at > 0:
            piece, at = arrived[at]
            numbers.append(piece)
        return numbers[::-1]
