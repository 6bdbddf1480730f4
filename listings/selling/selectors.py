"""Reads of the selling flow. A draft is only reachable through its owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from listings.models import DraftPhoto, EarlierWords, Listing, ListingDraft
from listings.selling.answers import Step, unanswered
from listings.selling.life import state_of
from mall.accounts.models import Member
from mall.catalogue.conditions import Family
from mall.catalogue.imports.classify import FALLBACK, category_of
from mall.catalogue.models import Category, Offer, Product, ProductText
from mall.core.models import Picture
from mall.sellers.models import Seller
from search.analysis import fold

MOST_FOUND = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Owner:
    """Who asks: a member, or before the log-in the holder of a session's token ("": none yet)."""

    member: Member | None
    token: str


def drafts_of(owner: Owner) -> QuerySet[ListingDraft]:
    """Open and published drafts of this owner, the latest first."""
    mine = Q(pk__in=[])
    if owner.member is not None:
        mine |= Q(member=owner.member)
    if owner.token:
        mine |= Q(member__isnull=True, owner_token=owner.token)
    return ListingDraft.objects.filter(mine)


def draft_editable_by(owner: Owner, draft_id: int) -> ListingDraft | None:
    """None for a draft of somebody else, and for one that never was."""
    drafts = drafts_of(owner).select_related("category", "product", "listing")
    return drafts.filter(pk=draft_id).first()


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenDraft:
    """A draft in a list: its first picture, and the first page that needs an answer."""

    draft: ListingDraft
    picture: Picture | None
    next_step: Step


def open_drafts_of(owner: Owner) -> list[OpenDraft]:
    drafts = drafts_of(owner).filter(state=ListingDraft.State.OPEN).prefetch_related("photos__picture")
    found = []
    for draft in drafts:
        photos = list(draft.photos.all())
        missing = unanswered(draft, photo_count=len(photos))
        picture = photos[0].picture if photos else None
        found.append(OpenDraft(draft=draft, picture=picture, next_step=missing[0] if missing else Step.SUMMARY))
    return found


def photos_of(draft: ListingDraft) -> list[DraftPhoto]:
    return list(draft.photos.select_related("picture"))


def earlier_words_of(draft: ListingDraft, fields: Sequence[str]) -> list[EarlierWords]:
    return list(draft.earlier_words.filter(field__in=fields))


@dataclass(frozen=True, kw_only=True, slots=True)
class Branch:
    """A department with the categories that a thing can be put into: its leaves, or itself where it has none."""

    department: Category
    leaves: tuple[Category, ...]


def category_tree() -> list[Branch]:
    """The whole tree in its order; one query."""
    rows = list(Category.objects.all())
    children: dict[int | None, list[Category]] = {}
    for row in rows:
        children.setdefault(row.parent_id, []).append(row)

    def leaves_below(node: Category) -> list[Category]:
        below = children.get(node.pk, [])
        return [leaf for child in below for leaf in leaves_below(child)] if below else [node]

    return [Branch(department=top, leaves=tuple(leaves_below(top))) for top in children.get(None, [])]


def leaf_categories() -> QuerySet[Category]:
    """The categories that a thing can be put into."""
    return Category.objects.filter(children__isnull=True)


def find_categories(tree: Sequence[Branch], words: str) -> list[Category]:
    """At most MOST_FOUND leaves for these words: named so in either language, or what the words usually are."""
    wanted = fold(words).split()
    if not wanted:
        return []
    guess = category_of(title=words, description="", attributes={})
    ranked: list[tuple[int, int, Category]] = []
    for place, (branch, leaf) in enumerate((b, leaf) for b in tree for leaf in b.leaves):
        names = fold(f"{leaf.name_fr} {leaf.name_en}")
        above = fold(f"{branch.department.name_fr} {branch.department.name_en}")
        if all(_names(word, names) for word in wanted):
            ranked.append((0, place, leaf))
        elif leaf.slug == guess != FALLBACK:
            ranked.append((1, place, leaf))
        elif all(_names(word, f"{names} {above}") for word in wanted):
            ranked.append((2, place, leaf))
    return [leaf for _rank, _place, leaf in sorted(ranked, key=lambda found: found[:2])[:MOST_FOUND]]


def _names(word: str, names: str) -> bool:
    """A plural is found by its singular and the other way round."""
    return word in names or (len(word) > 3 and word.rstrip("sx") in names)


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownProduct:
    """The product of "sell mine" in one language. new_minor: the lowest new price today with delivery, None without."""

    product: Product
    title: str
    new_minor: int | None


def known_product(product_id: int, language: str) -> KnownProduct | None:
    """None for a product that is not shown. Three queries at most."""
    product = Product.objects.filter(pk=product_id, is_active=True).select_related("brand", "category").first()
    if product is None:
        return None
    texts = {text.language: text.title for text in ProductText.objects.filter(product=product)}
    new = (
        Offer.objects.live()
        .filter(variant__product=product, family=Family.NEW)
        .by_total()
        .values_list("price_minor", "delivery_minor")
        .first()
    )
    return KnownProduct(
        product=product,
        title=texts.get(language) or next(iter(texts.values()), product.slug.replace("-", " ")),
        new_minor=sum(new) if new else None,
    )


def private_seller_of(member: Member) -> Seller | None:
    return Seller.objects.filter(member=member, kind=Seller.Kind.PRIVATE).order_by("pk").first()


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnListing:
    """A listing on its seller's desk. state: of `life.LifeState`."""

    listing: Listing
    picture: Picture | None
    state: str


def listings_of(member: Member, now: datetime) -> list[OwnListing]:
    """All things this member ever published, the latest first."""
    rows = (
        Listing.objects.filter(offer__seller__member=member)
        .select_related("offer__seller")
        .prefetch_related("photos__picture")
        .order_by("-offer__published_at", "-pk")
    )
    found = []
    for row in rows:
        photos = list(row.photos.all())
        found.append(
            OwnListing(listing=row, picture=photos[0].picture if photos else None, state=state_of(row, now=now))
        )
    return found


def old_draft_ids(*, before: datetime) -> list[int]:
    """Open drafts that nobody has touched since `before`."""
    old = ListingDraft.objects.filter(state=ListingDraft.State.OPEN, updated_at__lt=before)
    return list(old.order_by("pk").values_list("pk", flat=True))
