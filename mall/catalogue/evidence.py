"""What speaks for and against two things being the same, as data and in words.

An entry is what the JSON of `CatalogueMatch.evidence` and `Equivalent.evidence` holds:
{"kind": one of KINDS, "speaks": "for" or "against", "detail": the listing's value, "other": the product's value}.
`detail` alone is a value both share. Values are shown as they are: codes, sizes, names; nothing translated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from django.utils.translation import gettext as _

EvidenceKind = Literal[
    "gtin", "isbn10", "mpn", "claimed_twice", "wrong_digit", "model", "brand", "category", "size", "year", "colour",
    "words", "meaning", "look", "price", "lot", "accessory", "many_models", "seller", "title",
]  # fmt: skip
KINDS: tuple[EvidenceKind, ...] = get_args(EvidenceKind)
Speaks = Literal["for", "against"]
Phrase = Callable[[Mapping[str, str]], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """One entry, typed. See the module."""

    kind: EvidenceKind
    speaks: Speaks
    detail: str = ""
    other: str = ""

    def as_json(self) -> dict[str, Any]:
        entry = {"kind": self.kind, "speaks": self.speaks, "detail": self.detail}
        return {**entry, "other": self.other} if self.other else entry


def evidence_text(entry: Mapping[str, Any]) -> str:
    """One entry as a short phrase in the active language ("même marque", "V8 au lieu de V10"); "" when unknown."""
    values = {"detail": str(entry.get("detail", "")), "other": str(entry.get("other", ""))}
    is_for = entry.get("speaks") != "against"
    text = _FOR.get(str(entry.get("kind")), _nothing) if is_for else _AGAINST.get(str(entry.get("kind")), _nothing)
    return text(values)


def evidence_sentence(entries: Iterable[Mapping[str, Any]], *, most: int = 3) -> str:
    """The first `most` phrases, divided by commas: what stands under a second-hand equivalent."""
    phrases = [text for text in map(evidence_text, entries) if text]
    return ", ".join(dict.fromkeys(phrases[:most]))


def _nothing(values: Mapping[str, str]) -> str:
    return ""


_FOR: dict[str, Phrase] = {
    "gtin": lambda v: _("same barcode %(detail)s") % v,
    "isbn10": lambda v: _("same ISBN %(detail)s") % v,
    "mpn": lambda v: _("same part number %(detail)s") % v,
    "model": lambda v: _("same model code %(detail)s") % v,
    "brand": lambda v: _("same brand"),
    "category": lambda v: _("same type"),
    "size": lambda v: _("same size %(detail)s") % v,
    "year": lambda v: _("same year %(detail)s") % v,
    "colour": lambda v: _("same colour"),
    "words": lambda v: _("same words: %(detail)s") % v,
    "meaning": lambda v: _("close in meaning"),
    "look": lambda v: _("looks alike"),
    "price": lambda v: _("plausible price"),
    "seller": lambda v: _("chosen by its seller"),
    "title": lambda v: _("title: %(detail)s") % v,
}
_AGAINST: dict[str, Phrase] = {
    "gtin": lambda v: _("barcode %(detail)s instead of %(other)s") % v,
    "isbn10": lambda v: _("ISBN %(detail)s instead of %(other)s") % v,
    "mpn": lambda v: _("part number %(detail)s instead of %(other)s") % v,
    "claimed_twice": lambda v: _("several products claim the code %(detail)s") % v,
    "wrong_digit": lambda v: _("the code %(detail)s has a wrong control digit") % v,
    "model": lambda v: _("model %(detail)s instead of %(other)s") % v,
    "brand": lambda v: _("brand %(detail)s instead of %(other)s") % v,
    "category": lambda v: _("another type of thing"),
    "size": lambda v: _("%(detail)s instead of %(other)s") % v,
    "year": lambda v: _("model of %(detail)s instead of %(other)s") % v,
    "colour": lambda v: _("another colour"),
    "words": lambda v: _("not in the product’s name: %(detail)s") % v,
    "meaning": lambda v: _("far in meaning"),
    "price": lambda v: _("price out of proportion"),
    "lot": lambda v: _("a set: %(detail)s") % v,
    "accessory": lambda v: _("an accessory for it: %(detail)s") % v,
    "many_models": lambda v: _("names several models: %(detail)s") % v,
}
