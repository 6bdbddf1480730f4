"""What an operator sees of one offer that may be a product: both sides and everything that was said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F, Max, Min, QuerySet

from listings.models import Listing, ListingPhoto
from mall.catalogue.match_selectors import (
    MatchState,
    all_rows,
    decided_rows,
    standing,
    state_after,
    waiting_rows,
)
from mall.catalogue.models import (
    CatalogueMatch,
    Equivalent,
    Identifier,
    Offer,
    Product,
    ProductPhoto,
    ProductText,
    Variant,
)
from mall.core.models import Picture

NEAREST = 3
SHOWN = ("waiting", "contested", "proposed", "decided", "all")


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductCard:
    """A product as the desk compares it. lowest_minor, highest_minor: live totals, None where nothing is on sale."""

    product: Product
    title: str
    facts: tuple[tuple[str, str], ...]
    picture: Picture | None
    identifiers: tuple[Identifier, ...]
    lowest_minor: int | None
    highest_minor: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """A variant that the offer may be. said: the newest row on that product that holds evidence, None without one.

    nearest: what the matcher found near, None where it was proposed, contested, linked or decided.
    """

    variant: Variant
    card: ProductCard
    said: CatalogueMatch | None
    nearest: Equivalent | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseFacts:
    """rows: everything that was said of the offer, oldest first."""

    offer: Offer
    listing: Listing | None
    photos: tuple[ListingPhoto, ...]
    state: MatchState
    choices: tuple[Choice, ...]
    rows: tuple[CatalogueMatch, ...]
    titles: Mapping[int, str]

    @property
    def is_waiting(self) -> bool:
        return self.state.contest is not None or bool(self.state.proposals)


def rows_shown(name: str) -> QuerySet[CatalogueMatch]:
    """The rows of the queue's list: one per offer. name: one of SHOWN."""
    queues = {
        "waiting": lambda: waiting_rows().order_by("state", "pk"),
        "contested": lambda: waiting_rows("contested").order_by("pk"),
        "proposed": lambda: waiting_rows("proposed").order_by("pk"),
        "decided": lambda: decided_rows().order_by("-created_at", "-pk"),
        "all": lambda: all_rows().order_by("-created_at", "-pk"),
    }
    rows = queues[name]().select_related("offer__listing", "offer__seller", "variant__product", "actor")
    return rows.prefetch_related("variant__product__texts")


def product_title(variant: Variant, language: str) -> str:
    """The title of a variant of `rows_shown`, whose texts are at hand."""
    texts = {text.language: text.title for text in variant.product.texts.all()}
    return texts.get(language) or next(iter(texts.values()), variant.product.slug.replace("-", " "))


def first_variant_id(product_id: int) -> int:
    """Raises Variant.DoesNotExist for a product that does not exist."""
    variant = Variant.objects.filter(product=product_id).first()
    if variant is None:
        raise Variant.DoesNotExist(f"no product {product_id} with a variant")
    return variant.pk


def read_case(match_id: int, language: str) -> CaseFacts | None:
    """The whole case that the row belongs to; None for an unknown row. Twelve queries, however long the history."""
    offers = Offer.objects.filter(matches=match_id)
    offer = offers.select_related("seller", "listing__category", "listing__brand").first()
    if offer is None:
        return None
    rows = list(offer.matches.select_related("variant__product__category", "actor").order_by("pk"))
    state = state_after(rows)
    listing = getattr(offer, "listing", None)
    nearest = _nearest(offer, rows, state)
    variants = _variants(state, nearest)
    cards = _cards({row.variant.product_id for row in rows} | {variant.product_id for variant in variants}, language)
    by_product = {row.product_id: row for row in nearest}
    return CaseFacts(
        offer=offer,
        listing=listing,
        photos=tuple(listing.photos.select_related("picture")) if listing else (),
        state=state,
        choices=tuple(
            Choice(
                variant=variant,
                card=cards[variant.product_id],
                said=_last_said(rows, variant.product_id),
                nearest=by_product.get(variant.product_id),
            )
            for variant in variants
        ),
        rows=tuple(rows),
        titles={product_id: card.title for product_id, card in cards.items()},
    )


def _nearest(offer: Offer, rows: Sequence[CatalogueMatch], state: MatchState) -> list[Equivalent]:
    """What else it may be, where the question is open: products near it of which nothing was said yet."""
    if state.link is not None:
        return []
    known = {row.variant.product_id for row in rows}
    near = Equivalent.objects.filter(offer=offer, product__is_active=True).exclude(product__in=known)
    return list(near.prefetch_related("product__variants").order_by("rank")[:NEAREST])


def _variants(state: MatchState, nearest: Iterable[Equivalent]) -> list[Variant]:
    """What is contested or linked first, then what is proposed, surest first, what was decided, what is near."""
    proposals = sorted(state.proposals, key=lambda row: (-(row.score or 0.0), row.pk))
    said = [row.variant for row in (state.contest, state.link, *proposals, state.decision) if row is not None]
    near = [row.product.variants.all()[0] for row in nearest if row.product.variants.all()]
    seen: dict[int, Variant] = {}
    for variant in [*said, *near]:
        seen.setdefault(variant.pk, variant)
    return list(seen.values())


def _last_said(rows: Sequence[CatalogueMatch], product_id: int) -> CatalogueMatch | None:
    own = [row for row in standing(rows) if row.variant.product_id == product_id and row.evidence]
    matchers = [row for row in own if row.state != CatalogueMatch.State.CONTESTED]
    return (matchers or own)[-1] if own else None


def _cards(product_ids: Iterable[int], language: str) -> dict[int, ProductCard]:
    """By product. Five queries."""
    ids = sorted(set(product_ids))
    texts: dict[int, dict[str, ProductText]] = {}
    for text in ProductText.objects.filter(product__in=ids):
        texts.setdefault(text.product_id, {})[text.language] = text
    pictures: dict[int, Picture] = {}
    for photo in ProductPhoto.objects.filter(product__in=ids).select_related("picture").order_by("position", "pk"):
        pictures.setdefault(photo.product_id, photo.picture)
    codes: dict[int, list[Identifier]] = {}
    for code in Identifier.objects.filter(variant__product__in=ids).select_related("variant").order_by("scheme", "pk"):
        codes.setdefault(code.variant.product_id, []).append(code)
    total = F("price_minor") + F("delivery_minor")
    live = Offer.objects.live().filter(variant__product__in=ids).order_by().values("variant__product_id")
    ranges = {
        row["variant__product_id"]: (row["lowest"], row["highest"])
        for row in live.annotate(lowest=Min(total), highest=Max(total))
    }
    return {
        product.pk: _card(product, texts.get(product.pk, {}), language, pictures, codes, ranges)
        for product in Product.objects.filter(pk__in=ids).select_related("category", "brand")
    }


def _card(
    product: Product,
    texts: Mapping[str, ProductText],
    language: str,
    pictures: Mapping[int, Picture],
    codes: Mapping[int, Sequence[Identifier]],
    ranges: Mapping[int, Sequence[int | None]],
) -> ProductCard:
    text = texts.get(language) or next(iter(texts.values()), None)
    lowest, highest = ranges.get(product.pk, (None, None))
    return ProductCard(
        product=product,
        title=text.title if text else product.slug.replace("-", " "),
        facts=tuple((str(label), str(value)) for label, value in text.facts) if text else (),
        picture=pictures.get(product.pk),
        identifiers=tuple(codes.get(product.pk, ())),
        lowest_minor=lowest,
        highest_minor=highest,
    )
