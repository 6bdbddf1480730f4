"""What a buyer may expect depends on who sells."""

from __future__ import annotations

from mall.sellers.rights import rights_of


def test_a_private_person_owes_neither_withdrawal_nor_guarantee() -> None:
    rights = rights_of(is_professional=False, family="used", return_days=0, warranty_months=0)

    assert (rights.withdrawal_days, rights.guarantee_months, rights.presumption_months) == (0, 0, 0)
    assert rights.covers_hidden_defects


def test_a_professional_grants_14_days_and_24_months() -> None:
    rights = rights_of(is_professional=True, family="new", return_days=0, warranty_months=0)

    assert (rights.withdrawal_days, rights.guarantee_months, rights.presumption_months) == (14, 24, 24)


def test_a_defect_of_refurbished_goods_is_presumed_for_12_months() -> None:
    rights = rights_of(is_professional=True, family="refurbished", return_days=30, warranty_months=12)

    assert (rights.withdrawal_days, rights.presumption_months, rights.seller_warranty_months) == (30, 12, 12)
