"""From a `SearchDocument` to what the server stores, and back to the offers of a card. Pure."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from search.analysis import title_sequence
from search.documents import CONDITION_FAMILIES, LANGUAGES, Language, OfferDocument, SearchDocument
from search.embeddings.protocol import Vectors
from search.engines.opensearch.mapping import (
    COMPLETE,
    FREQUENCY_MARK,
    MAX_OFFERS,
    VECTOR,
    look_field,
    terms_field,
    title_field,
)
from search.facet_values import SAVINGS
from search.ranking.weights import RankingWeights
from search.terms import codes_in, term_key, terms_in, text_hash, written_in

LABEL_MARK = "\x1f"
_MAX_WORD_CHARACTERS = 120
_MAX_KEYWORD_CHARACTERS = 8_000
_MAX_COMPLETED_CHARACTERS = 400
_MAX_TITLE_TERMS = 1_000


def document_body(document: SearchDocument, vector: Vectors | None, weights: RankingWeights) -> dict[str, Any]:
    """The whole stored document. vector: float32 (dimensions,), unit length; None or all zero is left out."""
    offers = sorted(document.offers, key=lambda offer: (offer.total_minor, offer.id))
    body: dict[str, Any] = {
        "id": document.id,
        "kind": document.kind,
        "version": document.version,
        "brand": document.brand_slug,
        "brand_label": LABEL_MARK.join((document.brand_slug, document.brand)),
        "categories": list(document.category_path),
        "category_labels": _category_labels(document),
        "codes": sorted(code for code in codes_in(document) if len(code) <= _MAX_WORD_CHARACTERS),
        "written": sorted(word for word in written_in(document) if len(word) <= _MAX_WORD_CHARACTERS),
        "text_hash": str(text_hash(document)),
        "shown": {"brand": document.brand},
        "offers": [_offer_body(offer) for offer in kept_offers(offers)],
        COMPLETE: sorted({text.title[:_MAX_COMPLETED_CHARACTERS] for text in document.texts.values()}),
        **_roll_ups(offers),
    }
    if document.equivalent_of:
        body["equivalent_of"] = document.equivalent_of
    for language in LANGUAGES:
        title = document.text_in(language).title
        body[terms_field(language)] = _counted_terms(document, language, weights)
        body[look_field(language)] = _title_keys(title, language)
        if language in document.texts:
            body[title_field(language)] = title[:_MAX_KEYWORD_CHARACTERS]
    if vector is not None and vector.any():
        body[VECTOR] = np.ascontiguousarray(vector, np.float32)
    return body


def _counted_terms(document: SearchDocument, language: Language, weights: RankingWeights) -> str:
    """ "lumo|6 novaro|5 phone|1": each term with its frequency, a word of the title counting `title_repeats` times."""
    title, rest = terms_in(document, language)
    counts: Counter[str] = Counter(rest)
    for term in title:
        counts[term] += round(weights.title_repeats)
    return " ".join(f"{term}{FREQUENCY_MARK}{count}" for term, count in counts.items())


def _title_keys(title: str, language: Language) -> str:
    """`search.terms.term_key` of each term of the title's sequence, little-endian one after the other, as base64."""
    keys = [term_key(language, term) for term in title_sequence(title, language)[:_MAX_TITLE_TERMS]]
    return base64.b64encode(np.array(keys, "<u8").tobytes()).decode()


def _category_labels(document: SearchDocument) -> list[str]:
    labels = []
    for depth, slug in enumerate(document.category_path):
        names = [_at(document.texts[lang].categories, depth) if lang in document.texts else "" for lang in LANGUAGES]
        labels.append(LABEL_MARK.join((slug, *names)))
    return labels


def _at(names: Sequence[str], depth: int) -> str:
    return names[depth] if depth < len(names) else ""


def kept_offers(offers: Sequence[OfferDocument]) -> list[OfferDocument]:
    """At most MAX_OFFERS: the cheapest of each condition family in turn. offers: cheapest first."""
    if len(offers) <= MAX_OFFERS:
        return list(offers)
    kept: list[OfferDocument] = []
    queues = [[offer for offer in offers if offer.family == family] for family in CONDITION_FAMILIES]
    for place in range(MAX_OFFERS):
        kept += [queue[place] for queue in queues if place < len(queue)]
        if len(kept) >= MAX_OFFERS:
            break
    return sorted(kept[:MAX_OFFERS], key=lambda offer: (offer.total_minor, offer.id))


def _offer_body(offer: OfferDocument) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": offer.id,
        "family": offer.family,
        "grade": offer.grade,
        "total": offer.total_minor,
        "seller_id": offer.seller_id,
        "seller_kind": offer.seller_kind,
        "published": offer.published_at,
        "colour": offer.colour,
        "size": offer.size,
        "saving": offer.saving_percent,
        "free": offer.has_free_delivery,
    }
    if offer.delivery_days is not None:
        body["days"] = offer.delivery_days
    return body


def _roll_ups(offers: Sequence[OfferDocument]) -> dict[str, Any]:
    """offers: all of them, cheapest first; also those beyond MAX_OFFERS."""
    days = sorted({offer.delivery_days for offer in offers if offer.delivery_days is not None})
    best_saving = max((offer.saving_percent for offer in offers), default=0)
    kinds = len({offer.family for offer in offers})
    rolled: dict[str, Any] = {
        "families": _distinct(offer.family for offer in offers),
        "grades": _distinct(offer.grade for offer in offers),
        "colours": _distinct(offer.colour for offer in offers),
        "sizes": _distinct(offer.size for offer in offers),
        "seller_kinds": _distinct(offer.seller_kind for offer in offers),
        "seller_ids": sorted({offer.seller_id for offer in offers}),
        "savings": [str(percent) for percent in SAVINGS if best_saving >= percent],
        "deliveries": [str(number) for number in days]
        + (["free"] if any(offer.has_free_delivery for offer in offers) else []),
        "offer_count": len(offers),
        "browse": round(kinds + len(offers) / (len(offers) + 10.0), 6),
    }
    if days:
        rolled["days_min"] = days[0]
    if offers:
        rolled["price_min"] = offers[0].total_minor
    return rolled


def _distinct(values: Iterable[str]) -> list[str]:
    return sorted({value for value in values if value})
