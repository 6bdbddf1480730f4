"""Errors of the catalogue.

CatalogueError
├── RefurbishedRuleBroken   décret 2022-190: who may say "reconditionné", and which words may not stand beside it
├── OfferNotLive            the offer is withdrawn, sold out or its seller is closed
└── UnknownCategory         no category has that slug
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
