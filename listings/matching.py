"""The matcher at work on one listing: linked to a product, proposed to a person, or left alone beside what is near.

In this order: the codes that its seller gave, then the model's judgement of the likeliest products. A thing that is
linked to nothing gets its equivalents. mall/decisions/0011-matcher.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.conf import settings
from django.db import transaction

from listings.cases import Case, Code, Matcher, open_case
from listings.equivalents import find_equivalents, forget_equivalents, replace_equivalents
from listings.models import Listing
from mall.catalogue.errors import PairRefused
from mall.catalogue.evidence import Evidence, EvidenceKind
from mall.catalogue.match_selectors import SettledClaims, settle_claims
from mall.catalogue.matching.database import KnownProduct
from mall.catalogue.matching.explaining import doubts, is_plausible_price
from mall.catalogue.matching.judging import Judgement
from mall.catalogue.models import CatalogueMatch, Identifier, Offer, Variant
from mall.catalogue.services import link_offer, match_by_identifier, propose_match
from search.analysis import fold

UNLIKELY = 0.05
# Of what makes a person doubt a pair, what holds against a code too: it may be the code of what the thing is for.
_DOUBTS_OF_CODES = frozenset({"accessory", "lot", "many_models"})

_KINDS_OF_SCHEMES: dict[str, EvidenceKind] = {"gtin": "gtin", "isbn10": "isbn10", "mpn": "mpn"}

Method = CatalogueMatch.Method
State = Literal["skipped", "linked", "proposed", "alone"]


@dataclass(frozen=True, kw_only=True, slots=True)
class MatchOutcome:
    """skipped: gone, sold, or linked before. product_ids: linked to or proposed now, likeliest first.
    equivalents: ids of the products it stands beside, nearest first.
    """

    state: State
    product_ids: tuple[int, ...] = ()
    equivalents: tuple[int, ...] = ()


@transaction.atomic
def match_listing(listing_id: int, *, now: datetime, matcher: Matcher | None = None) -> MatchOutcome:
    """Look at one listing again. Idempotent; a twin of the same second waits for the lock, then finds the work done.

    Raises EngineUnavailable and ModelUnreadable; nothing is written then.
    """
    offer = Offer.objects.select_for_update(of=("self",)).filter(listing=listing_id).first()
    if offer is None or not offer.is_live(now):
        return MatchOutcome(state="skipped")
    if offer.variant_id is not None:
        forget_equivalents(offer)
        return MatchOutcome(state="skipped")
    listing = Listing.objects.select_related("offer", "category", "brand").get(pk=listing_id)
    case = open_case(listing, offer, matcher or Matcher(), now)
    said = _say_by_code(case) or _say_by_model(case)
    Listing.objects.filter(pk=listing_id).update(matched_at=now)
    if said.state == "linked":
        forget_equivalents(offer)
        return said
    near = find_equivalents(case)
    replace_equivalents(case, near)
    return MatchOutcome(
        state=said.state, product_ids=said.product_ids, equivalents=tuple(one.product_id for one in near)
    )


def _say_by_code(case: Case) -> MatchOutcome | None:
    """Link by a code that one product bears. Several products, or reasons against it: a person is asked.

    None where no code says anything.
    """
    settled = {code: settle_claims(claims) for code, claims in case.claims.items()}
    winners: dict[int, tuple[Code, Identifier]] = {}
    for code, one in settled.items():
        if one.winner is not None and one.winner.variant.product_id in case.known:
            winners.setdefault(one.winner.variant.product_id, (code, one.winner))
    rivals = [one for one in settled.values() if one.rivals]
    if not winners and not rivals:
        return None
    if len(winners) == 1 and all(_is_among(next(iter(winners)), one.rivals) for one in rivals):
        product_id, (code, _claim) = next(iter(winners.items()))
        if _may_link_by_code(case, product_id):
            match = match_by_identifier(offer=case.offer, scheme=code[0], value=code[1], now=case.now)
            if match is not None:
                return MatchOutcome(state="linked", product_ids=(product_id,))
    proposed = [pk for pk, (code, claim) in winners.items() if _propose_by_code(case, code, claim)]
    proposed += _propose_rivals(case, settled)
    return MatchOutcome(state="proposed", product_ids=tuple(dict.fromkeys(proposed))) if proposed else None


def _is_among(product_id: int, claims: Iterable[Identifier]) -> bool:
    return any(claim.variant.product_id == product_id for claim in claims)


def _may_link_by_code(case: Case, product_id: int) -> bool:
    product, judgement = case.known[product_id], case.judgement(product_id)
    if is_for_people(case, product):
        return False
    if judgement is None:
        return True
    found = doubts(case.reading, product.reading, judgement.features)
    if any(one.kind in _DOUBTS_OF_CODES for one in found):
        return False
    is_of_another_brand = any(one.kind == "brand" and one.speaks == "against" for one in judgement.evidence)
    return not (is_of_another_brand and judgement.probability < UNLIKELY)


def _propose_by_code(case: Case, code: Code, claim: Identifier) -> bool:
    judgement = case.judgement(claim.variant.product_id)
    scheme, value = code
    said = [one for one in (judgement.evidence if judgement else ()) if one.kind != scheme]
    match = propose_match(
        offer=case.offer,
        variant=claim.variant,
        evidence=_as_json([_of_code(scheme, value), *said], case, case.known[claim.variant.product_id]),
        score=judgement.probability if judgement else None,
        model_version=case.model_version,
        now=case.now,
        method=Method.IDENTIFIER,
    )
    return match is not None


def _propose_rivals(case: Case, settled: dict[Code, SettledClaims]) -> list[int]:
    """Ids of the products that claim a code with equal right and are now proposed."""
    found: list[int] = []
    for (scheme, value), one in settled.items():
        if one.rivals:
            match_by_identifier(offer=case.offer, scheme=scheme, value=value, now=case.now)
            found += [claim.variant.product_id for claim in one.rivals if claim.variant.product_id in case.known]
    return found


def _say_by_model(case: Case) -> MatchOutcome:
    """Link the likeliest product where the model is sure and nothing stands against it, else propose what may be."""
    likely = [one for one in case.judged if one.outcome != "different"]
    proposed = []
    for judgement in likely:
        product = case.known[int(judgement.product_id)]
        variant = variant_of(case, product)
        if variant is None:
            continue
        if judgement.outcome == "linked" and not is_for_people(case, product) and _link(case, variant, judgement):
            return MatchOutcome(state="linked", product_ids=(product.id,))
        if _propose(case, variant, judgement):
            proposed.append(product.id)
    return MatchOutcome(state="proposed" if proposed else "alone", product_ids=tuple(proposed))


def is_for_people(case: Case, product: KnownProduct) -> bool:
    """Is the pair left to a person whatever speaks for it: dear, oddly priced, sensitive, contested, wrongly coded?"""
    return (
        product.is_sensitive
        or case.listing.category.is_sensitive
        or case.offer.price_minor >= settings.MATCH_LINKS_BELOW_MINOR
        or case.is_open
        or bool(case.codes.wrong)
        or not is_plausible_price(case.reading, product.reading)
    )


def variant_of(case: Case, product: KnownProduct) -> Variant | None:
    """The variant of the thing's colour, then of its size, else the first; None for a product without any."""
    colours = {case.listing.colour} if case.listing.colour else case.reading.colours
    fitting = [one for one in product.variants if one.colour in colours] or list(product.variants)
    size = fold(case.listing.size)
    fitting = [one for one in fitting if size and fold(one.size) == size] or fitting
    return Variant.objects.get(pk=fitting[0].id) if fitting else None


