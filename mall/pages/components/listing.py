"""The page of one second-hand thing, with its own photos and its owner's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.templatetags.static import static
from django.utils.translation import gettext as _

from mall.catalogue.buy_box import saving_percent
from mall.catalogue.conditions import GRADES
from mall.pages.addresses import category_url, product_url
from mall.pages.components.cards import OfferCard, cards_for
from mall.pages.components.gallery import Gallery, gallery_of
from mall.pages.components.layout import Link
from mall.pages.components.navigation import Breadcrumb, home_link
from mall.pages.components.nearest import MatchReasons, NearestProduct, match_reasons, nearest_product, price_seen
from mall.pages.components.offers import SellerLine, offer_arrival, seller_line, split_text
from mall.pages.components.picture import RAIL_SIZES
from mall.pages.components.rights import RightsList, rights_list
from mall.pages.components.wording import (
    CONDITION_CLASSES,
    CONDITION_MARKS,
    colour_text,
    percent_text,
    price_text,
)
from mall.pages.selectors.listings import ListingFacts
from mall.pages.selectors.similar import similar_hits
from mall.pages.structured_data import listing_data
from search.documents import Language


@dataclass(frozen=True, kw_only=True, slots=True)
class NewPrice:
    """What the same product costs new. gap: how much less this thing costs, in words, or "". seen: on which day."""

    price: str
    gap: str
    seen: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ListingPage:
    """What pages/listing.html writes. original_language: code of the words where they are not in the reader's own."""

    breadcrumb: Breadcrumb
    brand: str
    heading: str
    title: str
    meta_description: str
    gallery: Gallery
    css: str
    mark: str
    grade: str
    sentence: str
    defects: tuple[str, ...]
    is_complete: bool
    paragraphs: tuple[str, ...]
    original_language: str
    defects_language: str
    total: str
    split: str
    arrival: str
    city: str
    seller: SellerLine
    rights: RightsList
    facts: tuple[tuple[str, str], ...]
    product_title: str
    product_url: str
    new: NewPrice | None
    match: MatchReasons | None
    nearest: NearestProduct | None
    is_live: bool
    gone_text: str
    similar: tuple[OfferCard, ...]
    data: dict[str, Any]
    icons: str


def listing_page_of(facts: ListingFacts, *, path: str, language: str) -> ListingPage:
    """path: of the page, for its structured data."""
    listing, offer = facts.listing, facts.listing.offer
    grade = GRADES[offer.grade]
    label = str(grade.label)
    title = listing.title_in(language)
    description = listing.description_in(language)
    total = price_text(offer.total_minor, offer.currency, language)
    tint = listing.category.tint
    gallery = gallery_of(facts.photos, language=language, title=title, tint=tint, is_own=True)
    is_original = language != listing.language and not listing.description_other
    return ListingPage(
        breadcrumb=_breadcrumb(facts, title, language),
        brand=listing.brand.name if listing.brand else "",
        heading=title,
        title=_("%(title)s: %(grade)s, %(total)s") % {"title": title, "grade": label.lower(), "total": total},
        meta_description=(description or title)[:155],
        gallery=gallery,
        css=CONDITION_CLASSES[offer.family],
        mark=CONDITION_MARKS[offer.family],
        grade=label,
        sentence=str(grade.sentence),
        defects=tuple(map(str, listing.defects)),
        is_complete=listing.is_complete,
        paragraphs=tuple(line.strip() for line in description.splitlines() if line.strip()),
        original_language=listing.language if is_original else "",
        defects_language=listing.language if language != listing.language else "",
        total=total,
        split=split_text(offer, language),
        arrival=offer_arrival(offer, language),
        city=offer.seller.city,
        seller=seller_line(offer, language),
        rights=rights_list(offer),
        facts=_facts(facts, language),
        product_title=facts.product.title if facts.product else "",
        product_url=product_url(facts.product.product_id, facts.product.slug) if facts.product else "",
        new=_new_price(facts, language),
        match=match_reasons(facts.match, language) if facts.product else None,
        nearest=nearest_product(
            facts.nearest,
            total_minor=offer.total_minor if facts.is_live else None,
            currency=offer.currency,
            language=language,
        ),
        is_live=facts.is_live,
        gone_text=_gone(facts),
        similar=_similar(facts, language),
        data=listing_data(listing, gallery, title=title, description=description, path=path),
        icons=static("img/icons.svg"),
    )


def _breadcrumb(facts: ListingFacts, title: str, language: str) -> Breadcrumb:
    links = [Link(text=node.name(language), url=category_url(node.path)) for node in facts.categories]
    return Breadcrumb(links=(home_link(), *links), here=title)


def _facts(facts: ListingFacts, language: str) -> tuple[tuple[str, str], ...]:
    listing = facts.listing
    known = (
        (_("Bought in"), str(listing.bought_in or "")),
        (_("Colour"), colour_text(listing.colour, language) if listing.colour else ""),
        (_("Size"), listing.size),
        (_("Complete"), _("yes") if listing.is_complete else _("no, parts are missing")),
        (_("Place"), listing.offer.seller.city),
    )
    return tuple((label, value) for label, value in known if value)


def _new_price(facts: ListingFacts, language: str) -> NewPrice | None:
    """Only against a live new offer of the very product that the thing is one of."""
    offer = facts.listing.offer
    new = facts.product.new_total_minor if facts.product else None
    if new is None:
        return None
    percent = saving_percent(offer.total_minor, new)
    gap = _("%(amount)s less than new (−%(percent)s)") % {
        "amount": price_text(new - offer.total_minor, offer.currency, language),
        "percent": percent_text(percent, language),
    }
    return NewPrice(
        price=price_text(new, offer.currency, language),
        gap=gap if percent and facts.is_live else "",
        seen=price_seen(language),
    )


def _gone(facts: ListingFacts) -> str:
    if facts.is_live:
        return ""
    if facts.is_withdrawn:
        return _("Its seller has taken it off sale.")
    return _("It is sold.")


def _similar(facts: ListingFacts, language: str) -> tuple[OfferCard, ...]:
    listing = facts.listing
    hits = similar_hits(f"listing:{listing.pk}", path=listing.category.path_slugs, language=cast(Language, language))
    return tuple(cards_for(hits, language, eager=0, sizes=RAIL_SIZES))
