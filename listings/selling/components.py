"""What the pages of the selling flow show, in words; nothing here asks the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from listings.models import DraftPhoto, ListingDraft
from listings.selling.answers import (
    DELIVERY_SPANS,
    FIELD_NAMES,
    MOST_PHOTOS,
    STEP_NAMES,
    STEPS,
    Step,
    flaws_in_words,
    is_answered,
)
from listings.selling.life import DEEDS_OF, Deed, LifeState
from listings.selling.photos import FileOutcome, Outcome
from listings.selling.selectors import OpenDraft, OwnListing
from mall.catalogue.conditions import GRADES
from mall.core.models import Picture
from mall.core.money import Money
from mall.core.pictures import MAX_BYTES, sources_of

THUMB_SIZES = "6rem"


def money_text(minor: int) -> str:
    language = "en" if (get_language() or "fr").startswith("en") else "fr"
    return Money(minor, settings.MALL_CURRENCY).format(language, drops_zero_cents=True)


def step_url(draft_id: int, step: Step) -> str:
    return reverse("sell_step", kwargs={"draft_id": draft_id, "step": step.value})


@dataclass(frozen=True, kw_only=True, slots=True)
class StepLink:
    """One step of the progress list. url: "" while there is no draft."""

    name: str
    url: str
    is_current: bool
    is_done: bool


def steps_of(draft: ListingDraft | None, current: Step, *, photo_count: int) -> tuple[StepLink, ...]:
    return tuple(
        StepLink(
            name=str(STEP_NAMES[step]),
            url=step_url(draft.pk, step) if draft else "",
            is_current=step == current,
            is_done=draft is not None and is_answered(draft, step, photo_count=photo_count),
        )
        for step in STEPS
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Thumb:
    """A small picture. src: "" while the worker makes it; is_failed: it never will."""

    src: str
    width: int
    height: int
    is_failed: bool


def thumb_of(picture: Picture | None) -> Thumb | None:
    if picture is None:
        return None
    sources = sources_of(picture)
    if sources is None:
        return Thumb(src="", width=0, height=0, is_failed=picture.is_failed)
    return Thumb(src=sources.src, width=sources.width, height=sources.height, is_failed=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class PhotoRow:
    """One photo of the draft with its buttons. number: from 1."""

    photo: DraftPhoto
    number: int
    thumb: Thumb | None
    name: str
    url: str
    is_first: bool
    is_last: bool


def photo_rows(draft: ListingDraft, photos: Sequence[DraftPhoto]) -> tuple[PhotoRow, ...]:
    return tuple(
        PhotoRow(
            photo=photo,
            number=number,
            thumb=thumb_of(photo.picture),
            name=_("Photo %(number)s") % {"number": number},
            url=reverse("sell_photo", kwargs={"draft_id": draft.pk, "photo_id": photo.pk}),
            is_first=number == 1,
            is_last=number == len(photos),
        )
        for number, photo in enumerate(photos, start=1)
    )


def limits_text() -> str:
    return _("JPEG, PNG or WebP, up to %(photos)s photos of %(megabytes)s MB each.") % {
        "photos": MOST_PHOTOS,
        "megabytes": MAX_BYTES // 1024 // 1024,
    }


def refusals_in_words(outcomes: Sequence[FileOutcome]) -> list[str]:
    """A sentence for each file that was not added; the others need none."""
    sentences = {
        Outcome.TWICE: _("“%(name)s” is among your photos already; it was not added twice."),
        Outcome.TOO_MANY: _("“%(name)s” was not added: a listing has at most %(most)s photos."),
        Outcome.TOO_LARGE: _("“%(name)s” is larger than %(megabytes)s MB. Choose a smaller photo."),
        Outcome.EMPTY: _("“%(name)s” is empty. Choose it again."),
        Outcome.NO_PICTURE: _("“%(name)s” is no photo that can be read. Choose a JPEG, PNG or WebP file."),
    }
    facts = {"most": MOST_PHOTOS, "megabytes": MAX_BYTES // 1024 // 1024}
    return [sentences[one.outcome] % {"name": one.name, **facts} for one in outcomes if one.outcome in sentences]


def replaced_text(fields: Sequence[str]) -> str:
    """Said after a save from a page that was opened before another save."""
    names = ", ".join(f"“{FIELD_NAMES[field]}”" for field in fields)
    return _("This draft was changed elsewhere meanwhile. What you have just written counts now: %(fields)s.") % {
        "fields": names
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class SummaryRow:
    """One question with its answers, a line each. lines: empty where it is not answered."""

    name: str
    lines: tuple[str, ...]
    url: str


def summary_rows(draft: ListingDraft, *, photo_count: int, language: str) -> tuple[SummaryRow, ...]:
    lines = {
        Step.PHOTOS: _photo_lines(photo_count),
        Step.CATEGORY: (draft.category.name(language),) if draft.category else (),
        Step.WORDS: _word_lines(draft) if draft.title else (),
        Step.CONDITION: _condition_lines(draft) if draft.grade else (),
        Step.PRICE: _price_lines(draft),
        Step.SHIPPING: _shipping_lines(draft),
    }
    return tuple(
        SummaryRow(name=str(STEP_NAMES[step]), lines=lines[step], url=f"{step_url(draft.pk, step)}?to=summary")
        for step in STEPS[:-1]
    )


def _photo_lines(count: int) -> tuple[str, ...]:
    return (ngettext("%(count)s photo", "%(count)s photos", count) % {"count": count},) if count else ()


def _word_lines(draft: ListingDraft) -> tuple[str, ...]:
    named = ("brand_name", "model_code", "gtin", "size", "bought_in")
    facts = [
        _("%(label)s: %(value)s") % {"label": FIELD_NAMES[field], "value": getattr(draft, field)}
        for field in named
        if getattr(draft, field)
    ]
    return (draft.title, *draft.description.splitlines(), *facts)


def _condition_lines(draft: ListingDraft) -> tuple[str, ...]:
    parts = _("All parts are there") if draft.is_complete else _("Parts are missing")
    return (str(GRADES[draft.grade].label), *(flaws_in_words(draft) or (_("No flaw named"),)), parts)


def _price_lines(draft: ListingDraft) -> tuple[str, ...]:
    if draft.price_minor is None:
        return ()
    price = money_text(draft.price_minor)
    return (price, _("No fee: you receive %(price)s.") % {"price": price})


def _shipping_lines(draft: ListingDraft) -> tuple[str, ...]:
    lines = []
    if draft.can_be_sent:
        longest = draft.delivery_days_max or max(DELIVERY_SPANS)
        lines.append(
            _("Sent for %(price)s, %(least)s to %(most)s days")
            % {
                "price": money_text(draft.delivery_minor or 0),
                "least": DELIVERY_SPANS.get(longest, longest),
                "most": longest,
            }
        )
    if draft.can_be_collected:
        lines.append(_("Can be collected"))
    return tuple(lines)


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftRow:
    """An open draft in a list."""

    title: str
    thumb: Thumb | None
    draft: ListingDraft
    resume_url: str
    discard_url: str


def draft_rows(drafts: Sequence[OpenDraft]) -> tuple[DraftRow, ...]:
    return tuple(
        DraftRow(
            title=one.draft.title or _("Listing without a title"),
            thumb=thumb_of(one.picture),
            draft=one.draft,
            resume_url=step_url(one.draft.pk, one.next_step),
            discard_url=reverse("sell_discard", kwargs={"draft_id": one.draft.pk}),
        )
        for one in drafts
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class DeskRow:
    """A published thing on its seller's desk. url: "" for one that shoppers cannot see. deeds: (value, words)."""

    title: str
    thumb: Thumb | None
    price: str
    state: str
    state_text: str
    url: str
    life_url: str
    deeds: tuple[tuple[str, str], ...]


