"""The list of results with all that stands around it. The same panel fills a page and answers htmx."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from mall.catalogue.conditions import Family
from mall.core.components import MallComponent
from mall.pages.components.cards import OfferCard, cards_for
from mall.pages.components.empty import EmptyResults, empty_results
from mall.pages.components.facets import FacetForm, facet_form, filter_text, near_text
from mall.pages.components.pager import Pager, pager_of
from mall.pages.components.result_address import (
    PARAMETER_OF_FIELD,
    ResultAddress,
    spelled_out,
)
from mall.pages.components.wording import CONDITION_CLASSES, CONDITION_MARKS, number_text, quoted
from mall.pages.selectors.names import FacetNames, facet_names
from mall.pages.selectors.results import WiderSearch, applied_values, without_value
from search.documents import ConditionFamily
from search.params import FREE_DELIVERY, format_major
from search.queries import Filters, SearchQuery, Sort
from search.results import Hit, SearchPage

SEGMENTS = (Family.NEW, Family.REFURBISHED, Family.USED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """One condition above the list. css, mark: empty for "all"."""

    label: str
    url: str
    count: str
    is_current: bool
    css: str = ""
    mark: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chip:
    """One filter in words. url: the list with it, or without it where is_on. note: where it was read."""

    label: str
    url: str
    is_on: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SortOption:
    value: Sort
    label: str
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class ResultsPanel(MallComponent):
    """heading: the h1, empty where the page has its own. name: of the list, for titles. correction_url: as typed."""

    template_name = "components/results_panel.html"

    heading: str
    name: str
    typed: str
    correction_url: str
    segments: tuple[Segment, ...]
    sort_action: str
    sort_hidden: tuple[tuple[str, str], ...]
    sorts: tuple[SortOption, ...]
    facets: FacetForm
    promoted: tuple[Chip, ...]
    applied: tuple[Chip, ...]
    dropped: tuple[str, ...]
    clear_url: str
    exact_url: str
    count_text: str
    ranking_url: str
    cards: tuple[OfferCard, ...]
    pager: Pager | None
    empty: EmptyResults | None
    notices: tuple[str, ...]
    icons: str


def results_panel(
    page: SearchPage,
    address: ResultAddress,
    *,
    heading: str | None = None,
    hits: tuple[Hit, ...] | None = None,
    last: int | None = None,
    wider: WiderSearch | None = None,
) -> ResultsPanel:
    """The panel for `page`, found at `address`.

    heading: None for one of the panel's own, "" where the page has its h1 already. hits, last: where several pages
    are shown at once (`search_pages`). wider: from `wider_search`, where nothing was found.
    """
    query = spelled_out(page)
    names = _names(page, query, wider)
    language = page.query.language
    show = ngettext("Show %(count)s result", "Show %(count)s results", page.total) % {
        "count": number_text(page.total, language)
    }
    with_reasons = bool(page.searched_text or page.query.text)
    cards = cards_for(
        page.hits if hits is None else hits,
        language,
        filters=query.filters,
        with_reasons=with_reasons,
        with_equivalents=True,
    )
    return ResultsPanel(
        heading=heading_text(page, names) if heading is None else heading,
        name=corrected_text(page) or heading_text(page, names),
        typed=quoted(page.query.text, language) if page.corrections else "",
        correction_url=address.of(_exact(page.query)) if page.corrections else "",
        segments=_segments(page, query, address),
        sort_action=address.path,
        sort_hidden=tuple(pair for pair in address.pairs(replace(page.query, page=1)) if pair[0] != "sort"),
        sorts=tuple(
            SortOption(value=value, label=label, is_current=value == query.sort) for value, label in _sort_labels()
        ),
        facets=facet_form(page, query, address, names, show_text=show),
        promoted=_promoted(page, query, address, names),
        applied=_applied(page, query, address, names),
        dropped=tuple(found.words for found in page.understood if found.was_dropped),
        clear_url=address.of(address.cleared(query)),
        exact_url=address.of(_exact(page.query)) if page.understood else "",
        count_text=_count_text(page),
        ranking_url=reverse("ranking"),
        cards=tuple(cards),
        pager=pager_of(page, address, first=page.query.page, last=last or page.query.page),
        empty=empty_results(page, query, address, wider, names) if wider is not None else None,
        notices=tuple(_notice(code) for code in page.notices),
        icons=static("img/icons.svg"),
    )


def corrected_text(page: SearchPage) -> str:
    """The words as typed with the corrected ones put in their place."""
    text = page.query.text
    for correction in page.corrections:
        place = text.casefold().find(correction.typed.casefold())
        if place >= 0:
            text = text[:place] + correction.searched + text[place + len(correction.typed) :]
    return text


def heading_text(page: SearchPage, names: FacetNames) -> str:
    """The h1 of a list without one of its own."""
    text = corrected_text(page)
    if text:
        return quoted(text, page.query.language)
    filters = page.query.filters
    if filters.equivalent_of:
        return near_text(filters.equivalent_of, names, page.query.language)
    conditions = filters.conditions
    if len(conditions) == 1:
        return str(Family(next(iter(conditions))).label)
    return _("All products")


def _exact(query: SearchQuery) -> SearchQuery:
    return replace(query, page=1, corrects_spelling=False, reads_filters=False)


def _names(page: SearchPage, query: SearchQuery, wider: WiderSearch | None) -> FacetNames:
    tables = [page.facets.values, *([wider.facets.values] if wider else [])]
    categories = {value.value for values in tables for value in values.get("category", ())}
    brands = {value.value for values in tables for value in values.get("brand", ())[:40]}
    filters = query.filters
    return facet_names(
        categories | filters.categories,
        brands | filters.brands,
        query.language,
        seller_ids=filters.seller_ids,
        product_documents=filters.equivalent_of,
    )


def _segments(page: SearchPage, query: SearchQuery, address: ResultAddress) -> tuple[Segment, ...]:
    language = query.language
    counts = {value.value: value.count for value in page.facets.values.get("condition", ())}
    chosen = query.filters.conditions

    def with_conditions(*families: ConditionFamily) -> str:
        filters = replace(query.filters, conditions=frozenset(families))
        return address.of(replace(query, filters=filters))

    every = Segment(
        label=pgettext("conditions", "All"),
        url=with_conditions(),
        count="" if chosen else number_text(page.total, language),
        is_current=not chosen,
    )
    return (
        every,
        *(
            Segment(
                label=str(family.label),
                url=with_conditions(cast(ConditionFamily, family)),
                count=number_text(counts.get(family, 0), language),
                is_current=chosen == {family},
                css=CONDITION_CLASSES[family],
                mark=CONDITION_MARKS[family],
            )
            for family in SEGMENTS
        ),
    )


def _sort_labels() -> tuple[tuple[Sort, str], ...]:
    return (
        ("relevance", _("Relevance")),
        ("price", _("Total price")),
        ("saving", _("Best saving against new")),
        ("newest", _("Newest")),
    )


def address_value(field: str, value: str) -> str:
    """A filter's value as written in an address."""
    if field in {"price_min_minor", "price_max_minor"}:
        return format_major(int(value))
    return FREE_DELIVERY if field == "has_free_delivery" else value


