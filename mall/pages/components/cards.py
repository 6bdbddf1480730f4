"""The card: one product with its new, refurbished and second-hand prices, or one second-hand thing of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from django.templatetags.static import static
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from mall.catalogue.conditions import Family
from mall.core.components import MallComponent
from mall.pages.addresses import listing_url, product_url
from mall.pages.components.picture import CARD_SIZES, PhotoView, photo_view
from mall.pages.components.reasons import ReasonList, reason_list
from mall.pages.components.result_address import ResultAddress
from mall.pages.components.ties import CardTie, MoreLink, card_tie, more_text
from mall.pages.components.wording import (
    CONDITION_CLASSES,
    CONDITION_MARKS,
    arrival_text,
    number_text,
    percent_text,
    price_text,
    rating_text,
    seller_kind_text,
)
from mall.pages.selectors.cards import NO_FILTERS, CardFacts, read_cards
from mall.pages.selectors.cheapest import LeadSeller
from search.documents import Language
from search.queries import Filters, SearchQuery
from search.results import Hit

ROWS_OF_A_PRODUCT = (Family.NEW, Family.REFURBISHED, Family.USED)
FIRST_ROW_CARDS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class LadderRow:
    """One line of a card's price list. price is empty where there is no offer. has_more: several offers, "from"."""

    label: str
    css: str
    mark: str
    price: str
    has_more: bool = False
    is_best: bool = False


@dataclass(frozen=True, kw_only=True)
class OfferCard(MallComponent):
    """One card of a list. heading: level of its title. why: shown under "Why this place?" when given.

    tie: what ties it to the product's card before it. more: to all equivalents of a product, on the last card of those
    that belong together.
    """

    template_name = "components/offer_card.html"

    id: str
    url: str
    title: str
    brand: str
    tint: str
    photo: PhotoView | None
    is_own_photo: bool
    rows: tuple[LadderRow, ...]
    saving: str
    is_saving_up_to: bool
    rating: str
    rating_count: str
    sellers: str
    arrival: str
    why: ReasonList | None
    is_gone: bool
    icons: str
    heading: int = 3
    tie: CardTie | None = None
    more: MoreLink | None = None


def cards_for(
    hits: Sequence[Hit],
    language: str,
    *,
    filters: Filters = NO_FILTERS,
    with_reasons: bool = False,
    with_equivalents: bool = False,
    eager: int = FIRST_ROW_CARDS,
    sizes: str = CARD_SIZES,
    heading: int = 3,
) -> list[OfferCard]:
    """Cards of `hits`, in their order; hits whose source is gone are left out.

    filters: what the offers of a card must meet, see `read_cards`. with_equivalents: each product is followed by what
    search found near it. eager: so many pictures are loaded at once, the very first with priority; 0 for cards below
    the fold.
    """
    alone = hits if with_equivalents else [replace(hit, equivalents=(), equivalent_count=0) for hit in hits]
    facts = read_cards(alone, language, filters)
    cards = cards_of_facts(facts, language, with_reasons=with_reasons, eager=eager, sizes=sizes, heading=heading)
    return _with_links(cards, facts, filters, language)


def cards_of_facts(
    found: Sequence[CardFacts],
    language: str,
    *,
    with_reasons: bool = False,
    eager: int = FIRST_ROW_CARDS,
    sizes: str = CARD_SIZES,
    heading: int = 3,
) -> list[OfferCard]:
    """One card for each of `found`, options as in `cards_for`."""
    icons = static("img/icons.svg")
    return [
        _card(
            facts,
            language,
            icons=icons,
            why=reason_list(facts.hit, language) if with_reasons else None,
            photo=photo_view(
                facts.picture,
                alt=facts.picture_alt or facts.title,
                sizes=sizes,
                is_eager=place < eager,
                is_first=eager > 0 and place == 0,
            ),
            heading=heading,
        )
        for place, facts in enumerate(found)
    ]


def equivalents_url(product_id: int, language: str, filters: Filters = NO_FILTERS) -> str:
    """The list of all that is near a product, under the same filters, whatever was searched for."""
    near = replace(filters, equivalent_of=frozenset({f"product:{product_id}"}))
    query = SearchQuery(text="", language=cast(Language, language), filters=near)
    return ResultAddress(path=reverse("search")).of(query)


