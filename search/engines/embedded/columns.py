"""Facts of documents and offers as arrays: built from documents, merged, and read for filters, facets and sorts.

Texts that repeat (brands, categories, colours, sizes, grades) are numbers into lists kept in the segment's meta; when
segments are read together the numbers are translated into one list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from search.documents import CONDITION_FAMILIES, LANGUAGES, SELLER_KINDS, DocumentKind, SearchDocument
from search.engines.embedded.container import Array, pack_strings, release_pages, string_at, unpack_strings

KINDS: tuple[DocumentKind, ...] = ("product", "listing")
_ID_WORDS = 3
_OFFER_TYPES = {
    "offer_ids": np.int64, "families": np.uint8, "grades": np.int32, "totals": np.int64, "seller_ids": np.int64,
    "seller_kinds": np.uint8, "published": np.int64, "colours": np.int32, "sizes": np.int32, "savings": np.int16,
    "delivery_days": np.int16, "free_delivery": np.bool_,
}  # fmt: skip
_OFFER_LISTS = {"grades": "grades", "colours": "colours", "sizes": "sizes"}
_NO_DAYS = -1


class Names:
    """Numbers for texts that repeat, in order of first appearance; `extras` keeps what is shown for each."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.extras: list[Any] = []

    def number(self, name: str, extra: Any = None) -> int:
        found = self.numbers.setdefault(name, len(self.numbers))
        if found == len(self.extras):
            self.extras.append(extra)
        return found

    def as_meta(self) -> list[list[Any]]:
        return [[name, extra] for name, extra in zip(self.numbers, self.extras, strict=True)]


def build_columns(documents: Sequence[SearchDocument]) -> tuple[dict[str, Array], dict[str, Any]]:
    """Arrays and meta of the documents in order."""
    names = {kind: Names() for kind in ("brands", "categories", "grades", "colours", "sizes")}
    brands, category_numbers, category_ends = [], [], [0]
    offers: dict[str, list[Any]] = {name: [] for name in _OFFER_TYPES}
    offer_ends = [0]
    for document in documents:
        brands.append(names["brands"].number(document.brand_slug, document.brand))
        for depth, slug in enumerate(document.category_path):
            shown = {
                lang: text.categories[depth] for lang, text in document.texts.items() if depth < len(text.categories)
            }
            category_numbers.append(names["categories"].number(slug, shown))
        category_ends.append(len(category_numbers))
        _add_offers(document, offers, names)
        offer_ends.append(len(offers["offer_ids"]))
    arrays: dict[str, Array] = {name: np.array(values, _OFFER_TYPES[name]) for name, values in offers.items()}
    arrays |= _document_arrays(documents)
    arrays["brands"] = np.array(brands, np.int32)
    arrays["categories"] = np.array(category_numbers, np.int32)
    arrays["category_ends"] = np.array(category_ends, np.int64)
    arrays["offer_ends"] = np.array(offer_ends, np.int64)
    return arrays, {kind: found.as_meta() for kind, found in names.items()}


def _add_offers(document: SearchDocument, columns: dict[str, list[Any]], names: dict[str, Names]) -> None:
    for offer in sorted(document.offers, key=lambda o: (o.total_minor, o.id)):
        columns["offer_ids"].append(offer.id)
        columns["families"].append(CONDITION_FAMILIES.index(offer.family))
        columns["grades"].append(names["grades"].number(offer.grade))
        columns["totals"].append(offer.total_minor)
        columns["seller_ids"].append(offer.seller_id)
        columns["seller_kinds"].append(SELLER_KINDS.index(offer.seller_kind))
        columns["published"].append(offer.published_at)
        columns["colours"].append(names["colours"].number(offer.colour))
        columns["sizes"].append(names["sizes"].number(offer.size))
        columns["savings"].append(offer.saving_percent)
        columns["delivery_days"].append(_NO_DAYS if offer.delivery_days is None else offer.delivery_days)
        columns["free_delivery"].append(offer.has_free_delivery)


def _document_arrays(documents: Sequence[SearchDocument]) -> dict[str, Array]:
    ids = [document.id for document in documents]
    arrays: dict[str, Array] = {
        "versions": np.array([document.version for document in documents], np.int64),
        "kinds": np.array([KINDS.index(document.kind) for document in documents], np.uint8),
        "id_keys": _id_keys(ids),
    }
    arrays["id_bytes"], arrays["id_ends"] = pack_strings(ids)
    arrays["equivalent_bytes"], arrays["equivalent_ends"] = pack_strings([d.equivalent_of for d in documents])
    for language in LANGUAGES:
        titles = [document.text_in(language).title for document in documents]
        arrays[f"shown_{language}_bytes"], arrays[f"shown_{language}_ends"] = pack_strings(titles)
    return arrays


def _id_keys(ids: Sequence[str]) -> Array:
    """uint64 (n, 3): the first 24 bytes of each id, so that numbers sort like the ids."""
    width = 8 * _ID_WORDS
    packed = b"".join(identity.encode()[:width].ljust(width, b"\0") for identity in ids)
    return np.frombuffer(packed, ">u8").astype(np.uint64).reshape(len(ids), _ID_WORDS)


STRING_COLUMNS = ("id", "equivalent", *(f"shown_{language}" for language in LANGUAGES))
ROW_COLUMNS = (
    "versions",
    "kinds",
    "id_keys",
    "brands",
    *(f"{p}_{lang}" for lang in LANGUAGES for p in ("title", "body")),
)


