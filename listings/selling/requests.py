"""From a request to the owner of drafts."""

from __future__ import annotations

import secrets

from django.http import Http404, HttpRequest

from listings.models import ListingDraft
from listings.selling.selectors import Owner, draft_editable_by
from listings.selling.services import adopt_drafts

SESSION_KEY = "selling_token"


def owner_of(request: HttpRequest, *, token: str | None = None) -> Owner:
    """Who asks. The drafts that a member began before the log-in become theirs on the way."""
    held = str(request.session.get(SESSION_KEY, "")) if token is None else token
    if not request.user.is_authenticated:
        return Owner(member=None, token=held)
    member = request.user
    if held:
        adopt_drafts(member=member, token=held)
    return Owner(member=member, token="")


def token_of(request: HttpRequest) -> str:
    """The session's token, made when a visitor first needs one. It outlives the change of session at the log-in."""
    if SESSION_KEY not in request.session:
        request.session[SESSION_KEY] = secrets.token_urlsafe(32)
    return str(request.session[SESSION_KEY])


def draft_or_404(request: HttpRequest, draft_id: int) -> ListingDraft:
    draft = draft_editable_by(owner_of(request), draft_id)
    if draft is None:
        raise Http404(f"no draft {draft_id} of this owner")
    return draft
