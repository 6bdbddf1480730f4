"""The page of the matcher's figures: its report, read with care, and people's decisions beside it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from mall.accounts.models import Member
from mall.catalogue import matching_report
from mall.catalogue.match_services import confirm_match, propose_match, split_match, undo_decision
from mall.catalogue.matching_report import MatcherReport, ReportBroken, find_report, read_report
from mall.catalogue.models import CatalogueMatch
from mall.desk.quality import JudgedPrediction, by_score, by_week, in_all, judged_predictions
from mall.desk.report import calibration_chart, share_text
from tests.factories import ListingFactory, VariantFactory

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
REPORT: dict[str, Any] = {
    "model_version": "pairs-3",
    "set": "held-out pairs",
    "pairs": 4000,
    "same": 900,
    "created_on": "2026-11-24",
    "f1": 0.912,
    "precision": 0.93,
    "recall": 0.895,
    "threshold": 0.5,
    "linked": {"threshold": 0.9, "precision": 0.985, "recall": 0.71, "count": 650},
    "proposed": {"threshold": 0.4, "count": 300, "share_same": 0.55},
    "bins": [
        {"from": 0.0, "to": 0.5, "count": 3000, "mean_probability": 0.05, "share_same": 0.04},
        {"from": 0.5, "to": 0.9, "count": 0, "mean_probability": 0.7, "share_same": 0.0},
        {"from": 0.9, "to": 1.0, "count": 1000, "mean_probability": 0.97, "share_same": 0.98},
    ],
    "sets": [
        {
            "name": "bikes",
            "pairs": 120,
            "f1": 0.8,
            "precision": 0.9,
            "recall": 0.72,
            "linked_precision": 1.0,
            "linked_recall": 0.5,
        }
    ],
}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No shipped report and no own one until the test writes it."""
    settings.DATA_FOLDER = tmp_path
    monkeypatch.setattr(matching_report, "SHIPPED", tmp_path / "shipped.json")
    return tmp_path


def write(folder: Path, name: str, **changes: Any) -> None:
    (folder / name).write_text(json.dumps({**REPORT, **changes}), encoding="utf-8")


def words_of(client: Client) -> str:
    response = client.get("/admin/matching-quality/")
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode().split("<main", 1)[-1]).split())


def decide(score: float, *, is_same: bool, member: Member, now: datetime = NOW) -> CatalogueMatch:
    """The model proposes with `score`, a person answers."""
    offer, variant = ListingFactory().offer, VariantFactory()
    propose_match(offer=offer, variant=variant, evidence=[], score=score, model_version="v1", now=now)
    if is_same:
        return confirm_match(offer_id=offer.pk, variant_id=variant.pk, member=member, now=now)
    return split_match(offer_id=offer.pk, product_id=variant.product_id, member=member, now=now)


def test_the_operators_own_report_wins_over_the_shipped_one(folders: Path) -> None:
    assert find_report().report is None
    write(folders, "shipped.json", model_version="shipped")
    assert find_report().report == read_report(folders / "shipped.json")
    write(folders, "matcher_report.json", model_version="own")

    found = find_report()

    assert (found.report and found.report.model_version, found.is_own, found.problem) == ("own", True, "")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("not json", "Expecting value"),
        ("[]", "valid dictionary"),
        (json.dumps({**REPORT, "f1": 1.2}), "f1"),
        (json.dumps({**REPORT, "recall": float("nan")}), "recall"),
        (json.dumps({**REPORT, "bins": [{"from": 0, "to": 1}]}), "bins.0.count"),
        (json.dumps({key: REPORT[key] for key in REPORT if key != "linked"}), "linked"),
    ],
)
def test_a_broken_report_says_where_and_the_shipped_one_is_shown(folders: Path, text: str, place: str) -> None:
    write(folders, "shipped.json")
    (folders / "matcher_report.json").write_text(text, encoding="utf-8")

    with pytest.raises(ReportBroken, match=place):
        read_report(folders / "matcher_report.json")
    found = find_report()

    assert found.report is not None
    assert (found.is_own, place in found.problem) == (False, True)


