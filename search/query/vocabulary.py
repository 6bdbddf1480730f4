"""What the catalogue calls things: which brands, colours and sizes a word of a query may mean. Built per generation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from search.analysis import fold
from search.documents import SearchDocument

_NAME_WORD = re.compile(r"\w+")
MAX_NAME_WORDS = 5
# A brand with one product is found by its words; as a filter it hid the products asked for (decision 0006).
MIN_BRAND_DOCUMENTS = 2
# A brand's name that stands in more titles of other brands than of its own is first of all a common word ("orange").
MAX_FOREIGN_SHARE = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Vocabulary:
    """Folded names of this catalogue. An empty one is valid: then only words that need no catalogue are understood.

    brands: name or alias -> slug; doubtful ones left out. colours: codes that live offers have.
    sizes: folded -> as written in the offers. categories: name in either language -> slug.
    title_words: every folded word of a title.
    """

    brands: Mapping[str, str] = field(default_factory=dict)
    colours: frozenset[str] = frozenset()
    sizes: Mapping[str, str] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    title_words: Collection[str] = frozenset()

    def to_json(self) -> dict[str, object]:
        """Plain lists and dicts, in a fixed order: one catalogue gives one text."""
        return {
            "brands": dict(sorted(self.brands.items())),
            "colours": sorted(self.colours),
            "sizes": dict(sorted(self.sizes.items())),
            "categories": dict(sorted(self.categories.items())),
            "title_words": sorted(self.title_words),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> Vocabulary:
        """The other way round. Raises KeyError or TypeError for anything else."""
        return cls(
            brands=_pairs(stored["brands"]),
            colours=frozenset(_names(stored["colours"])),
            sizes=_pairs(stored["sizes"]),
            categories=_pairs(stored["categories"]),
            title_words=frozenset(_names(stored["title_words"])),
        )


def name_key(name: str) -> str:
    """How a name is looked up: folded, letters and digits only, one blank between words."""
    return " ".join(_NAME_WORD.findall(fold(name)))


def build_vocabulary(
    documents: Iterable[SearchDocument], *, brand_aliases: Mapping[str, str] | None = None
) -> Vocabulary:
    """Read the documents once. brand_aliases: another name of a brand ("hp" for "hewlett packard") -> its slug."""
    brands: dict[str, str] = {}
    own: Counter[str] = Counter()
    colours: set[str] = set()
    sizes: dict[str, str] = {}
    categories: dict[str, str] = {}
    titles: Counter[str] = Counter()
    for document in documents:
        words = set()
        for text in document.texts.values():
            words.update(_NAME_WORD.findall(fold(text.title)))
            # the last name belongs to the last slug; a path cut short in one of the two is no category name
            for name, slug in zip(reversed(text.categories), reversed(document.category_path), strict=False):
                categories.setdefault(name_key(name), slug)
        titles.update(words)
        key = name_key(document.brand)
        if key and document.brand_slug:
            brands.setdefault(key, document.brand_slug)
            own[key] += 1
        for offer in document.offers:
            if offer.colour:
                colours.add(offer.colour)
            if offer.size:
                sizes.setdefault(fold(offer.size).strip().replace(",", "."), offer.size)
    names = {name: slug for name, slug in brands.items() if not _is_doubtful(name, own[name], titles)}
    slugs = set(brands.values())
    for alias, slug in (brand_aliases or {}).items():
        if slug in slugs:
            names.setdefault(name_key(alias), slug)
    return Vocabulary(
        brands=names,
        colours=frozenset(colours),
        sizes=sizes,
        categories=categories,
        title_words=frozenset(titles),
    )


def _is_doubtful(name: str, own: int, titles: Mapping[str, int]) -> bool:
    if len(name) < 2 or name.isdigit() or own < MIN_BRAND_DOCUMENTS:
        return True
    if " " in name:
        return False
    return titles.get(name, 0) - own > MAX_FOREIGN_SHARE * max(own, 1) + 1


def _pairs(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise TypeError("a vocabulary's names are stored as an object")
    return {str(name): str(slug) for name, slug in value.items()}


def _names(value: object) -> list[str]:
    if not isinstance(value, list):
        raise TypeError("a vocabulary's words are stored as a list")
    return [str(name) for name in value]
