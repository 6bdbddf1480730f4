"""What to compare a thing with: nearest in meaning and look, else of the same category; always of the same department.

On the page of a second-hand thing, things that can be had second-hand come first. Never fails: without search,
nothing; without a text model by look alone; without vectors of pictures by meaning alone (decision 0012).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from listings.models import Listing
from mall.core.picture_vectors import LookCosines, compare_looks
from mall.pages.selectors.browse import listing_hit, product_hit
from mall.pages.selectors.looks import read_looks
from search.documents import ConditionFamily, DocumentKind, Language
from search.errors import SearchError
from search.queries import Filters, SearchQuery
from search.results import Hit
from search.service import search, similar

SHOWN = 4
CANDIDATES = 48
SECOND_HAND: frozenset[ConditionFamily] = frozenset({"used", "refurbished"})

# What a look counts beside the words, by encoder (the part of its name before "/"). Measured, see decision 0012.
LOOK_WEIGHTS: Mapping[str, float] = {"efficientnet-lite0": 0.7, "classical-hog-hsv": 0.2}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Near:
    """Nearest in meaning, best first. preferred: those to be shown before any of `others`.

    left_out: the document itself, and the product it is one of. is_cut: not all that might be preferred were compared.
    """

    preferred: tuple[Hit, ...] = ()
    others: tuple[Hit, ...] = ()
    left_out: frozenset[str] = frozenset()
    is_cut: bool = False

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(hit.id for hit in (*self.preferred, *self.others))


def similar_hits(document_id: str, *, path: Sequence[str], language: Language, limit: int = SHOWN) -> tuple[Hit, ...]:
    """Up to `limit` other documents of the same department. path: the category's slugs, department first."""
    department, category = (Filters(categories=frozenset({slug})) for slug in (path[0], path[-1]))
    try:
        is_thing = document_id.startswith("listing:")
        near = _near_a_thing(document_id, department, limit) if is_thing else _near_a_product(document_id, department)
        hits = _by_meaning_and_look(document_id, near, "/".join(path), limit)[:limit]
        if len(hits) < limit:
            query = SearchQuery(text="", language=language, filters=category, page_size=2 * limit + 2)
            known = near.left_out.union(hit.id for hit in hits)
            hits += [hit for hit in search(query).hits if hit.id not in known]
    except SearchError:
        return ()
    return tuple(hits[:limit])


def _near_a_product(document_id: str, department: Filters) -> _Near:
    found = similar(document_id, filters=department, limit=CANDIDATES)
    return _Near(preferred=tuple(found), left_out=frozenset({document_id}), is_cut=_is_cut(found))


def _near_a_thing(document_id: str, department: Filters, limit: int) -> _Near:
    """A thing that stands on a product's page has no document of its own: the product's is asked in its place."""
    second_hand = replace(department, conditions=SECOND_HAND)
    asked, left_out = document_id, {document_id}
    preferred = similar(asked, filters=second_hand, limit=CANDIDATES)
    if not preferred:
        product_id = _product_of(document_id)
        if product_id is not None:
            asked = f"product:{product_id}"
            left_out.add(asked)
            preferred = similar(asked, filters=second_hand, limit=CANDIDATES)
    others: Sequence[Hit] = ()
    if len(preferred) < limit:
        others = similar(asked, filters=department, limit=CANDIDATES)
    known = {hit.id for hit in preferred}
    return _Near(
        preferred=tuple(preferred),
        others=tuple(hit for hit in others if hit.id not in known),
        left_out=frozenset(left_out),
        is_cut=_is_cut(preferred),
    )


def _is_cut(found: Sequence[Hit]) -> bool:
    """At the limit; or nothing was compared: there is no text model, or the document is not in the index."""
    return len(found) >= CANDIDATES or not found


def _product_of(document_id: str) -> int | None:
    found = Listing.objects.filter(pk=int(document_id.partition(":")[2]))
    return found.values_list("offer__variant__product_id", flat=True).first()


def _by_meaning_and_look(document_id: str, near: _Near, category_path: str, limit: int) -> list[Hit]:
    """The nearest in meaning and, where those were cut, some of the category found by look alone.

    By look alone a thing finds other lone things, which are second-hand for certain, and a product finds products.
    """
    own_kind: DocumentKind = "listing" if document_id.startswith("listing:") else "product"
    kinds = (own_kind,) if near.is_cut else ()
    looks = compare_looks(document_id, read_looks({document_id, *near.ids}, category_path=category_path, kinds=kinds))
    unknown = sorted(looks.cosines.keys() - near.ids - near.left_out, key=lambda one: (-looks.cosines[one], one))
    seen = [_hit(one) for one in unknown[:limit]]
    return [*_ranked(near.preferred, seen, looks), *_ranked(near.others, [], looks)]


def _hit(document_id: str) -> Hit:
    kind, _, pk = document_id.partition(":")
    return listing_hit(int(pk)) if kind == "listing" else product_hit(int(pk))


def _ranked(near: Sequence[Hit], seen: Sequence[Hit], looks: LookCosines) -> list[Hit]:
    """Best first, ties as they came. near: with their cosine of meaning as score; seen: found by look alone.

    Who has no picture is neither raised nor lowered: the look counts as the mean of the others'. Who is not among the
    nearest in meaning is at most as near as the last of them.
    """
    usual = fmean(looks.cosines.values()) if looks.cosines else 0.0
    weight = LOOK_WEIGHTS.get(looks.encoder.partition("/")[0], 0.0)
    floor = min((hit.score for hit in near), default=0.0)
    scores = {hit.id: hit.score for hit in near} | {hit.id: floor for hit in seen}
    for owner in scores:
        scores[owner] += weight * (looks.cosines.get(owner, usual) - usual)
    return sorted((*near, *seen), key=lambda hit: -scores[hit.id])
