"""A member's own page."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@require_safe
@never_cache
@login_required
def account_page(request: HttpRequest) -> HttpResponse:
    is_confirmed = EmailAddress.objects.filter(user_id=request.user.pk, verified=True).exists()
    return render(request, "pages/account.html", {"member": request.user, "is_confirmed": is_confirmed})
