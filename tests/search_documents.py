"""Normal search documents for tests: what is not said has a value that does not matter."""

from __future__ import annotations

from typing import Any

from search.documents import DocumentText, Language, OfferDocument, SearchDocument


def offer(number: int, **facts: Any) -> OfferDocument:
    normal: dict[str, Any] = {
        "family": "new",
        "grade": "new.sealed",
        "total_minor": 10_000,
        "seller_id": 1,
        "seller_kind": "professional",
        "published_at": 1_700_000_000,
    }
    return OfferDocument(id=number, **(normal | facts))


def document(number: int, title: str = "Aspirateur", *offers: OfferDocument, **facts: Any) -> SearchDocument:
    language: Language = facts.pop("language", "fr")
    texts = facts.pop("texts", None) or {
        language: DocumentText(title=title, details=facts.pop("details", ""), categories=facts.pop("categories", ()))
    }
    normal: dict[str, Any] = {"id": f"product:{number}", "kind": "product", "version": 1}
    return SearchDocument(texts=texts, offers=offers, **(normal | facts))
