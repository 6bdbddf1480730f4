"""How pictures look, as vectors: made once by the worker, compared within one encoder, never made by a web process."""

from __future__ import annotations

import io
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from PIL import Image

from mall.core import outbox
from mall.core.models import OutboxRow, Picture, PictureVector
from mall.core.picture_vectors import (
    LOOK_WANTED,
    StoredLook,
    compare_looks,
    forget_superseded,
    keep_vectors,
    pack,
    unpack,
    without_vector,
)
from mall.core.pictures import add_picture, read_photo
from search.embeddings.images.classical import NAME as CLASSICAL
from search.indexing import looks
from search.indexing.looks import make_wanted_looks
from tests.conftest import MallOfItsOwn, StartPython
from tests.factories import PictureFactory, photo_bytes

pytestmark = pytest.mark.django_db

DEMO_PHOTO = Path(__file__).resolve().parents[2] / "mall" / "demo" / "photos" / "phone" / "kettle-sage-table.webp"


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, settings: Any) -> None:
    """No image model is prepared there: the classical description is taken, which needs none."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.ORIGINALS_FOLDER = tmp_path / "originals"
    settings.SEARCH_MODEL_FOLDER = tmp_path / "models"


def _vector(*numbers: float) -> np.ndarray:
    vector = np.array(numbers, dtype=np.float32)
    return vector / np.linalg.norm(vector)


def _look(owner: str, *numbers: float, encoder: str = "one/1") -> StoredLook:
    return StoredLook(owner=owner, encoder=encoder, vector=pack(_vector(*numbers)))


def test_the_worker_describes_a_picture_that_was_added() -> None:
    picture = add_picture(photo_bytes(400, 300))

    outbox.drain()

    kept = PictureVector.objects.get(picture=picture)
    assert kept.encoder == CLASSICAL
    assert np.linalg.norm(unpack([bytes(kept.vector)])[0]) == pytest.approx(1, abs=1e-3)
    assert not OutboxRow.objects.exists()


def test_a_picture_asked_for_twice_is_described_once() -> None:
    picture = add_picture(photo_bytes())
    asked = [{"picture_id": picture.pk}]

    make_wanted_looks(asked)
    first = PictureVector.objects.get()
    make_wanted_looks(asked)
    keep_vectors(CLASSICAL, {picture.pk: _vector(1.0, 0.0)})

    again = PictureVector.objects.get()
    assert (again.pk, bytes(again.vector)) == (first.pk, bytes(first.vector))


def test_a_picture_that_rotted_does_not_stop_the_others(settings: Any) -> None:
    rotten, gone, sound = (add_picture(photo_bytes(colour=colour)) for colour in ("red", "green", "blue"))
    (Path(settings.ORIGINALS_FOLDER) / rotten.original).write_bytes(b"rotten")
    (Path(settings.ORIGINALS_FOLDER) / gone.original).unlink()

    make_wanted_looks([{"picture_id": picture.pk} for picture in (rotten, gone, sound)])

    assert list(PictureVector.objects.values_list("picture_id", flat=True)) == [sound.pk]


def test_pictures_that_do_not_fit_into_one_turn_wait_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [add_picture(photo_bytes(colour=colour)) for colour in ("red", "green")]
    asked = [{"picture_id": picture.pk} for picture in pictures]
    monkeypatch.setattr(looks, "KEPT_AT_ONCE", 1)
    monkeypatch.setattr(looks, "TURN_SECONDS", -1.0)

    with pytest.raises(outbox.Busy):
        make_wanted_looks(asked)
    assert PictureVector.objects.count() == 1
    with pytest.raises(outbox.Busy):
        make_wanted_looks(asked)
    make_wanted_looks(asked)

    assert PictureVector.objects.count() == 2


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "I;16"])
def test_pictures_of_every_mode_are_described(mode: str) -> None:
    buffer = io.BytesIO()
    Image.new(mode, (30, 20)).save(buffer, format="PNG")
    picture = add_picture(buffer.getvalue())

    make_wanted_looks([{"picture_id": picture.pk}])

    assert PictureVector.objects.count() == 1


def test_a_photo_is_read_upright_and_no_smaller_than_needed() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = add_picture(photo_bytes(3000, 2000, exif=exif.tobytes()))

    photo = read_photo(picture, longest_needed=224)

    height, width, _ = photo.shape
    assert 224 <= height <= 1500
    assert height > width


def test_the_command_describes_what_is_missing_and_drops_what_is_superseded(capsys: pytest.CaptureFixture[str]) -> None:
    known, new = add_picture(photo_bytes(colour="red")), add_picture(photo_bytes(colour="green"))
    keep_vectors("older/1", {known.pk: _vector(1, 0), new.pk: _vector(0, 1)})
    PictureFactory()  # a row whose file is gone

    call_command("prepare_looks")
    call_command("prepare_looks")

    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("2 pictures described by classical-hog-hsv/1; 2 vectors of other encoders dropped; 1 ")
    assert said[1].startswith("0 pictures described by classical-hog-hsv/1; 0 vectors of other encoders dropped; 1 ")
    assert set(PictureVector.objects.values_list("encoder", flat=True)) == {CLASSICAL}


def test_a_failed_picture_is_not_tried_again() -> None:
    PictureFactory(is_failed=True)
    waiting = PictureFactory()

    assert list(without_vector("one/1")) == [waiting]


def test_vectors_of_one_encoder_stay_where_another_has_none() -> None:
    seen, unseen = PictureFactory(), PictureFactory()
    keep_vectors("old/1", {seen.pk: _vector(1, 0), unseen.pk: _vector(1, 0)})
    keep_vectors("new/1", {seen.pk: _vector(1, 0, 0)})

    assert forget_superseded("new/1") == 1

    assert set(PictureVector.objects.values_list("picture_id", "encoder")) == {(seen.pk, "new/1"), (unseen.pk, "old/1")}


def test_one_picture_has_one_vector_of_one_encoder() -> None:
    picture = PictureFactory()
    PictureVector.objects.create(picture=picture, encoder="one/1", vector=b"")

    with (
        pytest.raises(IntegrityError, match=r"one_vector_per_picture_and_encoder|core_picturevector"),
        transaction.atomic(),
    ):
        PictureVector.objects.create(picture=picture, encoder="one/1", vector=b"")


def test_a_vector_goes_with_its_picture() -> None:
    picture = PictureFactory()
    keep_vectors("one/1", {picture.pk: _vector(1, 0)})

    Picture.objects.all().delete()

    assert not PictureVector.objects.exists()


def test_cosines_of_stored_vectors_are_right_within_a_thousandth() -> None:
    rng = np.random.default_rng(0)
    first, second = (_vector(*rng.standard_normal(1280)) for _ in range(2))

    back = unpack([pack(first), pack(second)])

    assert float(back[0] @ back[1]) == pytest.approx(float(first @ second), abs=1e-3)
    assert len(pack(first)) == 2560


def test_vectors_of_different_encoders_are_never_compared() -> None:
    stored = [_look("a", 1, 0), _look("b", 1, 0, encoder="two/1"), _look("c", 1, 1), _look("d", 0, 1)]

    compared = compare_looks("a", stored)

    assert compared.encoder == "one/1"
    assert compared.cosines == pytest.approx({"c": 0.7071, "d": 0.0}, abs=1e-3)


def test_the_encoder_that_has_seen_most_of_the_others_is_taken() -> None:
    stored = [
        _look("a", 1, 0),
        _look("b", 1, 0),
        *(_look(owner, 1, 0, 0, encoder="two/1") for owner in ("a", "c", "d")),
    ]

    assert compare_looks("a", stored).encoder == "two/1"
    assert set(compare_looks("a", stored).cosines) == {"c", "d"}


def test_of_several_photos_the_best_pair_counts() -> None:
    stored = [_look("a", 1, 0), _look("a", 0, 1), _look("b", -1, 0), _look("b", 0, 1)]

    assert compare_looks("a", stored).cosines == pytest.approx({"b": 1.0}, abs=1e-3)


def test_what_has_no_vector_is_like_nothing() -> None:
    assert compare_looks("a", [_look("b", 1, 0)]).cosines == {}
    assert compare_looks("a", [_look("a", 1, 0)]).cosines == {}
    assert compare_looks("a", []).encoder == ""


def test_vectors_of_two_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="prepare_looks"):
        unpack([pack(_vector(1, 0)), pack(_vector(1, 0, 0))])


def test_figures_need_the_folder_with_its_manifest(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="has no manifest of demo photos"):
        call_command("evaluate_looks", str(tmp_path))


def test_pictures_from_before_ask_for_their_looks_and_may_forget_it(monkeypatch: pytest.MonkeyPatch) -> None:
    migration = import_module("mall.core.migrations.0003_pictures_ask_for_looks")
    monkeypatch.setattr(migration, "AT_ONCE", 2)
    pictures = [PictureFactory() for _ in range(5)]
    outbox.publish("other", "a", {})

    migration.ask_for_looks(apps, None)

    rows = OutboxRow.objects.filter(topic=LOOK_WANTED).order_by("pk")
    assert [row.payload["picture_id"] for row in rows] == [picture.pk for picture in pictures]

    migration.forget_asking(apps, None)

    assert OutboxRow.objects.get().topic == "other"


WEB_PROCESS = f"""
import sys
from pathlib import Path
from django.conf import settings
from django.test import Client, override_settings
from listings.models import ListingPhoto
from mall.core.picture_vectors import keep_vectors
from mall.core.pictures import add_picture
from mall.pages.addresses import listing_url, product_url
from search.indexing.rebuild import rebuild_index
from tests.factories import CategoryFactory, ListingFactory, OfferFactory, ProductFactory, VariantFactory, photo_bytes
import numpy
import mall.wsgi

