"""Error pages in the mall's layout; the 500 page touches neither database nor search."""

from __future__ import annotations

from email.utils import parseaddr

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from mall.pages.components.layout import PageFrame


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "pages/error_400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "pages/error_403.html", status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "pages/error_403.html", {"is_form": True}, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "pages/error_404.html", status=404)


def too_many_requests(request: HttpRequest, retry_seconds: int) -> HttpResponse:
    """Answer of the rate limit, see `mall.core.rate_limit`."""
    context = {
        "title": _("Too many searches at once"),
        "sentences": [_("Very many searches came from your address. Wait a moment, then load this page again.")],
    }
    response = render(request, "pages/search_notice.html", context, status=429)
    response["Retry-After"] = str(retry_seconds)
    return response


def database_is_away(request: HttpRequest) -> HttpResponse:
    """503: the database is locked, full or gone for the moment; nothing of the request was kept."""
    response = server_error(request)
    response.status_code = 503
    response["Retry-After"] = "10"
    return response


def disk_is_full(request: HttpRequest) -> HttpResponse:
    """507: there is no room for what was sent; nothing of it was kept."""
    context = {
        "mall_name": settings.MALL_NAME,
        "contact_email": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        "frame": PageFrame(request),
        "request_id": getattr(request, "request_id", ""),
    }
    return HttpResponse(render_to_string("pages/error_507.html", context), status=507)


def server_error(request: HttpRequest) -> HttpResponse:
    """Context processors are left out: one of them may be what failed."""
    context = {
        "mall_name": settings.MALL_NAME,
        "contact_email": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        "frame": PageFrame(request),
        "request_id": getattr(request, "request_id", ""),
    }
    return HttpResponse(render_to_string("pages/error_500.html", context), status=500)
