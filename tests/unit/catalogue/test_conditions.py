"""The scale of conditions keeps the law's words apart."""

from __future__ import annotations

import pytest
from django.utils import translation

from mall.catalogue.conditions import FORBIDDEN_BESIDE_REFURBISHED, GRADES, Family, grades_of
from search.analysis import fold


@pytest.mark.parametrize("language", ["fr", "en"])
def test_refurbished_never_stands_beside_like_new(language: str) -> None:
    with translation.override(language):
        for grade in grades_of(Family.REFURBISHED):
            words = fold(f"{grade.label} {grade.sentence}")
            assert not any(forbidden in words for forbidden in FORBIDDEN_BESIDE_REFURBISHED), words


def test_every_grade_tells_schema_org_its_condition() -> None:
    assert {code: grade.schema_org.rpartition("/")[2] for code, grade in GRADES.items()} == {
        "new.sealed": "NewCondition",
        "new.open": "UsedCondition",
        "new.defect": "NewCondition",
        "refurb.premium": "RefurbishedCondition",
        "refurb.excellent": "RefurbishedCondition",
        "refurb.good": "RefurbishedCondition",
        "refurb.fair": "RefurbishedCondition",
        "used.like_new": "UsedCondition",
        "used.very_good": "UsedCondition",
        "used.good": "UsedCondition",
        "used.acceptable": "UsedCondition",
        "parts.parts": "DamagedCondition",
    }


def test_grades_of_a_family_come_best_first() -> None:
    assert [grade.code for grade in grades_of("used")] == [
        "used.like_new",
        "used.very_good",
        "used.good",
        "used.acceptable",
    ]
