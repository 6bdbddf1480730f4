"""PricingError
├── BrokenSale             a sale or a thing that cannot be: price, date, empty category; a line that is no sale
└── PriceModelUnreadable   files missing, changed, or of another version
"""

from __future__ import annotations


class PricingError(Exception):
    """Whatever keeps price advice from working; the message names the remedy."""


class BrokenSale(PricingError, ValueError):
    """A sale or thing that cannot be; from a file, the message begins with file and line number."""


class PriceModelUnreadable(PricingError):
    """The model's files are missing, changed or of another version: train again."""
