"""What a buyer may expect of a seller, by the seller's kind and the condition of the thing.

Sources: Code de la consommation L221-18 (withdrawal), L217-3 and L217-7 (guarantee of conformity and presumption,
12 months for second-hand things), Code civil 1641 (hidden defects, private sales too).
"""

from __future__ import annotations

from dataclasses import dataclass

GUARANTEE_MONTHS = 24
PRESUMPTION_MONTHS_NEW = 24
PRESUMPTION_MONTHS_SECOND_HAND = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Rights:
    """Rights on one offer. Zero days or months: the buyer has no such right, and the page says so."""

    withdrawal_days: int
    guarantee_months: int
    presumption_months: int
    seller_warranty_months: int
    covers_hidden_defects: bool = True


def rights_of(*, is_professional: bool, family: str, return_days: int, warranty_months: int) -> Rights:
    """The rights that come with an offer of `family` from such a seller."""
    if not is_professional:
        return Rights(withdrawal_days=0, guarantee_months=0, presumption_months=0, seller_warranty_months=0)
    return Rights(
        withdrawal_days=max(14, return_days),
        guarantee_months=GUARANTEE_MONTHS,
        presumption_months=PRESUMPTION_MONTHS_NEW if family == "new" else PRESUMPTION_MONTHS_SECOND_HAND,
        seller_warranty_months=warranty_months,
    )
