"""Normal search documents for tests: what is not said has a value that does not matter."""

from __future__ import annotations

import random
from typing import Any

from search.documents import CONDITION_FAMILIES, DocumentText, Language, OfferDocument, SearchDocument


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


def listing(number: int, title: str = "Aspirateur", near: int | None = None, **facts: Any) -> SearchDocument:
    """A lone second-hand thing. near: number of the product it is the equivalent of; total_minor: its price."""
    used = offer(
        1_000_000 + number,
        family="used",
        grade="used.good",
        total_minor=facts.pop("total_minor", 5_000),
        seller_kind="private",
        colour=facts.pop("colour", ""),
    )
    normal: dict[str, Any] = {"id": f"listing:{number}", "kind": "listing"}
    if near is not None:
        normal["equivalent_of"] = f"product:{near}"
    return document(number, title, used, **(normal | facts))


def random_documents(seed: int, count: int = 120) -> list[SearchDocument]:
    """Chairs with offers of every kind, the same for one seed."""
    chance = random.Random(seed)
    documents = []
    for number in range(1, count + 1):
        offers = [
            offer(
                number * 10 + place,
                family=chance.choice(CONDITION_FAMILIES),
                grade=chance.choice(["a", "b", "c"]),
                total_minor=chance.randrange(500, 50_000),
                seller_kind=chance.choice(["brand", "professional", "private"]),
                seller_id=chance.randrange(1, 6),
                colour=chance.choice(["", "blue", "red", "green"]),
                size=chance.choice(["", "S", "M"]),
                saving_percent=chance.choice([0, 15, 25, 35, 60]),
                delivery_days=chance.choice([None, 2, 5]),
                has_free_delivery=chance.random() < 0.3,
                published_at=chance.randrange(1_600_000_000, 1_700_000_000),
            )
            for place in range(chance.randrange(0, 5))
        ]
        path = chance.choice([(), ("home",), ("home", "kitchen"), ("toys",)])
        brand = chance.choice(["", "acme", "bolt"])
        documents.append(
            document(number, "Chaise", *offers, category_path=path, categories=path, brand=brand, brand_slug=brand)
        )
    return documents
