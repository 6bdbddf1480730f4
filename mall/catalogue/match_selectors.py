"""What the rows of CatalogueMatch say when read together: link, contest, open proposals, pairs that are refused.

Rows are read in the order they were added. A row that was undone no longer counts; the row that undid it says what
holds instead. A link is ended by a contest or a split of the same product only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from mall.accounts.models import Member
from mall.catalogue.models import CatalogueMatch, Identifier, Offer, ProductText, Variant

DECIDE, LOOK = "catalogue.change_cataloguematch", "catalogue.view_cataloguematch"
State, Role = CatalogueMatch.State, CatalogueMatch.Role
AUTHORITIES = (Identifier.Authority.BRAND, Identifier.Authority.MALL, Identifier.Authority.SELLER)


@dataclass(frozen=True, kw_only=True, slots=True)
class MatchState:
    """What holds for one offer. link, contest: the row behind it, None without; at most one of both.

    proposals: open ones, one per variant, oldest first. decision: the last word of a person that still counts.
    """

    link: CatalogueMatch | None
    contest: CatalogueMatch | None
    proposals: tuple[CatalogueMatch, ...]
    decision: CatalogueMatch | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SettledClaims:
    """Who bears a code. winner: None in a conflict; rivals: those who then claim it with equal right, by variant."""

    winner: Identifier | None
    rivals: tuple[Identifier, ...]


def match_rows(offer_id: int) -> list[CatalogueMatch]:
    """All rows of one offer, oldest first, each with its variant. One query."""
    return list(CatalogueMatch.objects.filter(offer_id=offer_id).select_related("variant").order_by("pk"))


def standing(rows: Sequence[CatalogueMatch]) -> list[CatalogueMatch]:
    """Those of `rows` that none of them undoes."""
    undone = {row.undoes_id for row in rows}
    return [row for row in rows if row.pk not in undone]


def state_after(rows: Sequence[CatalogueMatch]) -> MatchState:
    """rows: of one offer, oldest first, with their variants."""
    link: CatalogueMatch | None = None
    contest: CatalogueMatch | None = None
    decision: CatalogueMatch | None = None
    proposals: dict[int, CatalogueMatch] = {}
    for row in standing(rows):
        product_id = row.variant.product_id
        decision = row if row.role != Role.MATCHER and row.state != State.PROPOSED else decision
        if row.state == State.PROPOSED:
            proposals[row.variant_id] = row
            continue
        if row.state == State.CONFIRMED:
            link, contest, proposals = row, None, {}
            continue
        proposals = {key: kept for key, kept in proposals.items() if kept.variant.product_id != product_id}
        link = None if link and link.variant.product_id == product_id else link
        if row.state == State.CONTESTED:
            contest = row
        elif contest and contest.variant.product_id == product_id:
            contest = None
    return MatchState(link=link, contest=contest, proposals=tuple(proposals.values()), decision=decision)


def current_match(offer: Offer) -> CatalogueMatch | None:
    """The row behind the offer's present link; None without link, and where its seller gave the variant himself."""
    return state_after(match_rows(offer.pk)).link


def refused_pairs(offer_ids: Iterable[int]) -> set[tuple[int, int]]:
    """(offer id, product id) of each pair that a person keeps apart: split or contested is the last word on it."""
    rows = (
        CatalogueMatch.objects.filter(offer_id__in=list(offer_ids), undone_by__isnull=True)
        .exclude(role=Role.MATCHER)
        .order_by("pk")
        .values_list("offer_id", "variant__product_id", "state")
    )
    last = {(offer_id, product_id): state for offer_id, product_id, state in rows}
    return {pair for pair, state in last.items() if state in {State.SPLIT, State.CONTESTED}}


def is_settled_by_a_person(state: MatchState) -> bool:
    """Whether a person said what the offer is. The matcher then leaves it alone."""
    return state.link is not None and state.link.role != Role.MATCHER


