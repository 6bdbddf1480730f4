"""Offers of a product: the one put forward, and all of them by condition, cheapest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.templatetags.static import static
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from listings.models import ListingPhoto
from mall.catalogue.buy_box import BuyBox
from mall.catalogue.conditions import GRADES, Family
from mall.catalogue.models import Offer
from mall.core.components import MallComponent
from mall.pages.addresses import contest_url, listing_url, seller_url
from mall.pages.components.picture import THUMB_SIZES, PhotoView, photo_view
from mall.pages.components.rights import RightsList, rights_list, rights_on
from mall.pages.components.wording import (
    CONDITION_CLASSES,
    CONDITION_MARKS,
    arrival_date,
    date_text,
    full_date_text,
    number_text,
    offers_text,
    percent_text,
    price_text,
    rating_text,
    seller_kind_text,
)
from mall.pages.selectors.products import Choice, ConditionOffers, ProductOffers, Reduction

SHOWN_AT_FIRST = 4


@dataclass(frozen=True, kw_only=True)
class SellerLine(MallComponent):
    """Who sells: name, kind, rating and sales, place. theme: slug of a brand with colours of its own, or ""."""

    template_name = "components/seller_line.html"

    name: str
    url: str
    initials: str
    kind: str
    facts: str
    is_professional: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferRow:
    """One offer in its group. url: the page with this offer put forward; item_url: the page of the very thing.

    contest_url: where to say that it is another product, "" for new goods.
    """

    id: int
    photo: PhotoView | None
    is_own_photo: bool
    tint: str
    grade: str
    sentence: str
    variant: str
    seller: SellerLine
    facts: tuple[str, ...]
    total: str
    split: str
    url: str
    item_url: str
    contest_url: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class OfferGroup(MallComponent):
    """All shown offers of one condition; `more` after the first ones, folded. hidden_text: how many are not shown."""

    template_name = "components/offer_group.html"

    family: str
    title: str
    css: str
    mark: str
    summary: str
    rows: tuple[OfferRow, ...]
    more: tuple[OfferRow, ...]
    hidden_text: str
    icons: str


@dataclass(frozen=True, kw_only=True)
class ChosenOffer(MallComponent):
    """The offer put forward, with what it costs in all and why it stands there."""

    template_name = "components/chosen_offer.html"

    css: str
    mark: str
    total: str
    versus: str
    split: str
    new_price: str
    reduction: str
    grade: str
    sentence: str
    note: str
    variant: str
    seller: SellerLine
    arrival: str
    why: tuple[str, ...]
    rights: RightsList
    item_url: str
    offers_url: str
    offers_text: str
    icons: str


def seller_line(offer: Offer, language: str) -> SellerLine:
    seller = offer.seller
    facts = []
    if seller.rating_tenths is not None:
        facts.append(_("%(rating)s out of 5") % {"rating": rating_text(seller.rating_tenths, language)})
    else:
        facts.append(_("No reviews yet"))
    if seller.sale_count:
        sales = ngettext("%(count)s sale", "%(count)s sales", seller.sale_count)
        facts.append(sales % {"count": number_text(seller.sale_count, language)})
    if seller.city:
        facts.append(seller.city)
    return SellerLine(
        name=seller.name,
        url=seller_url(seller.slug),
        initials="".join(word[0] for word in seller.name.split()[:2]).upper(),
        kind=seller_kind_text(seller.kind),
        facts=", ".join(facts),
        is_professional=seller.is_professional,
    )


def chosen_offer(
    choice: Choice,
    offers: ProductOffers,
    *,
    language: str,
    reduction: Reduction | None,
    offers_url: str,
) -> ChosenOffer:
    offer = choice.offer
    grade = GRADES[offer.grade]
    new = offers.cheapest_new()
    is_cheaper = new is not None and offer.family != "new" and new.total_minor > offer.total_minor
    return ChosenOffer(
        css=CONDITION_CLASSES[offer.family],
        mark=CONDITION_MARKS[offer.family],
        total=price_text(offer.total_minor, offer.currency, language),
        versus=_versus(offer, new, language) if new and is_cheaper else "",
        split=split_text(offer, language),
        new_price=_new_price(new, language) if new and is_cheaper else "",
        reduction=_reduction(offer, reduction, language),
        grade=str(grade.label),
        sentence=str(grade.sentence),
        note=offer.note(language),
        variant=offer.variant.label(language) if offer.variant else "",
        seller=seller_line(offer, language),
        arrival=offer_arrival(offer, language),
        why=_why(choice.box, offer, language) if choice.box else (),
        rights=rights_list(offer),
        item_url=item_url(offer, language),
        offers_url=offers_url,
        offers_text=ngettext("See the offer", "Compare the %(count)s offers", offers.count)
        % {"count": number_text(offers.count, language)},
        icons=static("img/icons.svg"),
    )


def offer_group(
    group: ConditionOffers,
    own_photos: dict[int, tuple[ListingPhoto, ...]],
    *,
    language: str,
    catalogue_photos: Mapping[int | None, PhotoView],
    tint: str,
    address: str,
    chosen_id: int | None,
    shows_variants: bool,
) -> OfferGroup:
    """address: of the page, ending where the offer's id is to stand. catalogue_photos: by variant, None for any."""
    rows = [
        _row(
            offer,
            own_photos.get(offer.pk, ()),
            language,
            catalogue_photos=catalogue_photos,
            tint=tint,
            address=address,
            chosen_id=chosen_id,
            shows_variants=shows_variants,
        )
        for offer in group.offers
    ]
    hidden = group.count - len(rows)
    lowest = price_text(group.from_minor, group.offers[0].currency, language)
    summary = _("%(offers)s, from %(price)s") if group.count > 1 else _("%(offers)s, %(price)s")
    return OfferGroup(
        family=str(group.family),
        title=str(group.family.label),
        css=CONDITION_CLASSES[group.family],
        mark=CONDITION_MARKS[group.family],
        summary=summary % {"offers": offers_text(group.count), "price": lowest},
        rows=tuple(rows[:SHOWN_AT_FIRST]),
        more=tuple(rows[SHOWN_AT_FIRST:]),
        hidden_text=_hidden_text(hidden, language),
        icons=static("img/icons.svg"),
    )


