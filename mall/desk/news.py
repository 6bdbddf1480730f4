"""Which words about an offer its seller should hear of."""

from __future__ import annotations

from dataclasses import dataclass

from mall.catalogue.match_selectors import frozen_title, state_after
from mall.catalogue.models import CatalogueMatch

State = CatalogueMatch.State


@dataclass(frozen=True, kw_only=True, slots=True)
class News:
    """address: of the seller, "" where none is known. product: its title in `language`."""

    match: CatalogueMatch
    address: str
    language: str
    product: str


def news_of(match_id: int) -> News | None:
    """None where the offer did not move, where its seller spoke himself, and for a row that is gone."""
    match = (
        CatalogueMatch.objects.filter(pk=match_id).select_related("offer__seller__member", "variant__product").first()
    )
    if match is None:
        return None
    seller = match.offer.seller
    if match.role == CatalogueMatch.Role.SELLER or (match.actor_id and match.actor_id == seller.member_id):
        return None
    earlier = match.offer.matches.filter(pk__lt=match_id).select_related("variant").order_by("pk")
    before = state_after(list(earlier))
    product_id = match.variant.product_id
    was_here = any(row and row.variant.product_id == product_id for row in (before.link, before.contest))
    is_news = {
        State.CONTESTED: True,
        State.SPLIT: was_here,
        State.CONFIRMED: before.link is None or before.link.variant.product_id != product_id,
        State.PROPOSED: False,
    }
    if not is_news[State(match.state)]:
        return None
    language = seller.member.language if seller.member else "fr"
    return News(
        match=match,
        address=seller.contact_email or (seller.member.email if seller.member else ""),
        language=language,
        product=frozen_title(match.variant, language),
    )
