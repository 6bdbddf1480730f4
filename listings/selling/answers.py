"""The questions in their order, and what counts as an answer. Pure: no query, no clock."""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override, pgettext_lazy

from listings.selling.models import ListingDraft

MOST_PHOTOS = 12


class Step(StrEnum):
    """One page each, named as in its address."""

    PHOTOS = "photos"
    CATEGORY = "category"
    WORDS = "words"
    CONDITION = "condition"
    PRICE = "price"
    SHIPPING = "shipping"
    SUMMARY = "summary"


STEPS: tuple[Step, ...] = tuple(Step)
STEP_NAMES = {
    Step.PHOTOS: pgettext_lazy("selling", "Photos"),
    Step.CATEGORY: pgettext_lazy("selling", "Category"),
    Step.WORDS: pgettext_lazy("selling", "Words"),
    Step.CONDITION: pgettext_lazy("selling", "Condition"),
    Step.PRICE: pgettext_lazy("selling", "Price"),
    Step.SHIPPING: pgettext_lazy("selling", "Shipping"),
    Step.SUMMARY: pgettext_lazy("selling", "Summary"),
}

# longest promise to shortest, days
DELIVERY_SPANS: dict[int, int] = {4: 2, 7: 3, 14: 7}

# text columns: what a later save replaces there is kept
TEXT_FIELDS = ("title", "description", "brand_name", "model_code", "gtin", "size", "flaw_words")
FIELD_NAMES = {
    "category": pgettext_lazy("selling", "Category"),
    "title": _("Title"),
    "description": _("Description"),
    "brand_name": _("Brand"),
    "model_code": _("Model or part number"),
    "gtin": _("Barcode number"),
    "size": _("Size"),
    "bought_in": _("Year of purchase"),
    "grade": pgettext_lazy("selling", "Condition"),
    "flaws": _("Flaws"),
    "flaw_words": _("Flaws in your own words"),
    "is_complete": _("All parts are there"),
    "price_minor": pgettext_lazy("selling", "Price"),
    "can_be_sent": _("I send it"),
    "delivery_minor": _("Price of sending"),
    "delivery_days_max": _("Delivery time"),
    "can_be_collected": _("The buyer can collect it"),
}

FLAWS = {
    "scratches": _("Scratches"),
    "stains": _("Stains"),
    "dents": _("Dents or chips"),
    "worn": _("Worn edges or corners"),
    "faded": _("Faded or yellowed"),
    "torn": _("Tears or holes"),
    "cracked": _("Cracks"),
    "smell": _("Smells, of smoke or of animals"),
    "battery": _("Weak battery"),
    "function": _("One function does not work"),
}


def flaws_in_words(draft: ListingDraft) -> tuple[str, ...]:
    """Each flaw as one line in the draft's language: those ticked, then the seller's own."""
    with override(draft.language):
        ticked = [str(FLAWS[code]) for code in draft.flaws if code in FLAWS]
    own = [line.strip() for line in draft.flaw_words.splitlines() if line.strip()]
    return (*ticked, *own)


def is_answered(draft: ListingDraft, step: Step, *, photo_count: int) -> bool:
    """Whether this page needs nothing more. The summary is never answered."""
    return {
        Step.PHOTOS: photo_count > 0,
        Step.CATEGORY: draft.category_id is not None,
        Step.WORDS: draft.title != "",
        Step.CONDITION: draft.grade != "",
        Step.PRICE: draft.price_minor is not None,
        Step.SHIPPING: draft.can_be_sent or draft.can_be_collected,
        Step.SUMMARY: False,
    }[step]


def unanswered(draft: ListingDraft, *, photo_count: int) -> tuple[Step, ...]:
    """The pages that must be answered before the thing can be published."""
    return tuple(step for step in STEPS[:-1] if not is_answered(draft, step, photo_count=photo_count))


def step_after(step: Step) -> Step:
    """The summary stays where it is."""
    return STEPS[min(STEPS.index(step) + 1, len(STEPS) - 1)]


def step_before(step: Step) -> Step:
    """The first page stays where it is."""
    return STEPS[max(STEPS.index(step) - 1, 0)]
