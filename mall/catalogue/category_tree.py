"""The mall's own tree of categories, kept in categories.toml, and the rows made of it as they are needed."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mall.catalogue.errors import UnknownCategory
from mall.catalogue.models import Category

TREE_FILE = Path(__file__).with_name("categories.toml")


@dataclass(frozen=True, kw_only=True, slots=True)
class TreeNode:
    """A category as the file has it. department: its parent's slug, "" for a department itself."""

    slug: str
    department: str
    name_fr: str
    name_en: str
    position: int
    tint: str


@lru_cache(maxsize=1)
def tree_nodes() -> Mapping[str, TreeNode]:
    """Every node of the file by slug, departments before their leaves."""
    nodes: dict[str, TreeNode] = {}
    for place, department in enumerate(tomllib.loads(TREE_FILE.read_text(encoding="utf-8"))["department"]):
        slug, tint = department["slug"], department["tint"]
        nodes[slug] = _node(slug, "", department["name"], place, tint)
        for leaf_place, (leaf, name) in enumerate(department["leaves"].items()):
            nodes[leaf] = _node(leaf, slug, name, leaf_place, tint)
    return nodes


def _node(slug: str, department: str, name: str, position: int, tint: str) -> TreeNode:
    name_fr, name_en = name.split(" | ")
    return TreeNode(slug=slug, department=department, name_fr=name_fr, name_en=name_en, position=position, tint=tint)


def ensure_categories(slugs: Iterable[str]) -> dict[str, Category]:
    """Rows of these leaves or departments, with the departments above them; what exists stays as editors left it.

    Raises UnknownCategory for a slug that the file has not.
    """
    wanted = set(slugs)
    unknown = wanted - tree_nodes().keys()
    if unknown:
        raise UnknownCategory(f"categories.toml has no {', '.join(sorted(unknown))}")
    wanted |= {tree_nodes()[slug].department for slug in wanted} - {""}
    rows = {row.slug: row for row in Category.objects.filter(slug__in=wanted)}
    for slug, node in tree_nodes().items():
        if slug in wanted and slug not in rows:
            parent = rows[node.department] if node.department else None
            rows[slug] = Category.objects.create(
                parent=parent,
                slug=slug,
                path=f"{parent.path}/{slug}" if parent else slug,
                name_fr=node.name_fr,
                name_en=node.name_en,
                position=node.position,
                tint=node.tint,
            )
    return rows
