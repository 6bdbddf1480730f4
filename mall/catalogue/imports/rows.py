"""Lines of a catalogue file, read one at a time and checked field by field.

A row is one JSON object: id, title, name, brand, description, ean, price_cents, released, attrs. What is wrong is said
as a Refusal: of the whole line (the row does not land) or of one field (the row lands without it).
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from html import unescape
from io import BufferedReader
from pathlib import Path
from typing import Any, NoReturn

from mall.catalogue.identifiers import InvalidIdentifier, normalise_gtin, normalise_mpn
from mall.catalogue.imports.facts import Value

MAX_LINE_BYTES = 512 * 1024
MAX_ATTRIBUTES = 400
MAX_TITLE = 300
MAX_DESCRIPTION = 20_000
LARGEST_PRICE_MINOR = 100_000_000

_TAGS = re.compile(r"<[^<>]{0,200}>")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_REFURBISHED = re.compile(r"\b(refurbished|reconditionné\w*)", re.IGNORECASE)


class UnreadableFile(Exception):
    """The file cannot be opened or has no line; the message says which."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """line: from 1. field: "line" when the whole line is meant. found: a short piece of it, printable."""

    line: int
    field: str
    found: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CatalogueRow:
    """A sound row. price_minor: None when it gives no offer. gtin: 14 digits or "". mpn: normalised or ""."""

    line: int
    id: str
    title: str
    brand: str
    description: str
    gtin: str
    mpn: str
    price_minor: int | None
    released_on: date | None
    attributes: dict[str, Value] = field(default_factory=dict)


class LineRefused(Exception):
    def __init__(self, field_name: str, found: object, why: str) -> None:
        super().__init__(why)
        self.field = field_name
        self.found = found
        self.why = why


def read_catalogue(path: Path) -> Iterator[tuple[CatalogueRow | None, list[Refusal]]]:
    """For each line its row, None when refused, and what was wrong. Raises UnreadableFile, also for an empty file.

    An archive that breaks off gives what could be read, then a Refusal of the field "file".
    """
    seen: dict[str, int] = {}
    number = 0
    for number, line in _numbered_lines(path):
        if isinstance(line, Refusal):
            yield None, [line]
            continue
        refusals: list[Refusal] = []
        try:
            row = _row(number, line, refusals)
            if row.id in seen:
                raise LineRefused("id", row.id, f"line {seen[row.id]} has the same id")
            seen[row.id] = number
        except LineRefused as error:
            yield None, [_refusal(number, error.field, error.found, error.why)]
            continue
        yield row, refusals
    if number == 0:
        raise UnreadableFile(f"{path.name} is empty")


def _numbered_lines(path: Path) -> Iterator[tuple[int, bytes | Refusal]]:
    number = 0
    try:
        with _open(path) as file:
            while True:
                line = file.readline(MAX_LINE_BYTES + 1)
                if not line:
                    return
                number += 1
                if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
                    _skip_to_line_end(file)
                    yield number, _refusal(number, "line", line[:40], f"longer than {MAX_LINE_BYTES} bytes")
                elif line.strip():
                    yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        if number == 0:
            raise UnreadableFile(f"{path.name} is no sound gzip file: {error}") from error
        yield number + 1, _refusal(number + 1, "file", path.name, f"the archive breaks off here: {error}")
    except OSError as error:
        raise UnreadableFile(f"{path.name} cannot be read: {error.strerror or error}") from error


def _open(path: Path) -> gzip.GzipFile | BufferedReader:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def _skip_to_line_end(file: gzip.GzipFile | BufferedReader) -> None:
    while True:
        piece = file.readline(MAX_LINE_BYTES)
        if not piece or piece.endswith(b"\n"):
            return


def _refusal(number: int, field_name: str, found: object, why: str) -> Refusal:
    shown = found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found)
    printable = shown.encode("utf-8", "replace").decode("utf-8")
    return Refusal(line=number, field=field_name, found=" ".join(printable.split())[:80], why=why)


def _row(number: int, line: bytes, refusals: list[Refusal]) -> CatalogueRow:
    data = _object(line)
    title = _text(data, "title", MAX_TITLE, required=True)
    row_id = data.get("id")
    if isinstance(row_id, int) and not isinstance(row_id, bool):
        data["id"] = str(row_id)
    description = _text(data, "description", MAX_DESCRIPTION)
    attributes = _attributes(data.get("attrs"))

    def without(field_name: str, found: object, why: str) -> None:
        refusals.append(_refusal(number, field_name, found, why))

    return CatalogueRow(
        line=number,
        id=_text(data, "id", 60, required=True),
        title=title,
        brand=_text(data, "brand", 120),
        description="" if description == title else description,
        gtin=_gtin(data.get("ean"), without),
        mpn=_mpn(attributes, without),
        price_minor=_price(data, f"{title} {description[:200]}", without),
        released_on=_released(data.get("released"), without),
        attributes=attributes,
    )


def _object(line: bytes) -> dict[str, Any]:
    try:
        data = json.loads(line.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise LineRefused("line", line[:40], f"not UTF-8: byte {error.start + 1}") from error
    except (ValueError, RecursionError) as error:
        raise LineRefused("line", line[:40], f"no sound JSON: {str(error)[:120]}") from error
    if not isinstance(data, dict):
        raise LineRefused("line", line[:40], "no JSON object")
    return data


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _clean(text: str) -> str:
    """One line of plain text. Raises UnicodeEncodeError for half a surrogate pair."""
    text.encode("utf-8")
    return " ".join(_CONTROLS.sub(" ", unescape(_TAGS.sub(" ", text))).split())


def _text(data: Mapping[str, Any], key: str, longest: int, *, required: bool = False) -> str:
    value = data.get(key)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        raise LineRefused(key, value, "missing" if value is None else "no text")
    try:
        text = _clean(value)
    except UnicodeEncodeError as error:
        raise LineRefused(key, ascii(value[:40]), "half a surrogate pair: no Unicode text") from error
    if required and not text:
        raise LineRefused(key, value, "missing")
    if len(text) > longest:
        raise LineRefused(key, text[:40], f"{len(text)} characters; the most is {longest}")
    return text


def _attributes(found: object) -> dict[str, Value]:
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise LineRefused("attrs", found, "no object")
    if len(found) > MAX_ATTRIBUTES:
        raise LineRefused("attrs", len(found), f"more than {MAX_ATTRIBUTES} attributes")
    attributes: dict[str, Value] = {}
    for key, value in found.items():
        try:
            if isinstance(value, str):
                attributes[_clean(key)] = _clean(value)[:1000]
            elif isinstance(value, (bool, int, float)) and abs(value) < 1e18:
                attributes[_clean(key)] = value
        except UnicodeEncodeError as error:
            raise LineRefused("attrs", ascii(key[:40]), "half a surrogate pair: no Unicode text") from error
    return attributes


def _gtin(found: object, without: Any) -> str:
    if found in {None, ""}:
        return ""
    try:
        return normalise_gtin(str(found))
    except InvalidIdentifier as error:
        without("ean", found, str(error))
        return ""


def _mpn(attributes: Mapping[str, Value], without: Any) -> str:
    found = attributes.get("oem_code")
    if not isinstance(found, str) or not found:
        return ""
    try:
        return normalise_mpn(found)
    except InvalidIdentifier as error:
        without("attrs.oem_code", found, str(error))
        return ""


def _price(data: Mapping[str, Any], words: str, without: Any) -> int | None:
    found = data.get("price_cents")
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    if not isinstance(found, int) or isinstance(found, bool):
        without("price_cents", found, "missing" if found is None else "no whole number of cents")
        return None
    if not 0 < found <= LARGEST_PRICE_MINOR:
        without("price_cents", found, f"not between 1 and {LARGEST_PRICE_MINOR}")
        return None
    second_hand = _REFURBISHED.search(words)
    if second_hand:
        without("price_cents", second_hand[0], "not sold as new: the row's own words call it refurbished")
        return None
    return found


def _released(found: object, without: Any) -> date | None:
    if found in {None, ""}:
        return None
    try:
        return date.fromisoformat(str(found))
    except ValueError:
        without("released", found, "no date such as 2026-03-31")
        return None
