"""SellingError: DraftIsPublished, DraftIncomplete, LifeNotAllowed."""

from __future__ import annotations

from collections.abc import Sequence

from listings.selling.answers import Step


class SellingError(Exception):
    """Root of what the selling flow refuses on purpose; nothing was written."""


class DraftIsPublished(SellingError):
    """The draft became a listing; change it there."""


class DraftIncomplete(SellingError):
    """steps: the pages that still need an answer."""

    def __init__(self, steps: Sequence[Step]) -> None:
        super().__init__(f"these pages need an answer first: {', '.join(steps)}")
        self.steps = tuple(steps)


class LifeNotAllowed(SellingError):
    """A thing in this state cannot be put into that one; load the page again."""
