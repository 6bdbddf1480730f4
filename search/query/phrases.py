"""Words that say a condition, a kind of seller or a way of delivery, each with what must not stand beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from search.query.words import Word, phrase, phrase_set

Place = Literal["anywhere", "edge"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Meaning:
    """field, value: of `Filters`. place "edge": only as first or last words of the query.

    not_after, not_before: words beside it that make it mean something else.
    """

    field: str
    value: str
    place: Place = "anywhere"
    not_after: frozenset[str] = frozenset()
    not_before: frozenset[str] = frozenset()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_USED = Meaning(field="conditions", value="used")
_REFURBISHED = Meaning(field="conditions", value="refurbished")
_NEW = Meaning(field="conditions", value="new")
_PARTS = Meaning(field="conditions", value="parts")
_PRIVATE = Meaning(field="seller_kinds", value="private")
_PROFESSIONAL = Meaning(field="seller_kinds", value="professional")
_FREE_DELIVERY = Meaning(field="has_free_delivery", value="free")

# "special occasion", "robe grande occasion": an event
_OCCASION = Meaning(
    field="conditions",
    value="used",
    not_after=_words(
        "special grande toute toutes any every all une chaque wedding formal premiere bonne l same on for"
    ),
    not_before=_words("speciale special speciales dress dresses wear gift card cards cake"),
)
_USED_WORD = Meaning(
    field="conditions",
    value="used",
    not_after=_words("most widely commonly be get is are was not never"),
    not_before=_words("to by for in as with books"),
)
# "quoi de neuf", "pont neuf", "neuf vies": the number nine, a bridge
_NEUF = Meaning(
    field="conditions",
    value="new",
    not_after=_words("de pont chateau les a lot pack set"),
    not_before=_words("vies mois ans jours pieces cents mille mois personnes euros heures places brisach"),
)
# "new" inside a name ("Harry Potter new edition") is not a condition
_NEW_WORD = Meaning(
    field="conditions",
    value="new",
    place="edge",
    not_after=_words("a the brave what s my"),
    not_before=_words(
        "balance era look york holland rock zealand orleans nike order world age edition testament super baby born "
        "year years mexico beetle girl horizons edge"
    ),
)
_PRIVATE_WORD = Meaning(
    field="seller_kinds", value="private", not_after=_words("en hotel hotels cas"), not_before=_words("a")
)

_TABLE: tuple[tuple[str, Meaning], ...] = (
    (
        """d occasion|d occasions|de seconde main|seconde main|2nde main|2de main|2 eme main|deuxieme main|second hand
        secondhand|pre owned|preowned|pre loved|preloved|comme neuf|comme neuve|comme neufs|comme neuves|like new""",
        _USED,
    ),
    ("occasion", _OCCASION),
    ("used", _USED_WORD),
    (
        """reconditionne|reconditionnee|reconditionnes|reconditionnees|refurbished|refurb|remis a neuf|remise a neuf
        remis en etat|remise en etat""",
        _REFURBISHED,
    ),
    ("brand new|etat neuf|tout neuf|toute neuve|flambant neuf|flambant neuve", _NEW),
    ("neuf|neuve|neufs|neuves", _NEUF),
    ("new", _NEW_WORD),
    (
        "pour pieces|pour pieces detachees|for parts|spares or repair|for spares or repair|hors service",
        _PARTS,
    ),
    (
        """vendeur particulier|vendeurs particuliers|de particulier a particulier|particulier a particulier
        entre particuliers|par un particulier|chez un particulier|private seller|private sellers
        from private sellers|from a private seller|from private seller|from individuals""",
        _PRIVATE,
    ),
    ("particulier|particuliers", _PRIVATE_WORD),
    # never "pro" alone: it is part of a hundred products' names
    (
        """vendeur pro|vendeurs pro|vendeur professionnel|vendeurs professionnels|par un pro|chez un pro
        par un professionnel|pro seller|professional seller|professional sellers|from a professional seller
        trade seller""",
        _PROFESSIONAL,
    ),
    (
        """livraison gratuite|livraison offerte|livraison gratuit|port gratuit|port offert|frais de port offerts
        frais de port gratuits|sans frais de port|avec livraison gratuite|free delivery|free shipping|free postage
        with free delivery|with free shipping""",
        _FREE_DELIVERY,
    ),
)
PHRASES: Mapping[str, Meaning] = {name: meaning for names, meaning in _TABLE for name in phrase_set(names)}
MAX_PHRASE_WORDS = max(name.count(" ") + 1 for name in PHRASES)
# Joined to a phrase these belong to it: "casque en occasion", "vélo d'occasion", "laptop in used".
LEADING = frozenset({"d", "en", "de"})


def phrase_at(words: Sequence[Word], start: int) -> tuple[int, Meaning] | None:
    """Where the longest phrase that begins at word `start` stops, and what it says; None when nothing does."""
    for length in range(min(MAX_PHRASE_WORDS, len(words) - start), 0, -1):
        stop = start + length
        meaning = PHRASES.get(phrase(words, start, stop))
        if meaning is not None and _is_meant(words, start, stop, meaning):
            return stop, meaning
    return None


def _is_meant(words: Sequence[Word], start: int, stop: int, meaning: Meaning) -> bool:
    if meaning.place == "edge" and start > 0 and stop < len(words):
        return False
    if start > 0 and (words[start - 1].folded in meaning.not_after or words[start - 1].touches):
        return False
    return not (stop < len(words) and (words[stop].folded in meaning.not_before or words[stop - 1].touches))
