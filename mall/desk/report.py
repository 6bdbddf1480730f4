"""The matcher's report page: figures, a chart of its probabilities, and people's decisions beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from mall.catalogue.matching_report import FoundReport, MatcherReport
from mall.core.components import MallComponent
from mall.desk.quality import JudgedPrediction, Tally, by_score, by_week, in_all
from mall.pages.components.wording import full_date_text, number_text, percent_text

DEFAULT_THRESHOLD = 0.5
CHART_EDGE, CHART_LEFT, CHART_TOP = 260, 44, 12
MOST_RADIUS, LEAST_RADIUS = 11.0, 3.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Dot:
    """A circle of the chart, in the chart's own units. text: what it stands for."""

    x: float
    y: float
    radius: float
    text: str


@dataclass(frozen=True, kw_only=True)
class CalibrationChart(MallComponent):
    """What the model said, from left to right, against what was true, upwards.

    ticks: (offset from the left, from the top, text).
    """

    template_name = "desk/calibration_chart.html"

    dots: tuple[Dot, ...]
    line: str
    ticks: tuple[tuple[float, float, str], ...]
    left: int
    top: int
    edge: int
    width: int
    height: int
    summary: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TallyRow:
    """What a row of decisions says. agreement: "" where nobody decided."""

    name: str
    same: str
    not_same: str
    agreement: str


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityPage:
    """What desk/quality.html writes. chart: None without a report."""

    problem: str
    source: str
    headline: tuple[tuple[str, str], ...]
    chart: CalibrationChart | None
    bins: tuple[tuple[str, ...], ...]
    sets: tuple[tuple[str, ...], ...]
    tables: tuple[tuple[str, tuple[TallyRow, ...]], ...]
    threshold: str


def quality_page(
    found: FoundReport, judged: Sequence[JudgedPrediction], *, now: datetime, language: str
) -> QualityPage:
    report = found.report
    threshold = report.threshold if report else DEFAULT_THRESHOLD
    scores = by_score(judged, threshold=threshold)
    weeks = by_week(judged, threshold=threshold, now=now)
    total = _tally(_("In all"), in_all(judged, threshold=threshold), language)
    return QualityPage(
        problem=found.problem,
        source=_source(found, language),
        headline=_headline(report, language) if report else (),
        chart=calibration_chart(report, language) if report else None,
        bins=_bins(report, language) if report else (),
        sets=_sets(report, language) if report else (),
        tables=(
            (
                _("By the model’s score"),
                (*(_tally(_range(one.lower, one.upper, language), one, language) for one in scores), total),
            ),
            (
                _("By week"),
                tuple(
                    _tally(_("Week of %(date)s") % {"date": full_date_text(one.monday, language)}, one, language)
                    for one in weeks
                ),
            ),
        ),
        threshold=share_text(threshold, language),
    )


def share_text(share: float, language: str) -> str:
    """0.934 is "93.4%" in English, "93,4 %" in French; whole percents without a decimal."""
    tenths = round(share * 1000)
    if tenths % 10 == 0:
        return percent_text(tenths // 10, language)
    text = f"{tenths / 10:.1f}"
    return f"{text.replace('.', ',')}\u00a0%" if language == "fr" else f"{text}%"


def calibration_chart(report: MatcherReport, language: str) -> CalibrationChart:
    """A dot for each bin that holds pairs, its area growing with their number; on the diagonal they are honest."""
    kept = [one for one in report.bins if one.count]
    most = max((one.count for one in kept), default=1)
    dots = tuple(
        Dot(
            x=round(CHART_LEFT + CHART_EDGE * one.mean_probability, 1),
            y=round(CHART_TOP + CHART_EDGE * (1 - one.share_same), 1),
            radius=round(max(LEAST_RADIUS, MOST_RADIUS * (one.count / most) ** 0.5), 1),
            text=_("said %(said)s, true %(true)s, %(count)s pairs")
            % {
                "said": share_text(one.mean_probability, language),
                "true": share_text(one.share_same, language),
                "count": number_text(one.count, language),
            },
        )
        for one in kept
    )
    gap = sum(one.count * abs(one.mean_probability - one.share_same) for one in kept) / max(
        1, sum(one.count for one in kept)
    )
    return CalibrationChart(
        dots=dots,
        line=" ".join(f"{dot.x},{dot.y}" for dot in dots),
        ticks=tuple(
            (CHART_EDGE * step / 4, CHART_EDGE * (4 - step) / 4, percent_text(25 * step, language)) for step in range(5)
        ),
        left=CHART_LEFT,
        top=CHART_TOP,
        edge=CHART_EDGE,
        width=CHART_LEFT + CHART_EDGE + 28,
        height=CHART_TOP + CHART_EDGE + 40,
        summary=_("On average, probability and truth lie %(gap)s apart. The table below has every value.")
        % {"gap": share_text(gap, language)},
    )


def _source(found: FoundReport, language: str) -> str:
    if found.report is None:
        return ""
    values = {
        "version": found.report.model_version,
        "set": found.report.set,
        "pairs": number_text(found.report.pairs, language),
        "same": number_text(found.report.same, language),
        "date": found.report.created_on,
    }
    if found.is_own:
        return (
            _("Your own report: model %(version)s over %(set)s, %(pairs)s pairs, %(same)s the same, %(date)s.") % values
        )
    return _("Shipped report: model %(version)s over %(set)s, %(pairs)s pairs, %(same)s the same, %(date)s.") % values


def _headline(report: MatcherReport, language: str) -> tuple[tuple[str, str], ...]:
    linked, proposed = report.linked, report.proposed
    return (
        (_("F1"), share_text(report.f1, language)),
        (_("Precision"), share_text(report.precision, language)),
        (_("Recall"), share_text(report.recall, language)),
        (
            _("Linked by itself, from %(threshold)s on") % {"threshold": share_text(linked.threshold, language)},
            _("%(count)s pairs, precision %(precision)s, recall %(recall)s")
            % {
                "count": number_text(linked.count, language),
                "precision": share_text(linked.precision, language),
                "recall": share_text(linked.recall, language),
            },
        ),
        (
            _("Proposed to a person, from %(threshold)s on") % {"threshold": share_text(proposed.threshold, language)},
            _("%(count)s pairs, %(share)s of them the same")
            % {"count": number_text(proposed.count, language), "share": share_text(proposed.share_same, language)},
        ),
    )


def _bins(report: MatcherReport, language: str) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            _range(one.lower, one.upper, language),
            number_text(one.count, language),
            share_text(one.mean_probability, language),
            share_text(one.share_same, language),
        )
        for one in report.bins
    )


def _sets(report: MatcherReport, language: str) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            one.name,
            number_text(one.pairs, language),
            *(
                share_text(share, language)
                for share in (one.f1, one.precision, one.recall, one.linked_precision, one.linked_recall)
            ),
        )
        for one in report.sets
    )


def _range(lower: float, upper: float, language: str) -> str:
    ends = {"lower": share_text(lower, language), "upper": share_text(upper, language)}
    return _("%(lower)s to %(upper)s") % ends


def _tally(name: str, tally: Tally, language: str) -> TallyRow:
    percent = tally.agreement_percent
    return TallyRow(
        name=name,
        same=number_text(tally.same, language),
        not_same=number_text(tally.not_same, language),
        agreement="" if percent is None else percent_text(percent, language),
    )
