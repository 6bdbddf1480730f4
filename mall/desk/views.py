"""Decisions on a case, and the page of the matcher's figures."""

from __future__ import annotations

from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from wagtail.admin import messages

from mall.accounts.models import Member
from mall.catalogue.errors import MatchError
from mall.catalogue.match_selectors import may_decide, may_look, next_waiting, row_of
from mall.catalogue.match_services import confirm_match, split_match, undo_decision
from mall.catalogue.matching_report import find_report
from mall.catalogue.models import CatalogueMatch, Variant
from mall.desk.components import member_language
from mall.desk.forms import DecisionForm
from mall.desk.quality import judged_predictions
from mall.desk.report import quality_page
from mall.desk.selectors import first_variant_id

CASE_URL, QUEUE_URL = "cataloguematch:inspect", "cataloguematch:index"


@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Same, apart or undo, then the next case; the same one again while it waits, and after an undo."""
    member = cast(Member, request.user)
    if not may_decide(member):
        raise PermissionDenied
    row = row_of(pk)
    if row is None:
        raise Http404(f"no match {pk}")
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _refused(request, row, " ".join(str(error) for errors in form.errors.values() for error in errors))
    try:
        said = _say(row.offer_id, form.cleaned_data, member)
    except Variant.DoesNotExist:
        return _refused(request, row, _("There is no such product."))
    except (MatchError, CatalogueMatch.DoesNotExist):
        return _refused(request, row, _("Nothing was changed: somebody else decided meanwhile. This is the case now."))
    messages.success(
        request, _told(said), buttons=[messages.button(reverse(CASE_URL, args=[said.pk]), _("Look again"))]
    )
    if said.undoes_id is not None:
        return redirect(CASE_URL, said.pk)
    following = next_waiting(row)
    return redirect(CASE_URL, following.pk) if following else redirect(QUEUE_URL)


def _say(offer_id: int, words: dict[str, Any], member: Member) -> CatalogueMatch:
    """Raises Variant.DoesNotExist for a product that does not exist, CatalogueMatch.DoesNotExist, MatchError."""
    now = timezone.now()
    if words["action"] == "undo":
        return undo_decision(match_id=words["match"], member=member, now=now)
    if words["action"] == "apart":
        return split_match(offer_id=offer_id, product_id=words["product"], member=member, now=now)
    variant_id = words["variant"] or first_variant_id(words["product"])
    return confirm_match(offer_id=offer_id, variant_id=variant_id, member=member, now=now)


def _refused(request: HttpRequest, row: CatalogueMatch, sentence: str) -> HttpResponse:
    messages.error(request, sentence)
    return redirect(CASE_URL, row.pk)


def _told(said: CatalogueMatch) -> str:
    if said.undoes_id is not None:
        return _("The decision was taken back: it is as before.")
    if said.state == CatalogueMatch.State.CONFIRMED:
        return _("Linked: the offer stands on the product’s page.")
    return _("Kept apart: the matcher will not bring these two together again.")


@require_safe
def quality(request: HttpRequest) -> HttpResponse:
    """How well the matcher does: measured before, and beside people's decisions."""
    member = cast(Member, request.user)
    if not may_look(member):
        raise PermissionDenied
    now = timezone.now()
    language = member_language(member, translation.get_language())
    page = quality_page(find_report(), judged_predictions(now), now=now, language=language)
    return TemplateResponse(request, "desk/quality.html", {"page": page, "header_icon": "tasks"})
