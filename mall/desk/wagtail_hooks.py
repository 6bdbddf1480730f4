"""What the Wagtail admin shows of the desk."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.permissions import register_permission_policy

from mall.catalogue.match_selectors import may_look
from mall.catalogue.models import CatalogueMatch
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
    return [path("matching-quality/", quality, name="matching_quality")]


@hooks.register("register_reports_menu_item")
def register_quality_page() -> MenuItem:
    return QualityMenuItem(
        gettext_lazy("Matching quality"),
        reverse("matching_quality"),
        name="matching-quality",
        icon_name="tasks",
        order=700,
    )
