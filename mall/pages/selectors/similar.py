"""What to compare a thing with: nearest in meaning, else of the same category; always of the same department.

Never fails: without search, nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from search.documents import Language
from search.errors import SearchError
from search.queries import Filters, SearchQuery
from search.results import Hit
from search.service import search, similar

SHOWN = 4


def similar_hits(document_id: str, *, path: Sequence[str], language: Language, limit: int = SHOWN) -> tuple[Hit, ...]:
    """Up to `limit` other documents of the same department. path: the category's slugs, department first."""
    department, category = (Filters(categories=frozenset({slug})) for slug in (path[0], path[-1]))
    try:
        near = [hit for hit in similar(document_id, filters=department, limit=limit) if hit.id != document_id]
        if len(near) < limit:
            query = SearchQuery(text="", language=language, filters=category, page_size=2 * limit + 1)
            known = {document_id, *(hit.id for hit in near)}
            near += [hit for hit in search(query).hits if hit.id not in known]
    except SearchError:
        return ()
    return tuple(near[:limit])
