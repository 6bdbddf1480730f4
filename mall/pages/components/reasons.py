"""Why a result stands where it stands, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mall.core.components import MallComponent
from search.results import Hit, Reason

STRONG_SIMILARITY = 0.6
SOME_SIMILARITY = 0.35


@dataclass(frozen=True, kw_only=True)
class ReasonList(MallComponent):
    """Sentences under "Why this place?"."""

    template_name = "components/reasons.html"

    sentences: tuple[str, ...]


def reason_list(hit: Hit, language: str) -> ReasonList | None:
    """None for a hit without reasons (browsing)."""
    sentences = tuple(_in_words(hit.reasons, language))
    return ReasonList(sentences=sentences) if sentences else None


def _in_words(reasons: Iterable[Reason], language: str) -> Iterable[str]:
    for reason in reasons:
        sentence = _sentence(reason, language)
        if sentence:
            yield sentence


def _sentence(reason: Reason, language: str) -> str:
    terms = ", ".join(f"«\u00a0{term}\u00a0»" if language == "fr" else f"“{term}”" for term in reason.terms)
    if reason.kind == "identifier":
        return _("Exact reference: %(terms)s.") % {"terms": terms}
    if reason.kind == "words" and terms:
        return ngettext("Word found: %(terms)s.", "Words found: %(terms)s.", len(reason.terms)) % {"terms": terms}
    if reason.kind == "parts" and terms:
        return _("Parts of words found: %(terms)s.") % {"terms": terms}
    if reason.kind == "meaning":
        return _similarity(reason.value, language)
    if reason.kind == "offer":
        return _("At least one offer meets all your filters at once.")
    return ""


def _similarity(cosine: float, language: str) -> str:
    figure = _figure(cosine, language)
    if cosine >= STRONG_SIMILARITY:
        return _("Meaning very close to your search (%(figure)s out of 1).") % {"figure": figure}
    if cosine >= SOME_SIMILARITY:
        return _("Meaning close to your search (%(figure)s out of 1).") % {"figure": figure}
    return _("Meaning far from your search (%(figure)s out of 1).") % {"figure": figure}


def _figure(cosine: float, language: str) -> str:
    text = f"{cosine:.2f}"
    return text.replace(".", ",") if language == "fr" else text
