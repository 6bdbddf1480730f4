"""What every page of the mall knows."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from mall.pages.components.layout import PageFrame


def mall(request: HttpRequest) -> dict[str, Any]:
    """The mall's name and addresses, and the frame around the page; nothing is read before a template asks."""
    return {
        "mall_name": settings.MALL_NAME,
        "public_url": settings.MALL_PUBLIC_URL,
        "contact_email": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        "frame": PageFrame(request),
    }
