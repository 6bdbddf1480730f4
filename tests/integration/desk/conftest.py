"""An operator at the desk, and who is not one."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from mall.accounts.models import Member


def member(email: str, *permissions: str) -> Member:
    made = Member.objects.create_user(email)
    made.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return made


def sign_in(who: Member) -> Client:
    client = Client()
    client.force_login(who, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def operator() -> Member:
    return member("omar@example.org", "access_admin", "change_cataloguematch")


@pytest.fixture
def desk(operator: Member) -> Client:
    """The admin as an operator sees it, in English."""
    from wagtail.users.models import UserProfile

    UserProfile.objects.create(user=operator, preferred_language="en")
    return sign_in(operator)
