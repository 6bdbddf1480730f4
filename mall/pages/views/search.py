"""The search page, its fragments for htmx, and suggestions under the search field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from mall.pages.addresses import category_url
from mall.pages.components.cards import cards_for
from mall.pages.components.empty import EmptyLink
from mall.pages.components.pager import pager_of
from mall.pages.components.result_address import ResultAddress, spelled_out
from mall.pages.components.results import results_panel
from mall.pages.components.suggestions import suggestion_list
from mall.pages.components.wording import number_text
from mall.pages.indexing import indexing_of
from mall.pages.selectors.categories import departments
from mall.pages.selectors.results import MOST_PAGES_AT_ONCE, WiderSearch, search_pages, wider_search
from search.documents import Language
from search.errors import EngineUnavailable
from search.params import parse_query
from search.queries import InvalidQuery, SearchQuery
from search.results import SearchPage
from search.service import suggest

RETRY_SECONDS = 30
SUGGESTIONS = 10
SUGGEST_SECONDS = 60
MAX_PREFIX_CHARACTERS = 80


@require_safe
@vary_on_headers("HX-Request", "HX-History-Restore-Request")
def search_page(request: HttpRequest) -> HttpResponse:
    """`/fr/search/?q=…`, the grammar of `search.params`."""
    return answer_list(request, ResultAddress(path=reverse("search")))


def answer_list(
    request: HttpRequest,
    address: ResultAddress,
    *,
    template: str = "pages/search.html",
    frame: dict[str, object] | None = None,
    when_away: Callable[[HttpRequest], HttpResponse] | None = None,
) -> HttpResponse:
    """A list of results as a page, as a panel for htmx, or as more cards for the end of the list.

    frame: context of a page around the list that has an h1, a title and a description of its own. when_away: answers
    in place of the notice while there is no index.
    """
    language = cast(Language, get_language() or settings.LANGUAGE_CODE)
    try:
        query = _with_own_filters(parse_query(dict(request.GET.lists()), language=language), address)
        last = _last_page(request, query)
        page, hits = search_pages(query, last=last)
        wider = _wider(page, address)
    except InvalidQuery as error:
        return _invalid(request, error)
    except EngineUnavailable:
        return (when_away or search_is_away)(request)
    if not page.hits and page.total:
        return _beyond_the_end(request, page, address)
    if is_fragment(request) and request.GET.get("part") == "more":
        return _more_cards(request, page, address)
    heading = None if frame is None else ""
    panel = results_panel(page, address, heading=heading, hits=hits, last=max(last, query.page), wider=wider)
    if is_fragment(request):
        response = HttpResponse(panel.render_html())
        response["HX-Push-Url"] = address.of(page.query)
        return response
    is_empty_combination = not page.total and not address.applied(spelled_out(page)).is_empty
    context = {
        "panel": panel,
        "title": _title(page, panel.name),
        "description": _description(page, panel.name),
        "indexing": indexing_of(page.query, address, is_empty=not page.total),
        **(frame or {}),
    }
    return render(request, template, context, status=404 if is_empty_combination else 200)


def _with_own_filters(query: SearchQuery, address: ResultAddress) -> SearchQuery:
    """The query with the category that the path stands for: no parameter turns a category's page into another's."""
    own = address.own_filters().categories
    return replace(query, filters=replace(query.filters, categories=own)) if own else query


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part. For Back and Forward it asks for whole pages."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.history_restore_request  # type: ignore[union-attr]


def search_is_away(request: HttpRequest) -> HttpResponse:
    """503: there is no index at the moment; departments stay open."""
    response = render(request, "pages/rebuilding.html", status=503)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


@require_safe
def suggest_list(request: HttpRequest) -> HttpResponse:
    """The listbox under the search field, as HTML. An engine that is away suggests nothing."""
    language = cast(Language, get_language() or settings.LANGUAGE_CODE)
    prefix = " ".join(request.GET.get("q", "")[:MAX_PREFIX_CHARACTERS].split())
    try:
        found = suggest(prefix, language=language, limit=SUGGESTIONS) if len(prefix) > 1 else ()
    except EngineUnavailable:
        found = ()
    response = HttpResponse(suggestion_list(prefix, found, language).render_html())
    response["Cache-Control"] = f"public, max-age={SUGGEST_SECONDS}"
    return response


def _last_page(request: HttpRequest, query: SearchQuery) -> int:
    """The last of the pages shown at once ("to"), the page itself unless that is a few further on."""
    text = request.GET.get("to", "")
    last = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else query.page
    return last if query.page <= last < query.page + MOST_PAGES_AT_ONCE else query.page


def _wider(page: SearchPage, address: ResultAddress) -> WiderSearch | None:
    if page.total:
        return None
    query = spelled_out(page)
    return wider_search(query, applied=address.applied(query), own=address.own_filters())


def _more_cards(request: HttpRequest, page: SearchPage, address: ResultAddress) -> HttpResponse:
    """The page's cards alone; the address then says how far the list goes, so that Back finds it whole."""
    query = spelled_out(page)
    text = request.GET.get("first", "")
    number = page.query.page
    is_sound = text.isascii() and text.isdigit() and len(text) < 6
    first = int(text) if is_sound and number - MOST_PAGES_AT_ONCE < int(text) <= number else number
    cards = cards_for(
        page.hits,
        query.language,
        filters=query.filters,
        with_reasons=bool(page.searched_text),
        with_equivalents=True,
        eager=0,
    )
    context = {
        "cards": cards,
        "pager": pager_of(page, address, first=first, last=number, is_part=True),
    }
    response = HttpResponse(render_to_string("components/results_part.html", context))
    response["HX-Replace-Url"] = address.of(replace(page.query, page=first), extra=[("to", str(number))])
    return response


