"""Errors of the catalogue.

CatalogueError
├── RefurbishedRuleBroken   décret 2022-190: who may say "reconditionné", and which words may not stand beside it
├── OfferNotLive            the offer is withdrawn, sold out or its seller is closed
├── UnknownCategory         no category has that slug
└── MatchError              what was to be said about an offer and a product cannot be said
    ├── MatchNotAllowed     the member may not say it
    ├── NotContestable      new goods, or nothing to contest
    ├── MatchHasChanged     the offer is no longer where the person saw it
    ├── PairRefused         a person keeps the two apart, or said what the offer is: the matcher has no say
    ├── TooManyContests     one member contests without end
    └── ReasonTooLong       more words than are kept
"""

from __future__ import annotations


class CatalogueError(Exception):
    """Root of all errors that the catalogue raises on purpose."""


class RefurbishedRuleBroken(CatalogueError):
    """The offer may not be called refurbished; the message names the condition that is missing."""


class OfferNotLive(CatalogueError):
    """The offer can no longer be had."""


class UnknownCategory(CatalogueError):
    """No category has that slug; `manage.py seed_mall` or the admin creates them."""


class MatchError(CatalogueError):
    """What was to be said about an offer and a product cannot be said; nothing was written."""


class MatchNotAllowed(MatchError):
    """The member may not say it: deciding needs the permission to change catalogue matches."""


class NotContestable(MatchError):
    """New goods belong to their product, and an offer that stands alone has no link to contest."""


class MatchHasChanged(MatchError):
    """The offer is no longer where the person saw it; load the page again."""


class PairRefused(MatchError):
    """A person keeps the two apart, or said what the offer is; only a person links them again."""


class TooManyContests(MatchError):
    """One member contests without end. retry_seconds: when the next one is heard."""

    def __init__(self, retry_seconds: int) -> None:
        super().__init__(f"too many contests of one member; the next one is heard in {retry_seconds} s")
        self.retry_seconds = retry_seconds


class ReasonTooLong(MatchError):
    """More words than are kept; shorten them."""
