"""Titles of new goods as a private seller would type them: a generator for evaluations, never for training.

Of a product's title some words are lost, the brand too, the order changes, letters slip, codes are split or joined,
nouns become French, and the words of small advertisements are added. The same seed gives the same listings.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_FRENCH = {
    "notebook": "ordinateur portable", "laptop": "ordinateur portable", "printer": "imprimante", "monitor": "écran",
    "cable": "câble", "battery": "batterie", "keyboard": "clavier", "mouse": "souris", "headset": "casque",
    "headphones": "casque", "camera": "appareil photo", "lens": "objectif", "case": "housse", "cover": "coque",
    "black": "noir", "white": "blanc", "blue": "bleu", "red": "rouge", "green": "vert", "yellow": "jaune",
    "grey": "gris", "gray": "gris", "silver": "argent", "charger": "chargeur", "speaker": "enceinte", "paper": "papier",
    "cartridge": "cartouche", "ink": "encre", "phone": "téléphone", "scanner": "scanner",
    "projector": "vidéoprojecteur",
    "memory": "mémoire", "power": "alimentation", "supply": "secteur", "adapter": "adaptateur", "mount": "support",
    "bag": "sac", "backpack": "sac à dos", "wireless": "sans fil", "server": "serveur", "drive": "disque",
    "hard": "dur", "network": "réseau", "networking": "réseau", "card": "carte", "label": "étiquette",
    "labels": "étiquettes", "screen": "écran", "tablet": "tablette", "film": "film", "sheets": "feuilles",
}  # fmt: skip
_ADVERT_BEFORE = ("vends", "vend", "à vendre", "urgent", "selling", "for sale")
_ADVERT_AFTER = (
    "TBE", "très bon état", "bon état", "peu servi", "comme neuf", "occasion", "état impeccable", "jamais ouvert",
    "avec boîte", "sans boîte", "à débattre", "double emploi", "used once", "good condition", "boxed",
)  # fmt: skip
_ROWS = ("azertyuiop", "qsdfghjklm", "wxcvbn")


def second_hand_listings(rows: Iterable[Mapping[str, Any]], *, count: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """`count` listings of products drawn from catalogue rows (id, title, brand, price_cents).

    Each has an own id, `product_id` (the right answer), title, price in units, language.
    """
    draw = random.Random(seed)  # noqa: S311  (repeatable, not secret)
    pool = [row for row in rows if len(str(row.get("title", "")).split()) >= 3]
    for number, row in enumerate(draw.sample(pool, min(count, len(pool)))):
        is_french = draw.random() < 0.5
        listing: dict[str, Any] = {
            "id": f"listing-{number}",
            "product_id": str(row["id"]),
            "title": reworded(str(row["title"]), str(row.get("brand") or ""), draw, is_french=is_french),
            "language": "fr" if is_french else "en",
        }
        if row.get("price_cents"):
            listing["price"] = round(int(row["price_cents"]) / 100 * draw.uniform(0.25, 0.8), 2)
        yield listing


def reworded(title: str, brand: str, draw: random.Random, *, is_french: bool) -> str:
    """One title in a seller's words; never empty."""
    words = title.split()
    if brand and draw.random() < 0.35:
        gone = {word.lower() for word in brand.split()}
        words = [word for word in words if word.lower() not in gone] or words
    words = _lose_words(words, draw)
    if draw.random() < 0.35:
        words = _codes_otherwise(words, draw)
    if is_french:
        words = [_FRENCH.get(word.lower().strip(",."), word) for word in words]
    if draw.random() < 0.35:
        words = _with_slip(words, draw)
    if draw.random() < 0.3:
        cut = draw.randrange(len(words))
        words = words[cut:] + words[:cut]
    if draw.random() < 0.5:
        words = [word.lower() for word in words]
    if draw.random() < 0.25:
        words.insert(0, draw.choice(_ADVERT_BEFORE))
    if draw.random() < 0.6:
        words.append(draw.choice(_ADVERT_AFTER))
    return " ".join(words)


def _lose_words(words: list[str], draw: random.Random) -> list[str]:
    """Between none and half of the words go, those with a digit less often; two stay."""
    share = draw.uniform(0.0, 0.5)
    kept = [word for word in words if draw.random() > (share * 0.5 if any(c.isdigit() for c in word) else share)]
    return kept if len(kept) >= 2 else words[:3]


def _codes_otherwise(words: list[str], draw: random.Random) -> list[str]:
    """A code written apart, joined or with another mark: "WH-1000XM4", "WH1000 XM4", "wh 1000xm4"."""
    changed = []
    for word in words:
        has_both = any(c.isdigit() for c in word) and any(c.isalpha() for c in word)
        if not has_both or len(word) < 4:
            changed.append(word)
        elif "-" in word or "/" in word:
            changed.append(re.sub(r"[-/]", draw.choice(("", " ")), word))
        else:
            changed.append(re.sub(r"(?<=[A-Za-z])(?=\d)", draw.choice((" ", "-")), word, count=1))
    return " ".join(changed).split()


def _with_slip(words: list[str], draw: random.Random) -> list[str]:
    """One letter of one longer word lost, doubled, swapped or the key beside it."""
    places = [place for place, word in enumerate(words) if len(word) >= 5 and word.isalpha()]
    if not places:
        return words
    place = draw.choice(places)
    word, at = words[place], draw.randrange(1, len(words[place]) - 1)
    kind = draw.randrange(4)
    if kind == 0:
        word = word[:at] + word[at + 1 :]
    elif kind == 1:
        word = word[:at] + word[at] + word[at:]
    elif kind == 2:
        word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    else:
        row = next((row for row in _ROWS if word[at].lower() in row), word[at].lower())
        near = row[max(0, row.index(word[at].lower()) - 1)]
        word = word[:at] + near + word[at + 1 :]
    return [*words[:place], word, *words[place + 1 :]]
