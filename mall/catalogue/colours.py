"""The few colours that offers are filed under, whatever finer name the maker gave."""

from __future__ import annotations

from search.query.colours import BASE_COLOURS, base_of, colour_of


def base_colour(name: str) -> str:
    """The filter colour of a colour's name in French or English: "Navy" -> "blue"; "" when it is not known."""
    word = name.strip().lower()
    return base_of(colour_of(word) or (word if word in BASE_COLOURS else ""))
