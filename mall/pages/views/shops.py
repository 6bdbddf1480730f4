"""All shops and professional sellers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from mall.pages.components.tiles import ShopFront
from mall.pages.selectors.sellers import shops
from mall.sellers.models import Seller


@require_safe
def shops_page(request: HttpRequest) -> HttpResponse:
    language = request.LANGUAGE_CODE
    context = {
        "brands": [
            ShopFront.of(shop, language, heading=2, place=place) for place, shop in enumerate(shops(Seller.Kind.BRAND))
        ],
        "professionals": [ShopFront.of(shop, language) for shop in shops(Seller.Kind.PROFESSIONAL)],
    }
    return render(request, "pages/shops.html", context)