def _row(
    offer: Offer,
    own: Sequence[ListingPhoto],
    language: str,
    *,
    catalogue_photos: Mapping[int | None, PhotoView],
    tint: str,
    address: str,
    chosen_id: int | None,
    shows_variants: bool,
) -> OfferRow:
    grade = GRADES[offer.grade]
    photo = photo_view(own[0].picture, alt=own[0].alt(language), sizes=THUMB_SIZES) if own else None
    is_second_hand = offer.family in {"used", "parts"}
    makers = catalogue_photos.get(offer.variant_id) or catalogue_photos.get(None)
    return OfferRow(
        id=offer.pk,
        photo=photo or (None if is_second_hand else makers),
        is_own_photo=photo is not None,
        tint=tint,
        grade=str(grade.label),
        sentence=offer.note(language) or str(grade.sentence),
        variant=offer.variant.label(language) if shows_variants and offer.variant else "",
        seller=seller_line(offer, language),
        facts=_facts(offer, language),
        total=price_text(offer.total_minor, offer.currency, language),
        split=split_text(offer, language),
        url=f"{address}{offer.pk}#offer",
        item_url=item_url(offer, language),
        contest_url="" if offer.family == Family.NEW else contest_url(offer.pk),
        is_chosen=offer.pk == chosen_id,
    )


def item_url(offer: Offer, language: str) -> str:
    """The page of the very thing, "" for stock."""
    listing = getattr(offer, "listing", None)
    if listing is None:
        return ""
    return listing_url(listing.pk, slugify(listing.title_in(language)) or "item")


