"""Photos: what is refused, what is kept, what is served."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image

from mall.core import outbox, pictures
from mall.core.models import OutboxRow, Picture
from mall.core.pictures import PictureRefused, add_picture, make_renditions, sources_of
from tests.factories import PictureFactory, photo_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, settings: object) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined]
    settings.ORIGINALS_FOLDER = tmp_path / "originals"  # type: ignore[attr-defined]


def _turned_with_place() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    return photo_bytes(300, 200, exif=exif.tobytes())


def test_the_same_photo_twice_is_one_picture_and_one_outbox_row() -> None:
    first, second = add_picture(photo_bytes()), add_picture(photo_bytes())

    assert first.pk == second.pk
    assert OutboxRow.objects.filter(topic=pictures.PICTURE_ADDED).count() == 1


def test_a_turned_photo_gets_its_upright_size() -> None:
    picture = add_picture(_turned_with_place())

    assert (picture.width_px, picture.height_px) == (200, 300)


def test_renditions_bear_no_metadata_and_the_original_is_not_below_the_served_folder() -> None:
    picture = add_picture(_turned_with_place())

    make_renditions(picture)

    for path in (Path(settings.MEDIA_ROOT) / picture.folder).iterdir():
        with Image.open(path) as image:
            assert not image.getexif(), path.name
            assert image.size == (200, 300)
    assert not list(Path(settings.MEDIA_ROOT).rglob(Path(picture.original).name))


@pytest.mark.parametrize(
    ("own", "ready"), [(1600, [240, 480, 960, 1440]), (900, [240, 480, 900]), (240, [240]), (100, [100])]
)
def test_a_picture_is_never_enlarged(own: int, ready: list[int]) -> None:
    picture = add_picture(photo_bytes(own, 50))

    assert make_renditions(picture) == ready
    for width in ready:
        with Image.open(pictures.rendition_folder(picture) / f"{width}.avif") as image:
            assert image.width == width


def test_making_renditions_twice_or_after_a_kill_changes_nothing_and_heals() -> None:
    picture = add_picture(photo_bytes(900, 600))
    make_renditions(picture, widths=(240, 480))
    folder = pictures.rendition_folder(picture)
    written = (folder / "240.avif").stat().st_mtime_ns
    (folder / "480.jpg").unlink()
    Picture.objects.update(ready_widths=[])

    make_renditions(Picture.objects.get())

    assert (folder / "240.avif").stat().st_mtime_ns == written
    assert Picture.objects.get().ready_widths == [240, 480, 900]
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        f"{width}.{kind}" for width in (240, 480, 900) for kind in ("avif", "jpg")
    )


def test_the_worker_makes_what_was_added() -> None:
    add_picture(photo_bytes(900, 600))

    assert outbox.drain() == 2  # its widths and its look
    assert Picture.objects.get().ready_widths == [240, 480, 900]
    assert not OutboxRow.objects.exists()


def test_pictures_that_do_not_fit_into_one_turn_wait_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    add_picture(photo_bytes())
    monkeypatch.setattr(pictures, "TURN_SECONDS", -1.0)

    outbox.drain()

    row = OutboxRow.objects.get(topic=pictures.PICTURE_ADDED)
    assert (row.attempts, row.is_dead) == (0, False)


def test_an_original_that_rotted_marks_its_picture_as_failed() -> None:
    picture = add_picture(photo_bytes())
    (Path(settings.ORIGINALS_FOLDER) / picture.original).write_bytes(b"rotten")

    outbox.drain()

    assert Picture.objects.get().is_failed
    assert not OutboxRow.objects.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a" + bytes(40),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        photo_bytes(300, 300, kind="PNG")[:200],
        photo_bytes(300, 300)[:400],
    ],
    ids=["empty", "gif", "svg", "cut png", "cut jpeg"],
)
def test_what_is_no_sound_picture_is_refused_and_leaves_nothing(content: bytes) -> None:
    with pytest.raises(PictureRefused):
        add_picture(content)

    assert not Picture.objects.exists()
    assert not Path(settings.ORIGINALS_FOLDER).exists()


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    buffer = io.BytesIO()
    Image.new("1", (15_000, 15_000)).save(buffer, format="PNG")

    with pytest.raises(PictureRefused, match="pixels"):
        add_picture(buffer.getvalue())


def test_a_full_disk_says_so_and_leaves_no_half_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", no_room)

    with pytest.raises(OSError, match="No space left"):
        add_picture(photo_bytes())

    assert not Picture.objects.exists()
    assert [path for path in Path(settings.ORIGINALS_FOLDER).rglob("*") if path.is_file()] == []


def test_a_transparent_picture_stands_on_white() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(buffer, format="PNG")
    picture = add_picture(buffer.getvalue())

    make_renditions(picture)

    with Image.open(pictures.rendition_folder(picture) / "40.jpg") as image:
        assert image.getpixel((20, 20)) == (255, 255, 255)


def test_pages_get_addresses_of_ready_widths_only_and_without_a_query(django_assert_num_queries: object) -> None:
    picture = PictureFactory(width_px=900, height_px=1200, ready_widths=[240, 480])

    with django_assert_num_queries(0):  # type: ignore[operator]
        sources = sources_of(picture)

    assert sources is not None
    assert sources.avif_srcset.endswith(f"{picture.folder}/480.avif 480w")
    assert sources.src == f"/media/{picture.folder}/480.jpg"
    assert (sources.width, sources.height) == (480, 640)
    assert sources_of(PictureFactory(waiting=True)) is None
