"""The filters beside a list: checkboxes in a plain GET form, with counts; and filters in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from mall.catalogue.conditions import GRADES, Family
from mall.core.components import MallComponent
from mall.pages.components.result_address import ResultAddress
from mall.pages.components.wording import (
    CONDITION_CLASSES,
    CONDITION_MARKS,
    arrival_date,
    colour_text,
    date_text,
    number_text,
    percent_text,
    price_text,
    quoted,
    seller_kind_text,
)
from mall.pages.selectors.names import FacetNames
from search.params import FREE_DELIVERY, format_major
from search.queries import SearchQuery
from search.results import Facets, FacetValue, PriceBar, SearchPage

SHOWN_VALUES = 8
MORE_VALUES = 24
MOST_DAYS = 4
HISTOGRAM_WIDTH = 200
HISTOGRAM_HEIGHT = 48

# name of the facet and of its parameter; whether it stands open at first
ORDER = (
    ("condition", True),
    ("price", True),
    ("saving", True),
    ("seller_kind", True),
    ("category", True),
    ("brand", True),
    ("colour", False),
    ("size", False),
    ("grade", False),
    ("delivery", True),
)
# what has no box of its own
CARRIED = {"q", "seller", "equivalent_of", "sort", "exact"}


@dataclass(frozen=True, kw_only=True, slots=True)
class FacetOption:
    """One box. css, mark: of a condition, else empty."""

    id: str
    value: str
    label: str
    count: str
    is_selected: bool
    css: str = ""
    mark: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class HistogramBar:
    """One bar in the histogram's own units; is_in: inside the chosen range."""

    x: str
    y: int
    width: str
    height: int
    is_in: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class FacetGroup:
    """One heading with its boxes. kind: "checkbox", "radio" or "price"."""

    name: str
    title: str
    kind: str
    is_open: bool
    has_choice: bool = False
    options: tuple[FacetOption, ...] = ()
    more: tuple[FacetOption, ...] = ()
    bars: tuple[HistogramBar, ...] = ()
    low: str = ""
    high: str = ""


@dataclass(frozen=True, kw_only=True)
class FacetForm(MallComponent):
    """All filters of a list. hidden: what the form carries along unseen (words, order)."""

    template_name = "components/facets.html"

    action: str
    hidden: tuple[tuple[str, str], ...]
    groups: tuple[FacetGroup, ...]
    clear_url: str
    show_text: str
    icons: str


def facet_form(
    page: SearchPage, query: SearchQuery, address: ResultAddress, names: FacetNames, *, show_text: str
) -> FacetForm:
    """The form for `query` (filters spelled out) over the counts of `page`."""
    groups = (_group(name, is_open, page.facets, query, address, names) for name, is_open in ORDER)
    return FacetForm(
        action=address.path,
        hidden=tuple(pair for pair in to_hidden(query) if pair[0] in CARRIED),
        groups=tuple(group for group in groups if group is not None),
        clear_url=address.of(address.cleared(query)),
        show_text=show_text,
        icons=static("img/icons.svg"),
    )


def to_hidden(query: SearchQuery) -> list[tuple[str, str]]:
    """The parameters of `query` from its first page on."""
    return ResultAddress(path="").pairs(replace(query, page=1))


def facet_title(name: str) -> str:
    titles = {
        "condition": _("Condition"),
        "price": _("Total price"),
        "saving": _("Cheaper than new"),
        "seller_kind": _("Seller"),
        "category": _("Category"),
        "brand": _("Brand"),
        "colour": _("Colour"),
        "size": _("Size"),
        "grade": _("Grade"),
        "delivery": _("Delivery"),
    }
    return titles[name]


def value_text(name: str, value: str, language: str, names: FacetNames) -> str:
    """One value of a facet in words."""
    texts: dict[str, Callable[[], str]] = {
        "condition": lambda: str(Family(value).label),
        "saving": lambda: _("At least %(percent)s") % {"percent": percent_text(int(value), language)},
        "seller_kind": lambda: seller_kind_text(value),
        "category": lambda: names.categories.get(value, value.replace("-", " ").capitalize()),
        "brand": lambda: names.brands.get(value, value.replace("-", " ").title()),
        "colour": lambda: colour_text(value, language),
        "grade": lambda: str(GRADES[value].label) if value in GRADES else value,
        "delivery": lambda: _delivery_text(value, language),
        "seller": lambda: names.sellers.get(value, value),
    }
    return texts.get(name, lambda: value)()


def _delivery_text(value: str, language: str) -> str:
    if value == FREE_DELIVERY:
        return _("Free delivery")
    return pgettext("delivery", "By %(date)s") % {"date": date_text(arrival_date(int(value)), language, is_short=True)}


