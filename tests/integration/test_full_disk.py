"""A disk without room: what is sent is refused in words, nothing is half kept, and drafts are tidied away."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from mall.accounts.models import Member
from mall.core.models import MallImage
from mall.core.tasks import tidy_files
from mall.core.tidying import OLD_SECONDS
from tests.factories import photo_bytes

pytestmark = pytest.mark.django_db

NO_ROOM = {"fr": "Il n’y a plus de place pour ce fichier", "en": "There is no room left for this file"}


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.ORIGINALS_FOLDER = tmp_path / "originals"
    for folder in (settings.MEDIA_ROOT, settings.ORIGINALS_FOLDER):
        folder.mkdir()


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Django stores is written to a device that is always full."""
    opened = os.fdopen

    def open_full(file: int, *arguments: Any) -> Any:
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, file)
        os.close(full)
        return opened(file, *arguments)

    monkeypatch.setattr("django.core.files.storage.filesystem.os.fdopen", open_full)


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(Member.objects.create_superuser("editor@example.org", "a-long-password", language="fr"))
    return client


def files(settings: Any) -> list[str]:
    return [path.name for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def upload(editor: Client) -> Any:
    photo = SimpleUploadedFile("photo.jpg", photo_bytes(), content_type="image/jpeg")
    return editor.post("/admin/images/add/", {"title": "photo", "file": photo, "collection": "1"})


def test_an_upload_that_finds_no_room_is_told_and_leaves_nothing(editor: Client, settings: Any, no_room: None) -> None:
    response = upload(editor)

    assert response.status_code == 507
    assert any(words in response.content.decode() for words in NO_ROOM.values())
    assert response["X-Request-ID"] in response.content.decode()
    assert MallImage.objects.count() == 0
    assert files(settings) == []


def test_with_room_the_same_upload_is_kept(editor: Client, settings: Any) -> None:
    response = upload(editor)

    assert response.status_code == 302
    assert MallImage.objects.count() == 1
    assert "photo.jpg" in files(settings)


def test_a_file_that_was_there_before_stays_when_another_finds_no_room(settings: Any, no_room: None) -> None:
    kept = Path(settings.MEDIA_ROOT) / "a.txt"
    kept.write_text("kept", encoding="utf-8")

    with pytest.raises(OSError, match="No space left on device"):
        default_storage.save("a.txt", ContentFile(b"x" * 100))

    assert files(settings) == ["a.txt"]
    assert kept.read_text(encoding="utf-8") == "kept"


def test_drafts_that_nobody_finishes_are_removed_after_an_hour(settings: Any) -> None:
    media, originals = Path(settings.MEDIA_ROOT), Path(settings.ORIGINALS_FOLDER)
    names = {
        media / "pictures" / "ab" / ".480.avif.1f2e3d4c": OLD_SECONDS + 60,
        originals / "ab" / ".abcdef.jpg.00aa11bb": OLD_SECONDS + 60,
        media / ".240.jpg.1f2e3d4c": OLD_SECONDS - 60,
        media / ".keep": OLD_SECONDS + 60,
        media / "480.avif": OLD_SECONDS + 60,
    }
    for path, age in names.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
        os.utime(path, (time.time() - age,) * 2)

    removed = tidy_files()

    assert removed == 2
    assert [path.exists() for path in names] == [False, False, True, True, True]
    assert tidy_files() == 0
