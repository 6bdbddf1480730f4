"""The page that contests an offer's product: both side by side, and a short form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mall.catalogue.conditions import GRADES
from mall.catalogue.match_services import MOST_WORDS
from mall.catalogue.models import CatalogueMatch
from mall.pages.addresses import product_url
from mall.pages.components.offers import item_url, split_text
from mall.pages.components.picture import PhotoView, photo_view
from mall.pages.components.wording import price_text
from mall.pages.selectors.contest import ContestFacts

SIDE_SIZES = "(min-width: 40rem) 16rem, 45vw"
SHOWN_FACTS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One of the two. url: its page, "" without one. facts: short lines."""

    heading: str
    title: str
    url: str
    photo: PhotoView | None
    is_own_photo: bool
    tint: str
    facts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ContestPage:
    """What pages/contest.html and pages/contest_waiting.html write. back_url: the page of the thing or the product.

    product_id: stands hidden in the form, so that a contest names what the member saw.
    """

    offer: Side
    product: Side
    product_id: int
    back_url: str
    is_seller: bool
    has_own_page: bool

    @property
    def sides(self) -> tuple[Side, Side]:
        return (self.product, self.offer)


class FirstOfTheGroup(forms.RadioSelect):
    """Its label leads to the first choice, so that a link of the error summary finds it."""

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return super().id_for_label(id_, "0" if index is None else index)


class Words(forms.CharField):
    """Browsers count a new line as one character and send two."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class SeenProduct(forms.IntegerField):
    """The id of the product that the form was shown with; 0, which no product has, for what is no number."""

    def clean(self, value: Any) -> int | None:
        try:
            number: int | None = super().clean(value)
        except forms.ValidationError:
            return 0
        return number


class ContestForm(forms.Form):
    """ground: one of CatalogueMatch.Ground. words: at most MOST_WORDS characters."""

    ground = forms.ChoiceField(
        label=gettext_lazy("What is different?"),
        choices=CatalogueMatch.Ground.choices,
        widget=FirstOfTheGroup,
        error_messages={
            "required": gettext_lazy("Choose what is different."),
            "invalid_choice": gettext_lazy("Choose what is different."),
        },
    )
    words = Words(
        label=gettext_lazy("In your own words (optional)"),
        required=False,
        max_length=MOST_WORDS,
        help_text=gettext_lazy("For example the model written on the label. Only the mall’s team reads it."),
        widget=forms.Textarea(attrs={"class": "input", "rows": 4}),
    )
    product = SeenProduct(widget=forms.HiddenInput, required=False, min_value=1, max_value=10**18)


def contest_page_of(facts: ContestFacts, *, member_id: int, language: str) -> ContestPage:
    """Raises ValueError for an offer that stands alone."""
    if facts.product is None:
        raise ValueError(f"offer {facts.offer.pk} stands with no product")
    product = facts.product.product
    address = product_url(product.pk, product.slug)
    tint = product.category.tint
    return ContestPage(
        offer=_offer_side(facts, tint, language),
        product=Side(
            heading=_("The product"),
            title=facts.product.title,
            url=address,
            photo=photo_view(facts.product.picture, alt=_("Photo by the maker"), sizes=SIDE_SIZES, is_eager=True),
            is_own_photo=False,
            tint=tint,
            facts=tuple(
                _("%(label)s: %(value)s") % {"label": label, "value": value}
                for label, value in facts.product.facts[:SHOWN_FACTS]
            ),
        ),
        product_id=product.pk,
        back_url=where_it_is(facts, language),
        is_seller=facts.offer.seller.member_id == member_id,
        has_own_page=facts.listing is not None,
    )


def _offer_side(facts: ContestFacts, tint: str, language: str) -> Side:
    offer, listing = facts.offer, facts.listing
    grade = str(GRADES[offer.grade].label)
    total = price_text(offer.total_minor, offer.currency, language)
    title = listing.title_in(language) if listing else offer.note(language) or grade
    return Side(
        heading=_("The offer"),
        title=title,
        url=item_url(offer, language),
        photo=photo_view(facts.picture, alt=_("Photo by the seller"), sizes=SIDE_SIZES, is_eager=True),
        is_own_photo=facts.picture is not None,
        tint=tint,
        facts=(
            *((grade,) if grade != title else ()),
            _("%(total)s in all (%(parts)s)") % {"total": total, "parts": split_text(offer, language)},
            _("Sold by %(seller)s") % {"seller": offer.seller.name},
        ),
    )


def where_it_is(facts: ContestFacts, language: str) -> str:
    """The thing's own page; the product's for an offer without one."""
    own = item_url(facts.offer, language)
    if own or facts.product is None:
        return own
    return product_url(facts.product.product.pk, facts.product.product.slug)


def thanks_text(facts: ContestFacts) -> str:
    """What happened, said on the next page."""
    title = facts.product.title if facts.product else ""
    if facts.listing is not None:
        return _(
            "Thank you. This thing no longer stands with “%(title)s”; it stands on its own until a person "
            "has compared the two."
        ) % {"title": title}
    return _("Thank you. That offer has left this page until a person has compared the two.")


def moved_text() -> str:
    """Said where the offer is no longer what the member saw."""
    return _("Nothing was changed: this offer no longer stands with that product.")


def too_many_text(retry_seconds: int) -> str:
    """retry_seconds: when the next one is heard."""
    minutes = max(1, -(-retry_seconds // 60))
    return _("You have pointed out many offers within an hour. Please come back in %(minutes)s min.") % {
        "minutes": minutes
    }
