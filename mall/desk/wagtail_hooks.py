"""What the Wagtail admin shows of the desk."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils import translation
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.site_summary import SummaryItem
from wagtail.permissions import register_permission_policy

from mall.accounts.models import Member
from mall.catalogue.match_selectors import may_look
from mall.catalogue.models import CatalogueMatch
from mall.desk.components import member_language
from mall.desk.dead_letters import count_letters, may_look_at_letters
from mall.desk.search_page import letters_text
from mall.desk.search_views import measure_recall, mend_letters, search_state
from mall.desk.views import quality
from mall.desk.wagtail_admin import LookAndDecide, MatchQueue

register_permission_policy(CatalogueMatch, LookAndDecide(CatalogueMatch))


class QualityMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return may_look(request.user)


@hooks.register("register_admin_viewset")
def register_match_queue() -> MatchQueue:
    return MatchQueue()


@hooks.register("register_admin_urls")
def register_desk_urls() -> list[URLPattern]:
    return [
        path("matching-quality/", quality, name="matching_quality"),
        path("search-state/", search_state, name="search_state"),
        path("search-state/recall/", measure_recall, name="search_recall"),
        path("search-state/letters/", mend_letters, name="search_letters"),
    ]


@hooks.register("register_reports_menu_item")
def register_quality_page() -> MenuItem:
    return QualityMenuItem(
        gettext_lazy("Matching quality"),
        reverse("matching_quality"),
        name="matching-quality",
        icon_name="tasks",
        order=700,
    )


class SearchMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return may_look_at_letters(cast(Member, request.user))


@hooks.register("register_reports_menu_item")
def register_search_page() -> MenuItem:
    return SearchMenuItem(
        gettext_lazy("State of search"), reverse("search_state"), name="search-state", icon_name="search", order=710
    )


@hooks.register("register_permissions")
def register_letters_permissions() -> QuerySet[Permission]:
    """Who looks at dead letters, and who tries them again or discards them."""
    return Permission.objects.filter(
        content_type__app_label="core", codename__in=["view_outboxrow", "change_outboxrow"]
    )


class LettersSummary(SummaryItem):
    """On the admin's home while there are dead letters."""

    order = 400
    template_name = "desk/letters_summary.html"

    def is_shown(self) -> bool:
        return may_look_at_letters(self.request.user) and bool(count_letters())

    def get_context_data(self, parent_context: Any) -> dict[str, str]:
        language = member_language(self.request.user, translation.get_language())
        return {"text": letters_text(count_letters(), language), "url": f"{reverse('search_state')}#letters"}


@hooks.register("construct_homepage_summary_items")
def add_letters_summary(request: HttpRequest, items: list[SummaryItem]) -> None:
    items.append(LettersSummary(request))
