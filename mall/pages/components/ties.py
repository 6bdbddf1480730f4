"""Words for a second-hand thing beside the new product it comes nearest to."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mall.catalogue.conditions import Family
from mall.catalogue.evidence import evidence_sentence
from mall.pages.components.wording import number_text, price_text
from mall.pages.selectors.cards import CardFacts


@dataclass(frozen=True, kw_only=True, slots=True)
class CardTie:
    """What ties a card to the product before it. gap: how much less than the product new it costs, in words, or "".

    product: the tie as a sentence of its own, for those who hear the page.
    """

    sentence: SafeString
    product: str
    gap: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MoreLink:
    """The way to all that is near a product. about: the product's title."""

    text: str
    url: str
    about: str


def card_tie(facts: CardFacts, language: str) -> CardTie | None:
    """None for a card that stands for itself."""
    tie = facts.tie
    if tie is None:
        return None
    return CardTie(
        sentence=tie_sentence(next(iter(facts.families), Family.USED), evidence_sentence(tie.evidence)),
        product=_("Nearest new product: %(product)s.") % {"product": tie.product_title},
        gap=gap_text(tie.gap_minor(facts.total_minor or 0), facts.currency, language) if facts.total_minor else "",
    )


def tie_sentence(family: str, why: str) -> SafeString:
    """ "Second-hand equivalent: same brand, same type", its first words in bold. why: may be empty, is escaped."""
    if family == Family.REFURBISHED:
        pattern = _("<b>Refurbished equivalent:</b> {why}") if why else _("<b>Refurbished equivalent</b>")
    elif family == Family.PARTS:
        pattern = _("<b>Equivalent for parts:</b> {why}") if why else _("<b>Equivalent for parts</b>")
    else:
        pattern = _("<b>Second-hand equivalent:</b> {why}") if why else _("<b>Second-hand equivalent</b>")
    return format_html(pattern, why=why)


def gap_text(gap_minor: int, currency: str, language: str) -> str:
    """ "93 € less than new", "" where there is no gap. Not a saving: the two are not the same product."""
    if gap_minor <= 0:
        return ""
    return _("%(amount)s less than new") % {"amount": price_text(gap_minor, currency, language)}


def more_text(count: int, language: str) -> str:
    text = ngettext("See the second-hand equivalent", "See the %(count)s second-hand equivalents", count)
    return text % {"count": number_text(count, language)}
