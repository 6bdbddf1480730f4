"""What a page says where nothing was found: which filter is in the way, and where to look instead."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mall.catalogue.conditions import Family
from mall.core.components import MallComponent
from mall.pages.addresses import category_url
from mall.pages.components.cards import OfferCard, cards_for
from mall.pages.components.facets import filter_text
from mall.pages.components.picture import RAIL_SIZES
from mall.pages.components.result_address import PARAMETER_OF_FIELD, ResultAddress
from mall.pages.components.wording import number_text, quoted
from mall.pages.selectors.categories import departments
from mall.pages.selectors.names import FacetNames
from mall.pages.selectors.results import Loosened, WiderSearch, without_value
from search.documents import CONDITION_FAMILIES
from search.params import FREE_DELIVERY, format_major
from search.queries import SearchQuery
from search.results import SearchPage

CATEGORIES = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class LooseFilter:
    """One filter that may go. sentence: how many results would be left."""

    label: str
    url: str
    sentence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EmptyLink:
    text: str
    url: str


@dataclass(frozen=True, kw_only=True)
class EmptyResults(MallComponent):
    """title: instead of a bare zero. conditions: other doors of the same search. near: cards of the words alone."""

    template_name = "components/empty_results.html"

    title: str
    loosened: tuple[LooseFilter, ...]
    conditions: tuple[EmptyLink, ...]
    categories: tuple[EmptyLink, ...]
    without_filters: str
    near: tuple[OfferCard, ...]


def empty_results(
    page: SearchPage, query: SearchQuery, address: ResultAddress, wider: WiderSearch, names: FacetNames
) -> EmptyResults:
    """The help for an empty `page`. query: the question with its filters spelled out."""
    language = query.language
    return EmptyResults(
        title=_title(page, address),
        loosened=tuple(_loose_filter(one, query, address, names) for one in wider.loosened),
        conditions=tuple(_other_conditions(page, query, address)),
        categories=tuple(_categories(wider, names, language)),
        without_filters=address.of(address.cleared(query)) if wider.near and not _is_bare(query, address) else "",
        near=tuple(cards_for(wider.near, language, eager=0, sizes=RAIL_SIZES)),
    )


def _is_bare(query: SearchQuery, address: ResultAddress) -> bool:
    return address.applied(query).is_empty


def _title(page: SearchPage, address: ResultAddress) -> str:
    text = quoted(page.query.text, page.query.language) if page.query.text else ""
    has_filters = bool(page.understood) or not address.applied(page.query).is_empty
    if text and has_filters:
        return _("Nothing for %(text)s with these filters") % {"text": text}
    return _("Nothing for %(text)s") % {"text": text} if text else _("Nothing with these filters")


def _loose_filter(one: Loosened, query: SearchQuery, address: ResultAddress, names: FacetNames) -> LooseFilter:
    value = format_major(int(one.value)) if one.field.startswith("price_") else one.value
    value = FREE_DELIVERY if one.field == "has_free_delivery" else value
    label = filter_text(PARAMETER_OF_FIELD[one.field], value, query.language, names, currency=settings.MALL_CURRENCY)
    filters = without_value(query.filters, one.field, one.value)
    sentence = ngettext(
        "Without %(filter)s, %(count)s result is left.", "Without %(filter)s, %(count)s results are left.", one.total
    ) % {"filter": quoted(label, query.language), "count": number_text(one.total, query.language)}
    return LooseFilter(label=label, url=address.of(replace(query, filters=filters)), sentence=sentence)


def _other_conditions(page: SearchPage, query: SearchQuery, address: ResultAddress) -> list[EmptyLink]:
    """The facet of conditions is counted without the chosen condition: these are the other doors."""
    links = []
    counts = {value.value: value.count for value in page.facets.values.get("condition", ())}
    for family in CONDITION_FAMILIES:
        if counts.get(family) and family not in query.filters.conditions:
            filters = replace(query.filters, conditions=frozenset({family}))
            text = f"{Family(family).label} ({number_text(counts[family], query.language)})"
            links.append(EmptyLink(text=text, url=address.of(replace(query, filters=filters))))
    return links


def _categories(wider: WiderSearch, names: FacetNames, language: str) -> list[EmptyLink]:
    nearest = [
        EmptyLink(text=names.categories[value.value], url=category_url(names.paths[value.value]))
        for value in wider.facets.values.get("category", ())
        if value.value in names.paths
    ]
    every = [EmptyLink(text=node.name(language), url=category_url(node.path)) for node in departments()]
    return (nearest or every)[:CATEGORIES] or [EmptyLink(text=_("Home"), url=reverse("home"))]
