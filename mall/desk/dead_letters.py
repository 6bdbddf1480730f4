"""Dead letters as an operator meets them: what each is about, with the page where it can be looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from listings.models import Listing
from listings.services import MATCH_WANTED
from mall.accounts.models import Member
from mall.catalogue.match_services import MATCH_SAID
from mall.catalogue.models import CatalogueMatch, Offer, Product, ProductText
from mall.catalogue.services import OFFER_CHANGED, PRODUCTS_ADDED
from mall.core.models import OutboxRow, Picture
from mall.core.outbox_dead import dead_rows
from mall.core.picture_vectors import LOOK_WANTED
from mall.core.pictures import PICTURE_ADDED, sources_of
from mall.desk.components import offer_title
from mall.pages.addresses import contest_url, listing_url, product_url
from search.indexing.changes import FALLBACK_TOPIC, TOPIC

LOOK, MEND = "core.view_outboxrow", "core.change_outboxrow"

TOPIC_WORDS = {
    TOPIC: gettext_lazy("Search index"),
    FALLBACK_TOPIC: gettext_lazy("Search index that stands in"),
    PICTURE_ADDED: gettext_lazy("Sizes of pictures"),
    LOOK_WANTED: gettext_lazy("Looks of pictures"),
    MATCH_WANTED: gettext_lazy("Matching of second-hand things"),
    OFFER_CHANGED: gettext_lazy("Changed offers"),
    PRODUCTS_ADDED: gettext_lazy("New products"),
    MATCH_SAID: gettext_lazy("Mails to sellers"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Thing:
    """What a letter is about. url: a page of the mall or the admin that shows it, "" without one."""

    title: str
    url: str = ""


def may_look_at_letters(member: Member) -> bool:
    """Whether the member may see what was set aside, and the state of search."""
    return may_mend(member) or (member.is_active and member.has_perm(LOOK))


def may_mend(member: Member) -> bool:
    """Whether the member may try letters again, and discard them."""
    return bool(member.is_active and member.has_perm(MEND))


def topic_text(topic: str) -> str:
    """The topic in words; its name where it has none."""
    return str(TOPIC_WORDS.get(topic, topic))


def letters() -> QuerySet[OutboxRow]:
    """All dead letters, by topic, oldest first."""
    return dead_rows().order_by("topic", "pk")


def count_letters() -> int:
    return dead_rows().count()


def counts_by_topic() -> list[tuple[str, int]]:
    """(topic, letters), by the topic's name."""
    rows = dead_rows().order_by("topic").values("topic").annotate(count=Count("pk"))
    return [(row["topic"], row["count"]) for row in rows]


def things_of(keys: Iterable[str], language: str) -> dict[str, Thing]:
    """What each key stands for; one or two queries a kind. A key of no kind, or whose row is gone, says so."""
    wanted: dict[str, set[int]] = defaultdict(set)
    known = list(keys)
    for key in known:
        kind, _colon, number = key.partition(":")
        if kind in _READERS and number.isascii() and number.isdigit() and len(number) <= 18:
            wanted[kind].add(int(number))
    found = {
        f"{kind}:{pk}": thing for kind, ids in wanted.items() for pk, thing in _READERS[kind](ids, language).items()
    }
    return {key: found.get(key) or _unknown(key) for key in known}


def _unknown(key: str) -> Thing:
    if key.partition(":")[0] in _READERS:
        return Thing(title=_("no longer there"))
    return Thing(title=_("everything") if key in {"all", "products"} else key)


def _products(ids: set[int], language: str) -> dict[int, Thing]:
    titles: dict[int, dict[str, str]] = defaultdict(dict)
    for product_id, own, title in ProductText.objects.filter(product__in=ids).values_list(
        "product_id", "language", "title"
    ):
        titles[product_id][own] = title
    rows = Product.objects.filter(pk__in=ids).values_list("pk", "slug")
    return {
        pk: Thing(
            title=titles[pk].get(language) or next(iter(titles[pk].values()), slug.replace("-", " ")),
            url=product_url(pk, slug),
        )
        for pk, slug in rows
    }


def _listings(ids: set[int], language: str) -> dict[int, Thing]:
    return {row.pk: _listing(row, language) for row in Listing.objects.filter(pk__in=ids)}


def _listing(listing: Listing, language: str) -> Thing:
    title = listing.title_in(language)
    return Thing(title=title, url=listing_url(listing.pk, slugify(title) or "item"))


def _offers(ids: set[int], language: str) -> dict[int, Thing]:
    rows = Offer.objects.filter(pk__in=ids).select_related("seller", "listing")
    return {row.pk: Thing(title=offer_title(row, language), url=contest_url(row.pk)) for row in rows}


def _pictures(ids: set[int], language: str) -> dict[int, Thing]:
    found = {}
    for row in Picture.objects.filter(pk__in=ids):
        sources = sources_of(row)
        size = {"width": row.width_px, "height": row.height_px, "name": row.sha256[:12]}
        title = _("Picture %(name)s, %(width)s × %(height)s pixels") % size
        found[row.pk] = Thing(title=title, url=sources.src if sources else "")
    return found


def _matches(ids: set[int], language: str) -> dict[int, Thing]:
    rows = CatalogueMatch.objects.filter(pk__in=ids).select_related("offer__seller", "offer__listing")
    return {
        row.pk: Thing(title=offer_title(row.offer, language), url=reverse("cataloguematch:inspect", args=[row.pk]))
        for row in rows
    }


_READERS: dict[str, Callable[[set[int], str], dict[int, Thing]]] = {
    "product": _products,
    "listing": _listings,
    "offer": _offers,
    "picture": _pictures,
    "match": _matches,
}
