"""A log-in of one of the demo's private sellers, so that selling can be tried at once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.db import transaction

from mall.accounts.models import Member
from mall.sellers.models import Seller

SELLER_SLUG = "nadia"
EMAIL = "nadia@passage.example"


@dataclass(frozen=True, kw_only=True, slots=True)
class LogIn:
    """password: made once and kept nowhere in clear."""

    email: str
    password: str


@transaction.atomic
def make_seller_login() -> LogIn | None:
    """The log-in of SELLER_SLUG; None when that seller has one already, or is not there."""
    seller = Seller.objects.select_for_update().filter(slug=SELLER_SLUG, member__isnull=True).first()
    if seller is None or Member.objects.filter(email__iexact=EMAIL).exists():
        return None
    password = secrets.token_urlsafe(12)
    member = Member.objects.create_user(EMAIL, password, language="fr")
    EmailAddress.objects.create(user=member, email=EMAIL, verified=True, primary=True)
    seller.member = member
    seller.save(update_fields=["member"])
    return LogIn(email=EMAIL, password=password)
