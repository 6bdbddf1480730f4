"""The base of the mall's components: a frozen dataclass whose fields are its template's whole context."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from laces.components import Component


class MallComponent(Component):
    """Fields are handed over as they are, so nested components stay components; the form token comes from the page."""

    def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
        names = [field.name for field in fields(self)]
        context = {name: getattr(self, name) for name in names}
        if parent_context is not None and "csrf_token" in parent_context:
            context["csrf_token"] = parent_context["csrf_token"]
        return {"self": self, **context}
