"""The category tree as pages show it: departments, paths, children, and how many live offers each holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Count, Min, Q

from mall.catalogue.models import Category, Offer, ProductPhoto
from mall.core.pictures import PictureSources, sources_of
from mall.pages.selectors.kept import kept

DEPARTMENTS_SECONDS = 60
FIGURES_SECONDS = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class CategoryNode:
    """One category, read. path: slugs from the department down, joined by "/"."""

    pk: int
    slug: str
    path: str
    name_fr: str
    name_en: str
    tint: str

    def name(self, language: str) -> str:
        return self.name_en if language == "en" else self.name_fr


@dataclass(frozen=True, kw_only=True, slots=True)
class CategoryFamily:
    """A category with those above it, department first, and its children."""

    category: CategoryNode
    ancestors: tuple[CategoryNode, ...]
    children: tuple[CategoryNode, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CategoryFigures:
    """What tiles show. Keys are paths; a category counts what its children hold."""

    offer_counts: Mapping[str, int]
    pictures: Mapping[str, PictureSources]


def departments() -> tuple[CategoryNode, ...]:
    """The departments in their order; at most DEPARTMENTS_SECONDS old, so that menus cost no query."""
    return cache.get_or_set(  # type: ignore[return-value]
        "categories:departments",
        lambda: tuple(map(_node, Category.objects.filter(parent__isnull=True))),
        DEPARTMENTS_SECONDS,
    )


def find_category(path: str) -> CategoryFamily | None:
    """The category at `path` with its surroundings; None when there is none. Two queries."""
    category = Category.objects.filter(path=path).first()
    if category is None:
        return None
    slugs = category.path_slugs
    above = ["/".join(slugs[:depth]) for depth in range(1, len(slugs))]
    around = list(Category.objects.filter(Q(path__in=above) | Q(parent=category)))
    return CategoryFamily(
        category=_node(category),
        ancestors=tuple(_node(node) for node in sorted(around, key=lambda node: len(node.path)) if node.path in above),
        children=tuple(_node(node) for node in around if node.parent_id == category.pk),
    )


def category_figures() -> CategoryFigures:
    """Counts and pictures of every category that holds a live offer; at most FIGURES_SECONDS old."""
    return kept("categories:figures", _read_figures, seconds=FIGURES_SECONDS)


def _node(category: Category) -> CategoryNode:
    return CategoryNode(
        pk=category.pk,
        slug=category.slug,
        path=category.path,
        name_fr=category.name_fr,
        name_en=category.name_en,
        tint=category.tint,
    )


def _read_figures() -> CategoryFigures:
    paths = dict(Category.objects.order_by().values_list("pk", "path"))
    live = Offer.objects.live().order_by()
    of_products = live.filter(variant__isnull=False).values_list("variant__product__category_id")
    of_lone_things = live.filter(variant__isnull=True).values_list("listing__category_id")
    counts: dict[str, int] = defaultdict(int)
    for rows in (of_products.annotate(Count("pk")), of_lone_things.annotate(Count("pk"))):
        for category_id, count in rows:
            for path in _and_above(paths.get(category_id, "")):
                counts[path] += count
    return CategoryFigures(offer_counts=dict(counts), pictures=_read_pictures(paths))


def _read_pictures(paths: Mapping[int, str]) -> dict[str, PictureSources]:
    """The first ready catalogue picture below each category."""
    ready = ProductPhoto.objects.filter(position=0, product__is_active=True).exclude(picture__ready_widths=[])
    first = ready.order_by().values_list("product__category_id").annotate(Min("pk"))
    by_path: dict[str, int] = {}
    for category_id, photo_id in first:
        for path in _and_above(paths.get(category_id, "")):
            by_path[path] = min(photo_id, by_path.get(path, photo_id))
    photos = ProductPhoto.objects.filter(pk__in=set(by_path.values())).select_related("picture")
    sources = {photo.pk: sources_of(photo.picture) for photo in photos}
    return {path: found for path, photo_id in by_path.items() if (found := sources.get(photo_id))}


def _and_above(path: str) -> list[str]:
    slugs = path.split("/") if path else []
    return ["/".join(slugs[:depth]) for depth in range(1, len(slugs) + 1)]
