"""Whatever is sent becomes clean pixels or a plain refusal, in a child with limits."""

from __future__ import annotations

import subprocess
import sys

import pytest
from PIL import Image

from listings.photos.confined import Limits, normalise_confined
from listings.photos.errors import PhotoRefused, Reason
from listings.photos.intake import MAX_BYTES, advice_for, normalise
from listings.photos.kinds import ALWAYS_TAKEN, Kind, kind_of
from tests.unit.listings.photos.hostile import CORNERS, Upload, chunk, quarters, saved, uploads

pytestmark = pytest.mark.unit


def _far_from_corners(image: Image.Image, *, is_grey: bool) -> int:
    """The largest difference of a channel between the middles of the quarters and what they were painted."""
    rgb = image.convert("RGB")
    worst = 0
    for index, painted in enumerate(CORNERS):
        place = (image.width * (1 + 2 * (index % 2)) // 4, image.height * (1 + 2 * (index // 2)) // 4)
        wanted = Image.new("RGB", (1, 1), painted).convert("L").convert("RGB").getpixel((0, 0)) if is_grey else painted
        found = rgb.getpixel(place)
        assert isinstance(found, tuple) and isinstance(wanted, tuple)
        worst = max(worst, *(abs(one - other) for one, other in zip(found, wanted, strict=True)))
    return worst


def test_there_are_57_hostile_uploads() -> None:
    assert len(uploads()) == 57


@pytest.mark.parametrize("upload", uploads(), ids=lambda upload: upload.label)
def test_a_hostile_upload_becomes_clean_pixels_or_a_plain_refusal(upload: Upload) -> None:
    if upload.refusal is not None:
        if upload.label.startswith("HEIC"):
            assert kind_of(upload.data) is Kind.HEIC
        with pytest.raises(PhotoRefused, match="Please") as refused:
            normalise_confined(upload.data, upload.name)
        assert refused.value.reason in {upload.refusal, Reason.KIND_TURNED_OFF} - (
            set() if upload.label.startswith("HEIC") else {Reason.KIND_TURNED_OFF}
        )
        return

    image = normalise_confined(upload.data, upload.name)

    assert (image.size, image.mode) == (upload.size, upload.mode)
    assert image.info == {} and not image.getexif()
    assert b"ecret" not in saved(image, "PNG")
    if upload.shows_corners:
        assert _far_from_corners(image, is_grey=upload.is_grey) <= 12


def test_a_heic_photo_is_read_where_its_package_is_installed() -> None:
    heif = pytest.importorskip("pillow_heif", reason="HEIC needs the package pillow-heif")
    heif.register_heif_opener()

    image = normalise(saved(quarters((192, 128)), "HEIF", quality=95), "a.heic")

    assert (image.size, image.mode, image.info) == ((192, 128), "RGB", {})
    assert _far_from_corners(image, is_grey=False) <= 12


def test_sixteen_bits_are_scaled_and_not_clipped() -> None:
    image = normalise(saved(Image.new("I;16", (64, 64), 51_400), "PNG"), "a.png")

    assert image.getpixel((5, 5)) == (200, 200, 200)


def test_opaque_alpha_is_dropped() -> None:
    assert normalise(saved(quarters().convert("RGBA"), "PNG"), "a.png").mode == "RGB"


def test_a_large_photo_is_shrunk_to_2048() -> None:
    image = normalise(saved(Image.new("RGB", (5_000, 2_500), "teal"), "JPEG"), "a.jpg")

    assert image.size == (2_048, 1_024)


def test_a_file_of_more_than_25_mb_is_refused_unread() -> None:
    with pytest.raises(PhotoRefused) as refused:
        normalise_confined(b"\xff\xd8" + bytes(MAX_BYTES), "a.jpg")

    assert refused.value.reason is Reason.TOO_MANY_BYTES


def test_avif_can_be_turned_off() -> None:
    with pytest.raises(PhotoRefused) as refused:
        normalise(saved(quarters(), "AVIF"), "a.avif", kinds=ALWAYS_TAKEN)

    assert refused.value.reason is Reason.KIND_TURNED_OFF


def test_a_child_that_meets_its_limit_of_memory_is_a_refusal() -> None:
    big = saved(Image.new("RGB", (7_000, 7_000), "teal"), "PNG")
    with pytest.raises(PhotoRefused) as refused:
        normalise_confined(big, "a.png", limits=Limits(memory_bytes=180_000_000))

    assert refused.value.reason in {Reason.DAMAGED, Reason.TOO_COSTLY}


def test_a_broken_tag_after_the_pixels_is_ignored() -> None:
    png = saved(quarters(), "PNG")

    image = normalise(png[:-12] + chunk(b"eXIf", b"II*\x00\x00") + png[-12:], "a.png")

    assert _far_from_corners(image, is_grey=False) == 0


def test_a_small_photo_is_taken_with_advice() -> None:
    assert "500" in (advice_for((320, 200)) or "")
    assert advice_for((900, 600)) is None


def test_intake_needs_no_django_settings() -> None:
    code = (
        "import sys; from listings.photos import normalise, PhotoRefused\n"
        "try: normalise(b'', 'a')\n"
        "except PhotoRefused: print('django.conf' in sys.modules, 'cv2' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False"]


def test_the_input_of_an_image_is_its_bytes_alone() -> None:
    data = saved(quarters(), "PNG")

    assert normalise(data, "a.png").tobytes() == normalise(data, "b.exe").tobytes()