def chip_text(field: str, value: str, language: str, names: FacetNames) -> str:
    """A filter in words. value: as held by `Filters`."""
    parameter = PARAMETER_OF_FIELD[field]
    return filter_text(parameter, address_value(field, value), language, names, currency=settings.MALL_CURRENCY)


def _applied(page: SearchPage, query: SearchQuery, address: ResultAddress, names: FacetNames) -> tuple[Chip, ...]:
    read = {(found.field, found.value) for found in page.understood if not found.was_dropped}
    chips = []
    for field, value in applied_values(address.applied(query)):
        filters = without_value(query.filters, field, value)
        if field == "categories" and not filters.categories:
            filters = replace(filters, categories=address.own_filters().categories)
        was_read = (field, address_value(field, value)) in read
        chips.append(
            Chip(
                label=chip_text(field, value, query.language, names),
                url=address.of(replace(query, filters=filters)),
                is_on=True,
                note=_("read in your words") if was_read else "",
            )
        )
    return tuple(chips)


def _promoted(page: SearchPage, query: SearchQuery, address: ResultAddress, names: FacetNames) -> tuple[Chip, ...]:
    """Up to four filters that are often useful, while they are not chosen and would leave something."""
    offered: list[tuple[str, str, Filters]] = []
    filters, counts = query.filters, _counts(page)
    if counts.get(("saving", "30")) and filters.saving_percent_min is None:
        offered.append(("saving_percent_min", "30", replace(filters, saving_percent_min=30)))
    if counts.get(("delivery", FREE_DELIVERY)) and not filters.has_free_delivery:
        offered.append(("has_free_delivery", "True", replace(filters, has_free_delivery=True)))
    if counts.get(("seller_kind", "brand")) and not filters.seller_kinds:
        offered.append(("seller_kinds", "brand", replace(filters, seller_kinds=frozenset({"brand"}))))
    if counts.get(("seller_kind", "private")) and not filters.seller_kinds:
        offered.append(("seller_kinds", "private", replace(filters, seller_kinds=frozenset({"private"}))))
    return tuple(
        Chip(label=chip_text(field, value, query.language, names), url=address.of(replace(query, filters=changed)))
        for field, value, changed in offered[:4]
    )


def _counts(page: SearchPage) -> dict[tuple[str, str], int]:
    return {(name, value.value): value.count for name, values in page.facets.values.items() for value in values}


def _count_text(page: SearchPage) -> str:
    language = page.query.language
    results = ngettext("%(count)s result", "%(count)s results", page.total) % {
        "count": number_text(page.total, language)
    }
    offers = ngettext("%(count)s offer", "%(count)s offers", page.total_offers) % {
        "count": number_text(page.total_offers, language)
    }
    return _("%(results)s, %(offers)s") % {"results": results, "offers": offers} if page.total else results


def _notice(code: str) -> str:
    notices = {
        "fallback": _("Search is running on its stand-by engine: what went on sale just now may be missing."),
        "words_only": _("Search by meaning is not available at the moment: only the words themselves are compared."),
        "capped": _("Only the first pages of this list can be shown. Filters make it shorter."),
    }
    return notices.get(code, "")
