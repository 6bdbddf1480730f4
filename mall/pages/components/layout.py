"""The frame around every page: header, footer, thumb bar, and what the head of the document needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from laces.components import Component

from mall.core.components import MallComponent
from mall.pages.addresses import LANGUAGE_CODES, absolute, category_url, in_language
from mall.pages.selectors.categories import departments as read_departments
from search.queries import MAX_QUERY_CHARACTERS

LANGUAGE_NAMES = {"fr": "Français", "en": "English"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """One link of a menu."""

    text: str
    url: str
    is_current: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class LanguageLink:
    """The same page in another language, named in that language."""

    code: str
    name: str
    url: str


@dataclass(frozen=True, kw_only=True)
class SiteHeader(MallComponent):
    """Logo, search, help, account, departments. It is the same on every page; without departments on error 500."""

    template_name = "components/header.html"

    mall_name: str
    query: str
    departments: tuple[Link, ...]
    languages: tuple[LanguageLink, ...]
    current: str


@dataclass(frozen=True, kw_only=True)
class SiteFooter(MallComponent):
    template_name = "components/footer.html"

    mall_name: str
    languages: tuple[LanguageLink, ...]


@dataclass(frozen=True, kw_only=True)
class TabBar(MallComponent):
    """The thumb bar of phones."""

    template_name = "components/tabbar.html"

    current: str


class PageFrame:
    """Header, footer and head of one request's page. Each part is made when a template first asks for it."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def _url_name(self) -> str:
        match = self._request.resolver_match
        return match.url_name or "" if match else ""

    @cached_property
    def language(self) -> str:
        return translation.get_language() or settings.LANGUAGE_CODE

    @cached_property
    def languages(self) -> tuple[LanguageLink, ...]:
        """The page in the other languages, query and filters kept."""
        path = self._request.get_full_path()
        return tuple(
            LanguageLink(code=code, name=LANGUAGE_NAMES[code], url=in_language(path, code))
            for code in LANGUAGE_CODES
            if code != self.language
        )

    @cached_property
    def canonical_url(self) -> str:
        """The page's public address without parameters."""
        return absolute(self._request.path)

    @cached_property
    def alternates(self) -> tuple[LanguageLink, ...]:
        """The page in each language, public addresses without parameters, for `hreflang`."""
        return tuple(
            LanguageLink(code=code, name=LANGUAGE_NAMES[code], url=absolute(in_language(self._request.path, code)))
            for code in LANGUAGE_CODES
        )

    @cached_property
    def header(self) -> Component:
        return self._header(self.departments)

    @cached_property
    def bare_header(self) -> Component:
        """The header without departments: it asks neither database nor cache."""
        return self._header(())

    @cached_property
    def footer(self) -> Component:
        return SiteFooter(mall_name=settings.MALL_NAME, languages=self.languages)

    @cached_property
    def tabbar(self) -> Component:
        return TabBar(current=self._url_name)

    @cached_property
    def departments(self) -> tuple[Link, ...]:
        match = self._request.resolver_match
        path = match.kwargs.get("path", "") if match and match.url_name == "category" else ""
        return tuple(
            Link(text=node.name(self.language), url=category_url(node.path), is_current=_is_below(path, node.path))
            for node in read_departments()
        )

    def _header(self, links: tuple[Link, ...]) -> Component:
        query = self._request.GET.get("q", "")[:MAX_QUERY_CHARACTERS] if self._url_name == "search" else ""
        return SiteHeader(
            mall_name=settings.MALL_NAME,
            query=query,
            departments=links,
            languages=self.languages,
            current=self._url_name,
        )


def _is_below(path: str, department: str) -> bool:
    return path == department or path.startswith(f"{department}/")