def _link(case: Case, variant: Variant, judgement: Judgement) -> bool:
    try:
        link_offer(
            offer=case.offer,
            variant=variant,
            method=Method.MODEL,
            evidence=_as_json(judgement.evidence, case, case.known[int(judgement.product_id)]),
            score=judgement.probability,
            now=case.now,
            role=CatalogueMatch.Role.MATCHER,
            model_version=case.model_version,
        )
    except PairRefused:
        return False
    return True


def _propose(case: Case, variant: Variant, judgement: Judgement) -> bool:
    match = propose_match(
        offer=case.offer,
        variant=variant,
        evidence=_as_json(judgement.evidence, case, case.known[int(judgement.product_id)]),
        score=judgement.probability,
        model_version=case.model_version,
        now=case.now,
    )
    return match is not None


def _of_code(scheme: str, value: str) -> Evidence:
    return Evidence(kind=_KINDS_OF_SCHEMES[scheme], speaks="for", detail=value)


def _as_json(evidence: Sequence[Evidence], case: Case, product: KnownProduct) -> list[dict[str, Any]]:
    """The entries, and what the model was not shown: a code that cannot be right, a price out of proportion."""
    found = list(evidence)
    if not is_plausible_price(case.reading, product.reading):
        found.append(Evidence(kind="price", speaks="against", detail=f"{case.reading.thing.price_low:g}"))
    if case.codes.wrong:
        found.append(Evidence(kind="wrong_digit", speaks="against", detail=case.codes.wrong))
    return [entry.as_json() for entry in found]
