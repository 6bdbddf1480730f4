"""PhotoRefused (ValueError)     a file that is not taken as a listing photo; `reason` says why, the message the remedy
BrokenStroke (ValueError)     a box or stroke of the seller's hand that cannot be meant
BackendUnusable               a cut-out backend whose model is missing, not allowed, or not the one that was approved
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a file is refused. Stable: pages choose their words by it."""

    EMPTY = "empty"
    TOO_MANY_BYTES = "too_many_bytes"
    NOT_A_PHOTO = "not_a_photo"
    KIND_TURNED_OFF = "kind_turned_off"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_SMALL = "too_small"
    TOO_NARROW = "too_narrow"
    DAMAGED = "damaged"
    TOO_COSTLY = "too_costly"


class PhotoRefused(ValueError):
    """A file that is not taken as a listing photo.

    reason: stable, for pages in other languages; the message is plain English and names the remedy.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class BrokenStroke(ValueError):
    """A box or stroke that cannot be meant: outside the picture, empty, or of no known kind."""


class BackendUnusable(Exception):
    """A cut-out backend that cannot be used; the message says what the operator has to do."""
