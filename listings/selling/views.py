"""The pages of the selling flow: one question each, and the seller's desk."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from listings.models import DraftPhoto, Listing, ListingDraft
from listings.selling import photos as photo_services
from listings.selling.answers import STEP_NAMES, TEXT_FIELDS, Step, step_after, step_before
from listings.selling.components import (
    desk_rows,
    draft_rows,
    limits_text,
    listing_address,
    money_text,
    photo_rows,
    refusals_in_words,
    replaced_text,
    step_url,
    steps_of,
    summary_rows,
    thumb_of,
)
from listings.selling.errors import DraftIncomplete, DraftIsPublished, LifeNotAllowed
from listings.selling.forms import FORMS, GRADES_TO_SELL, SellerForm, answers_of, form_of
from listings.selling.life import Deed, change_life
from listings.selling.publishing import publish_draft
from listings.selling.requests import draft_or_404, owner_of, token_of
from listings.selling.selectors import (
    category_tree,
    earlier_words_of,
    find_categories,
    known_product,
    listings_of,
    open_drafts_of,
    photos_of,
    private_seller_of,
)
from listings.selling.services import begin_draft, discard_draft, save_answers, take_back_words
from mall.accounts.models import Member
from mall.core.pictures import PictureRefused


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def start_page(request: HttpRequest) -> HttpResponse:
    """The first page of a new listing, over the drafts that wait; a draft is made when it is sent."""
    given = request.POST if request.method == "POST" else request.GET
    text = given.get("product", "")
    known = known_product(int(text), request.LANGUAGE_CODE) if text.isdecimal() and len(text) < 19 else None
    if request.method == "POST":
        files = request.FILES.getlist("photos")
        if files or known is not None:
            owner = owner_of(request, token=token_of(request))
            draft = begin_draft(owner=owner, language=request.LANGUAGE_CODE, known=known, now=timezone.now())
            return _take_photos(request, draft, Step.PHOTOS)
        errors = [_("Choose at least one photo.")]
    else:
        errors = []
    context = {
        "steps": steps_of(None, Step.PHOTOS, photo_count=0),
        "drafts": draft_rows(open_drafts_of(owner_of(request))),
        "known": known,
        "limits": limits_text(),
        "photo_errors": errors,
    }
    return render(request, "pages/sell_start.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def step_page(request: HttpRequest, draft_id: int, step: str) -> HttpResponse:
    """One question. A sound answer leads on, a faulty one comes back with 422 and all that was written."""
    draft = draft_or_404(request, draft_id)
    if draft.listing is not None:
        return redirect(listing_address(draft.listing.pk, draft.listing.title_in(request.LANGUAGE_CODE)))
    here = _step(step)
    if request.method == "POST":
        if here == Step.PHOTOS:
            return _take_photos(request, draft, here)
        return _publish(request, draft) if here == Step.SUMMARY else _save(request, draft, here)
    if here == Step.PHOTOS:
        return _photos_page(request, draft)
    if here == Step.SUMMARY:
        return _summary_page(request, draft)
    return _question_page(request, draft, here, form_of(here, draft))


def _step(text: str) -> Step:
    try:
        return Step(text)
    except ValueError as error:
        raise Http404(f"no page {text!r} in the selling flow") from error


def _frame(request: HttpRequest, draft: ListingDraft, step: Step, photo_count: int) -> dict[str, Any]:
    return {
        "draft": draft,
        "step": step.value,
        "step_name": STEP_NAMES[step],
        "steps": steps_of(draft, step, photo_count=photo_count),
        "goes_to_summary": request.GET.get("to") == "summary",
    }


def _next_url(request: HttpRequest, draft: ListingDraft, step: Step) -> str:
    if request.POST.get("go") == "back":
        return step_url(draft.pk, step_before(step))
    return step_url(draft.pk, Step.SUMMARY if request.GET.get("to") == "summary" else step_after(step))


def _save(request: HttpRequest, draft: ListingDraft, step: Step) -> HttpResponse:
    form = form_of(step, draft, request.POST)
    is_sound = form.is_valid()
    is_going_back = request.POST.get("go") == "back"
    text = request.POST.get("version", "")
    seen = int(text) if text.isdecimal() and len(text) < 10 else draft.version
    try:
        saved = save_answers(
            draft_id=draft.pk,
            seen_version=seen,
            answers=answers_of(form) if is_sound or is_going_back else {},
            now=timezone.now(),
        )
    except DraftIsPublished:
        return redirect(step_url(draft.pk, Step.SUMMARY))
    if not is_sound and not is_going_back:
        # the page stays as old as it was: what others saved meanwhile is still to be told
        return _question_page(request, saved.draft, step, form, seen=seen, status=422)
    if saved.replaced:
        messages.info(request, replaced_text(saved.replaced))
        return redirect(step_url(draft.pk, step))
    return redirect(_next_url(request, draft, step))


def _question_page(
    request: HttpRequest,
    draft: ListingDraft,
    step: Step,
    form: Any,
    *,
    seen: int | None = None,
    status: int = 200,
) -> HttpResponse:
    fields = [field for field in FORMS[step].base_fields if field in TEXT_FIELDS]
    context = _frame(request, draft, step, len(photos_of(draft))) | {
        "form": form,
        "version": draft.version if seen is None else seen,
        "earlier": earlier_words_of(draft, fields),
    }
    if step == Step.CATEGORY:
        words = request.GET.get("q", "").strip()[:120]
        tree = category_tree()
        chosen = str(form["category"].value() or "")
        context |= {"tree": tree, "q": words, "found": find_categories(tree, words), "chosen": chosen}
        context |= {"language": request.LANGUAGE_CODE}
    if step == Step.CONDITION:
        context |= {"grades": GRADES_TO_SELL, "chosen": form["grade"].value()}
    if step == Step.PRICE and draft.product_id is not None:
        known = known_product(draft.product_id, request.LANGUAGE_CODE)
        new_text = money_text(known.new_minor) if known and known.new_minor else ""
        context |= {"known": known, "new_text": new_text}
    return render(request, f"pages/sell_{step.value}.html", context, status=status)


def _take_photos(request: HttpRequest, draft: ListingDraft, step: Step) -> HttpResponse:
    files = request.FILES.getlist("photos")
    try:
        outcomes = photo_services.add_photos(draft_id=draft.pk, files=files, now=timezone.now())
    except DraftIsPublished:
        return redirect(step_url(draft.pk, Step.SUMMARY))
    errors = refusals_in_words(outcomes)
    has_photo = bool(photos_of(draft))
    is_staying = request.POST.get("go") == "stay"
    if not errors and not has_photo and not is_staying:
        errors = [_("Choose at least one photo.")]
    if errors:
        return _photos_page(request, draft, errors=errors)
    if is_staying:
        return redirect(step_url(draft.pk, step))
    return redirect(_next_url(request, draft, step))


def _photos_page(request: HttpRequest, draft: ListingDraft, *, errors: list[str] | None = None) -> HttpResponse:
    photos = photos_of(draft)
    context = _frame(request, draft, Step.PHOTOS, len(photos)) | {
        "rows": photo_rows(draft, photos),
        "is_waiting": any(not photo.picture.ready_widths and not photo.picture.is_failed for photo in photos),
        "limits": limits_text(),
        "photo_errors": errors or [],
        "post_url": step_url(draft.pk, Step.PHOTOS),
    }
    return render(request, "pages/sell_photos.html", context, status=422 if errors else 200)


@require_POST
@never_cache
def photo_deed(request: HttpRequest, draft_id: int, photo_id: int) -> HttpResponse:
    """Turn, move, describe or remove one photo; what was written beside it is kept by each of the buttons."""
    draft = draft_or_404(request, draft_id)
    deed, now = request.POST.get("do", ""), timezone.now()
    try:
        if deed == "remove":
            photo_services.remove_photo(draft_id=draft.pk, photo_id=photo_id, now=now)
        else:
            photo_services.describe_photo(
                draft_id=draft.pk,
                photo_id=photo_id,
                alt=request.POST.get("alt", "").strip().replace("\x00", ""),
                is_defect="is_defect" in request.POST,
                now=now,
            )
        if deed in {"up", "down"}:
            by = -1 if deed == "up" else 1
            photo_services.move_photo(draft_id=draft.pk, photo_id=photo_id, by=by, now=now)
        elif deed in {"left", "right"}:
            quarters = -1 if deed == "left" else 1
            photo_services.turn_photo(draft_id=draft.pk, photo_id=photo_id, quarters=quarters, now=now)
    except (DraftPhoto.DoesNotExist, DraftIsPublished):
        messages.info(request, _("Nothing was changed: this photo is no longer in the draft."))
    except PictureRefused:
        messages.info(request, _("This photo cannot be turned. Remove it and choose it again."))
    gone = "" if deed == "remove" else f"#photo-{photo_id}"
    return redirect(f"{step_url(draft.pk, Step.PHOTOS)}{gone or '#photos'}")


@require_POST
@never_cache
def earlier_words(request: HttpRequest, draft_id: int, words_id: int) -> HttpResponse:
    """Put back what another tab had written; what stands there now is kept in its place."""
    draft = draft_or_404(request, draft_id)
    try:
        field = take_back_words(draft_id=draft.pk, words_id=words_id, now=timezone.now())
    except DraftIsPublished:
        return redirect(step_url(draft.pk, Step.SUMMARY))
    home = Step.CONDITION if field == "flaw_words" else Step.WORDS
    return redirect(step_url(draft.pk, home))


def _summary_page(
    request: HttpRequest,
    draft: ListingDraft,
    *,
    form: SellerForm | None = None,
    problems: list[str] | None = None,
) -> HttpResponse:
    photos = photos_of(draft)
    member = request.user if request.user.is_authenticated else None
    rows = summary_rows(draft, photo_count=len(photos), language=request.LANGUAGE_CODE)
    if member is not None and form is None and private_seller_of(member) is None:
        form = SellerForm()
    context = _frame(request, draft, Step.SUMMARY, len(photos)) | {
        "rows": rows,
        "thumbs": [thumb_of(photo.picture) for photo in photos],
        "form": form if member is not None else None,
        "problems": problems or [],
        "here": request.path,
    }
    is_faulty = bool(problems) or (form is not None and form.is_bound)
    return render(request, "pages/sell_summary.html", context, status=422 if is_faulty else 200)


def _publish(request: HttpRequest, draft: ListingDraft) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect(f"{reverse('account_login')}?next={step_url(draft.pk, Step.SUMMARY)}")
    member = request.user
    words = {"seller_name": "", "city": ""}
    if private_seller_of(member) is None:
        form = SellerForm(request.POST)
        if not form.is_valid():
            return _summary_page(request, draft, form=form)
        words = form.cleaned_data
    try:
        listing = publish_draft(draft_id=draft.pk, member=member, now=timezone.now(), **words)
    except DraftIncomplete as refusal:
        missing = [_("“%(page)s” needs an answer.") % {"page": STEP_NAMES[step]} for step in refusal.steps]
        return _summary_page(request, draft, problems=missing)
    messages.info(request, _("Your listing is published. Buyers find it in the search within seconds."))
    return redirect(listing_address(listing.pk, listing.title_in(request.LANGUAGE_CODE)))


@require_POST
@never_cache
def discard(request: HttpRequest, draft_id: int) -> HttpResponse:
    draft = draft_or_404(request, draft_id)
    discard_draft(draft_id=draft.pk)
    messages.info(request, _("The draft was thrown away."))
    return redirect("sell_desk" if request.user.is_authenticated else "sell")


@require_safe
@never_cache
@login_required
def desk_page(request: HttpRequest) -> HttpResponse:
    """All that the member sells, sold and has begun."""
    things = listings_of(cast(Member, request.user), timezone.now())
    context = {
        "drafts": draft_rows(open_drafts_of(owner_of(request))),
        "things": desk_rows(things, request.LANGUAGE_CODE),
    }
    return render(request, "pages/sell_desk.html", context)


@require_POST
@never_cache
@login_required
def life_deed(request: HttpRequest, listing_id: int) -> HttpResponse:
    """Pause, resume, take back, put on sale again."""
    try:
        deed = Deed(request.POST.get("do", ""))
        change_life(listing_id=listing_id, member=cast(Member, request.user), deed=deed, now=timezone.now())
    except Listing.DoesNotExist as error:
        raise Http404(str(error)) from error
    except (ValueError, LifeNotAllowed):
        messages.info(request, _("Nothing was changed: this listing is in another state now."))
    return redirect("sell_desk")
