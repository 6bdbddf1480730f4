"""The few colours that offers are filed under, whatever finer name the maker gave."""

from __future__ import annotations

from search.query.colours import colour_of

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


def base_colour(name: str) -> str:
    """The filter colour of a colour's name in French or English: "Navy" -> "blue"; "" when it is not known."""
    word = name.strip().lower()
    code = colour_of(word) or (word if word in BASE_COLOURS else "")
    return BASE_COLOURS.get(code, code)
