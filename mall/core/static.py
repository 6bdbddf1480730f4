"""Static files named by their content, ES module imports included, and one joined stylesheet.

`css/main.css` is a list of `@import`s, one file per component. When the files are collected, the list becomes one
file, so that a page asks for one stylesheet and nobody needs a build step.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

JOINED_STYLESHEETS = ("css/main.css",)

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_IMPORT = re.compile(r'@import\s+"(?P<path>[^"]+)"(?:\s+layer\((?P<layer>[\w-]+)\))?\s*;')
_URL = re.compile(r"""url\(\s*(?P<quote>["']?)(?!data:|/|#|https?:)(?P<path>[^"')]+)(?P=quote)\s*\)""")
_INDENT = re.compile(r"(?<!\s)\s*\n\s*")


def join_stylesheet(name: str, read: Callable[[str], str]) -> str:
    """The stylesheet `name` with its imports in place of their lines, comments and indents taken out.

    read: gives the text of a stylesheet by its name below the static folder. Addresses of fonts and pictures are
    rewritten, so that they hold from the folder of `name`.
    """
    folder = posixpath.dirname(name)

    def inline(match: re.Match[str]) -> str:
        imported = posixpath.normpath(posixpath.join(folder, match["path"]))
        text = _move_urls(join_stylesheet(imported, read), posixpath.dirname(imported), folder)
        return f"@layer {match['layer']} {{\n{text}\n}}" if match["layer"] else text

    bare = _COMMENT.sub("", read(name))
    return _INDENT.sub("\n", _IMPORT.sub(inline, bare)).strip()


def _move_urls(text: str, from_folder: str, to_folder: str) -> str:
    def move(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(from_folder, match["path"]))
        return f'url("{posixpath.relpath(target, to_folder)}")'

    return _URL.sub(move, text)


class MallStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed and precompressed; joins stylesheets and follows `import` statements, so no build step is needed."""

    support_js_module_import_aggregation = True

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        joined = InMemoryStorage()

        def read(name: str) -> str:
            storage, path = paths[name]
            with storage.open(path) as file:
                return str(file.read().decode("utf-8"))

        for name in JOINED_STYLESHEETS:
            if name in paths:
                joined.save(name, ContentFile(join_stylesheet(name, read).encode("utf-8")))
                paths[name] = (joined, name)
        yield from super().post_process(paths, dry_run, **options)