def test_the_page_shows_figures_chart_and_table(desk: Client, folders: Path) -> None:
    write(folders, "shipped.json")

    text = words_of(desk)

    expected = [
        "Shipped report: model pairs-3 over held-out pairs, 4,000 pairs, 900 the same, 2026-11-24.",
        "F1 91.2%",
        "Precision 93%",
        "Recall 89.5%",
        "650 pairs, precision 98.5%, recall 71%",
        "300 pairs, 55% of them the same",
        "90% to 100% 1,000 97% 98%",
        "bikes 120 80% 90% 72% 100% 50%",
        "On average, probability and truth lie 1% apart.",
    ]
    assert [words for words in expected if words not in text] == []


def test_without_a_report_decisions_are_shown_all_the_same(desk: Client, operator: Member) -> None:
    decide(0.6, is_same=True, member=operator, now=datetime.now(tz=UTC))

    text = words_of(desk)

    assert "There is no report of the matcher yet." in text
    assert "60% to 70% 1 0 100%" in text


def test_the_chart_draws_what_was_said_against_what_was_true() -> None:
    with translation.override("en"):
        chart = calibration_chart(MatcherReport.model_validate(REPORT), "en")

    # 260 units wide and high, 44 from the left, 12 from the top; the empty bin has no dot
    assert [(dot.x, dot.y) for dot in chart.dots] == [(57.0, 261.6), (296.2, 17.2)]
    assert [dot.radius for dot in chart.dots] == [11.0, 6.4]
    assert chart.dots[1].text == "said 97%, true 98%, 1,000 pairs"


@pytest.mark.parametrize(("share", "french", "english"), [(0.934, "93,4\u00a0%", "93.4%"), (1.0, "100\u00a0%", "100%")])
def test_shares_are_written_as_each_language_does(share: float, french: str, english: str) -> None:
    assert (share_text(share, "fr"), share_text(share, "en")) == (french, english)


def test_decisions_are_held_against_what_the_model_had_said(operator: Member) -> None:
    decide(0.65, is_same=True, member=operator)
    decide(0.62, is_same=False, member=operator)
    decide(0.95, is_same=True, member=operator, now=NOW - timedelta(weeks=1))
    decide(0.2, is_same=False, member=operator)
    decide(1.0, is_same=True, member=operator)

    judged = judged_predictions(NOW)
    scores = {
        round(one.lower, 1): (one.same, one.not_same, one.agreement_percent) for one in by_score(judged, threshold=0.5)
    }
    weeks = [
        (one.monday.isoformat(), one.count, one.agreement_percent) for one in by_week(judged, threshold=0.5, now=NOW)
    ]

    assert {lower: row for lower, row in scores.items() if row != (0, 0, None)} == {
        0.2: (0, 1, 100),
        0.6: (1, 1, 50),
        0.9: (2, 0, 100),
    }
    assert weeks[:3] == [("2026-11-23", 4, 75), ("2026-11-16", 1, 100), ("2026-11-09", 0, None)]
    assert len(weeks) == 8
    assert in_all(judged, threshold=0.5).agreement_percent == 80


def test_what_is_no_answer_to_the_model_does_not_count(operator: Member) -> None:
    undone = decide(0.7, is_same=True, member=operator)
    undo_decision(match_id=undone.pk, member=operator, now=NOW)
    decide(0.7, is_same=True, member=operator, now=NOW - timedelta(weeks=9))
    confirm_match(offer_id=ListingFactory().offer.pk, variant_id=VariantFactory().pk, member=operator, now=NOW)

    assert judged_predictions(NOW) == []


def test_the_last_score_before_the_decision_counts(operator: Member) -> None:
    offer, variant = ListingFactory().offer, VariantFactory()
    for version, score in (("v1", 0.3), ("v2", 0.8)):
        propose_match(offer=offer, variant=variant, evidence=[], score=score, model_version=version, now=NOW)
    confirm_match(offer_id=offer.pk, variant_id=variant.pk, member=operator, now=NOW)

    assert judged_predictions(NOW) == [
        JudgedPrediction(score=0.8, is_same=True, week=datetime(2026, 11, 23, tzinfo=UTC).date())
    ]
