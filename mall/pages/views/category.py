"""Departments and categories: lists of the search engine, or straight from the database while it is away."""

from __future__ import annotations

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from mall.pages.addresses import absolute, category_url
from mall.pages.components.cards import cards_for
from mall.pages.components.navigation import Breadcrumb, Pagination
from mall.pages.components.result_address import ResultAddress
from mall.pages.components.tiles import CategoryTile
from mall.pages.indexing import indexing_of
from mall.pages.json_ld import json_ld
from mall.pages.numbers import page_number
from mall.pages.selectors.browse import browse_category
from mall.pages.selectors.categories import CategoryFamily, category_figures, find_category
from mall.pages.views.search import answer_list
from search.documents import Language
from search.queries import Filters, SearchQuery


@require_safe
@vary_on_headers("HX-Request", "HX-History-Restore-Request")
def category_page(request: HttpRequest, path: str) -> HttpResponse:
    found = find_category(path)
    if found is None:
        raise Http404(path)
    frame = _frame(found, request.LANGUAGE_CODE)
    return answer_list(
        request,
        ResultAddress(path=category_url(path), fixed_category=found.category.slug),
        template="pages/category.html",
        frame=frame,
        when_away=lambda away: _browse(away, found, frame),
    )


def _frame(found: CategoryFamily, language: str) -> dict[str, object]:
    """What stands around the list."""
    category, figures = found.category, category_figures()
    name = category.name(language)
    breadcrumb = Breadcrumb.of_category(found.ancestors, name, language)
    tiles = [CategoryTile.of(node, figures, language, tint=category.tint) for node in found.children]
    return {
        "name": name,
        "title": _("%(category)s: new, refurbished and second-hand") % {"category": name},
        "breadcrumb": breadcrumb,
        "children": tiles,
        "structured": json_ld(breadcrumb.structured(absolute(category_url(category.path)))),
    }


def _browse(request: HttpRequest, found: CategoryFamily, frame: dict[str, object]) -> HttpResponse:
    """The category without search: newest first, no filters."""
    language, number, path = request.LANGUAGE_CODE, page_number(request), found.category.path
    browsed = browse_category(path, number=number)
    if browsed is None:
        raise Http404(f"page {number} of {path}")
    url, slug = category_url(path), found.category.slug
    query = SearchQuery(
        text="", language=cast(Language, language), filters=Filters(categories=frozenset({slug})), page=number
    )
    context = {
        **frame,
        "indexing": indexing_of(query, ResultAddress(path=url, fixed_category=slug)),
        "total": browsed.total,
        "cards": cards_for(browsed.hits, language),
        "pagination": Pagination.of(url, number=number, pages=browsed.pages),
    }
    return render(request, "pages/category.html", context)