def desk_rows(things: Sequence[OwnListing], language: str) -> tuple[DeskRow, ...]:
    return tuple(_desk_row(thing, language) for thing in things)


def _desk_row(thing: OwnListing, language: str) -> DeskRow:
    listing, state = thing.listing, LifeState(thing.state)
    title = listing.title_in(language)
    return DeskRow(
        title=title,
        thumb=thumb_of(thing.picture),
        price=money_text(listing.offer.price_minor),
        state=state.value,
        state_text=state_text(state),
        url=listing_address(listing.pk, title) if state in (LifeState.PUBLISHED, LifeState.SOLD) else "",
        life_url=reverse("sell_life", kwargs={"listing_id": listing.pk}),
        deeds=tuple((deed.value, _deed_text(deed)) for deed in DEEDS_OF[state]),
    )


def listing_address(listing_id: int, title: str) -> str:
    return reverse("listing", kwargs={"slug": slugify(title) or "item", "listing_id": listing_id})


def state_text(state: LifeState) -> str:
    return {
        LifeState.PUBLISHED: _("On sale"),
        LifeState.PAUSED: _("Paused"),
        LifeState.SOLD: _("Sold"),
        LifeState.WITHDRAWN: _("Taken back"),
    }[state]


def _deed_text(deed: Deed) -> str:
    return {
        Deed.PAUSE: _("Pause"),
        Deed.RESUME: _("Resume"),
        Deed.WITHDRAW: _("Take back"),
        Deed.RELIST: _("Put on sale again"),
    }[deed]
