"""What the mall needs before it opens: tables, static files, the models, the demo goods, the search index.

Each step looks first and does nothing when there is nothing to do, so a second start is quick; a step that was
interrupted is done again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor

if TYPE_CHECKING:
    from search.engines.protocol import EngineStatus

Say = Callable[[str], None]


def prepare(say: Say, *, with_demo: bool) -> None:
    """Do every step that is due."""
    migrate(say)
    collect_static(say)
    prepare_model(say)
    prepare_image_model(say)
    if with_demo:
        seed(say)
    build_index(say)


def migrate(say: Say) -> bool:
    """Bring the tables up to date. True when something was done."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    say("Making the tables …")
    call_command("migrate", interactive=False, verbosity=0)
    return True


def collect_static(say: Say) -> bool:
    """Collect and hash the static files when one of them, or a package, changed."""
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    wanted = _static_fingerprint()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return False
    say("Collecting the static files …")
    call_command("collectstatic", interactive=False, verbosity=0, clear=stamp.exists())
    stamp.write_text(wanted, encoding="utf-8")
    return True


def _static_fingerprint() -> str:
    digest = hashlib.sha256()
    for line in _static_facts():
        digest.update(line.encode())
    return digest.hexdigest()


def _static_facts() -> Iterator[str]:
    lock = settings.BASE_DIR / "requirements.lock"
    yield hashlib.sha256(lock.read_bytes()).hexdigest() if lock.exists() else ""
    yield (settings.BASE_DIR / "mall" / "core" / "static.py").read_text(encoding="utf-8")
    for prefix, folder in settings.STATICFILES_DIRS:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                facts = path.stat()
                yield f"{prefix}/{path.relative_to(folder)} {facts.st_size} {facts.st_mtime_ns}\n"


def prepare_model(say: Say) -> bool:
    """Make the text model's export where one is needed; without a model search goes on with words alone."""
    from search.embeddings.choice import NONE, encoder_status, find_encoder
    from search.embeddings.prepare import prepare_model as make_model
    from search.errors import EncoderUnavailable

    if settings.SEARCH_MODEL == NONE:
        return False
    if find_encoder(settings.SEARCH_MODEL, cache_folder=settings.SEARCH_MODEL_FOLDER).encoder is not None:
        return False
    say("Preparing the text model of search …")
    try:
        make_model(settings.SEARCH_MODEL, settings.SEARCH_MODEL_FOLDER)
    except EncoderUnavailable as error:
        say(f"Search goes on with words alone. {error}")
        return False
    say(f"  {encoder_status(settings.SEARCH_MODEL, cache_folder=settings.SEARCH_MODEL_FOLDER)}")
    return True


def prepare_image_model(say: Say) -> bool:
    """Make the image model's graph where its weights are installed; without it looks are compared more coarsely."""
    from search.embeddings.images.lite0 import load_lite0
    from search.embeddings.prepare import prepare_images
    from search.errors import EncoderUnavailable

    try:
        load_lite0(settings.SEARCH_MODEL_FOLDER)
    except EncoderUnavailable:
        say(f"Preparing the image model: {prepare_images(settings.SEARCH_MODEL_FOLDER).status}")
        return True
    return False


def seed(say: Say) -> bool:
    """Furnish the demo mall, once. The stamp is written last: an interrupted seeding is done again."""
    from mall.catalogue.models import Product

    stamp = Path(settings.DATA_FOLDER) / ".seeded"
    if stamp.exists() and Product.objects.exists():
        return False
    say("Furnishing the demo mall …")
    call_command("seed_mall")
    stamp.write_text("The demo mall was furnished. Remove var/ to begin anew.\n", encoding="utf-8")
    return True


def build_index(say: Say) -> bool:
    """Build each search index where there is none, or where its text model is another one than today's.

    A server that is away is told and left to the worker, as long as another engine stands in for it.
    """
    from search.service import engine_status

    status = engine_status()
    due = [name for name, seen in (("main", status), ("fallback", status.fallback)) if seen and not _is_usable(seen)]
    for name in due:
        say("Building the search index …" if name == "main" else "Building the stand-by search index …")
        try:
            call_command("rebuild_search", engine=name)
        except CommandError as error:
            say(f"It is not built. {error}")
    if due and not engine_status().can_answer:
        raise CommandError("There is no search index. `manage.py rebuild_search` says why.")
    return bool(due)


def _is_usable(status: EngineStatus) -> bool:
    lacks_vectors = bool(status.encoder) and not status.has_vectors
    return bool(status.generation) and status.documents > 0 and not lacks_vectors
