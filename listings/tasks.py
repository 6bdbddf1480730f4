"""The matcher's own work by the clock."""

from __future__ import annotations

from celery import shared_task

from listings.services import ask_for_all_matches


@shared_task(name="listings.match_all")
def match_all() -> None:
    """Look again at all lone things: what is sold beside them, and for how much, changes every day."""
    ask_for_all_matches()
