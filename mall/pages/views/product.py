"""The page of one product with every offer."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from mall.catalogue.conditions import Family
from mall.catalogue.models import Variant
from mall.pages.addresses import absolute, product_url
from mall.pages.components.product_page import product_page_of
from mall.pages.json_ld import json_ld
from mall.pages.selectors.products import ProductFacts, find_product


@require_safe
def product_page(request: HttpRequest, slug: str, product_id: str) -> HttpResponse:
    language = request.LANGUAGE_CODE
    facts = find_product(int(product_id), language)
    if facts is None:
        raise Http404(f"no product {product_id}")
    product = facts.product
    if not product.is_active:
        return render(request, "pages/error_404.html", status=410)
    path = product_url(product.pk, product.slug)
    if slug != product.slug:
        query = request.META.get("QUERY_STRING", "")
        return redirect(f"{path}?{query}" if query else path, permanent=True)
    page = product_page_of(
        facts,
        variant=_variant(request, facts),
        condition=_condition(request),
        offer_id=_number(request, "offer"),
        language=language,
        now=timezone.now(),
    )
    context = {
        "page": page,
        "product_data": json_ld(page.data),
        "breadcrumb_data": json_ld(page.breadcrumb.structured(absolute(path))),
    }
    return render(request, "pages/product.html", context)


def _condition(request: HttpRequest) -> str:
    """A known condition or none: what stands in the address is a wish, and the page is right without it."""
    condition = request.GET.get("condition", "")
    return condition if condition in Family.values else ""


def _variant(request: HttpRequest, facts: ProductFacts) -> Variant | None:
    number = _number(request, "variant")
    return next((variant for variant in facts.variants if variant.pk == number), None)


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
