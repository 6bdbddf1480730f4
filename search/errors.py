"""Errors of search.

SearchError
├── EngineUnavailable   the engine cannot answer now; pages fall back to browsing by category
├── IndexRebuilding     the index is missing or corrupt and is being built again
└── EncoderUnavailable  the text model is missing or broken; search goes on with words alone
"""

from __future__ import annotations


class SearchError(Exception):
    """Root of all errors that search raises on purpose."""


class EngineUnavailable(SearchError):
    """The engine cannot answer now. Ask again later; nothing was lost."""


class IndexRebuilding(EngineUnavailable):
    """There is no usable index yet; a rebuild has been asked for. `manage.py rebuild_search` does it at once."""


class EncoderUnavailable(SearchError):
    """The text model cannot be loaded. The message names the folder or package and the remedy."""
