"""Colours as people type them, in both languages and all their forms, to one English code.

Other packages use these codes too: an offer is filed under the base colour (`base_of`) of what its maker calls it.
"""

from __future__ import annotations

from dataclasses import dataclass

from search.analysis import fold
from search.query.words import phrase_set


@dataclass(frozen=True, kw_only=True, slots=True)
class Colour:
    """code: as stored in offers; french, english: how it is shown; forms: further words, folded."""

    code: str
    french: str
    english: str
    forms: tuple[str, ...] = ()


def _colour(code: str, french: str, english: str, forms: str = "") -> Colour:
    return Colour(code=code, french=french, english=english, forms=tuple(filter(None, forms.split("|"))))


COLOURS: tuple[Colour, ...] = (
    _colour("black", "noir", "black", "noire|noirs|noires|jet black"),
    _colour("white", "blanc", "white", "blanche|blancs|blanches"),
    _colour("grey", "gris", "grey", "grise|grises|gray|gris clair|gris fonce|light grey|dark grey"),
    _colour("silver", "argent", "silver", "argente|argentee|argentes|argentees"),
    _colour("graphite", "graphite", "graphite", "anthracite|gris anthracite|charcoal"),
    _colour("steel", "inox", "stainless steel", "acier inoxydable|acier brosse|brushed steel"),
    _colour("red", "rouge", "red", "rouges"),
    _colour("burgundy", "bordeaux", "burgundy", "maroon|lie de vin"),
    _colour("coral", "corail", "coral"),
    _colour("terracotta", "terracotta", "terracotta", "terre cuite"),
    _colour("pink", "rose", "pink", "rose pale|light pink|fuchsia"),
    _colour("orange", "orange", "orange"),
    _colour("yellow", "jaune", "yellow", "jaunes"),
    _colour("mustard", "moutarde", "mustard", "jaune moutarde"),
    _colour("gold", "doré", "gold", "dore|doree|dores|dorees|golden"),
    _colour("beige", "beige", "beige", "beiges|sable|sand"),
    _colour("cream", "écru", "cream", "ecru|ecrue|ivoire|ivory|blanc casse|off white"),
    _colour("brown", "marron", "brown", "marrons|brun|brune|bruns|brunes"),
    _colour("cognac", "cognac", "cognac", "camel|tan"),
    _colour("oak", "chêne", "oak", "chene clair"),
    _colour("walnut", "noyer", "walnut"),
    _colour("green", "vert", "green", "verte|verts|vertes|vert clair|dark green"),
    _colour("sage", "vert sauge", "sage green", "sauge|sage"),
    _colour("mint", "vert menthe", "mint green", "menthe|mint|vert d'eau"),
    _colour("olive", "vert olive", "olive green", "kaki|khaki|olive"),
    _colour("teal", "bleu canard", "teal", "bleu petrole|turquoise|petrol blue"),
    _colour("blue", "bleu", "blue", "bleue|bleus|bleues|bleu clair|bleu ciel|light blue|sky blue|bleu roi|royal blue"),
    _colour("navy", "bleu marine", "navy", "bleu nuit|navy blue|marine|bleu fonce|dark blue|midnight|midnight blue"),
    _colour("violet", "violet", "purple", "violette|violets|violettes|lilas|lilac|mauve|mauves"),
    _colour("multicolour", "multicolore", "multicolour", "multicolores|multicolored|multicoloured|multicolor"),
    _colour("transparent", "transparent", "transparent", "transparente|transparents|transparentes"),
)

_BY_FORM = {
    fold(form): colour.code
    for colour in COLOURS
    for form in (colour.code, colour.french, colour.english, *colour.forms)
}
_BY_CODE = {colour.code: colour for colour in COLOURS}
MAX_COLOUR_WORDS = max(form.count(" ") + 1 for form in _BY_FORM)

# Finer colours to the one a shopper filters by.
BASE_COLOURS = {
    "graphite": "grey",
    "steel": "silver",
    "burgundy": "red",
    "coral": "orange",
    "terracotta": "orange",
    "mustard": "yellow",
    "cream": "beige",
    "cognac": "brown",
    "oak": "beige",
    "walnut": "brown",
    "sage": "green",
    "mint": "green",
    "olive": "green",
    "teal": "blue",
    "navy": "blue",
    "magenta": "pink",
    "cyan": "blue",
    "aluminium": "silver",
    "titanium": "grey",
    "platinum": "silver",
    "chrome": "silver",
    "metallic": "silver",
    "rose": "pink",
    "bronze": "brown",
    "translucent": "transparent",
}

# Typed in a query these are more often something else: an ingredient, a wood, a drink, a material, a place.
WEAK_FORMS = frozenset(
    """argent menthe mint sauge sage olive oak chene noyer walnut cognac moutarde mustard camel tan marine midnight
    sable sand cream corail coral orange steel inox transparent transparente terracotta stainless graphite ivoire ivory
    marron marrons bordeaux violette violettes lilas""".split()
) | {"stainless steel", "acier inoxydable"}
# What a colour's word names together with its neighbour: goods, not a colour of goods.
NOT_COLOURS = phrase_set(
    """chocolat noir|chocolat blanc|chocolats noirs|the vert|the noir|the blanc|the rouge|thes verts|vin rouge|vin blanc
    vin rose|vins rouges|vins blancs|vins roses|riz noir|riz rouge|riz blanc|poivre noir|poivre blanc|poivre vert
    citron vert|citrons verts|haricots verts|haricot vert|haricots rouges|haricots blancs|olives vertes|olives noires
    olive noire|viande rouge|fruits rouges|fruit rouge|fruits noirs|pomme verte|ail noir|boudin noir|boudin blanc
    fromage blanc|beurre blanc|pain blanc|cafe noir|savon noir|or blanc|or rose|or jaune|carte verte|carte grise
    carte noire|livre blanc|rouge a|bleu de|blanc de|blancs d|black friday|black edition|black metal|black pepper
    black tea|black cherry|black beans|black pudding|black mirror|black panther|black sabbath|black ops|white tea
    white noise|white wine|white rice|white chocolate|white bread|white spirit|white board|green tea|green day
    green beans|green screen|green lantern|red wine|red bull|red meat|red dead|red pepper|red hot|red velvet|blue ray
    blu ray|blue cheese|blue light|blue ridge|blue yeti|brown rice|brown sugar|brown bread|pink floyd|pink salt
    pink lady|gold coast|golden retriever|golden syrup|silver fish|silver lining|grey goose|grey s|earl grey
    yellow pages|yellow mustard|deep purple|purple rain|orange juice|jus d|de rose|eau de|a la|feu vert|feu rouge
    fil rouge|carton rouge|croix rouge|xeon gold|xeon silver|pentium gold|pentium silver|plus gold|gold edition|wd red
    wd black|wd blue|wd green|wd purple|digital red|digital black|digital blue|white women|white woman|black women
    black woman|white men|black men|white people|black people|tableau blanc|tableau noir|noir desir|film noir
    pinot noir|cassis noir|papier blanc|bruit blanc|sapin blanc|ours blanc"""
)


def colour_of(word: str) -> str | None:
    """The code of a colour's name in French or English, any gender and number, or None. "Bleues" -> "blue"."""
    return _BY_FORM.get(" ".join(fold(word).split()))


def colour_named(code: str) -> Colour | None:
    """The colour of a code, for its labels."""
    return _BY_CODE.get(code)


def base_of(code: str) -> str:
    """The colour that offers of `code` are filed under: "navy" -> "blue", "blue" -> "blue"."""
    return BASE_COLOURS.get(code, code)
