"""The page of one second-hand thing."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from mall.pages.addresses import absolute, listing_url
from mall.pages.components.listing import listing_page_of
from mall.pages.json_ld import json_ld
from mall.pages.selectors.listings import find_listing


@require_safe
def listing_page(request: HttpRequest, slug: str, listing_id: str) -> HttpResponse:
    """Sold: the page stays, says so, and shows what is like it. Taken back: 410, with the same help."""
    language = request.LANGUAGE_CODE
    facts = find_listing(int(listing_id), language)
    if facts is None:
        raise Http404(f"no listing {listing_id}")
    path = listing_url(facts.listing.pk, slugify(facts.listing.title_in(language)) or "item")
    known = {slugify(title) or "item" for title in (facts.listing.title, facts.listing.title_other) if title}
    if slug not in known:
        return redirect(path, permanent=True)
    page = listing_page_of(facts, path=path, language=language)
    context = {
        "page": page,
        "canonical": absolute(path),
        "product_data": json_ld(page.data),
        "breadcrumb_data": json_ld(page.breadcrumb.structured(absolute(path))),
    }
    return render(request, "pages/listing.html", context, status=410 if facts.is_withdrawn else 200)
