"""The state of search, and what an operator does about dead letters."""

from __future__ import annotations

from typing import cast

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe
from wagtail.admin import messages

from mall.accounts.models import Member
from mall.core import outbox
from mall.desk.components import member_language
from mall.desk.dead_letters import letters, may_look_at_letters, may_mend, things_of, topic_text
from mall.desk.forms import LettersForm
from mall.desk.search_page import letters_text, search_state_page
from search.indexing.state import RECALL_SAMPLE, read_state

PAGE = "search_state"
LETTERS_PER_PAGE = 50
NAMED = 10


@require_safe
def search_state(request: HttpRequest) -> HttpResponse:
    """Engines, what waits, and the dead letters with their buttons."""
    member = _looker(request)
    language = member_language(member, translation.get_language())
    page = Paginator(letters(), LETTERS_PER_PAGE).get_page(request.GET.get("p"))
    rows = list(page.object_list)
    things = things_of([row.key for row in rows], language)
    shown = search_state_page(read_state(), outbox.status(), rows, things, now=timezone.now(), language=language)
    return TemplateResponse(
        request, "desk/search_state.html", {"page": shown, "pages": page, "can_mend": may_mend(member)}
    )


@require_POST
def measure_recall(request: HttpRequest) -> HttpResponse:
    """Hold the vector index against exact comparison, now."""
    _looker(request)
    read_state(measure=RECALL_SAMPLE)
    return redirect(PAGE)


@require_POST
def mend_letters(request: HttpRequest) -> HttpResponse:
    """Try letters again, or discard them once that was confirmed."""
    member = cast(Member, request.user)
    if not may_mend(member):
        raise PermissionDenied
    form = LettersForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Nothing was chosen, so nothing was changed."))
        return redirect(PAGE)
    words = form.cleaned_data
    if words["is_discard"] and not words["confirmed"]:
        return _confirmation(request, member, form)
    change = outbox.discard_dead if words["is_discard"] else outbox.replay_dead
    count = change(topic=words["topic"], ids=words["ids"])
    told = {"number": count}
    if words["is_discard"]:
        messages.success(
            request, ngettext("%(number)s letter was discarded.", "%(number)s letters were discarded.", count) % told
        )
    else:
        messages.success(
            request,
            ngettext(
                "%(number)s letter is tried again within seconds.",
                "%(number)s letters are tried again within seconds.",
                count,
            )
            % told,
        )
    return redirect(PAGE)


def _confirmation(request: HttpRequest, member: Member, form: LettersForm) -> HttpResponse:
    words = form.cleaned_data
    rows = outbox.dead_rows(topic=words["topic"], ids=words["ids"])
    count, named = rows.count(), list(rows[:NAMED])
    if not count:
        messages.error(request, _("These letters are gone: somebody else took care of them."))
        return redirect(PAGE)
    language = member_language(member, translation.get_language())
    things = things_of([row.key for row in named], language)
    return TemplateResponse(
        request,
        "desk/discard_letters.html",
        {
            "count_text": letters_text(count, language),
            "named": [(topic_text(row.topic), row.key, things[row.key].title) for row in named],
            "more": max(0, count - len(named)),
            "action": words["action"],
            "ids": words["ids"] or [],
        },
    )


def _looker(request: HttpRequest) -> Member:
    member = cast(Member, request.user)
    if not may_look_at_letters(member):
        raise PermissionDenied
    return member
