"""Graphs made once at set-up and kept in the cache folder: `<slug>.json` names the folder of one, with its hashes.

The card is written last and replaced at once, so that a killed export leaves nothing half-made to be found.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from search.embeddings.pins import check_files, sha256_of
from search.errors import EncoderUnavailable

GRAPH_FILE = "model.onnx"
REMEDY = "Run `manage.py prepare_models` once; until then search goes on with words alone."


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportedModel:
    """What a card says. folder: beside the card; files: name to SHA-256; inputs: names of the graph's inputs."""

    name: str
    folder: str
    files: dict[str, str]
    inputs: list[str]
    dimensions: int
    query_prompt: str = ""
    document_prompt: str = ""

    def checked_folder(self, cache_folder: Path) -> Path:
        """The folder with its files checked. Raises EncoderUnavailable."""
        folder = cache_folder / self.folder
        check_files(folder, self.files, remedy=REMEDY)
        return folder


def slug_of(model: str) -> str:
    """A file name for a model's name or folder: its last part, with nothing but letters, digits, dots and dashes."""
    last = model.rstrip("/").rpartition("/")[2]
    return "".join(sign if sign.isalnum() or sign in ".-" else "-" for sign in last).strip(".") or "model"


def read_exported(slug: str, cache_folder: Path) -> ExportedModel:
    """The export's card. Raises EncoderUnavailable when it was not made or cannot be read."""
    card = cache_folder / f"{slug}.json"
    try:
        return ExportedModel(**json.loads(card.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise EncoderUnavailable(f"The text model {slug} has not been prepared in {cache_folder}. {REMEDY}") from error
    except (OSError, ValueError, TypeError) as error:
        raise EncoderUnavailable(f"{card} cannot be read ({error}). {REMEDY}") from error


@contextmanager
def draft_folder(cache_folder: Path) -> Iterator[Path]:
    """A folder to make an export in, on the same disk, gone at the end. Raises EncoderUnavailable on a full disk."""
    made: Path | None = None
    try:
        cache_folder.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".export-", dir=cache_folder))
        made.chmod(0o755)  # the web server may run as another user than the set-up
        yield made
    except OSError as error:
        message = f"{cache_folder} cannot be written ({error.strerror}). Free space on the disk or correct its rights."
        raise EncoderUnavailable(message) from error
    finally:
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)


def publish_export(made: Path, cache_folder: Path, *, slug: str, **facts: Any) -> ExportedModel:
    """Move the finished files of `made` to a folder named by their content and write the card that names it."""
    files = {path.name: sha256_of(path) for path in sorted(made.iterdir())}
    revision = files[GRAPH_FILE][:12]
    folder = f"{slug}-{revision}"
    card = ExportedModel(name=f"{slug}-int8/{revision}", folder=folder, files=files, **facts)
    target = cache_folder / folder
    if target.exists():
        shutil.rmtree(target)  # the same content by its name, or a broken copy of it
    made.rename(target)
    draft = cache_folder / f".{slug}.json.draft"
    draft.write_text(json.dumps(asdict(card), indent=1, sort_keys=True), encoding="utf-8")
    draft.replace(cache_folder / f"{slug}.json")
    return card
