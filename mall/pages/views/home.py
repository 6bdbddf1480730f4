"""The home page, and the way to it from the bare address."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language_from_request
from django.views.decorators.http import require_safe

from mall.pages.components.cards import cards_for, cards_of_products
from mall.pages.components.home import HeroDoors, facts
from mall.pages.components.picture import RAIL_SIZES
from mall.pages.components.tiles import CategoryTile, ShopFront
from mall.pages.json_ld import json_ld, web_site
from mall.pages.selectors import home as read
from mall.pages.selectors.browse import listing_hit
from mall.pages.selectors.categories import category_figures, departments
from mall.pages.selectors.sellers import shops
from mall.sellers.models import Seller

CARDS = 4
SHOPS_SHOWN = 8
LANGUAGE_COOKIE_SECONDS = 365 * 24 * 3600


@require_safe
def home_page(request: HttpRequest) -> HttpResponse:
    language, today = request.LANGUAGE_CODE, timezone.localdate()
    figures, brand_shops = category_figures(), shops(Seller.Kind.BRAND)
    hero = read.hero_product(language, today)
    context = {
        "hero": HeroDoors.of(hero, language) if hero else None,
        "facts": facts(
            shop_count=len(brand_shops),
            offer_count=sum(figures.offer_counts.get(node.path, 0) for node in departments()),
            private_count=read.private_thing_count(),
            language=language,
        ),
        "shops": [ShopFront.of(shop, language) for shop in brand_shops[:SHOPS_SHOWN]],
        "compared": cards_of_products(read.compared_products(today, CARDS), language, eager=0, sizes=RAIL_SIZES),
        "tiles": [CategoryTile.of(node, figures, language) for node in departments()],
        "things": cards_for(
            [listing_hit(pk) for pk in read.private_things(CARDS)], language, eager=0, sizes=RAIL_SIZES
        ),
        "structured": json_ld(web_site(language)),
    }
    response = render(request, "pages/home.html", context)
    _remember_language(request, response)
    return response


def _remember_language(request: HttpRequest, response: HttpResponse) -> None:
    """Whoever chose another language than the browser's finds it again at the bare address."""
    if get_language_from_request(request) != request.LANGUAGE_CODE:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            request.LANGUAGE_CODE,
            max_age=LANGUAGE_COOKIE_SECONDS,
            samesite="Lax",
            secure=request.is_secure(),
            httponly=True,
        )
