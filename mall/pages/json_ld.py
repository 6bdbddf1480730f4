"""Facts for search engines, written into the page as JSON-LD."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from mall.pages.addresses import absolute

_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def json_ld(data: dict[str, Any]) -> SafeString:
    """The element with `data`; no text in it can end the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308


def web_site(language: str) -> dict[str, Any]:
    """The mall itself and its search."""
    return {
        "@context": "https://schema.org",
        "@graph": [
            {
                "@type": "Organization",
                "@id": absolute("/#organization"),
                "name": settings.MALL_NAME,
                "url": absolute("/"),
            },
            {
                "@type": "WebSite",
                "name": settings.MALL_NAME,
                "url": absolute(reverse("home")),
                "inLanguage": language,
                "publisher": {"@id": absolute("/#organization")},
                "potentialAction": {
                    "@type": "SearchAction",
                    "target": f"{absolute(reverse('search'))}?q={{search_term_string}}",
                    "query-input": "required name=search_term_string",
                },
            },
        ],
    }
