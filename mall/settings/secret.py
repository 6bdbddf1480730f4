"""The signing key: set by the operator, or made once and kept beside the data."""

from __future__ import annotations

from pathlib import Path

from django.core.management.utils import get_random_secret_key

MINIMUM_CHARACTERS = 40


def secret_key(given: str, data_folder: Path) -> str:
    """`given` when long enough; when empty, the key of `data_folder/secret_key`, made at the first start.

    Raises ValueError for a given key under 40 characters.
    """
    if given:
        if len(given) < MINIMUM_CHARACTERS:
            raise ValueError(f"MALL_SECRET_KEY needs at least {MINIMUM_CHARACTERS} characters")
        return given
    path = data_folder / "secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(get_random_secret_key(), encoding="utf-8")
    return path.read_text(encoding="utf-8").strip()
