"""One seller: who it is, what it sells now, what a buyer may expect."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from mall.pages.addresses import absolute, seller_url
from mall.pages.components.cards import cards_for
from mall.pages.components.navigation import Breadcrumb, Pagination, home_link
from mall.pages.components.seller import SellerFacts, rating_line, sales_line
from mall.pages.json_ld import json_ld
from mall.pages.numbers import page_number
from mall.pages.selectors.browse import browse_seller
from mall.pages.selectors.sellers import find_seller, theme_of
from mall.sellers.models import Seller
from search.queries import Filters


@require_safe
def seller_page(request: HttpRequest, slug: str) -> HttpResponse:
    language, seller, number = request.LANGUAGE_CODE, find_seller(slug), page_number(request)
    if seller is None:
        raise Http404(slug)
    is_private = seller.kind == Seller.Kind.PRIVATE
    browsed = browse_seller(seller.pk, number=number, is_private=is_private)
    if browsed is None:
        raise Http404(f"page {number} of {slug}")
    url = seller_url(seller.slug)
    breadcrumb = Breadcrumb(links=(home_link(),), here=seller.name)
    context = {
        "seller": seller,
        "about": seller.about(language),
        "theme": theme_of(seller),
        "is_private": is_private,
        "rating": rating_line(seller, language),
        "sales": sales_line(seller, language),
        "seller_facts": SellerFacts.of(seller, language),
        "breadcrumb": breadcrumb,
        "total": browsed.total,
        "number": number,
        "cards": cards_for(browsed.hits, language, filters=Filters(seller_ids=frozenset({seller.pk}))),
        "pagination": Pagination.of(url, number=number, pages=browsed.pages),
        "canonical": absolute(url if number == 1 else f"{url}?page={number}"),
        "structured": json_ld(breadcrumb.structured(absolute(url))),
    }
    return render(request, "pages/seller.html", context)