def split_text(offer: Offer, language: str) -> str:
    """What the total is made of."""
    if offer.delivery_days_max is None:
        return _("to be collected, nothing to add")
    if not offer.delivery_minor:
        return _("free delivery")
    return _("%(price)s + %(delivery)s delivery") % {
        "price": price_text(offer.price_minor, offer.currency, language),
        "delivery": price_text(offer.delivery_minor, offer.currency, language),
    }


def offer_arrival(offer: Offer, language: str) -> str:
    """When it comes, in words."""
    city = offer.seller.city
    if offer.delivery_days_max is None:
        return _("To collect in %(city)s") % {"city": city} if city else _("To collect")
    latest = arrival_date(offer.delivery_days_max)
    earliest = arrival_date(offer.delivery_days_min or offer.delivery_days_max)
    if earliest == latest:
        text = _("Delivered by %(date)s") % {"date": date_text(latest, language)}
    else:
        text = _("Delivered between %(first)s and %(last)s") % {
            "first": date_text(earliest, language),
            "last": date_text(latest, language),
        }
    if offer.can_be_collected and city:
        return _("%(arrival)s, or to collect in %(city)s") % {"arrival": text, "city": city}
    return text


def _facts(offer: Offer, language: str) -> tuple[str, ...]:
    rights = rights_on(offer)
    if offer.delivery_days_max is None:
        arrival = _("To collect")
    else:
        day = date_text(arrival_date(offer.delivery_days_max), language, is_short=True)
        arrival = pgettext("delivery", "By %(date)s") % {"date": day}
    if not rights.withdrawal_days:
        return (arrival, _("No right of withdrawal"), _("No legal guarantee of conformity"))
    months = max(rights.guarantee_months, rights.seller_warranty_months)
    return (
        arrival,
        ngettext("%(count)s day to return it", "%(count)s days to return it", rights.withdrawal_days)
        % {"count": rights.withdrawal_days},
        _("Guarantee of %(count)s months") % {"count": months},
    )


def _versus(offer: Offer, new: Offer, language: str) -> str:
    """The saving in words, against a live new offer only."""
    gap = new.total_minor - offer.total_minor
    return _("%(amount)s less than new (−%(percent)s)") % {
        "amount": price_text(gap, offer.currency, language),
        "percent": percent_text(gap * 100 // new.total_minor, language),
    }


def _new_price(new: Offer, language: str) -> str:
    return _("New at %(price)s from %(seller)s today, %(date)s.") % {
        "price": price_text(new.total_minor, new.currency, language),
        "seller": new.seller.name,
        "date": date_text(timezone.localdate(), language),
    }


def _reduction(offer: Offer, reduction: Reduction | None, language: str) -> str:
    if reduction is None:
        return ""
    since: datetime = timezone.localtime(reduction.since)
    return _("Price lowered on %(date)s. Lowest price of the 30 days before: %(price)s.") % {
        "date": full_date_text(since.date(), language),
        "price": price_text(reduction.lowest_minor, offer.currency, language),
    }


def _why(box: BuyBox, offer: Offer, language: str) -> tuple[str, ...]:
    reasons = box.reasons
    sentences = {
        "only": _("It is the only offer in this condition."),
        "price": _("It has the lowest total, delivery included."),
        "date": _("Among the offers within 1 % of the lowest total, it comes first."),
        "rating": _("Among the offers within 1 % of the lowest total, its seller is rated best."),
        "rotation": _("Several offers are equal; they take turns from day to day."),
    }
    found = [sentences[reasons.decided_by]]
    if reasons.gap_minor:
        amount = price_text(reasons.gap_minor, offer.currency, language)
        found.append(_("The next one costs %(amount)s more.") % {"amount": amount})
    found.append(_("No payment moves an offer."))
    return tuple(found)


def _hidden_text(hidden: int, language: str) -> str:
    if hidden <= 0:
        return ""
    text = ngettext(
        "%(count)s more expensive offer is not shown.", "%(count)s more expensive offers are not shown.", hidden
    )
    return text % {"count": number_text(hidden, language)}
