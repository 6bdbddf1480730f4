"""Use cases of a draft: begin, save a page's answers, take over at the log-in, discard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from listings.models import EarlierWords, ListingDraft
from listings.selling.answers import FIELD_NAMES, TEXT_FIELDS
from listings.selling.locking import locked_draft
from listings.selling.photos import forget_pictures
from listings.selling.selectors import KnownProduct, Owner, old_draft_ids
from mall.accounts.models import Member

KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True, kw_only=True, slots=True)
class Saved:
    """replaced: columns that held another answer, given after this page was opened, and hold this page's now."""

    draft: ListingDraft
    replaced: tuple[str, ...]


def begin_draft(*, owner: Owner, language: str, known: KnownProduct | None, now: datetime) -> ListingDraft:
    """An empty draft, or one that knows the product's category, brand and title already."""
    draft = ListingDraft(
        member=owner.member,
        owner_token="" if owner.member else owner.token,
        language=language,
        created_at=now,
        updated_at=now,
    )
    if known is not None:
        draft.product = known.product
        draft.category = known.product.category
        draft.title = known.title[:120]
        draft.brand_name = known.product.brand.name if known.product.brand else ""
    draft.save()
    return draft


@transaction.atomic(durable=True)
def save_answers(*, draft_id: int, seen_version: int, answers: Mapping[str, Any], now: datetime) -> Saved:
    """Keep these answers; those that they replace unseen are told, and of text the earlier words are kept too.

    answers: column to value. seen_version: of the draft when its page was opened. Raises DraftIsPublished.
    """
    draft = locked_draft(draft_id)
    changed = [field for field, value in answers.items() if getattr(draft, field) != value]
    replaced: list[str] = []
    if seen_version < draft.version:
        replaced = [field for field in changed if _is_given(getattr(draft, field))]
        EarlierWords.objects.bulk_create(
            EarlierWords(draft=draft, field=field, text=getattr(draft, field), replaced_at=now)
            for field in replaced
            if field in TEXT_FIELDS
        )
    for field in changed:
        setattr(draft, field, answers[field])
    if changed:
        draft.version += 1
    draft.updated_at = now
    draft.save()
    return Saved(draft=draft, replaced=tuple(field for field in replaced if field in FIELD_NAMES))


@transaction.atomic(durable=True)
def take_back_words(*, draft_id: int, words_id: int, now: datetime) -> str | None:
    """Put earlier words back and keep those that stood there. The column, or None where there are no such words."""
    draft = locked_draft(draft_id)
    earlier = EarlierWords.objects.filter(draft=draft, pk=words_id).first()
    if earlier is None or earlier.field not in TEXT_FIELDS:
        return None
    current = getattr(draft, earlier.field)
    setattr(draft, earlier.field, earlier.text)
    draft.version += 1
    draft.updated_at = now
    draft.save()
    if current:
        earlier.text, earlier.replaced_at = current, now
        earlier.save()
    else:
        earlier.delete()
    return str(earlier.field)


def adopt_drafts(*, member: Member, token: str) -> int:
    """The drafts of this session become the member's; returns how many. A second call finds none."""
    if not token:
        return 0
    mine = ListingDraft.objects.filter(member__isnull=True, owner_token=token)
    return mine.update(member=member, owner_token="")


@transaction.atomic(durable=True)
def discard_draft(*, draft_id: int) -> None:
    """Remove an open draft with its photos; a published one stays as it is."""
    draft = ListingDraft.objects.select_for_update().filter(pk=draft_id, state=ListingDraft.State.OPEN).first()
    if draft is None:
        return
    pictures = {pk for pair in draft.photos.values_list("original_id", "picture_id") for pk in pair}
    draft.delete()
    forget_pictures(pictures)


def tidy_drafts(*, now: datetime) -> int:
    """Discard open drafts untouched for KEPT_FOR; returns how many. Each in a transaction of its own."""
    ids = old_draft_ids(before=now - KEPT_FOR)
    for draft_id in ids:
        discard_draft(draft_id=draft_id)
    return len(ids)


def _is_given(answer: Any) -> bool:
    """Zero is an answer: sending for nothing."""
    return answer is not False and answer not in (None, "", [])
