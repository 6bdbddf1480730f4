"""The conditions a thing can be sold in: a family and a grade, each with one sentence a buyer can check.

Scale: families and grades as Google, eBay and schema.org know them, words by décret 2022-190: "reconditionné"
only from a professional who tested every function and wiped the data, and never beside "comme neuf".
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Family(models.TextChoices):
    """The three doors of the mall, and things sold for parts."""

    NEW = "new", pgettext_lazy("condition", "New")
    REFURBISHED = "refurbished", pgettext_lazy("condition", "Refurbished")
    USED = "used", pgettext_lazy("condition", "Second-hand")
    PARTS = "parts", pgettext_lazy("condition", "For parts")


@dataclass(frozen=True, kw_only=True, slots=True)
class Grade:
    """One step of the scale. code: "used.good"; rank: 0 is best within the family.

    viewing_distance_cm: nearest distance at which no mark is to be seen; 0 for none at all, None for visible marks.
    schema_org: the value of itemCondition.
    """

    code: str
    family: Family
    rank: int
    label: str | Promise
    sentence: str | Promise
    schema_org: str
    viewing_distance_cm: int | None

    @property
    def short_code(self) -> str:
        return self.code.partition(".")[2]


def _grade(code: str, rank: int, label: Promise, sentence: Promise, distance: int | None) -> Grade:
    family = Family({"refurb": "refurbished"}.get(code.partition(".")[0], code.partition(".")[0]))
    schema = {
        Family.NEW: "NewCondition",
        Family.REFURBISHED: "RefurbishedCondition",
        Family.USED: "UsedCondition",
        Family.PARTS: "DamagedCondition",
    }[family]
    if code == "new.open":
        # An opened box is not "new" to Google's merchant rules.
        schema = "UsedCondition"
    return Grade(
        code=code,
        family=family,
        rank=rank,
        label=label,
        sentence=sentence,
        schema_org=f"https://schema.org/{schema}",
        viewing_distance_cm=distance,
    )


GRADES: dict[str, Grade] = {
    grade.code: grade
    for grade in (
        _grade("new.sealed", 0, _("New"), _("Sealed packaging, never used."), 0),
        _grade("new.open", 1, _("New, opened box"), _("Never used, the packaging was opened."), 0),
        _grade("new.defect", 2, _("New with a flaw"), _("Never used; the flaw is described and shown."), None),
        _grade(
            "refurb.premium",
            0,
            _("Refurbished, premium"),
            _("No mark to be seen, genuine parts, every function tested."),
            0,
        ),
        _grade(
            "refurb.excellent",
            1,
            _("Refurbished, excellent"),
            _("No mark to be seen from 20 cm, screen included. Every function tested."),
            20,
        ),
        _grade(
            "refurb.good",
            2,
            _("Refurbished, very good"),
            _("Light marks that cannot be seen from 50 cm. Every function tested."),
            50,
        ),
        _grade(
            "refurb.fair",
            3,
            _("Refurbished, fair"),
            _("Marks that can be seen from 50 cm. Every function tested."),
            None,
        ),
        _grade(
            "used.like_new",
            0,
            _("Second-hand, like new"),
            _("Hardly used, no mark to be seen, complete."),
            0,
        ),
        _grade(
            "used.very_good",
            1,
            _("Second-hand, very good condition"),
            _("Little used, nothing to be seen from 50 cm. Described and photographed by its owner."),
            50,
        ),
        _grade(
            "used.good",
            2,
            _("Second-hand, good condition"),
            _("Visible, photographed marks of use; everything works."),
            None,
        ),
        _grade(
            "used.acceptable",
            3,
            _("Second-hand, fair condition"),
            _("Clear marks of use, photographed; the main function works."),
            None,
        ),
        _grade("parts.parts", 0, _("For parts"), _("Does not work, or not wholly; sold for its parts."), None),
    )
}

GRADE_CHOICES = [(code, grade.label) for code, grade in GRADES.items()]


def grades_of(family: str) -> list[Grade]:
    """The grades of one family, best first."""
    return [grade for grade in GRADES.values() if grade.family == family]


# Words that décret 2022-190 article 1 keeps away from refurbished goods, folded (no accents, lower case).
FORBIDDEN_BESIDE_REFURBISHED = ("comme neuf", "etat neuf", "a neuf", "like new", "as new")
