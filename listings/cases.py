"""All that the matcher looks at for one listing, gathered before anything is said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from listings.models import Listing
from listings.things import GivenCodes, as_taught, given_codes, read_listing, without_price
from mall.catalogue.match_selectors import match_rows, refused_pairs, state_after
from mall.catalogue.matching.database import EngineWeights, KnownProduct, siblings_of, things_of_products
from mall.catalogue.matching.judging import Candidate, Judgement, judge
from mall.catalogue.matching.model import MatchModel, match_model
from mall.catalogue.matching.reading import Reading, without_advert
from mall.catalogue.matching.things import search_text
from mall.catalogue.models import Identifier, Offer
from search.analysis import fold
from search.documents import Language
from search.engines.protocol import NearProduct, SearchEngine
from search.service import get_engine

MOST_CANDIDATES = 50
MOST_SIBLINGS = 20
MOST_BEARERS = 20

Code = tuple[str, str]


class Matcher:
    """What judging needs, loaded once for a batch of listings. For workers and commands, not for web processes."""

    def __init__(self) -> None:
        """Raises ModelUnreadable."""
        self.engine: SearchEngine = get_engine()
        self.model: MatchModel = match_model()
        self._weights: dict[Language, EngineWeights] = {}

    def weights(self, language: Language) -> EngineWeights:
        return self._weights.setdefault(language, EngineWeights(self.engine, language))


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One listing with everything that may be said of it.

    claims: who bears the codes that its seller gave. known: products by id, those that a person keeps apart left out.
    judged: likeliest first, by the model. cosines: of text vectors, by product. is_open: a contest waits for a person.
    """

    listing: Listing
    offer: Offer
    reading: Reading
    codes: GivenCodes
    claims: Mapping[Code, Sequence[Identifier]]
    known: Mapping[int, KnownProduct]
    judged: Sequence[Judgement]
    cosines: Mapping[int, float]
    is_open: bool
    weights: EngineWeights
    model_version: str
    now: datetime

    def judgement(self, product_id: int) -> Judgement | None:
        """None for a product that the model did not look at."""
        return next((one for one in self.judged if int(one.product_id) == product_id), None)


def open_case(listing: Listing, offer: Offer, matcher: Matcher, now: datetime) -> Case:
    """offer: of the listing, locked. Raises EngineUnavailable."""
    reading, codes = read_listing(listing), given_codes(listing)
    refused = {product_id for _offer_id, product_id in refused_pairs([offer.pk])}
    near = {
        int(one.id.partition(":")[2]): one
        for one in matcher.engine.nearest_products(
            without_advert(fold(search_text(reading.thing))),
            codes=[value.rpartition(":")[2] for _scheme, value in codes.claimed],
            language=reading.thing.language,
            limit=MOST_CANDIDATES,
        )
    }
    claims = _claims(codes)
    bearers = {claim.variant.product_id for some in claims.values() for claim in some[:MOST_BEARERS]}
    kin = siblings_of(brand_id=listing.brand_id, category_id=listing.category_id, limit=MOST_SIBLINGS)
    known = things_of_products({*near, *bearers, *kin} - refused, reading.thing.language)
    weights = matcher.weights(reading.thing.language)
    weights.learn([reading, *(one.reading for one in known.values())])
    wanted = [one for one in known.values() if one.id in near or one.id in bearers]
    return Case(
        listing=listing,
        offer=offer,
        reading=reading,
        codes=codes,
        claims=claims,
        known=known,
        judged=judge(without_price(reading), _candidates(listing, reading, wanted, near), weights, matcher.model),
        cosines={product_id: one.cosine for product_id, one in near.items()},
        is_open=state_after(match_rows(offer.pk)).contest is not None,
        weights=weights,
        model_version=matcher.model.version,
        now=now,
    )


def _claims(codes: GivenCodes) -> dict[Code, list[Identifier]]:
    """Who claims each given code, in the codes' order; codes that nobody claims left out. One query, none without."""
    if not codes.claimed:
        return {}
    wanted = Q()
    for scheme, value in codes.claimed:
        wanted |= Q(scheme=scheme, value=value)
    found: dict[Code, list[Identifier]] = {code: [] for code in codes.claimed}
    for claim in Identifier.objects.filter(wanted).select_related("variant").order_by("pk"):
        found[claim.scheme, claim.value].append(claim)
    return {code: claims for code, claims in found.items() if claims}


def _candidates(
    listing: Listing, reading: Reading, products: Sequence[KnownProduct], near: Mapping[int, NearProduct]
) -> list[Candidate]:
    """Best first. A product that bears a code and is not in the index yet stands with the best.

    Without cosines: the model learned those of two titles in one language, the engine has those of a query and of a
    document in both, which are lower.
    """
    best = max((one.score for one in near.values()), default=0.0)
    found = [
        Candidate(
            product_id=str(product.id),
            reading=as_taught(listing, reading, product),
            score=near[product.id].score if product.id in near else best,
        )
        for product in products
    ]
    return sorted(found, key=lambda one: (-one.score, int(one.product_id)))
