"""The queue of matches that wait for a person. Rows are looked at and answered, never edited."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import django_filters
from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.sidebar import LinkMenuItem
from wagtail.admin.ui.tables import Column, DateColumn, StatusTagColumn, TitleColumn
from wagtail.admin.views.generic import IndexView, InspectView
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.permission_policies import ModelPermissionPolicy

from mall.catalogue.match_selectors import may_decide, may_look, waiting_rows
from mall.catalogue.models import CatalogueMatch
from mall.desk import views
from mall.desk.components import STATE_WORDS, case_of, member_language, offer_title, score_text, who_text
from mall.desk.selectors import product_title, read_case, rows_shown

QUEUE_NAME = gettext_lazy("Matches")


class LookAndDecide(ModelPermissionPolicy):
    """Rows are only ever added, by decisions: nobody adds, edits or deletes one by hand.

    Who may change matches decides; who may view them looks.
    """

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action == "view" and may_look(user)

    def users_with_any_permission(self, actions: Any) -> Any:
        return super().users_with_any_permission({"view", "change"} if "view" in actions else set())


class QueueFilter(WagtailFilterSet):
    """One choice: which cases are shown. Without it those that wait."""

    show = django_filters.ChoiceFilter(
        label=gettext_lazy("Show"),
        empty_label=gettext_lazy("What waits for a person"),
        choices=[
            ("contested", gettext_lazy("Contested")),
            ("proposed", gettext_lazy("Proposed")),
            ("decided", gettext_lazy("Decided")),
            ("all", gettext_lazy("All")),
        ],
        method="keep",
        widget=django_filters.widgets.forms.RadioSelect,
    )

    class Meta:
        model = CatalogueMatch
        fields: list[str] = []

    def keep(self, rows: QuerySet[CatalogueMatch], name: str, value: str) -> QuerySet[CatalogueMatch]:
        return rows_shown(value)


class QueueView(IndexView):
    """One line per offer."""

    page_title = QUEUE_NAME
    verbose_name = gettext_lazy("case")
    verbose_name_plural = gettext_lazy("cases")
    filterset_class = QueueFilter

    def get_base_queryset(self) -> QuerySet[CatalogueMatch]:
        return rows_shown("waiting")

    def order_queryset(self, queryset: QuerySet[CatalogueMatch]) -> QuerySet[CatalogueMatch]:
        return queryset

    @cached_property
    def columns(self) -> list[Column]:
        language = member_language(self.request.user, translation.get_language())
        return [
            TitleColumn(
                "offer",
                label=_("Offer"),
                accessor=lambda row: offer_title(row.offer, language),
                get_url=lambda row: reverse(self.inspect_url_name, args=[row.pk]),
            ),
            Column("product", label=_("Product"), accessor=lambda row: product_title(row.variant, language)),
            StatusTagColumn(
                "state",
                label=_("State"),
                accessor=lambda row: STATE_WORDS[CatalogueMatch.State(row.state)],
            ),
            Column("score", label=_("Score"), accessor=lambda row: score_text(row.score, language)),
            Column("who", label=_("Said by"), accessor=who_text),
            DateColumn("created_at", label=_("Since")),
        ]

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [{"url": reverse("wagtailadmin_home"), "label": _("Home")}, {"url": "", "label": self.page_title}]


class CaseView(InspectView):
    """Both sides of one offer, everything that was said, and the buttons of who may decide."""

    page_title = gettext_lazy("Compare")
    template_name = "desk/case.html"

    def get_fields(self) -> list[str]:
        return []

    def get_page_subtitle(self) -> str:
        return offer_title(self.object.offer, self._language)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            {"url": reverse("wagtailadmin_home"), "label": _("Home")},
            {"url": reverse(self.index_url_name), "label": QUEUE_NAME},
            {"url": "", "label": self.get_page_title(), "sublabel": self.get_page_subtitle()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        facts = read_case(self.object.pk, self._language)
        if facts is None:
            raise Http404(f"no match {self.object.pk}")
        case = case_of(facts, waiting_count=waiting_rows().count(), language=self._language)
        return {
            **super().get_context_data(**kwargs),
            "case": case,
            "can_decide": may_decide(self.request.user),
            "decide_url": reverse("cataloguematch:decide", args=[self.object.pk]),
        }

    @property
    def _language(self) -> str:
        return member_language(self.request.user, translation.get_language())


class QueueMenuItem(MenuItem):
    """The queue, with how many wait."""

    def is_shown(self, request: HttpRequest) -> bool:
        return may_look(request.user)

    def render_component(self, request: HttpRequest) -> LinkMenuItem:
        count = waiting_rows().count()
        label = _("%(name)s (%(count)s)") % {"name": self.label, "count": count} if count else str(self.label)
        return LinkMenuItem(
            self.name, label, self.url, icon_name=self.icon_name, classname=self.classname, attrs=self.attrs
        )


class MatchQueue(ModelViewSet):
    """Index, case and decisions; no other page of a model's usual ones."""

    model = CatalogueMatch
    icon = "link"
    menu_label = QUEUE_NAME
    menu_name = "matches"
    menu_order = 150
    add_to_admin_menu = True
    menu_item_class = QueueMenuItem
    index_view_class = QueueView
    inspect_view_class = CaseView
    inspect_view_enabled = True
    inspect_template_name = "desk/case.html"
    copy_view_enabled = False
    add_to_reference_index = False
    filterset_class = QueueFilter
    list_per_page = 30

    def get_permissions_to_register(self) -> QuerySet[Permission]:
        return super().get_permissions_to_register().filter(codename__regex=r"^(view|change)_")  # type: ignore[no-any-return]

    def register_admin_url_finder(self) -> None:
        """Rows have no page of their own to be edited on."""

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            path("", self.index_view, name="index"),
            path("results/", self.index_results_view, name="index_results"),
            path("inspect/<int:pk>/", self.inspect_view, name="inspect"),
            path("decide/<int:pk>/", views.decide, name="decide"),
        ]
