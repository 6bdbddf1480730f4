"""Amounts, dates and plain words that many components write, each computed once per value and language."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from babel.dates import format_date
from babel.numbers import format_decimal
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mall.core.money import Money
from search.query.colours import colour_named

LOCALES = {"fr": "fr_FR", "en": "en_IE"}

CONDITION_CLASSES = {"new": "is-new", "refurbished": "is-refurb", "used": "is-used", "parts": "is-parts"}
CONDITION_MARKS = {"new": "m-new", "refurbished": "m-refurb", "used": "m-used", "parts": "m-parts"}

SELLER_KIND_LABELS: dict[str, str | Promise] = {
    "brand": gettext_lazy("Brand’s own shop"),
    "professional": gettext_lazy("Professional"),
    "private": gettext_lazy("Private person"),
}


@lru_cache(maxsize=50_000)
def price_text(minor: int, currency: str, language: str) -> str:
    """ "499 €", "512,90 €"; cents only where there are some."""
    return Money(minor, currency).format(language, drops_zero_cents=True)


@lru_cache(maxsize=5_000)
def number_text(number: int, language: str) -> str:
    """ "2 340" in French, "2,340" in English."""
    return str(format_decimal(number, locale=LOCALES[language]))


def percent_text(percent: int, language: str) -> str:
    """ "38 %" in French, "38%" in English."""
    return f"{percent}\u00a0%" if language == "fr" else f"{percent}%"


@lru_cache(maxsize=200)
def rating_text(tenths: int, language: str) -> str:
    """ "4,6" in French, "4.6" in English."""
    return str(format_decimal(tenths / 10, format="0.#", locale=LOCALES[language]))


@lru_cache(maxsize=1_000)
def date_text(day: date, language: str, *, is_short: bool = False) -> str:
    """ "jeudi 26 novembre", short "jeu. 26 nov."; the parts stay on one line."""
    pattern = "EEE d MMM" if is_short else "EEEE d MMMM"
    return str(format_date(day, pattern, locale=LOCALES[language])).replace(" ", "\u00a0")


@lru_cache(maxsize=1_000)
def full_date_text(day: date, language: str) -> str:
    """ "26 novembre 2026"."""
    return str(format_date(day, "d MMMM y", locale=LOCALES[language])).replace(" ", "\u00a0")


def arrival_date(days: int, today: date | None = None) -> date:
    """The day `days` after today; parcels do not come on Sundays."""
    day = (today or timezone.localdate()) + timedelta(days=days)
    return day + timedelta(days=1) if day.weekday() == 6 else day


def arrival_text(days: int | None, language: str, city: str = "") -> str:
    """When the first of several offers comes, in words."""
    if days is not None:
        return _("Delivered from %(date)s") % {"date": date_text(arrival_date(days), language, is_short=True)}
    return _("To collect in %(city)s") % {"city": city} if city else _("To collect")


def quoted(text: str, language: str) -> str:
    """« text » in French, “text” in English."""
    return f"«\u00a0{text}\u00a0»" if language == "fr" else f"“{text}”"


def offers_text(count: int) -> str:
    return ngettext("%(count)s offer", "%(count)s offers", count) % {"count": count}


def colour_text(code: str, language: str) -> str:
    colour = colour_named(code)
    if colour is None:
        return code.replace("-", " ").capitalize()
    name = colour.english if language == "en" else colour.french
    return name[:1].upper() + name[1:]


def seller_kind_text(kind: str) -> str:
    return str(SELLER_KIND_LABELS.get(kind, kind))
