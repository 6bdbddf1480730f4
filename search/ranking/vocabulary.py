"""Words that tell what a title is about, in French and English: general shopping language, no catalogue's own words.

Stemmed like titles before they are compared.
"""

from __future__ import annotations

from functools import cache

from search.analysis import fold, stem
from search.documents import Language

# a title that has one of these, unasked, sells a thing *for* the thing asked for
_ACCESSORIES = {
    "en": "accessory adapter adaptor bag band battery bracket briefcase bumper cable cap carrier case charger clip "
    "cover cradle decal dock docking enclosure film filter frame guard hanger holder holster hose kit lamp lead lid "
    "mat mount organizer pad part pouch protector rack refill remote replacement screw shelf sheath shell skin sleeve "
    "spare stand sticker strap strip stylus tray tripod wall wallet warranty manual grip",
    "fr": "accessoire adaptateur ampoule batterie bracelet cable cartouche chargeur coque couvercle cordon dragonne "
    "etui film filtre fixation flexible housse kit lampe lot manchon notice pied piece pochette poignee protection "
    "protecteur recharge remplacement rechange sac sacoche sangle socle station support sticker telecommande trepied "
    "verre vis",
}
# after one of these comes what the thing is for, not what it is
_PURPOSE = {
    "en": "for with compatible fits fit replacement replaces w by from in on",
    "fr": "pour avec compatible convient remplace sans de d",
}


@cache
def accessory_terms(language: Language) -> frozenset[str]:
    return _stems(_ACCESSORIES[language], language)


@cache
def purpose_terms(language: Language) -> frozenset[str]:
    return frozenset(_PURPOSE[language].split()) | _stems(_PURPOSE[language], language)


def _stems(words: str, language: Language) -> frozenset[str]:
    return frozenset(stem(fold(word), language) for word in words.split())