def settle_claims(claims: Iterable[Identifier]) -> SettledClaims:
    """A brand's claim to a code outranks the mall's, and that a seller's; alone on its level, it wins."""
    known = sorted(claims, key=lambda claim: (AUTHORITIES.index(claim.authority), claim.variant_id))
    best = tuple(claim for claim in known if claim.authority == known[0].authority)
    if len(best) == 1:
        return SettledClaims(winner=best[0], rivals=())
    return SettledClaims(winner=None, rivals=best)


def may_decide(member: Member | AnonymousUser) -> bool:
    """Whether the member may say, for the mall, what is the same."""
    return member.is_active and member.has_perm(DECIDE)


def may_look(member: Member | AnonymousUser) -> bool:
    """Whether the member may see what was said of offers and products."""
    return may_decide(member) or (member.is_active and member.has_perm(LOOK))


def role_of(member: Member, offer: Offer) -> str:
    """As whom the member speaks of this offer. Who has a stake in it is named by that first."""
    if offer.seller.member_id == member.pk:
        return Role.SELLER
    if _is_editor_of_the_brand(member, offer):
        return Role.BRAND
    return Role.OPERATOR if may_decide(member) else Role.BUYER


def _is_editor_of_the_brand(member: Member, offer: Offer) -> bool:
    if offer.variant_id is None:
        return False
    return Variant.objects.filter(pk=offer.variant_id, product__brand__shop__member=member).exists()


def contests_since(member: Member, since: datetime) -> QuerySet[CatalogueMatch]:
    """Contests that the member made from `since` on, oldest first."""
    return CatalogueMatch.objects.filter(actor=member, state=State.CONTESTED, created_at__gt=since).order_by("pk")


def frozen_title(variant: Variant, language: str) -> str:
    """The product's title now, in `language` where there is one."""
    texts = dict(ProductText.objects.filter(product_id=variant.product_id).values_list("language", "title"))
    return str(texts.get(language) or next(iter(texts.values()), variant.product.slug.replace("-", " ")))


def waiting_rows(*states: str) -> QuerySet[CatalogueMatch]:
    """The newest open row of each offer that waits for a person. states: proposed, contested or both (the default).

    A proposal waits as long as the offer can be had. A contested offer waits until it is decided or withdrawn.
    """
    later = CatalogueMatch.objects.filter(offer=OuterRef("offer"), undone_by__isnull=True, pk__gt=OuterRef("pk"))
    ends_it = Q(state=State.CONFIRMED) | Q(
        state__in=[State.SPLIT, State.CONTESTED], variant__product=OuterRef("variant__product")
    )
    rows = (
        CatalogueMatch.objects.filter(undone_by__isnull=True, offer__withdrawn_at__isnull=True)
        .filter(Q(state=State.CONTESTED) | Q(state=State.PROPOSED, offer__stock__gt=0, offer__seller__is_active=True))
        .exclude(Exists(later.filter(ends_it)))
    )
    wanted = rows.filter(state__in=states) if states else rows
    return _last_of_each_offer(wanted)


def decided_rows() -> QuerySet[CatalogueMatch]:
    """The last decision of a person on each offer, where nothing waits any more."""
    said = CatalogueMatch.objects.filter(
        undone_by__isnull=True, undoes__isnull=True, state__in=[State.CONFIRMED, State.SPLIT]
    ).exclude(role=Role.MATCHER)
    return _last_of_each_offer(said).exclude(offer__in=waiting_rows().values("offer"))


def all_rows() -> QuerySet[CatalogueMatch]:
    """The newest row of each offer that anything was said of."""
    return _last_of_each_offer(CatalogueMatch.objects.all())


def _last_of_each_offer(rows: QuerySet[CatalogueMatch]) -> QuerySet[CatalogueMatch]:
    newest = rows.order_by().values("offer").annotate(newest=Max("pk")).values("newest")
    return CatalogueMatch.objects.filter(pk__in=newest)


def row_of(match_id: int) -> CatalogueMatch | None:
    return CatalogueMatch.objects.filter(pk=match_id).first()


def next_waiting(row: CatalogueMatch) -> CatalogueMatch | None:
    """What to decide after `row`: the rest of its offer's question, else the queue from its start.

    Contested before proposed, oldest first.
    """
    queue = waiting_rows().order_by("state", "pk")
    return queue.filter(offer=row.offer_id).first() or queue.first()