def _invalid(request: HttpRequest, error: InvalidQuery) -> HttpResponse:
    """400: a parameter has a value that search does not know."""
    context = {
        "title": _("This address cannot be read"),
        "sentences": [
            _("The parameter “%(name)s” has a value that the mall does not know.") % {"name": error.parameter},
            _("Start again from the words alone, or from a department."),
        ],
        "links": _starting_points(request),
    }
    return render(request, "pages/search_notice.html", context, status=400)


def _starting_points(request: HttpRequest) -> list[EmptyLink]:
    language = get_language() or settings.LANGUAGE_CODE
    words = " ".join(request.GET.get("q", "")[:200].split())
    again = SearchQuery(text=words, language=cast(Language, language))
    with_words = EmptyLink(text=words, url=ResultAddress(path=reverse("search")).of(again))
    every = (EmptyLink(text=node.name(language), url=category_url(node.path)) for node in departments())
    return [*([with_words] if words and words.isprintable() else []), *every]


def _beyond_the_end(request: HttpRequest, page: SearchPage, address: ResultAddress) -> HttpResponse:
    """The list ends earlier; say where."""
    text = ngettext("The list has %(pages)s page only.", "The list has %(pages)s pages only.", page.pages) % {
        "pages": number_text(page.pages, page.query.language)
    }
    ends = {_("First page"): 1, _("Last page"): page.pages}
    links = [EmptyLink(text=label, url=address.of(replace(page.query, page=number))) for label, number in ends.items()]
    context = {"title": _("There is nothing on this page"), "sentences": [text], "links": links}
    return render(request, "pages/search_notice.html", context)


def _title(page: SearchPage, name: str) -> str:
    results = ngettext("%(count)s result", "%(count)s results", page.total) % {
        "count": number_text(page.total, page.query.language)
    }
    values = {"name": name, "results": results, "mall": settings.MALL_NAME, "page": page.query.page}
    if page.query.page > 1:
        return _("%(name)s: %(results)s, page %(page)s · %(mall)s") % values
    return _("%(name)s: %(results)s · %(mall)s") % values


def _description(page: SearchPage, name: str) -> str:
    values = {
        "name": name,
        "total": number_text(page.total, page.query.language),
        "offers": number_text(page.total_offers, page.query.language),
    }
    return (
        _("%(name)s, new, refurbished and second-hand: %(total)s results, %(offers)s offers, delivery included.")
        % values
    )
