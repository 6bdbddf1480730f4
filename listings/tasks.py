"""Work by the clock: the matcher's second look, old drafts."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from listings.selling.services import tidy_drafts
from listings.services import ask_for_all_matches


@shared_task(name="listings.match_all")
def match_all() -> None:
    """Look again at all lone things: what is sold beside them, and for how much, changes every day."""
    ask_for_all_matches()


@shared_task(name="listings.tidy_drafts")
def tidy_old_drafts() -> int:
    """Drafts that nobody has touched for a month are taken away, with photos that nothing else shows."""
    return tidy_drafts(now=timezone.now())