@dataclass(slots=True)
class Columns:
    """All segments' facts, rows and offers numbered through. Built once per state of the index, then only read."""

    arrays: dict[str, Array]
    names: dict[str, list[str]]
    extras: dict[str, list[Any]]
    document_of_offer: Array
    segments: list[tuple[int, dict[str, Array]]]
    _numbers: dict[str, dict[str, int]] = field(default_factory=dict)
    _near: tuple[Array, Array] | None = None

    @property
    def rows(self) -> int:
        return len(self.arrays["versions"])

    def number_of(self, kind: str, name: str) -> int:
        """The number of a brand, category, grade, colour or size; -1 when no document has it."""
        if kind not in self._numbers:
            self._numbers[kind] = {known: number for number, known in enumerate(self.names[kind])}
        return self._numbers[kind].get(name, -1)

    def id_of(self, row: int) -> str:
        return self._string("id", row)

    def title_of(self, row: int, language: str) -> str:
        return self._string(f"shown_{language}", row)

    def all_ids(self) -> list[str]:
        return [i for _, arrays in self.segments for i in unpack_strings(arrays["id_bytes"], arrays["id_ends"])]

    def all_titles(self, language: str) -> list[str]:
        name = f"shown_{language}"
        return [
            t for _, arrays in self.segments for t in unpack_strings(arrays[f"{name}_bytes"], arrays[f"{name}_ends"])
        ]

    def near(self) -> tuple[Array, Array]:
        """Rows of documents that name a product, int64 (n,) ascending, and the names as in `id_keys` (n, 3)."""
        if self._near is None:
            rows, names = [np.empty(0, np.int64)], list[str]()
            for offset, arrays in self.segments:
                ends = arrays["equivalent_ends"]
                here = np.flatnonzero(ends[1:] > ends[:-1])
                names += unpack_strings(arrays["equivalent_bytes"], np.concatenate([[0], ends[here + 1]]))
                release_pages(ends)
                rows.append(here + offset)
            self._near = np.concatenate(rows), _id_keys(names)
        return self._near

    def rows_near(self, products: Iterable[str]) -> Array:
        """Rows of documents that name one of these products, ascending."""
        rows, names = self.near()
        wanted = _id_keys(sorted(products))
        return np.asarray(rows[(names[:, None] == wanted).all(axis=2).any(axis=1)])

    def _string(self, name: str, row: int) -> str:
        offset, arrays = next(pair for pair in reversed(self.segments) if pair[0] <= row)
        return string_at(arrays[f"{name}_bytes"], arrays[f"{name}_ends"], row - offset)


def read_columns(segments: Sequence[tuple[dict[str, Array], dict[str, Any]]]) -> Columns:
    """The facts of several segments as one."""
    names = {kind: Names() for kind in ("brands", "categories", "grades", "colours", "sizes")}
    translated: dict[str, list[Array]] = {}
    placed, first_row = [], 0
    for arrays, meta in segments:
        tables = {
            kind: np.array([found.number(*pair) for pair in meta[kind]], np.int32) for kind, found in names.items()
        }
        for name in (*_OFFER_TYPES, "brands", "categories", "versions", "kinds", "id_keys"):
            column = arrays[name]
            kind = name if name in ("brands", "categories") else _OFFER_LISTS.get(name)
            translated.setdefault(name, []).append(tables[kind][column] if kind and len(column) else column)
        placed.append((first_row, arrays))
        first_row += len(arrays["versions"])
    arrays_of_all = {
        name: columns[0] if len(columns) == 1 else np.concatenate(columns) for name, columns in translated.items()
    }
    for name in ("offer_ends", "category_ends"):
        arrays_of_all[name] = _joined_ends([arrays[name] for arrays, _ in segments])
    offers_per_row = np.diff(arrays_of_all["offer_ends"])
    return Columns(
        arrays=arrays_of_all,
        names={kind: list(found.numbers) for kind, found in names.items()},
        extras={kind: found.extras for kind, found in names.items()},
        document_of_offer=np.repeat(np.arange(first_row, dtype=np.int64), offers_per_row),
        segments=placed,
    )


def _joined_ends(all_ends: Sequence[Array]) -> Array:
    joined, last = [np.zeros(1, np.int64)], 0
    for ends in all_ends:
        joined.append(ends[1:] + last)
        last += int(ends[-1])
    return np.concatenate(joined)


def take_rows(arrays: dict[str, Array], ends_name: str, values: Sequence[str], rows: Array) -> dict[str, Array]:
    """The ragged columns `values`, divided by `ends_name`, of some rows in that order."""
    ends = arrays[ends_name]
    starts, lengths = ends[:-1][rows], np.diff(ends)[rows]
    places = ragged_places(starts, lengths)
    new_ends = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(lengths, out=new_ends[1:])
    return {name: arrays[name][places] for name in values} | {ends_name: new_ends}


def ragged_places(starts: Array, lengths: Array) -> Array:
    """Positions start, start + 1, ... of several runs, one after the other."""
    total = int(lengths.sum())
    before = np.cumsum(lengths) - lengths
    return np.asarray(np.arange(total, dtype=np.int64) + np.repeat(starts - before, lengths))


OFFER_COLUMNS = tuple(_OFFER_TYPES)
