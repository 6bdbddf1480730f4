"""Names behind the slugs that facets and filters carry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from mall.catalogue.models import Brand, Category, ProductText
from mall.sellers.models import Seller


@dataclass(frozen=True, kw_only=True, slots=True)
class FacetNames:
    """slug -> name; paths: slug -> the category's path, for links to its page. sellers: id as text -> name.

    products: document id ("product:12") -> title.
    """

    categories: dict[str, str] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    brands: dict[str, str] = field(default_factory=dict)
    sellers: dict[str, str] = field(default_factory=dict)
    products: dict[str, str] = field(default_factory=dict)


def facet_names(
    categories: Iterable[str],
    brands: Iterable[str],
    language: str,
    *,
    seller_ids: Iterable[int] = (),
    product_documents: Iterable[str] = (),
) -> FacetNames:
    """Names of these slugs, one query each, none where nothing is asked for."""
    slugs, brand_slugs, sellers = sorted(set(categories)), sorted(set(brands)), sorted(set(seller_ids))
    found = list(Category.objects.filter(slug__in=slugs)) if slugs else []
    return FacetNames(
        categories={category.slug: category.name(language) for category in found},
        paths={category.slug: category.path for category in found},
        brands=dict(Brand.objects.filter(slug__in=brand_slugs).values_list("slug", "name")) if brand_slugs else {},
        sellers={str(pk): name for pk, name in Seller.objects.filter(pk__in=sellers).values_list("pk", "name")}
        if sellers
        else {},
        products=_product_titles(product_documents, language),
    )


def _product_titles(documents: Iterable[str], language: str) -> dict[str, str]:
    """Titles of the products shown, in the other language where there is none in this one."""
    ids = {int(document.partition(":")[2]) for document in documents}
    if not ids:
        return {}
    texts = ProductText.objects.filter(product__in=ids, product__is_active=True)
    rows = texts.values_list("product", "language", "title").order_by("product")
    titles: dict[str, str] = {}
    for product_id, text_language, title in rows:
        if text_language == language or f"product:{product_id}" not in titles:
            titles[f"product:{product_id}"] = title
    return titles
