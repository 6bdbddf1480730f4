"""Where one is and how to go on: the path above a page and the numbered pages below a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from mall.core.components import MallComponent
from mall.pages.addresses import absolute, category_url
from mall.pages.components.layout import Link
from mall.pages.selectors.categories import CategoryNode

PAGES_AROUND = 1


@dataclass(frozen=True, kw_only=True)
class Breadcrumb(MallComponent):
    """The path to a page, home first, the page itself last and without a link."""

    template_name = "components/breadcrumb.html"

    links: tuple[Link, ...]
    here: str

    @classmethod
    def of_category(cls, ancestors: Sequence[CategoryNode], here: str, language: str) -> Breadcrumb:
        above = (Link(text=node.name(language), url=category_url(node.path)) for node in ancestors)
        return cls(links=(home_link(), *above), here=here)

    def structured(self, here_url: str) -> dict[str, object]:
        """The same path as a schema.org BreadcrumbList."""
        places = [*((link.text, absolute(link.url)) for link in self.links), (self.here, here_url)]
        return {
            "@context": "https://schema.org",
            "@type": "BreadcrumbList",
            "itemListElement": [
                {"@type": "ListItem", "position": place, "name": name, "item": url}
                for place, (name, url) in enumerate(places, start=1)
            ],
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class PageLink:
    """One numbered page; url is empty for the gap between far numbers."""

    number: int
    url: str
    is_current: bool = False


@dataclass(frozen=True, kw_only=True)
class Pagination(MallComponent):
    """Numbered pages as links, the first without a parameter. Nothing for a single page."""

    template_name = "components/pagination.html"

    links: tuple[PageLink, ...]
    previous_url: str
    next_url: str

    @classmethod
    def of(cls, base_url: str, *, number: int, pages: int) -> Pagination | None:
        if pages < 2:
            return None
        shown = sorted({1, pages, *range(max(1, number - PAGES_AROUND), min(pages, number + PAGES_AROUND) + 1)})
        links: list[PageLink] = []
        for page in shown:
            if links and page - links[-1].number > 1:
                links.append(PageLink(number=page - 1, url=""))
            links.append(PageLink(number=page, url=_page_url(base_url, page), is_current=page == number))
        return cls(
            links=tuple(links),
            previous_url=_page_url(base_url, number - 1) if number > 1 else "",
            next_url=_page_url(base_url, number + 1) if number < pages else "",
        )


def home_link() -> Link:
    return Link(text=_("Home"), url=reverse("home"))


def _page_url(base_url: str, page: int) -> str:
    return base_url if page == 1 else f"{base_url}?page={page}"
