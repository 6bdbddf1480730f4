"""Names behind the slugs that facets and filters carry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from mall.catalogue.models import Brand, Category
from mall.sellers.models import Seller


@dataclass(frozen=True, kw_only=True, slots=True)
class FacetNames:
    """slug -> name; paths: slug -> the category's path, for links to its page. sellers: id as text -> name."""

    categories: dict[str, str] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    brands: dict[str, str] = field(default_factory=dict)
    sellers: dict[str, str] = field(default_factory=dict)


def facet_names(
    categories: Iterable[str], brands: Iterable[str], language: str, *, seller_ids: Iterable[int] = ()
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
    )
