"""Numbered pages as links, and "show more", which appends without leaving the page."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mall.core.components import MallComponent
from mall.pages.components.result_address import ResultAddress
from mall.pages.components.wording import number_text
from mall.pages.selectors.results import MOST_PAGES_AT_ONCE
from search.results import SearchPage


@dataclass(frozen=True, kw_only=True, slots=True)
class PageLink:
    """number "…" has no url."""

    number: str
    url: str = ""
    is_current: bool = False


@dataclass(frozen=True, kw_only=True)
class Pager(MallComponent):
    """more_url: the next page, plain; more_part: only its cards. announcement: read out after cards were appended."""

    template_name = "components/pager.html"

    links: tuple[PageLink, ...]
    more_url: str = ""
    more_part: str = ""
    more_text: str = ""
    announcement: str = ""
    is_part: bool = False


def pager_of(page: SearchPage, address: ResultAddress, *, first: int, last: int, is_part: bool = False) -> Pager | None:
    """The pager under the pages `first` to `last`; None where there is one page only."""
    if page.pages <= 1:
        return None
    query = replace(page.query, page=1)
    current = set(range(first, last + 1))
    links = tuple(
        PageLink(number=str(number), url=address.of(replace(query, page=number)), is_current=number in current)
        if number
        else PageLink(number="…")
        for number in _numbers(page.pages, first, last)
    )
    size = query.page_size
    announcement = _announcement(page, first=first, last=last)
    if last >= page.pages or last - first + 1 >= MOST_PAGES_AT_ONCE:
        return Pager(links=links, announcement=announcement, is_part=is_part)
    following = replace(query, page=last + 1)
    count = min(size, page.total_cards - last * size)
    return Pager(
        links=links,
        more_url=address.of(following),
        more_part=address.of(following, extra=[("first", str(first)), ("part", "more")]),
        more_text=ngettext("Show %(count)s more result", "Show %(count)s more results", count) % {"count": count},
        announcement=announcement,
        is_part=is_part,
    )


def _announcement(page: SearchPage, *, first: int, last: int) -> str:
    """Equivalents stand under the result that they belong to and are not numbered."""
    size = page.query.page_size
    values = {
        "first": (first - 1) * size + 1,
        "last": min(last * size, page.total_cards),
        "total": number_text(page.total_cards, page.query.language),
    }
    if page.total_cards == page.total and not any(hit.equivalents for hit in page.hits):
        return _("Results %(first)s to %(last)s of %(total)s are shown.") % values
    return _("Results %(first)s to %(last)s of %(total)s are shown, with their second-hand equivalents.") % values


def _numbers(pages: int, first: int, last: int) -> list[int]:
    """Page numbers around those shown, with the first and the last; 0 for a gap."""
    wanted = sorted({1, pages, *range(max(1, first - 1), min(pages, last + 1) + 1)})
    numbers: list[int] = []
    for number in wanted:
        if numbers and number - numbers[-1] == 2:
            numbers.append(number - 1)
        elif numbers and number - numbers[-1] > 2:
            numbers.append(0)
        numbers.append(number)
    return numbers
