"""What crawlers may read."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from mall.pages.addresses import LANGUAGE_CODES, absolute

CLOSED_PARAMETERS = ("sort", "page_size", "price_min", "price_max", "exact")
CLOSED_PATHS = ("/admin/", "/api/", "/health", *(f"/{code}/accounts/" for code in LANGUAGE_CODES))


@require_safe
def robots_txt(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in CLOSED_PATHS)]
    lines += [f"Disallow: /*?*{name}=" for name in CLOSED_PARAMETERS]
    lines += ["", f"Sitemap: {absolute('/sitemap.xml')}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
