"""French or English? A few words decide, and the language of the page where they do not."""

from __future__ import annotations

from collections.abc import Sequence

from search.documents import Language
from search.query.words import Word

# Common words that exist in one of the two languages only; words of both ("table", "on", "a") say nothing.
_MARKERS: dict[Language, frozenset[str]] = {
    "fr": frozenset(
        """le la les un une des du de au aux et ou avec sans pour dans chez sur sous entre ce cette ces mon ma mes son
        sa ses qui que quel quelle quels quelles est sont plus moins pas cher chere comme tres tout tous petit
        petite grand grande homme femme enfant enfants fille garcon bebe occasion neuf neuve reconditionne taille
        pointure couleur noir blanc rouge vert bleu bleue jaune rose gris ordinateur telephone casque chaussures
        livre jouet cuisine maison jardin velo chaise canape lampe sac montre robe fil main jeu jeux voiture chien
        chat pouces go d l c qu""".split()
    ),
    "en": frozenset(
        """the an and or with without for in from under over between this that these my your which what is are more
        less not cheap like very all small large big men mens women womens man woman kids kid child children girl
        boy baby used new refurbished size black white red green blue yellow pink grey gray computer phone
        headphones shoes book toy kitchen house home garden bike chair sofa lamp bag watch dress wireless hand game
        games car dog cat inch gb below of to by set holder stand""".split()
    ),
}
_ENDINGS: dict[Language, tuple[str, ...]] = {
    "fr": tuple("eur eurs euse euses eau eaux ette ettes ique iques oire oires aille ille eux".split()),
    "en": tuple("ing ings ght ness less ful er ers sh ck cks oo ss ly th".split()),
}
_FRENCH_MARKS = frozenset("àâçéèêëîïôûùœæ")
_MARKER_WEIGHT = 2
_ENDING_WEIGHT = 1
_MARKS_WEIGHT = 3


def detect_language(text: str, words: Sequence[Word], *, prior: Language) -> Language:
    """The language of a query. prior: that of the page; it wins ties and single words that say nothing."""
    scores: dict[Language, int] = {"fr": 0, "en": 0}
    if any(letter in _FRENCH_MARKS for letter in text.lower()):
        scores["fr"] += _MARKS_WEIGHT
    for word in words:
        for language, markers in _MARKERS.items():
            if word.folded in markers:
                scores[language] += _MARKER_WEIGHT
            elif len(word.folded) > 3 and word.folded.endswith(_ENDINGS[language]):
                scores[language] += _ENDING_WEIGHT
    scores[prior] += _MARKER_WEIGHT  # one word against the page's language is not enough
    other: Language = "en" if prior == "fr" else "fr"
    return other if scores[other] > scores[prior] else prior
