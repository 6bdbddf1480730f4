"""Sellers hear of what was said about their offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from mall.catalogue.match_services import MATCH_SAID
from mall.catalogue.models import CatalogueMatch
from mall.core import outbox
from mall.desk.components import offer_title
from mall.desk.news import News, news_of
from mall.pages.addresses import absolute, contest_url


@outbox.handles(MATCH_SAID, at_once=1, is_serial=True)
def tell_sellers(payloads: Sequence[dict[str, Any]]) -> None:
    """One mail for each word that moved an offer, to its seller and not to who said it. A second call mails again.

    One mail at a time: words on the same offer reach its seller in the order they were said, and a mail that cannot be
    sent makes no other be sent twice.
    """
    for payload in payloads:
        news = news_of(payload["match_id"])
        if news is not None and news.address:
            _send(news)


def _send(news: News) -> None:
    offer = news.match.offer
    with translation.override(news.language):
        words = {
            "mall_name": settings.MALL_NAME,
            "state": news.match.state,
            "offer": offer_title(offer, news.language),
            "product": news.product,
            "has_own_page": hasattr(offer, "listing"),
            "was_undone": news.match.undoes_id is not None,
            "link": absolute(contest_url(offer.pk)) if news.match.state == CatalogueMatch.State.CONTESTED else "",
        }
        subjects = {
            CatalogueMatch.State.CONTESTED: _("Your offer has left a product’s page for now"),
            CatalogueMatch.State.CONFIRMED: _("Your offer stands on a product’s page"),
            CatalogueMatch.State.SPLIT: _("Your offer no longer stands on a product’s page"),
        }
        text = render_to_string("emails/match_said.txt", words)
        send_mail(
            f"{settings.MALL_NAME} : {subjects[CatalogueMatch.State(news.match.state)]}",
            text,
            settings.DEFAULT_FROM_EMAIL,
            [news.address],
        )
