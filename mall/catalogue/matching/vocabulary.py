"""General shopping words, French and English, that say what kind of difference two titles have."""

from __future__ import annotations

from search.analysis import fold
from search.query.colours import COLOURS

# what a thing is for stands behind one of these
PURPOSE_WORDS = frozenset("for with compatible fits fit pour avec convient compatibles".split())
ACCESSORY_WORDS = frozenset(
    "accessory adapter adaptor bag battery belt bracket cable case charger clip cord cover cradle dock "
    "filter film guard holder holster housse coque etui chargeur batterie filtre kit lens mount part parts "
    "protector refill remote replacement sleeve skin stand strap stylus tray manual warranty piece pieces "
    "adaptateur support sacoche sac brosse accessoire accessoires cordon telecommande protection film verre "
    "courroie joint joints embout flexible".split()
)
# further parts, looked for only where a title says what it is for
PART_WORDS = frozenset(
    "bandouliere bottle bouchon bouton button cap carafe cartouche coussinet coussinets couvercle cushion cushions "
    "disque door earpad earpads earcup embouts foot handle hinge lame lames lid manche mousse mousses nozzle "
    "oreillette oreillettes pad pads panier pied pieds poignee roue roues sangle screw seal support tampon tete tips "
    "tuyau vis wheel".split()
)
# words that make another article of the same name
EDITION_WORDS = frozenset(
    "upgrade academic student teacher education oem retail license licence mac macintosh windows win linux "
    "pc pro professional deluxe premium standard home basic ultimate enterprise suite mini max plus lite "
    "light ultra xl se air junior senior kids adult women men gold silver platinum express elite extended "
    "full bundle combo old new dvd cd blu hd wireless wired left right refill edition collector limited "
    "special complete starter advanced server client single dual twin triple portable compact small medium "
    "large grand petit grande petite animal sport".split()
)
SET_WORDS = frozenset("lot bundle".split())
COLOUR_OF_WORD = {
    fold(form): colour.code
    for colour in COLOURS
    for form in (colour.french, colour.english, *colour.forms)
    if " " not in form
} | {"chrome": "silver", "metallic": "silver", "stainless": "steel", "inox": "steel"}

# what small advertisements say of any thing: taken out before words are compared
ADVERT_PHRASES = (
    "a vendre|vends|vend|je vends|urgent|tres bon etat|bon etat|etat neuf|etat correct|etat impeccable|"
    "comme neuf|comme neuve|parfait etat|tbe|peu servi|peu servie|tres peu servi|jamais servi|jamais ouvert|"
    "jamais utilise|d'occasion|occasion|avec boite|sans boite|boite d'origine|a debattre|double emploi|"
    "prix a debattre|a saisir|fonctionne|teste|for sale|selling|used once|hardly used|good condition|"
    "very good condition|like new|as new|boxed|second hand|second-hand|preowned|pre-owned|excellent condition|"
    "barely used|tried once"
).split("|")
