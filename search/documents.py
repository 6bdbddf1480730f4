"""What an engine stores: one document per product and per unmatched listing, offers nested in it.

Pure shapes: no Django, no engine. Each domain builds its own (see `search.indexing.registry`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

DocumentKind = Literal["product", "listing"]
ConditionFamily = Literal["new", "refurbished", "used", "parts"]
CONDITION_FAMILIES: tuple[ConditionFamily, ...] = get_args(ConditionFamily)
SellerKind = Literal["brand", "professional", "private"]
SELLER_KINDS: tuple[SellerKind, ...] = get_args(SellerKind)


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentText:
    """The words of one document in one language. Empty strings where there are none.

    title: shown on the card; details: description, facts and bullet points, plain text.
    categories: names of the category path, root first.
    """

    title: str
    details: str = ""
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferDocument:
    """One live offer (stock > 0, published) nested in its document.

    total_minor: price and delivery together, minor units of the mall's currency.
    colour: normalised colour name ("blue"), "" when unknown; size: as written, "" when none.
    saving_percent: whole percent below today's cheapest live new offer of the same product, 0 when none.
    delivery_days: longest promised, None when only to be collected.
    published_at: seconds since 1970.
    """

    id: int
    family: ConditionFamily
    grade: str
    total_minor: int
    seller_id: int
    seller_kind: SellerKind
    published_at: int
    colour: str = ""
    size: str = ""
    saving_percent: int = 0
    delivery_days: int | None = None
    has_free_delivery: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchDocument:
    """One card of the results.

    id: "product:12" or "listing:7", unique in the index. version: rises with each change of the source;
    an engine never replaces a document by one of a lower version.
    category_path: slugs, root first. identifiers: GTIN-14, ISBN-10, MPN and model codes as written.
    texts: at least one language; where one is missing the other is indexed in its place.
    equivalent_of: of a lone listing, the id of the nearest product that is sold new ("product:12"), "" when none is.
    """

    id: str
    kind: DocumentKind
    version: int
    texts: Mapping[Language, DocumentText]
    brand: str = ""
    brand_slug: str = ""
    category_path: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    offers: tuple[OfferDocument, ...] = field(default=())
    equivalent_of: str = ""

    def __post_init__(self) -> None:
        if not self.texts:
            raise ValueError(f"document {self.id}: a document needs a text in at least one language")
        if self.equivalent_of and not (self.kind == "listing" and self.equivalent_of.startswith("product:")):
            raise ValueError(
                f"document {self.id}: only a listing is the equivalent of something, and only of a product"
            )

    def text_in(self, language: Language) -> DocumentText:
        """The words in `language`, or those of the other language where it has none."""
        found = self.texts.get(language)
        return found if found is not None else next(iter(self.texts.values()))
