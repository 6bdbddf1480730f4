"""Codes are normalised, and wrong ones refused with the reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mall.catalogue.identifiers import (
    InvalidIdentifier,
    gtin_check_digit,
    isbn10_to_gtin,
    normalise_gtin,
    normalise_isbn10,
    normalise_mpn,
)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("4006381333931", "04006381333931"),
        ("4 006381 333931", "04006381333931"),
        ("0882780756328", "00882780756328"),
        ("882780756328", "00882780756328"),
        ("96385074", "00000096385074"),
        ("14006381333938", "14006381333938"),
    ],
)
def test_a_gtin_is_stored_as_14_digits(written: str, stored: str) -> None:
    assert normalise_gtin(written) == stored


def test_a_upc_that_lost_its_zero_in_a_spreadsheet_is_read() -> None:
    assert normalise_gtin("36000291452") == "00036000291452"


def test_a_wrong_control_digit_names_the_right_one() -> None:
    with pytest.raises(InvalidIdentifier, match="should be 1, not 2"):
        normalise_gtin("4006381333932")


@pytest.mark.parametrize("code", ["", "123", "00000000000000", "40063813339x1", "٤٠٠٦٣٨١٣٣٣٩٣١", "4" * 15])
def test_what_is_no_gtin_is_refused(code: str) -> None:
    with pytest.raises(InvalidIdentifier):
        normalise_gtin(code)


@given(st.text("0123456789", min_size=12, max_size=12).filter(lambda body: set(body) != {"0"}))
def test_every_single_wrong_digit_is_noticed(body: str) -> None:
    good = body + str(gtin_check_digit(body))
    assert normalise_gtin(good) == "0" + good
    for place in range(13):
        wrong = good[:place] + str((int(good[place]) + 1) % 10) + good[place + 1 :]
        with pytest.raises(InvalidIdentifier):
            normalise_gtin(wrong)


def test_an_isbn10_becomes_the_gtin_of_the_same_book() -> None:
    assert isbn10_to_gtin("2-07-036822-X") == "09782070368228"
    assert normalise_gtin("207036822X") == "09782070368228"
    assert normalise_isbn10("2-07-036822-x") == "207036822X"


def test_an_isbn10_with_a_wrong_control_character_is_refused() -> None:
    with pytest.raises(InvalidIdentifier, match="control character"):
        normalise_isbn10("2070368221")


def test_part_numbers_compare_without_punctuation() -> None:
    assert normalise_mpn(" wan-28208/ff ") == "WAN28208FF"


@pytest.mark.parametrize("code", ["", "-", "x", "y" * 61])
def test_a_part_number_has_a_sensible_length(code: str) -> None:
    with pytest.raises(InvalidIdentifier):
        normalise_mpn(code)
