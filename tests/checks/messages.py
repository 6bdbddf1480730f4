"""`python -m tests.checks.messages`: is every sentence in French, none doubtful, the compiled file up to date?

Makes the catalogue anew in a copy, so that the tree stays as it is. Needs GNU gettext.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = ("mall", "search", "brands", "listings", "frontend")


def main() -> int:
    if shutil.which("msgfmt") is None or shutil.which("xgettext") is None:
        print("messages: not checked, GNU gettext (xgettext, msgfmt) is not installed")
        return 1 if os.environ.get("CI") else 0
    complaints = [*_catalogue_complaints("django"), *_catalogue_complaints("djangojs", needed=False)]
    for complaint in complaints:
        print(f"messages: {complaint}")
    if complaints:
        print("messages: run `poe messages-make`, translate, then `poe messages-compile`")
    return 1 if complaints else 0


def _catalogue_complaints(domain: str, *, needed: bool = True) -> Iterator[str]:
    po_path = PROJECT / "mall" / "locale" / "fr" / "LC_MESSAGES" / f"{domain}.po"
    if not po_path.exists():
        if needed:
            yield f"{po_path.relative_to(PROJECT)} is missing"
        return
    kept = _translations(po_path)
    for message, text in _made_anew(domain).items():
        if message not in kept:
            yield f"not in the French catalogue: {message[1]!r}"
        elif not kept[message]:
            yield f"no French for {message[1]!r}"
        del text
    with po_path.open("rb") as file:
        catalogue = read_po(file, locale="fr")
    yield from (f"doubtful (fuzzy): {message.id!r}" for message in catalogue if message.id and message.fuzzy)
    yield from _compiled_complaints(po_path, kept)


def _compiled_complaints(po_path: Path, kept: dict[tuple[str, str], str]) -> Iterator[str]:
    mo_path = po_path.with_suffix(".mo")
    if not mo_path.exists():
        yield f"{mo_path.relative_to(PROJECT)} is missing"
        return
    with mo_path.open("rb") as file:
        # Babel leaves contexts of compiled files as bytes.
        compiled = {
            (m.context.decode() if isinstance(m.context, bytes) else m.context or "", _first(m.id)): _joined(m.string)
            for m in read_mo(file)
            if m.id
        }
    if compiled != {message: text for message, text in kept.items() if text}:
        yield f"{mo_path.relative_to(PROJECT)} is older than its .po file"


def _made_anew(domain: str) -> dict[tuple[str, str], str]:
    with tempfile.TemporaryDirectory(prefix="mall-messages-") as folder:
        copy = Path(folder)
        for package in PACKAGES:
            shutil.copytree(
                PROJECT / package,
                copy / package,
                ignore=shutil.ignore_patterns("img", "fonts", "vendor", "__pycache__", "*.avif", "*.jpg", "*.npy"),
            )
        command = [sys.executable, "-m", "django", "makemessages", "-l", "fr", "-d", domain, "-v", "0", "--no-obsolete"]
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "mall.settings.test", "PYTHONPATH": str(copy)}
        subprocess.run(command, cwd=copy, env=environment, check=True)
        made = copy / "mall" / "locale" / "fr" / "LC_MESSAGES" / f"{domain}.po"
        return _translations(made) if made.exists() else {}


def _translations(path: Path) -> dict[tuple[str, str], str]:
    """(context, message) to its French text; "" where any plural form is missing."""
    with path.open("rb") as file:
        catalogue = read_po(file, locale="fr")
    return {(m.context or "", _first(m.id)): _joined(m.string) for m in catalogue if m.id}


def _first(message_id: str | tuple[str, ...] | list[str]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]


def _joined(text: str | tuple[str, ...] | list[str] | None) -> str:
    if text is None or isinstance(text, str):
        return text or ""
    return "\n".join(text) if all(text) else ""


if __name__ == "__main__":
    sys.exit(main())
