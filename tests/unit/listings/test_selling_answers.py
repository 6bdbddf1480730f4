"""The order of the selling pages and what counts as an answer."""

from __future__ import annotations

import pytest

from listings.models import ListingDraft
from listings.selling.answers import STEPS, Step, flaws_in_words, step_after, step_before, unanswered


def test_an_empty_draft_needs_every_page_but_the_summary() -> None:
    assert unanswered(ListingDraft(), photo_count=0) == STEPS[:-1]


def test_a_free_thing_to_collect_needs_no_price_of_sending() -> None:
    draft = ListingDraft(category_id=1, title="Lamp", grade="used.good", price_minor=100, can_be_collected=True)

    assert unanswered(draft, photo_count=1) == ()


@pytest.mark.parametrize(("language", "ticked"), [("fr", "Rayures"), ("en", "Scratches")])
def test_flaws_are_told_in_the_language_of_the_draft(language: str, ticked: str) -> None:
    draft = ListingDraft(language=language, flaws=["scratches", "unknown"], flaw_words="  dent \n\n loose lid")

    assert flaws_in_words(draft) == (ticked, "dent", "loose lid")


def test_the_pages_follow_each_other_and_end_at_both_ends() -> None:
    assert [step_after(step) for step in STEPS] == [*STEPS[1:], Step.SUMMARY]
    assert [step_before(step) for step in STEPS] == [Step.PHOTOS, *STEPS[:-1]]
