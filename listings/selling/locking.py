"""The one way to a draft that is about to change."""

from __future__ import annotations

from listings.models import ListingDraft
from listings.selling.errors import DraftIsPublished


def locked_draft(draft_id: int) -> ListingDraft:
    """Inside a transaction. Raises DraftIsPublished; ListingDraft.DoesNotExist when it was discarded meanwhile."""
    draft = ListingDraft.objects.select_for_update().get(pk=draft_id)
    if draft.state != ListingDraft.State.OPEN:
        raise DraftIsPublished(f"draft {draft_id} was published")
    return draft
