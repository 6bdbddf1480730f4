"""Pages that are read: help, ranking, accessibility, legal notice, privacy."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from mall.catalogue.buy_box import TOLERANCE_PERCENT
from mall.catalogue.conditions import Family, Grade, grades_of
from mall.pages.components.wording import CONDITION_CLASSES, CONDITION_MARKS


@dataclass(frozen=True, kw_only=True, slots=True)
class ConditionScale:
    """One family of conditions with its grades, best first."""

    label: str
    css: str
    mark: str
    grades: tuple[Grade, ...]


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    scales = [
        ConditionScale(
            label=str(family.label),
            css=CONDITION_CLASSES[family],
            mark=CONDITION_MARKS[family].removeprefix("m-"),
            grades=tuple(grades_of(family)),
        )
        for family in Family
    ]
    return render(request, "pages/help.html", {"scales": scales})


@require_safe
def ranking_page(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/ranking.html", {"tolerance_percent": TOLERANCE_PERCENT})


@require_safe
def accessibility_page(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/accessibility.html")


@require_safe
def legal_page(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/legal.html")


@require_safe
def privacy_page(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/privacy.html")
