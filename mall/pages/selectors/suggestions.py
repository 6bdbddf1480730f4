"""What suggestions show beside their words: addresses, pictures, prices. Their number does not grow with the lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mall.core.models import Picture
from mall.pages.selectors.cards import CardFacts, read_cards
from mall.pages.selectors.names import FacetNames, facet_names
from search.results import Hit, Suggestion


@dataclass(frozen=True, kw_only=True, slots=True)
class SuggestionFacts:
    """cards: by document id ("product:12"). names: of the categories suggested."""

    cards: dict[str, CardFacts] = field(default_factory=dict)
    names: FacetNames = field(default_factory=FacetNames)

    def picture_of(self, document_id: str) -> Picture | None:
        card = self.cards.get(document_id)
        return card.picture if card else None


def read_suggestions(found: Sequence[Suggestion], language: str) -> SuggestionFacts:
    """Facts behind `found`; what is gone from the database has no card."""
    documents = [one.value for one in found if one.kind == "product"]
    hits = [
        Hit(id=document, kind="listing" if document.startswith("listing:") else "product", score=0.0)
        for document in documents
    ]
    categories = [one.value for one in found if one.kind == "category"]
    return SuggestionFacts(
        cards={facts.hit.id: facts for facts in read_cards(hits, language)} if hits else {},
        names=facet_names(categories, (), language),
    )