def _group(
    name: str, is_open: bool, facets: Facets, query: SearchQuery, address: ResultAddress, names: FacetNames
) -> FacetGroup | None:
    if name == "price":
        return _price_group(facets.price_bars, query)
    values = _values(name, facets, query, address)
    if not values:
        return None
    options = [_option(name, value, query.language, names) for value in values]
    if name == "delivery":
        options = _one_per_day(options)
    shown = sorted(options, key=lambda option: not option.is_selected) if len(options) > SHOWN_VALUES else options
    return FacetGroup(
        name=name,
        title=facet_title(name),
        kind="radio" if name == "saving" else "checkbox",
        is_open=is_open or any(option.is_selected for option in options),
        has_choice=any(option.is_selected for option in options),
        options=tuple(shown[:SHOWN_VALUES]),
        more=tuple(shown[SHOWN_VALUES : SHOWN_VALUES + MORE_VALUES]),
    )


def _one_per_day(options: list[FacetOption]) -> list[FacetOption]:
    """Days that end on the same date (no parcels on Sundays) become one box, the one that lets in more."""
    by_label = {option.label: option for option in options}
    return [option for option in by_label.values() if option.is_selected or option.value == FREE_DELIVERY] + [
        option for option in by_label.values() if not option.is_selected and option.value != FREE_DELIVERY
    ][:MOST_DAYS]


def _values(name: str, facets: Facets, query: SearchQuery, address: ResultAddress) -> list[FacetValue]:
    """Values with something behind them, and chosen ones; no categories on a category's own page, which has tiles."""
    if name == "category" and address.fixed_category:
        return []
    selected = _selected(name, query)
    found = {value.value: value for value in facets.values.get(name, ()) if value.count or value.value in selected}
    missing = [FacetValue(value=value, count=0, is_selected=True) for value in sorted(selected - set(found))]
    return [replace(value, is_selected=value.value in selected) for value in [*found.values(), *missing]]


def _selected(name: str, query: SearchQuery) -> set[str]:
    return {value for parameter, value in to_hidden(query) if parameter == name}


def _option(name: str, value: FacetValue, language: str, names: FacetNames) -> FacetOption:
    is_condition = name == "condition"
    return FacetOption(
        id=f"f-{name}-{re.sub('[^A-Za-z0-9_-]', lambda mark: f'_{ord(mark[0])}_', value.value)}",
        value=value.value,
        label=value_text(name, value.value, language, names),
        count=number_text(value.count, language),
        is_selected=value.is_selected,
        css=CONDITION_CLASSES[value.value] if is_condition else "",
        mark=CONDITION_MARKS[value.value] if is_condition else "",
    )


def _price_group(bars: Iterable[PriceBar], query: SearchQuery) -> FacetGroup:
    filters = query.filters
    low, high = filters.price_min_minor, filters.price_max_minor
    return FacetGroup(
        name="price",
        title=facet_title("price"),
        kind="price",
        is_open=True,
        bars=tuple(_histogram(list(bars), low, high)),
        low="" if low is None else format_major(low),
        high="" if high is None else format_major(high),
    )


def _histogram(bars: list[PriceBar], low: int | None, high: int | None) -> Iterable[HistogramBar]:
    tallest = max((bar.count for bar in bars), default=0)
    if len(bars) < 2 or not tallest:
        return
    step = HISTOGRAM_WIDTH / len(bars)
    for place, bar in enumerate(bars):
        height = max(2, round(HISTOGRAM_HEIGHT * bar.count / tallest)) if bar.count else 0
        yield HistogramBar(
            x=f"{place * step + 0.6:.1f}",
            y=HISTOGRAM_HEIGHT - height,
            width=f"{step - 1.2:.1f}",
            height=height,
            is_in=(low is None or bar.below_minor > low) and (high is None or bar.from_minor <= high),
        )


def filter_text(name: str, value: str, language: str, names: FacetNames, *, currency: str) -> str:
    """One applied filter on its chip."""
    if name == "price_min":
        return _("From %(price)s") % {"price": _major_text(value, currency, language)}
    if name == "price_max":
        return _("Up to %(price)s") % {"price": _major_text(value, currency, language)}
    if name == "saving":
        return _("At least %(percent)s cheaper than new") % {"percent": percent_text(int(value), language)}
    if name == "equivalent_of":
        return near_text([value], names, language)
    return value_text(name, value, language, names)


def near_text(documents: Iterable[str], names: FacetNames, language: str) -> str:
    """What stands near to these products ("product:12"); without a name for what is shown no more."""
    titles = [names.products[document] for document in sorted(documents) if document in names.products]
    if not titles:
        return _("Second-hand equivalents")
    products = ", ".join(quoted(title, language) for title in titles)
    return _("Second-hand equivalents of %(products)s") % {"products": products}


def _major_text(value: str, currency: str, language: str) -> str:
    whole, _dot, cents = value.partition(".")
    return price_text(int(whole) * 100 + int(cents or 0), currency, language)
