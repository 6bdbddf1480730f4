"""On the page of a thing: why it is linked to its product, or which product sold new comes nearest to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from mall.catalogue.evidence import evidence_text
from mall.catalogue.models import CatalogueMatch
from mall.core.components import MallComponent
from mall.pages.addresses import contest_url
from mall.pages.components.cards import card_url
from mall.pages.components.picture import THUMB_SIZES, PhotoView, photo_view
from mall.pages.components.wording import full_date_text, percent_text, price_text
from mall.pages.selectors.equivalents import NearestNew


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceWords:
    """Phrases that speak for and against two things being the same."""

    speaks_for: tuple[str, ...]
    speaks_against: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class NearestProduct(MallComponent):
    """The nearest product that is sold new. gap: how much less the thing costs, in words, or ""."""

    template_name = "components/nearest_product.html"

    title: str
    brand: str
    url: str
    tint: str
    photo: PhotoView | None
    price: str
    seen: str
    gap: str
    evidence: EvidenceWords


@dataclass(frozen=True, kw_only=True)
class MatchReasons(MallComponent):
    """Why a thing stands on its product's page. decided: who said so and when. certainty: of a model, else "".

    contest_url: where to say that it is another product.
    """

    template_name = "components/match_reasons.html"

    decided: str
    certainty: str
    evidence: EvidenceWords
    contest_url: str


def nearest_product(
    nearest: NearestNew | None, *, total_minor: int | None, currency: str, language: str
) -> NearestProduct | None:
    """total_minor: what the thing costs, None when it cannot be had any more."""
    if nearest is None or nearest.product.new_minor is None:
        return None
    facts, new = nearest.product, nearest.product.new_minor
    return NearestProduct(
        title=facts.title,
        brand=facts.brand,
        url=card_url(facts),
        tint=facts.tint,
        photo=photo_view(facts.picture, alt="", sizes=THUMB_SIZES),
        price=price_text(new, facts.currency, language),
        seen=price_seen(language),
        gap=_gap(new - total_minor, currency, language) if total_minor is not None else "",
        evidence=_in_words(nearest.evidence),
    )


def match_reasons(match: CatalogueMatch | None, language: str) -> MatchReasons | None:
    """None for a thing that is linked to nothing."""
    if match is None:
        return None
    is_model = match.method == CatalogueMatch.Method.MODEL and match.score is not None
    percent = percent_text(int((match.score or 0) * 100), language)
    return MatchReasons(
        decided=_decided(match) % {"date": full_date_text(timezone.localtime(match.created_at).date(), language)},
        certainty=_("Certainty %(percent)s") % {"percent": percent} if is_model else "",
        evidence=_in_words(match.evidence),
        contest_url=contest_url(match.offer_id),
    )


def price_seen(language: str) -> str:
    """ "price seen on 24 November 2026": today, as all prices are read at each look."""
    return _("price seen on %(date)s") % {"date": full_date_text(timezone.localdate(), language)}


def _decided(match: CatalogueMatch) -> str:
    """Whose word it is. A person's role comes before the way it was said."""
    by_role = {
        CatalogueMatch.Role.BRAND: _("Confirmed by the brand on %(date)s."),
        CatalogueMatch.Role.OPERATOR: _("Checked by the mall’s team on %(date)s."),
        CatalogueMatch.Role.SELLER: _("Chosen by its seller on %(date)s."),
        CatalogueMatch.Role.BUYER: _("Confirmed by a member on %(date)s."),
    }
    by_method = {
        CatalogueMatch.Method.SELLER: by_role[CatalogueMatch.Role.SELLER],
        CatalogueMatch.Method.OPERATOR: by_role[CatalogueMatch.Role.OPERATOR],
        CatalogueMatch.Method.MEMBER: by_role[CatalogueMatch.Role.BUYER],
        CatalogueMatch.Method.IDENTIFIER: _("Recognised by its code on %(date)s."),
        CatalogueMatch.Method.MODEL: _("Recognised by comparing words and photos on %(date)s."),
    }
    return by_role.get(CatalogueMatch.Role(match.role)) or by_method[CatalogueMatch.Method(match.method)]


def _gap(gap_minor: int, currency: str, language: str) -> str:
    if gap_minor <= 0:
        return ""
    return _("This thing costs %(amount)s less.") % {"amount": price_text(gap_minor, currency, language)}


def _in_words(entries: Iterable[Mapping[str, Any]]) -> EvidenceWords:
    words = [(entry.get("speaks") == "against", text) for entry in entries if (text := evidence_text(entry))]
    return EvidenceWords(
        speaks_for=tuple(dict.fromkeys(text for is_against, text in words if not is_against)),
        speaks_against=tuple(dict.fromkeys(text for is_against, text in words if is_against)),
    )
