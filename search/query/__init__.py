"""What a query means: `understand(query, vocabulary=...)`. Pure: no Django, no engine."""

from search.query.colours import COLOURS, Colour, colour_named, colour_of
from search.query.understanding import Profile, Understood, understand, without_understood
from search.query.vocabulary import Vocabulary, build_vocabulary

__all__ = [
    "COLOURS",
    "Colour",
    "Profile",
    "Understood",
    "Vocabulary",
    "build_vocabulary",
    "colour_named",
    "colour_of",
    "understand",
    "without_understood",
]
