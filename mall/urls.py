"""Every address of the mall."""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.contrib.sitemaps.views import index as sitemap_index
from django.contrib.sitemaps.views import sitemap
from django.urls import URLPattern, URLResolver, include, path, re_path
from wagtail.admin import urls as wagtail_admin_urls

from mall.api.urls import api
from mall.ops.health import health
from mall.ops.metrics import metrics
from mall.ops.readiness import ready
from mall.pages.sitemaps import SITEMAPS
from mall.pages.views import (
    account,
    category,
    contest,
    errors,
    home,
    listing,
    media,
    product,
    robots,
    search,
    seller,
    shops,
    static,
)

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", include(wagtail_admin_urls)),
    path("api/", api.urls),
    path("health", health, name="health"),
    path("ready", ready, name="ready"),
    path("metrics", metrics, name="metrics"),
    path("robots.txt", robots.robots_txt, name="robots"),
    path("sitemap.xml", sitemap_index, {"sitemaps": SITEMAPS, "sitemap_url_name": "sitemap"}, name="sitemap_index"),
    path("sitemap-<str:section>.xml", sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
    path("media/<path:path>", media.media_file, name="media"),
    *i18n_patterns(
        path("", home.home_page, name="home"),
        path("c/<path:path>/", category.category_page, name="category"),
        path("search/", search.search_page, name="search"),
        path("suggest/", search.suggest_list, name="suggest"),
        re_path(r"^p/(?P<slug>[-\w]*)-(?P<product_id>[0-9]{1,18})/$", product.product_page, name="product"),
        re_path(r"^item/(?P<slug>[-\w]*)-(?P<listing_id>[0-9]{1,18})/$", listing.listing_page, name="listing"),
        re_path(r"^offers/(?P<offer_id>[0-9]{1,18})/contest/$", contest.contest_page, name="contest"),
        path("shops/", shops.shops_page, name="shops"),
        path("seller/<slug:slug>/", seller.seller_page, name="seller"),
        path("sell/", include("listings.selling.urls")),
        path("help/", static.help_page, name="help"),
        path("how-results-are-ranked/", static.ranking_page, name="ranking"),
        path("accessibility/", static.accessibility_page, name="accessibility"),
        path("legal/", static.legal_page, name="legal"),
        path("privacy/", static.privacy_page, name="privacy"),
        path("account/", account.account_page, name="account"),
        path("accounts/", include("allauth.urls")),
    ),
]
