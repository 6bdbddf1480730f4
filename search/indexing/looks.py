"""The look of every picture as a vector, made by the worker. May run twice for one picture: the vector is the same."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.db.models import QuerySet

from mall.core import outbox
from mall.core.models import Picture
from mall.core.picture_vectors import LOOK_WANTED, keep_vectors, without_vector
from mall.core.pictures import PictureRefused, read_photo

if TYPE_CHECKING:
    from search.embeddings.images.protocol import ImageEncoder

log = structlog.get_logger(__name__)

# Searches wait behind looks in the outbox, so one turn stays short; the rest goes on in the next one.
TURN_SECONDS = 5.0
KEPT_AT_ONCE = 16
LONGEST_NEEDED_PX = 224


def worker_encoder() -> ImageEncoder:
    """The image encoder of this process. Loads a model: for workers and commands, not for web processes."""
    from search.embeddings.images.choice import find_image_encoder  # loaded where it is used, not at every start

    choice = find_image_encoder(settings.SEARCH_MODEL_FOLDER)
    if choice.is_fallback:
        log.warning("looks.without_model", status=choice.status)
    return choice.encoder


@outbox.handles(LOOK_WANTED, at_once=50, is_slow=True)
def make_wanted_looks(payloads: Sequence[dict[str, Any]]) -> None:
    """Make vectors for TURN_SECONDS at most; raises Unfinished while some are left, and the next turn goes on.

    Different pictures may be looked at at once, with a model in each process: a vector is kept once, whoever made it.
    """
    encoder = worker_encoder()
    wanted = without_vector(encoder.name).filter(pk__in=[payload["picture_id"] for payload in payloads])
    ends_at = time.monotonic() + TURN_SECONDS
    if any(time.monotonic() > ends_at for _done in make_looks(wanted, encoder)):
        raise outbox.Unfinished


def make_looks(pictures: QuerySet[Picture], encoder: ImageEncoder) -> Iterator[int]:
    """Keep the vectors of `pictures`, some at a time; yields after each few how many were made of them.

    A picture that cannot be read is left out with a line in the log. Raises EncoderUnavailable.
    """
    for some in _some_at_a_time(list(pictures)):
        vectors = {}
        for picture in some:  # one decoded photo at a time: it may be of 60 megapixels
            try:
                photo = read_photo(picture, longest_needed=LONGEST_NEEDED_PX)
            except (PictureRefused, OSError) as error:
                log.warning("look.failed", picture_id=picture.pk, error=str(error))
                continue
            vectors[picture.pk] = encoder.encode([photo])[0]
        keep_vectors(encoder.name, vectors)
        yield len(vectors)


def _some_at_a_time(pictures: Sequence[Picture]) -> Iterable[Sequence[Picture]]:
    return (pictures[start : start + KEPT_AT_ONCE] for start in range(0, len(pictures), KEPT_AT_ONCE))
