"""Use cases of a draft's photos. Renditions are the worker's, asked for by `add_picture`."""

from __future__ import annotations

import contextlib
import io
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import Max, ProtectedError
from PIL import Image

from listings.models import DraftPhoto, ListingDraft
from listings.selling.answers import MOST_PHOTOS
from listings.selling.locking import locked_draft
from mall.core.models import Picture
from mall.core.pictures import MAX_BYTES, PictureRefused, add_picture, read_photo, rendition_folder

# as long as the widest rendition of a tall photo needs
_TURNED_EDGE_PX = 2400
_TURNED_QUALITY = 92


class Outcome(StrEnum):
    """What became of one file."""

    ADDED = "added"
    TWICE = "twice"
    TOO_MANY = "too_many"
    TOO_LARGE = "too_large"
    EMPTY = "empty"
    NO_PICTURE = "no_picture"


@dataclass(frozen=True, kw_only=True, slots=True)
class FileOutcome:
    """name: as the browser sent it."""

    name: str
    outcome: Outcome


def add_photos(*, draft_id: int, files: Sequence[UploadedFile[Any]], now: datetime) -> list[FileOutcome]:
    """Take each file in, up to MOST_PHOTOS; what is refused leaves the others alone.

    Raises DraftIsPublished, and OSError when a file cannot be stored: the files before it are kept then.
    """
    return [FileOutcome(name=file.name or "", outcome=_add(draft_id, file, now)) for file in files]


def _add(draft_id: int, file: UploadedFile[Any], now: datetime) -> Outcome:
    size = file.size or 0
    if size == 0:
        return Outcome.EMPTY
    if size > MAX_BYTES:
        return Outcome.TOO_LARGE
    if DraftPhoto.objects.filter(draft=draft_id).count() >= MOST_PHOTOS:
        return Outcome.TOO_MANY
    try:
        picture = _take_in(file)
    except PictureRefused:
        return Outcome.NO_PICTURE
    try:
        return _put(draft_id, picture, (file.name or "")[-120:], now)
    except IntegrityError:
        # its twin in the other tab was first
        return Outcome.TWICE


def _take_in(file: UploadedFile[Any]) -> Picture:
    """Raises PictureRefused, OSError."""
    if isinstance(file, TemporaryUploadedFile):
        return add_picture(Path(file.temporary_file_path()))
    return add_picture(file.read())


@transaction.atomic(durable=True)
def _put(draft_id: int, picture: Picture, name: str, now: datetime) -> Outcome:
    draft = locked_draft(draft_id)
    if draft.photos.filter(original=picture).exists():
        return Outcome.TWICE
    if draft.photos.count() >= MOST_PHOTOS:
        return Outcome.TOO_MANY
    last = draft.photos.aggregate(last=Max("position"))["last"]
    place = 0 if last is None else last + 1
    DraftPhoto.objects.create(draft=draft, original=picture, picture=picture, file_name=name, position=place)
    _touch(draft, now)
    return Outcome.ADDED


@transaction.atomic(durable=True)
def describe_photo(*, draft_id: int, photo_id: int, alt: str, is_defect: bool, now: datetime) -> None:
    """alt: what it shows, "" for nothing said. Raises DraftPhoto.DoesNotExist, DraftIsPublished."""
    draft = locked_draft(draft_id)
    photo = DraftPhoto.objects.get(draft=draft, pk=photo_id)
    photo.alt, photo.is_defect = alt[:200], is_defect
    photo.save(update_fields=["alt", "is_defect"])
    _touch(draft, now)


@transaction.atomic(durable=True)
def move_photo(*, draft_id: int, photo_id: int, by: int, now: datetime) -> None:
    """Move by places, towards the front when negative; at an end it stays. Raises as `describe_photo`."""
    draft = locked_draft(draft_id)
    photos = list(draft.photos.all())
    photo = next((one for one in photos if one.pk == photo_id), None)
    if photo is None:
        raise DraftPhoto.DoesNotExist(f"draft {draft_id} has no photo {photo_id}")
    place = photos.index(photo)
    photos.insert(max(0, min(len(photos), place + by)), photos.pop(place))
    for position, one in enumerate(photos):
        one.position = position
    DraftPhoto.objects.bulk_update(photos, ["position"])
    _touch(draft, now)


def turn_photo(*, draft_id: int, photo_id: int, quarters: int, now: datetime) -> None:
    """Turn clockwise by quarters, always from the original, so that no turn costs sharpness.

    Raises as `describe_photo`; PictureRefused for a damaged original, OSError.
    """
    photo = DraftPhoto.objects.select_related("original").get(draft=draft_id, pk=photo_id)
    turns = (photo.quarter_turns + quarters) % 4
    picture = add_picture(_turned(photo.original, turns)) if turns else photo.original
    with transaction.atomic(durable=True):
        draft = locked_draft(draft_id)
        shown_before = photo.picture_id
        draft.photos.filter(pk=photo_id).update(picture=picture, quarter_turns=turns)
        forget_pictures({shown_before} - {photo.original_id, picture.pk})
        _touch(draft, now)


def _turned(original: Picture, turns: int) -> bytes:
    image = Image.fromarray(read_photo(original, longest_needed=_TURNED_EDGE_PX // 2))
    image.thumbnail((_TURNED_EDGE_PX, _TURNED_EDGE_PX))
    way = {1: Image.Transpose.ROTATE_270, 2: Image.Transpose.ROTATE_180, 3: Image.Transpose.ROTATE_90}[turns]
    buffer = io.BytesIO()
    image.transpose(way).save(buffer, format="JPEG", quality=_TURNED_QUALITY)
    return buffer.getvalue()


@transaction.atomic(durable=True)
def remove_photo(*, draft_id: int, photo_id: int, now: datetime) -> None:
    """Take a photo out, and its files where nothing else shows it. Raises as `describe_photo`."""
    draft = locked_draft(draft_id)
    photo = DraftPhoto.objects.get(draft=draft, pk=photo_id)
    pictures = {photo.original_id, photo.picture_id}
    photo.delete()
    forget_pictures(pictures)
    _touch(draft, now)


@transaction.atomic
def forget_pictures(ids: Iterable[int]) -> None:
    """Remove those of these pictures that nothing shows; their files go once that is certain."""
    for picture in Picture.objects.filter(pk__in=set(ids)):
        original = Path(settings.ORIGINALS_FOLDER) / picture.original
        folder = rendition_folder(picture)
        # PROTECT says whether a product, a listing or another draft shows it
        with contextlib.suppress(ProtectedError), transaction.atomic():
            picture.delete()
            transaction.on_commit(partial(_remove_files, original, folder))


def _remove_files(original: Path, folder: Path) -> None:
    with contextlib.suppress(OSError):
        original.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _touch(draft: ListingDraft, now: datetime) -> None:
    ListingDraft.objects.filter(pk=draft.pk).update(updated_at=now)
