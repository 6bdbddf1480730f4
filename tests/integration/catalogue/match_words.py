"""What the tests of matches say and ask, in few words. Everything happens at NOW."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from mall.accounts.models import Member
from mall.catalogue import match_selectors, services
from mall.catalogue.match_services import (
    confirm_match,
    contest_match,
    propose_match,
    split_match,
)
from mall.catalogue.models import CatalogueMatch, Offer, Variant

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
EVIDENCE = [{"kind": "model", "speaks": "for", "detail": "KR17"}]


def link(offer: Offer, variant: Variant) -> Offer:
    services.link_offer(offer=offer, variant=variant, method="model", evidence=EVIDENCE, score=0.93, now=NOW)
    return offer


def propose(offer: Offer, variant: Variant, *, version: str = "v1") -> CatalogueMatch | None:
    return propose_match(offer=offer, variant=variant, evidence=EVIDENCE, score=0.6, model_version=version, now=NOW)


def contest(offer: Offer, member: Member, *, role: str = "buyer", **words: Any) -> CatalogueMatch:
    words = {"reason": "", "now": NOW, **words}
    return contest_match(offer_id=offer.pk, member=member, role=role, **words)


def confirm(offer: Offer, variant: Variant, member: Member, **words: Any) -> CatalogueMatch:
    return confirm_match(offer_id=offer.pk, variant_id=variant.pk, member=member, now=NOW, **words)


def split(offer: Offer, variant: Variant, member: Member) -> CatalogueMatch:
    return split_match(offer_id=offer.pk, product_id=variant.product_id, member=member, now=NOW)


def history(offer: Offer) -> list[tuple[str, str]]:
    return list(offer.matches.order_by("pk").values_list("state", "role"))


def place(offer: Offer) -> int | None:
    return Offer.objects.get(pk=offer.pk).variant_id


def waiting(*states: str) -> list[int]:
    return list(match_selectors.waiting_rows(*states).order_by("pk").values_list("offer_id", flat=True))
