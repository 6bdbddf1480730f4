"""The lines under the search field: queries, categories, brands, products."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from mall.catalogue.conditions import Family
from mall.core.components import MallComponent
from mall.pages.addresses import category_url
from mall.pages.components.cards import card_url
from mall.pages.components.picture import PhotoView, photo_view
from mall.pages.components.wording import number_text, price_text
from mall.pages.selectors.cards import CardFacts
from mall.pages.selectors.suggestions import SuggestionFacts, read_suggestions
from search.results import Suggestion

SHOWN_ON_PHONES = 8
PICTURE_SIZES = "2.75rem"


@dataclass(frozen=True, kw_only=True, slots=True)
class SuggestionLine:
    """before and after are set bold: what the shopper has not typed. number: counted through all groups, from 0."""

    number: int
    url: str
    before: str
    typed: str
    after: str
    more: str
    photo: PhotoView | None = None
    tint: str = ""
    is_hidden_on_phones: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SuggestionGroup:
    label: str
    lines: tuple[SuggestionLine, ...]


@dataclass(frozen=True, kw_only=True)
class SuggestionList(MallComponent):
    """The inside of the listbox."""

    template_name = "components/suggestions.html"

    groups: tuple[SuggestionGroup, ...]


def suggestion_list(typed: str, found: Sequence[Suggestion], language: str) -> SuggestionList:
    """`found` in groups, in the order of search. Things gone since the last indexing are left out."""
    facts = read_suggestions(found, language)
    there = [one for one in found if _is_there(one, facts)]
    lines = [(one.kind, _line(number, one, typed, facts, language)) for number, one in enumerate(there)]
    labels = {
        "query": _("Searches"),
        "category": _("Departments"),
        "brand": _("Brands"),
        "product": _("Products"),
    }
    return SuggestionList(
        groups=tuple(
            SuggestionGroup(label=labels[kind], lines=tuple(line for _kind, line in group))
            for kind, group in groupby(lines, key=lambda pair: pair[0])
        )
    )


def _is_there(one: Suggestion, facts: SuggestionFacts) -> bool:
    if one.kind == "product":
        return one.value in facts.cards
    return one.kind != "category" or one.value in facts.names.paths


def _line(number: int, one: Suggestion, typed: str, facts: SuggestionFacts, language: str) -> SuggestionLine:
    before, same, after = split_at(one.text, typed)
    card = facts.cards.get(one.value)
    return SuggestionLine(
        number=number,
        url=_url(one, facts),
        before=before,
        typed=same,
        after=after,
        more=_prices(card, language) if card else _count(one, language),
        photo=photo_view(card.picture, alt="", sizes=PICTURE_SIZES, is_eager=True) if card else None,
        tint=card.tint if card else "",
        is_hidden_on_phones=number >= SHOWN_ON_PHONES,
    )


def _url(one: Suggestion, facts: SuggestionFacts) -> str:
    if one.kind == "product":
        return card_url(facts.cards[one.value])
    if one.kind == "category":
        return category_url(facts.names.paths[one.value])
    name = "brand" if one.kind == "brand" else "q"
    return f"{reverse('search')}?{urlencode({name: one.value})}"


def _count(one: Suggestion, language: str) -> str:
    return number_text(one.count, language) if one.count and one.kind != "query" else ""


def _prices(card: CardFacts, language: str) -> str:
    """ "neuf 499 € · occasion dès 280 €"."""
    parts = []
    for family in (Family.NEW, Family.REFURBISHED, Family.USED):
        seen = card.families.get(family)
        if seen is None or (family == Family.REFURBISHED and Family.USED in card.families):
            continue
        values = {"condition": str(family.label).lower(), "price": price_text(seen.from_minor, card.currency, language)}
        pattern = (
            pgettext("price of a condition", "%(condition)s from %(price)s")
            if seen.has_more
            else pgettext("price of a condition", "%(condition)s %(price)s")
        )
        parts.append(pattern % values)
    return " · ".join(parts)


def split_at(text: str, typed: str) -> tuple[str, str, str]:
    """`text` in three: before the words typed, those words as `text` writes them, after. Accents and case do not count.

    Where the words are not found, all is "after".
    """
    place = _plain(text).find(_plain(typed)) if typed else -1
    if place < 0:
        return "", "", text
    return text[:place], text[place : place + len(typed)], text[place + len(typed) :]


def _plain(text: str) -> str:
    """Lower case without accents, one character for each of `text`."""
    return "".join(unicodedata.normalize("NFD", mark)[0].lower()[:1] or mark for mark in text)
