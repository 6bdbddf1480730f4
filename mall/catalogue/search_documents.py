"""How products become search documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from django.db.models import Prefetch, QuerySet

from mall.catalogue.buy_box import saving_percent
from mall.catalogue.conditions import Family
from mall.catalogue.models import Category, Offer, Product, ProductText, Variant
from search.documents import (
    LANGUAGES,
    ConditionFamily,
    DocumentText,
    Language,
    OfferDocument,
    SearchDocument,
    SellerKind,
)
from search.indexing.registry import DocumentSource, ids_of, versions_of
from search.indexing.registry import register as register_source


def build_documents(ids: Sequence[int]) -> list[SearchDocument]:
    """Documents of the active products among `ids`."""
    live = Offer.objects.live().select_related("seller")
    products = (
        Product.objects.filter(pk__in=ids, is_active=True)
        .select_related("brand", "category")
        .prefetch_related(
            "texts",
            "variants__identifiers",
            Prefetch("variants__offers", queryset=live, to_attr="live_offers"),
        )
        .order_by("pk")
    )
    names = category_names(product.category for product in products)
    return [_document(product, names) for product in products]


def category_names(categories: Iterable[Category]) -> dict[str, tuple[str, str]]:
    """French and English name by slug, of the given categories and of all above them."""
    slugs = {slug for category in categories for slug in category.path_slugs}
    rows = Category.objects.filter(slug__in=slugs).values_list("slug", "name_fr", "name_en")
    return {slug: (name_fr, name_en) for slug, name_fr, name_en in rows}


def path_names(category: Category, names: dict[str, tuple[str, str]], language: str) -> tuple[str, ...]:
    """Names of the category's path in `language`, department first."""
    place = 1 if language == "en" else 0
    return tuple(names[slug][place] for slug in category.path_slugs)


def offer_document(offer: Offer, *, colour: str, size: str, new_total_minor: int | None) -> OfferDocument:
    """One live offer as search stores it."""
    saving = 0 if offer.family == Family.NEW else saving_percent(offer.total_minor, new_total_minor)
    return OfferDocument(
        id=offer.pk,
        family=cast(ConditionFamily, offer.family),
        grade=offer.grade,
        total_minor=offer.total_minor,
        seller_id=offer.seller_id,
        seller_kind=cast(SellerKind, offer.seller.kind),
        published_at=int(offer.published_at.timestamp()),
        colour=colour,
        size=size,
        saving_percent=saving,
        delivery_days=offer.delivery_days_max,
        has_free_delivery=offer.delivery_minor == 0 and offer.delivery_days_max is not None,
    )


def _document(product: Product, names: dict[str, tuple[str, str]]) -> SearchDocument:
    variants = list(product.variants.all())
    offers = [offer for variant in variants for offer in _live_offers(variant)]
    new_totals = [offer.total_minor for offer in offers if offer.family == Family.NEW]
    cheapest_new = min(new_totals, default=None)
    by_variant = {variant.pk: variant for variant in variants}
    return SearchDocument(
        id=f"product:{product.pk}",
        kind="product",
        version=product.search_version,
        texts=_texts(product, names),
        brand=product.brand.name if product.brand else "",
        brand_slug=product.brand.slug if product.brand else "",
        category_path=product.category.path_slugs,
        identifiers=tuple(
            identifier.value.rpartition(":")[2] for variant in variants for identifier in variant.identifiers.all()
        ),
        offers=tuple(
            offer_document(
                offer,
                colour=by_variant[cast(int, offer.variant_id)].colour,
                size=by_variant[cast(int, offer.variant_id)].size,
                new_total_minor=cheapest_new,
            )
            for offer in sorted(offers, key=lambda offer: (offer.total_minor, offer.pk))
        ),
    )


def _live_offers(variant: Variant) -> list[Offer]:
    return cast(list[Offer], variant.live_offers)  # type: ignore[attr-defined]


def _texts(product: Product, names: dict[str, tuple[str, str]]) -> dict[Language, DocumentText]:
    texts: dict[Language, DocumentText] = {}
    by_language = {text.language: text for text in product.texts.all()}
    for language in LANGUAGES:
        text = by_language.get(language)
        if text is not None:
            categories = path_names(product.category, names, language)
            texts[language] = DocumentText(title=text.title, details=details_of(text), categories=categories)
    if not texts:
        texts["fr"] = DocumentText(title=product.slug.replace("-", " "))
    return texts


def details_of(text: ProductText) -> str:
    """Summary, description and facts as one plain text."""
    facts = " ".join(f"{label} {value}." for label, value in text.facts)
    return " ".join(part for part in (text.summary, text.description, facts) if part)


def _active() -> QuerySet[Product]:
    return Product.objects.filter(is_active=True)


def register() -> None:
    """Tell search where products come from."""
    register_source(
        DocumentSource(
            kind="product",
            build=build_documents,
            iterate_ids=lambda: ids_of(_active()),
            count=lambda: _active().count(),
            versions=lambda: versions_of(_active()),
        )
    )
