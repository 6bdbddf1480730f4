"""Catalogue files as search documents: streamed, .jsonl or .tsv, plain or .gz.

Known fields: id (or ean), title or name, title_fr, title_en, brand, description, description_fr, description_en,
bullets, ingredients, category ("A / B" or a list), category_fr, category_en, color or colour, attrs (an object),
ean, mpn.
The production import uses `details_text` for the same fields, so that an evaluation reads what a shopper searches.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from search.analysis import fold
from search.documents import LANGUAGES, DocumentText, Language, SearchDocument

_FRENCH_HINTS = frozenset("de du des la le les et au aux pour avec sans en lait noir blanc sur".split())
_ENGLISH_HINTS = frozenset("the of for and with in to black white by from".split())
_FRENCH_MARKS = frozenset("àâçèéêëîïôùûœ")
_LOGISTIC_ATTRIBUTES = ("pallet", "package_", "master__outer", "harmonized", "country_of_origin", "shipping")


class BrokenCatalogue(ValueError):
    """The file cannot be read as a catalogue. The message names the line and the remedy."""


def open_text(path: Path) -> IO[str]:
    """A text file, unpacked on the way where it ends in .gz."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a .jsonl or .tsv file as dicts. Raises BrokenCatalogue."""
    try:
        yield from _rows_of(path)
    except (EOFError, UnicodeDecodeError, gzip.BadGzipFile) as error:
        raise BrokenCatalogue(f"{path.name}: cannot be read to its end ({error}); fetch or save it again") from error


def _rows_of(path: Path) -> Iterator[dict[str, Any]]:
    with open_text(path) as file:
        if ".tsv" in path.suffixes:
            yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            return
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise BrokenCatalogue(f"{path.name}, line {number}: not JSON ({error.msg}); mend or drop it") from error
            if not isinstance(row, dict):
                raise BrokenCatalogue(f"{path.name}, line {number}: not a JSON object; mend or drop it")
            yield row


def guess_language(path: Path, sample: int = 500) -> Language:
    """The language of a catalogue's titles, by its small words and accents; English when there is no telling."""
    french = english = 0
    for number, row in enumerate(read_rows(path)):
        if number >= sample:
            break
        if row.get("title_fr"):
            return "fr"
        text = f"{_first(row, 'title', 'name')} {_text(row, 'description')}".lower()
        words = set(text.split())
        french += len(words & _FRENCH_HINTS) + sum(any(c in _FRENCH_MARKS for c in word) for word in words)
        english += len(words & _ENGLISH_HINTS)
    return "fr" if french > english else "en"


def read_documents(path: Path, language: Language | None = None) -> Iterator[SearchDocument]:
    """One document a row, without offers. language: of fields that do not name theirs; None guesses it."""
    own = language or guess_language(path)
    for row in read_rows(path):
        document = row_to_document(row, own)
        if document is not None:
            yield document


def row_to_document(row: Mapping[str, Any], language: Language) -> SearchDocument | None:
    """The document of one row; None where it has neither id nor title."""
    identity = _first(row, "id", "ean")
    texts: dict[Language, DocumentText] = {}
    for each in LANGUAGES:
        title = _text(row, f"title_{each}") or (_first(row, "title", "name") if each == language else "")
        if title:
            texts[each] = DocumentText(
                title=title, details=details_text(row, each, language), categories=_categories(row, each)
            )
    if not identity or not texts:
        return None
    path_names = next((text.categories for text in texts.values() if text.categories), ())
    brand = _text(row, "brand")
    return SearchDocument(
        id=identity,
        kind="product",
        version=1,
        texts=texts,
        brand=brand,
        brand_slug=slug(brand),
        category_path=tuple(slug(" ".join(path_names[: i + 1])) for i in range(len(path_names))),
        identifiers=tuple(code for key in ("ean", "gtin", "mpn", "isbn10") for code in [_text(row, key)] if code),
    )


def details_text(row: Mapping[str, Any], language: Language, row_language: Language) -> str:
    """Description, bullet points, colour and attributes of one row as plain text, one fact a line."""
    own = _text(row, f"description_{language}")
    plain = [_text(row, key) for key in ("description", "bullets", "ingredients")] if language == row_language else []
    colour = _first(row, "color", "colour")
    facts = attributes_text(row["attrs"]) if isinstance(row.get("attrs"), Mapping) else ""
    return "\n".join(part for part in (own, *plain, colour, facts) if part)


def attributes_text(attributes: Mapping[str, Any]) -> str:
    """Facts as lines "ink type: Dye-based ink". A fact that is false is left out; one that is true gives its name only.

    Packing and customs figures are left out: nobody shops for the weight of a pallet.
    """
    lines = []
    for key, value in attributes.items():
        if value in (None, "", False) or key.startswith(_LOGISTIC_ATTRIBUTES):
            continue
        name = " ".join(key.replace("_", " ").split())
        if value is True:
            lines.append(name)
        else:
            shown = f"{value:g}" if isinstance(value, float) else str(value)
            lines.append(f"{name}: {shown}")
    return "\n".join(lines)


def slug(name: str) -> str:
    """An ASCII slug of a name; "" for ""."""
    return "-".join("".join(c if c.isalnum() and c.isascii() else " " for c in fold(name)).split())


def read_queries(path: Path) -> list[tuple[str, str]]:
    """(query id, text) of a TSV with a header. Raises BrokenCatalogue."""
    with open_text(path) as file:
        rows = [line.rstrip("\r\n").split("\t") for line in file]
    if not rows or any(len(row) < 2 for row in rows if row != [""]):
        raise BrokenCatalogue(f"{path.name}: each line needs query_id, a tab, query")
    return [(row[0], row[1]) for row in rows[1:] if row != [""]]


def read_judgements(path: Path) -> dict[str, dict[str, int]]:
    """Grades: query id -> document id -> grade, of a TSV with the columns query_id, doc_id, grade."""
    found: dict[str, dict[str, int]] = {}
    with open_text(path) as file:
        for line in list(file)[1:]:
            query_id, document_id, grade = line.rstrip("\r\n").split("\t")[:3]
            grades = found.setdefault(query_id, {})
            grades[document_id] = max(int(float(grade)), grades.get(document_id, 0))
    return found


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return (
        value.strip() if isinstance(value, str) else "" if value is None or isinstance(value, bool) else _plain(value)
    )


def _plain(value: object) -> str:
    if isinstance(value, Sequence):
        return " ".join(str(part) for part in value)
    return str(value) if isinstance(value, int | float) else ""


def _first(row: Mapping[str, Any], *keys: str) -> str:
    return next((found for key in keys if (found := _text(row, key))), "")


def _categories(row: Mapping[str, Any], language: Language) -> tuple[str, ...]:
    value = row.get(f"category_{language}") or row.get("category") or ()
    names = value.split(" / ") if isinstance(value, str) else [str(part) for part in value]
    return tuple(name.strip() for name in names if name.strip())
