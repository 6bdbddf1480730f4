"""Errors of search.

SearchError
├── EngineUnavailable   the engine cannot answer now; pages fall back to browsing by category
│   ├── IndexRebuilding the index is missing or corrupt and is being built again
│   └── QuestionRefused the engine is well and says no to this one question
├── DocumentsRefused    the engine will never take some documents as they are; it stored all the others
└── EncoderUnavailable  the text model is missing or broken; search goes on with words alone
"""

from __future__ import annotations

from collections.abc import Mapping


class SearchError(Exception):
    """Root of all errors that search raises on purpose."""


class EngineUnavailable(SearchError):
    """The engine cannot answer now. Ask again later; nothing was lost."""


class IndexRebuilding(EngineUnavailable):
    """There is no usable index yet; a rebuild has been asked for. `manage.py rebuild_search` does it at once."""


class QuestionRefused(EngineUnavailable):
    """The engine is well, but will not answer this one question. Nothing is said about the next one."""


class DocumentsRefused(SearchError):
    """Some documents will never be taken as they are; all the others were stored. reasons: one line by id."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{identity}: {reason}" for identity, reason in list(reasons.items())[:5]))
        self.reasons = dict(reasons)


class EncoderUnavailable(SearchError):
    """The text model cannot be loaded. The message names the folder or package and the remedy."""