def _with_links(cards: list[OfferCard], facts: Sequence[CardFacts], filters: Filters, language: str) -> list[OfferCard]:
    """Where more is near a product than follows it, the last card of the group says so."""
    for place, head in enumerate(facts):
        if head.equivalent_count > head.equivalents_shown:
            last = place + head.equivalents_shown
            cards[last] = replace(cards[last], more=more_link(head, filters, language))
    return cards


def more_link(head: CardFacts, filters: Filters, language: str) -> MoreLink:
    """head: the product's facts, with the number of its equivalents."""
    return MoreLink(
        text=more_text(head.equivalent_count, language),
        url=equivalents_url(head.hit.source_id, language, filters),
        about=head.title,
    )


def cards_of_products(product_ids: Sequence[int], language: str, **options: Any) -> list[OfferCard]:
    """Cards of these products, in this order, without a search behind them. Options as in `cards_for`."""
    hits = [Hit(id=f"product:{pk}", kind="product", score=0.0) for pk in product_ids]
    return cards_for(hits, language, **options)


def card_url(facts: CardFacts) -> str:
    """The page behind a card."""
    if facts.hit.kind == "listing":
        return listing_url(facts.hit.source_id, slugify(facts.title) or "item")
    return product_url(facts.hit.source_id, facts.slug)


def _card(
    facts: CardFacts,
    language: str,
    *,
    icons: str,
    photo: PhotoView | None,
    why: ReasonList | None,
    heading: int,
) -> OfferCard:
    is_listing = facts.hit.kind == "listing"
    second_hand = [seen for family, seen in facts.families.items() if family != "new"]
    lead = facts.lead
    return OfferCard(
        id=facts.hit.id.replace(":", "-"),
        url=card_url(facts),
        title=facts.title,
        brand=facts.brand,
        tint=facts.tint,
        photo=photo,
        is_own_photo=facts.own_photo,
        rows=_listing_rows(facts, language) if is_listing else _product_rows(facts, language),
        saving=_saving(facts, language),
        is_saving_up_to=len(second_hand) > 1 or any(seen.has_more for seen in second_hand),
        rating=rating_text(lead.rating_tenths, language) if lead and lead.rating_tenths else "",
        rating_count=number_text(lead.rating_count, language) if lead else "",
        sellers=_listing_seller(lead) if is_listing and lead else _sellers(facts.seller_kinds),
        arrival=arrival_text(facts.arrives_in_days, language, lead.city if lead else "") if facts.families else "",
        why=why,
        is_gone=not facts.families,
        icons=icons,
        heading=heading,
        tie=card_tie(facts, language),
    )


def _product_rows(facts: CardFacts, language: str) -> tuple[LadderRow, ...]:
    shown = [*ROWS_OF_A_PRODUCT, *([Family.PARTS] if Family.PARTS in facts.families else [])]
    best = min(
        (seen.from_minor for family, seen in facts.families.items() if seen.fits and family != Family.PARTS), default=0
    )
    return tuple(_row(facts, family, language, best=best) for family in shown)


def _listing_rows(facts: CardFacts, language: str) -> tuple[LadderRow, ...]:
    return tuple(_row(facts, Family(family), language, best=-1) for family in facts.families)


def _row(facts: CardFacts, family: Family, language: str, *, best: int) -> LadderRow:
    seen = facts.families.get(family)
    return LadderRow(
        label=str(family.label),
        css=CONDITION_CLASSES[family],
        mark=CONDITION_MARKS[family],
        price=price_text(seen.from_minor, facts.currency, language) if seen else "",
        has_more=bool(seen and seen.has_more),
        is_best=bool(seen and seen.fits and seen.from_minor == best and len(facts.families) > 1),
    )


def _saving(facts: CardFacts, language: str) -> str:
    if not facts.saving_percent:
        return ""
    percent = percent_text(facts.saving_percent, language)
    return pgettext("saving", "−%(percent)s vs new") % {"percent": percent}


def _sellers(kinds: frozenset[str]) -> str:
    if not kinds:
        return ""
    if "private" not in kinds:
        return _("Brand’s own shop") if kinds == {"brand"} else _("Professionals")
    return _("Private persons") if kinds == {"private"} else _("Professionals and private persons")


def _listing_seller(lead: LeadSeller) -> str:
    kind = seller_kind_text(lead.kind)
    return pgettext("seller's name and kind", "%(name)s, %(kind)s") % {"name": lead.name, "kind": kind.lower()}
