"""Saying that an offer is not of the product it stands with."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mall.accounts.models import Member
from mall.catalogue.errors import MatchError, OfferNotLive, TooManyContests
from mall.catalogue.match_selectors import role_of
from mall.catalogue.match_services import contest_match
from mall.pages.components.contest import (
    ContestForm,
    contest_page_of,
    moved_text,
    thanks_text,
    too_many_text,
    where_it_is,
)
from mall.pages.selectors.contest import ContestFacts, find_contest


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def contest_page(request: HttpRequest, offer_id: str) -> HttpResponse:
    """A form for what can be contested, else what became of the offer: it waits for a person, or stands alone."""
    facts = find_contest(int(offer_id), request.LANGUAGE_CODE)
    if facts is None or facts.is_new:
        raise Http404(f"no offer {offer_id} to contest")
    if facts.is_waiting:
        return _page(request, facts, "pages/contest_waiting.html")
    if facts.is_gone:
        return render(request, "pages/error_404.html", status=410)
    if facts.product is None:
        return _moved(request, facts)
    form = ContestForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        return _contest(request, facts, form)
    return _page(request, facts, "pages/contest.html", form)


def _contest(request: HttpRequest, facts: ContestFacts, form: ContestForm) -> HttpResponse:
    member = cast(Member, request.user)
    words = form.cleaned_data
    try:
        contest_match(
            offer_id=facts.offer.pk,
            member=member,
            role=role_of(member, facts.offer),
            ground=words["ground"],
            reason=words["words"],
            product_id=words["product"],
            now=timezone.now(),
        )
    except TooManyContests as refusal:
        form.add_error(None, too_many_text(refusal.retry_seconds))
        response = _page(request, facts, "pages/contest.html", form, status=429)
        response["Retry-After"] = str(refusal.retry_seconds)
        return response
    except (MatchError, OfferNotLive):
        # between the two looks somebody decided, or the thing was sold
        return _moved(request, facts)
    messages.info(request, thanks_text(facts))
    return redirect(where_it_is(facts, request.LANGUAGE_CODE))


def _moved(request: HttpRequest, facts: ContestFacts) -> HttpResponse:
    address = where_it_is(facts, request.LANGUAGE_CODE)
    if not address:
        raise Http404(f"offer {facts.offer.pk} has no page")
    messages.info(request, moved_text())
    return redirect(address)


def _page(
    request: HttpRequest, facts: ContestFacts, template: str, form: ContestForm | None = None, *, status: int = 200
) -> HttpResponse:
    page = contest_page_of(facts, member_id=cast(Member, request.user).pk, language=request.LANGUAGE_CODE)
    return render(request, template, {"page": page, "form": form}, status=status)
