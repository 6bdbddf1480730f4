"""The facts about a seller that the law wants shown, and what a buyer may expect of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mall.core.components import MallComponent
from mall.pages.components.wording import full_date_text, number_text, rating_text, seller_kind_text
from mall.sellers.models import Seller
from mall.sellers.rights import rights_of


@dataclass(frozen=True, kw_only=True, slots=True)
class SellerFact:
    """One line: a term and what is known. email: written as a link to it when given."""

    term: str
    value: str
    email: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RightLine:
    """One right. has_it False: the buyer has no such right with this seller, and the page says so."""

    title: str
    detail: str
    has_it: bool


@dataclass(frozen=True, kw_only=True)
class SellerFacts(MallComponent):
    """Who sells: Code de la consommation L111-7 and L221-5; rights L221-18, L217-3, Code civil 1641."""

    template_name = "components/seller_facts.html"

    kind_text: str
    is_professional: bool
    facts: tuple[SellerFact, ...]
    rights: tuple[RightLine, ...]

    @classmethod
    def of(cls, seller: Seller, language: str) -> SellerFacts:
        return cls(
            kind_text=seller_kind_text(seller.kind),
            is_professional=seller.is_professional,
            facts=tuple(fact for fact in _facts(seller, language) if fact.value),
            rights=_rights(seller),
        )


def rating_line(seller: Seller, language: str) -> str:
    """ "4.7 out of 5, 96 reviews", or that there is none yet."""
    if seller.rating_tenths is None:
        return _("No reviews yet")
    reviews = ngettext(
        "%(rating)s out of 5, %(count)s review", "%(rating)s out of 5, %(count)s reviews", seller.rating_count
    )
    return reviews % {
        "rating": rating_text(seller.rating_tenths, language),
        "count": number_text(seller.rating_count, language),
    }


def sales_line(seller: Seller, language: str) -> str:
    sales = ngettext("%(count)s sale", "%(count)s sales", seller.sale_count)
    return sales % {"count": number_text(seller.sale_count, language)}


def _facts(seller: Seller, language: str) -> tuple[SellerFact, ...]:
    joined = full_date_text(timezone.localtime(seller.joined_at).date(), language)
    return (
        SellerFact(term=_("Company"), value=seller.company_name),
        SellerFact(term=_("Address"), value=seller.company_address or seller.city),
        SellerFact(term=_("Register number"), value=seller.register_number),
        SellerFact(term=_("VAT number"), value=seller.vat_number),
        SellerFact(term=_("E-mail"), value=seller.contact_email, email=seller.contact_email),
        SellerFact(term=_("Telephone"), value=seller.contact_phone),
        SellerFact(term=_("Rating"), value=rating_line(seller, language)),
        SellerFact(term=_("Sales on the mall"), value=number_text(seller.sale_count, language)),
        SellerFact(term=_("On the mall since"), value=joined),
    )


def _rights(seller: Seller) -> tuple[RightLine, ...]:
    rights = rights_of(
        is_professional=seller.is_professional, family="used", return_days=seller.return_days, warranty_months=0
    )
    if not seller.is_professional:
        return (
            RightLine(title=_("No right of withdrawal"), detail=_("A private sale cannot be undone."), has_it=False),
            RightLine(
                title=_("No legal guarantee of conformity"),
                detail=_("It binds professional sellers only."),
                has_it=False,
            ),
            RightLine(title=_("Hidden defects"), detail=_("The seller answers for them, by law."), has_it=True),
        )
    days = ngettext("%(count)s day to change your mind", "%(count)s days to change your mind", rights.withdrawal_days)
    return (
        RightLine(
            title=days % {"count": rights.withdrawal_days}, detail=_("From the day you receive it."), has_it=True
        ),
        RightLine(
            title=_("Legal guarantee of %(count)s months") % {"count": rights.guarantee_months},
            detail=_("Repair, replacement or refund when the thing does not conform."),
            has_it=True,
        ),
        RightLine(title=_("Hidden defects"), detail=_("The seller answers for them, by law."), has_it=True),
    )
