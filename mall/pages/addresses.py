"""Addresses of the mall's pages, written in one place.

A `language` other than the current one gives the same page in that language.
"""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse, translate_url
from django.utils import translation

LANGUAGE_CODES = tuple(code for code, _name in settings.LANGUAGES)


def product_url(product_id: int, slug: str) -> str:
    return reverse("product", kwargs={"slug": slug, "product_id": product_id})


def listing_url(listing_id: int, slug: str) -> str:
    return reverse("listing", kwargs={"slug": slug, "listing_id": listing_id})


def contest_url(offer_id: int) -> str:
    """Where a member says that an offer is not of the product it stands with."""
    return reverse("contest", kwargs={"offer_id": offer_id})


def sell_url(product_id: int) -> str:
    """Where a private person sells theirs of this product."""
    return f"{reverse('sell')}?product={product_id}"


def category_url(path: str) -> str:
    return reverse("category", kwargs={"path": path})


def seller_url(slug: str) -> str:
    return reverse("seller", kwargs={"slug": slug})


def absolute(path: str) -> str:
    """The public address of a path of this site."""
    return f"{settings.MALL_PUBLIC_URL}{path}"


def in_language(path: str, language: str) -> str:
    """The address of the same page, query included, in `language`; that language's home where there is none."""
    current = translation.get_language()
    if language == current:
        return path
    translated = translate_url(path, language)
    if translated != path:
        return translated
    with translation.override(language):
        return reverse("home")
