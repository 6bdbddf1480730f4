"""Numbers read from addresses."""

from __future__ import annotations

from django.http import Http404, HttpRequest

MAX_PAGE = 10_000


def page_number(request: HttpRequest) -> int:
    """The `page` parameter, from 1. Anything else is a page that does not exist."""
    text = request.GET.get("page", "1")
    if not text.isascii() or not text.isdigit() or len(text) > 6 or not 1 <= int(text) <= MAX_PAGE:
        raise Http404("no such page")
    return int(text)
