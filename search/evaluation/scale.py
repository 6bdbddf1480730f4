"""A catalogue of any size out of a real one: its products with made-up offers, then perturbed copies of them.

A copy lacks one word of the title and has a vector moved to a cosine of about .97: near-duplicates, as a mall of many
sellers has them, and no text to encode. The same number gives the same documents.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np

from search.analysis import embedding_text
from search.documents import CONDITION_FAMILIES, Language, OfferDocument, SearchDocument
from search.embeddings.protocol import TextEncoder, Vectors
from search.evaluation.catalogue_files import guess_language, read_documents

# spread of the noise, per dimension and unit length, that leaves a cosine of about .97
_NOISE = 0.25
_COLOURS = ("", "", "black", "white", "blue", "red", "green")
_SIZES = ("", "", "", "S", "M", "L")
_GRADES = {"new": ("new.sealed",), "refurbished": ("refurb.good", "refurb.fair"), "used": ("used.good", "used.fair")}
_NOW = 1_790_000_000


class ScaleEncoder:
    """A text encoder that knows which text is a copy's, and moves the vector of the text it was copied from."""

    def __init__(self, encoder: TextEncoder) -> None:
        self._encoder = encoder
        self._copied_from: dict[str, str] = {}

    @property
    def name(self) -> str:
        return self._encoder.name

    @property
    def dimensions(self) -> int:
        return self._encoder.dimensions

    def is_copy(self, copy: SearchDocument, original: SearchDocument) -> None:
        """Remember it, until it is encoded."""
        text, source = embedding_text(copy), embedding_text(original)
        if text != source:
            self._copied_from[text] = source

    def encode_query(self, text: str) -> Vectors:
        return self._encoder.encode_query(text)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        sources = [self._copied_from.pop(text, text) for text in texts]
        vectors = np.array(self._encoder.encode_documents(sources))
        for place, (text, source) in enumerate(zip(texts, sources, strict=True)):
            if text != source:
                noise = np.random.default_rng(zlib.crc32(text.encode())).standard_normal(self.dimensions)
                moved = vectors[place] + _NOISE * noise / np.sqrt(self.dimensions)
                vectors[place] = moved / np.linalg.norm(moved)
        return vectors


def scaled_documents(
    paths: Sequence[Path], products: int | None, encoder: ScaleEncoder | None, language: Language | None = None
) -> Iterator[SearchDocument]:
    """The products of some catalogue files, each once, then copies of them until there are `products`.

    products: None for the files' own number. Raises BrokenCatalogue.
    """
    made = 0
    for round_ in count():
        before = made
        for path in paths:
            for original in read_documents(path, language or guess_language(path)):
                if products is not None and made >= products:
                    return
                made += 1
                yield _with_offers(original if round_ == 0 else _copy(original, round_, encoder), made)
        if products is None or made == before:
            return


def _copy(original: SearchDocument, round_: int, encoder: ScaleEncoder | None) -> SearchDocument:
    chance = random.Random(f"{original.id}|{round_}")  # noqa: S311 - a load test, no secret
    texts = {}
    for language, text in original.texts.items():
        words = text.title.split()
        if len(words) > 1:
            words.pop(chance.randrange(len(words)))
        texts[language] = replace(text, title=" ".join(words))
    made = replace(original, id=f"{original.id}~{round_}", texts=texts, identifiers=())
    if encoder is not None:
        encoder.is_copy(made, original)
    return made


def _with_offers(document: SearchDocument, number: int) -> SearchDocument:
    """One to six offers, 3.3 on average."""
    chance = random.Random(number)  # noqa: S311 - a load test, no secret
    price = round(10 ** chance.uniform(2.7, 5.2))
    offers = []
    for place in range(chance.choice((1, 2, 3, 3, 4, 4, 6))):
        family = CONDITION_FAMILIES[chance.choices((0, 1, 2), (45, 22, 33))[0]]
        share = {"new": 1.0, "refurbished": 0.7}.get(family, 0.45) * chance.uniform(0.85, 1.15)
        offers.append(
            OfferDocument(
                id=number * 10 + place,
                family=family,
                grade=chance.choice(_GRADES[family]),
                total_minor=max(100, round(price * share)),
                seller_id=chance.randrange(1, 400),
                seller_kind="private" if family == "used" else chance.choice(("professional", "brand")),
                published_at=_NOW - chance.randrange(90 * 86_400),
                colour=chance.choice(_COLOURS),
                size=chance.choice(_SIZES),
                saving_percent=max(0, round(100 * (1 - share))) if family != "new" else 0,
                delivery_days=chance.choice((2, 3, 5, 7, None)),
                has_free_delivery=chance.random() < 0.4,
            )
        )
    return replace(document, offers=tuple(offers))