plain = {{"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
override_settings(STORAGES={{**settings.STORAGES, "staticfiles": plain}}).enable()
category = CategoryFactory()
things = [ListingFactory(category=category) for _ in range(2)]
product = ProductFactory(category=category)
OfferFactory(variant=VariantFactory(product=product))
for number, thing in enumerate(things):
    picture = add_picture(Path({str(DEMO_PHOTO)!r}).read_bytes()) if number else add_picture(photo_bytes())
    ListingPhoto.objects.create(listing=thing, picture=picture)
    keep_vectors("efficientnet-lite0/0.1.0/1", {{picture.pk: numpy.full(4, 0.5, numpy.float32)}})
rebuild_index()
for kind, address in (
    ("item", listing_url(things[0].pk, "x")),
    ("product", product_url(product.pk, product.slug)),
):
    page = Client(HTTP_HOST="127.0.0.1").get(address, follow=True)
    print(kind, page.status_code, 'id="similar"' in page.content.decode())
loaded = sorted(name for name in sys.modules if name.startswith(("search.embeddings.images", "onnxruntime", "torch")))
print("loaded:", *loaded)
"""


def test_a_web_process_shows_similar_things_and_loads_no_image_model(
    sqlite_mall: MallOfItsOwn, start_python: StartPython
) -> None:
    said, wrong = start_python(WEB_PROCESS, mall=sqlite_mall).communicate(timeout=120)

    assert said.decode().splitlines()[-3:] == ["item 200 True", "product 200 True", "loaded:"], wrong.decode()[-2000:]
