"""Plain data of the answers, ready to be written as JSON. The shapes are those of `schemas`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from mall.catalogue.buy_box import saving_percent
from mall.catalogue.evidence import evidence_text
from mall.core.models import Picture
from mall.core.pictures import sources_of
from mall.pages.addresses import absolute, category_url
from mall.pages.components.cards import card_url, equivalents_url
from mall.pages.components.reasons import reason_list
from mall.pages.components.result_address import spelled_out
from mall.pages.selectors.cards import NO_FILTERS, CardFacts, FamilyFacts, read_cards
from mall.pages.selectors.suggestions import SuggestionFacts, read_suggestions
from search.queries import Filters
from search.results import Facets, Hit, OfferRange, SearchPage, Suggestion


def search_answer(page: SearchPage, language: str) -> dict[str, Any]:
    """One page of results; prices and stock are those of the database now, not of the index."""
    query = spelled_out(page)
    return {
        "query": page.query.text,
        "searched_text": page.searched_text,
        "language": language,
        "total": page.total,
        "total_cards": page.total_cards,
        "total_offers": page.total_offers,
        "page": page.query.page,
        "page_size": page.query.page_size,
        "pages": page.pages,
        "results": results(read_cards(page.hits, language, query.filters), language, query.filters),
        "facets": _facets(page.facets),
        "corrections": [{"typed": one.typed, "searched": one.searched} for one in page.corrections],
        "understood": [
            {"field": one.field, "value": one.value, "words": one.words, "was_dropped": one.was_dropped}
            for one in page.understood
        ],
        "notices": list(page.notices),
    }


def results(cards: Iterable[CardFacts], language: str, filters: Filters = NO_FILTERS) -> list[dict[str, Any]]:
    """The cards in their order, each product followed by its equivalents. filters: of the search they come from."""
    return [_result(card, language, filters) for card in cards]


def _result(card: CardFacts, language: str, filters: Filters) -> dict[str, Any]:
    tie = card.tie
    near_saving = saving_percent(card.total_minor, tie.new_minor) if tie and card.total_minor else 0
    return {
        "kind": card.hit.kind,
        "id": card.hit.source_id,
        "title": card.title,
        "url": absolute(card_url(card)),
        "brand": card.brand,
        "image": image(card.picture, card.picture_alt),
        "currency": card.currency,
        "offers": _offers_of(card),
        "saving_percent": near_saving if tie else card.saving_percent,
        "equivalent_of": tie.product_id if tie else None,
        "evidence": evidence(tie.evidence) if tie else [],
        "equivalent_count": card.equivalent_count,
        "equivalents_url": near_url(card.hit.source_id, language, filters) if card.equivalent_count else None,
        "reasons": _reasons(card.hit, language),
    }


def near_url(product_id: int, language: str, filters: Filters = NO_FILTERS) -> str:
    """The page with all that is near a product, under the same filters."""
    return absolute(equivalents_url(product_id, language, filters))


def evidence(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """What speaks for and against, as stored and in words."""
    return [
        {
            "kind": str(entry.get("kind", "")),
            "speaks": "against" if entry.get("speaks") == "against" else "for",
            "detail": str(entry.get("detail", "")),
            "other": str(entry.get("other", "")),
            "text": evidence_text(entry),
        }
        for entry in entries
    ]


def _offers_of(card: CardFacts) -> dict[str, Any]:
    return {
        family: {"from_minor": facts.from_minor, "count": _count(card, family, facts)}
        for family, facts in card.families.items()
    }


def _count(card: CardFacts, family: str, facts: FamilyFacts) -> int:
    """Live offers of the family: as search counted them, at least as many as the database has just shown."""
    searched = {str(name): found.count for name, found in card.hit.offers.items()}
    return max(searched.get(family, 0), 2 if facts.has_more else 1)


def _reasons(hit: Hit, language: str) -> list[dict[str, Any]]:
    reasons = []
    for reason in hit.reasons:
        words = reason_list(replace(hit, reasons=(reason,)), language)
        reasons.append(
            {
                "kind": reason.kind,
                "terms": list(reason.terms),
                "value": round(float(reason.value), 4),
                "text": words.sentences[0] if words else "",
            }
        )
    return reasons


def image(picture: Picture | None, alt: str) -> dict[str, Any] | None:
    """None without a photo, and while none of its widths is ready."""
    sources = sources_of(picture) if picture is not None else None
    if sources is None:
        return None
    srcset = ", ".join(absolute(part) for part in sources.avif_srcset.split(", "))
    return {
        "src": absolute(sources.src),
        "avif_srcset": srcset,
        "width": sources.width,
        "height": sources.height,
        "alt": alt,
    }


def _facets(facets: Facets) -> dict[str, Any]:
    return {
        "values": {
            name: [{"value": one.value, "count": one.count, "is_selected": one.is_selected} for one in values]
            for name, values in facets.values.items()
        },
        "price_bars": [
            {"from_minor": bar.from_minor, "below_minor": bar.below_minor, "count": bar.count}
            for bar in facets.price_bars
        ],
    }


def suggest_answer(found: Sequence[Suggestion], language: str) -> dict[str, Any]:
    """Suggestions in the order of search; what is gone since the last indexing is left out."""
    facts = read_suggestions(found, language)
    return {"suggestions": list(_suggestions(found, facts))}


def _suggestions(found: Iterable[Suggestion], facts: SuggestionFacts) -> Iterable[dict[str, Any]]:
    for one in found:
        card = facts.cards.get(one.value)
        if (one.kind == "product" and card is None) or (one.kind == "category" and one.value not in facts.names.paths):
            continue
        yield {
            "kind": one.kind,
            "text": one.text,
            "value": one.value,
            "context": one.context,
            "url": absolute(_suggestion_url(one, card, facts)),
            "count": one.count,
            "offers": _offers_of(card) if card else _ranges(one),
        }


def _suggestion_url(one: Suggestion, card: CardFacts | None, facts: SuggestionFacts) -> str:
    if card is not None:
        return card_url(card)
    if one.kind == "category":
        return category_url(facts.names.paths[one.value])
    name = "brand" if one.kind == "brand" else "q"
    return f"{reverse('search')}?{urlencode({name: one.value})}"


def _ranges(one: Suggestion) -> dict[str, Any]:
    offers: Iterable[tuple[str, OfferRange]] = one.offers.items()
    return {family: {"from_minor": found.from_minor, "count": found.count} for family, found in offers}
