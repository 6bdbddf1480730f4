"""Rights on one offer: the same facts in the same order everywhere, "no" as plain as "yes"."""

from __future__ import annotations

from dataclasses import dataclass

from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mall.catalogue.models import Offer
from mall.core.components import MallComponent
from mall.sellers.rights import Rights, rights_of


@dataclass(frozen=True, kw_only=True, slots=True)
class RightOnOffer:
    title: str
    detail: str
    has_it: bool


@dataclass(frozen=True, kw_only=True)
class RightsList(MallComponent):
    template_name = "components/rights.html"

    rights: tuple[RightOnOffer, ...]
    icons: str


def rights_on(offer: Offer) -> Rights:
    return rights_of(
        is_professional=offer.seller.is_professional,
        family=offer.family,
        return_days=offer.seller.return_days,
        warranty_months=offer.warranty_months,
    )


def rights_list(offer: Offer) -> RightsList:
    """Withdrawal, guarantee by law, the seller's own warranty, hidden defects."""
    rights = rights_on(offer)
    return RightsList(
        rights=(
            _withdrawal(rights.withdrawal_days),
            _guarantee(rights),
            _warranty(rights.seller_warranty_months),
            RightOnOffer(
                title=_("Hidden defects covered"),
                detail=_("The seller answers for them, by law."),
                has_it=rights.covers_hidden_defects,
            ),
        ),
        icons=static("img/icons.svg"),
    )


def _withdrawal(days: int) -> RightOnOffer:
    if not days:
        return RightOnOffer(
            title=_("No right of withdrawal"), detail=_("A private sale cannot be undone."), has_it=False
        )
    title = ngettext("%(count)s day to return it", "%(count)s days to return it", days) % {"count": days}
    return RightOnOffer(title=title, detail=_("From the day you receive it, without a reason."), has_it=True)


def _guarantee(rights: Rights) -> RightOnOffer:
    if not rights.guarantee_months:
        return RightOnOffer(
            title=_("No legal guarantee of conformity"),
            detail=_("It binds professional sellers only."),
            has_it=False,
        )
    return RightOnOffer(
        title=_("Legal guarantee of %(count)s months") % {"count": rights.guarantee_months},
        detail=_("Defects count as present at delivery for %(count)s months.") % {"count": rights.presumption_months},
        has_it=True,
    )


def _warranty(months: int) -> RightOnOffer:
    if not months:
        return RightOnOffer(
            title=_("No warranty of the seller’s own"), detail=_("Beyond what the law gives."), has_it=False
        )
    title = ngettext("Seller’s warranty of %(count)s month", "Seller’s warranty of %(count)s months", months)
    return RightOnOffer(title=title % {"count": months}, detail=_("On top of what the law gives."), has_it=True)
