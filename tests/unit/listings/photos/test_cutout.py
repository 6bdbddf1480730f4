"""A clear item is cut out, an unclear one is left alone and told why, and the seller's hand is followed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from listings.photos.cutout.backends import ModelBackend
from listings.photos.cutout.confidence import Features
from listings.photos.cutout.edge import soft_edge
from listings.photos.cutout.gate import STRICT
from listings.photos.cutout.ground import centred, on_white
from listings.photos.cutout.hand import Box, Stroke, cut_with_hand
from listings.photos.cutout.mbd import barrier_distance
from listings.photos.cutout.working import overlap, working_of
from listings.photos.errors import BackendUnusable, BrokenStroke
from listings.photos.pipeline import enhance, enhance_with_mask
from tests.unit.listings.photos.scenes import as_image, item_on_ground

pytestmark = pytest.mark.unit


def test_a_clear_item_is_put_on_white_and_nothing_of_it_is_lost() -> None:
    photo, truth = item_on_ground()

    result, mask, report = enhance(as_image(photo))

    assert mask is not None and mask.shape == truth.shape and report["published"]
    assert overlap(mask > 127, truth) > 0.97
    assert result.getpixel((0, 0)) == (255, 255, 255)
    assert report["reason"] is None and report["steps"][0] == {
        "step": "cutout",
        "version": 1,
        "applied": True,
        "strength": 1.0,
    }


def test_the_same_photo_gives_the_same_result() -> None:
    photo, _ = item_on_ground()

    first, second = enhance(as_image(photo)), enhance(as_image(photo))

    assert first[0].tobytes() == second[0].tobytes() and first[2] == second[2]


def test_an_item_of_the_grounds_colour_is_left_alone_with_a_reason_and_a_candidate() -> None:
    photo, _ = item_on_ground(item=(203, 199, 190), noise=6)

    result, mask, report = enhance(as_image(photo))

    assert mask is None and not report["published"] and report["reason"]
    assert report["candidate"].shape == photo.shape[:2]
    assert result.size == (photo.shape[1], photo.shape[0])


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_photo_of_nothing_is_left_alone(value: int) -> None:
    _, mask, report = enhance(as_image(np.full((120, 160, 3), value, np.uint8)))

    assert mask is None and report["reason"] == "no_item_found"


def test_barrier_distance_is_the_height_of_the_lowest_pass() -> None:
    plane = np.zeros((9, 9), np.float32)
    plane[2:7, 2:7] = 5
    plane[4, 4] = 2

    distance = barrier_distance(plane)

    assert distance[1, 1] == 0 and distance[3, 3] == 5 and distance[4, 4] == 5


def _features(**changes: float) -> Features:
    plain = dict.fromkeys(("sep", "ring_sep", "edge", "agree", "agree_min", "whole"), 0.95)
    return Features(**{**plain, "frag": 0.0, "out_sal": 0.0, "area": 0.3, "touch": 0.0, "shade": 0.0, **changes})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"area": 0.01}, "no_item_found"),
        ({"area": 0.95}, "no_item_found"),
        ({"out_sal": 0.06}, "something_left_outside"),
        ({"shade": 0.2}, "shadow_in_the_way"),
        ({"sep": 0.3}, "ground_too_alike"),
        ({"whole": 0.5}, "outlines_disagree"),
    ],
)
def test_the_gate_says_why(changes: dict[str, float], reason: str | None) -> None:
    assert STRICT.refusal(_features(**changes)) == reason


def test_the_edge_is_soft_in_a_narrow_band_and_hard_elsewhere() -> None:
    photo, truth = item_on_ground()

    alpha = soft_edge(photo, truth)

    soft = (alpha > 0.02) & (alpha < 0.98)
    assert soft.mean() < 0.05
    assert alpha[truth.shape[0] // 2, truth.shape[1] // 2] == 1 and alpha[0, 0] == 0


def test_white_ground_leaves_no_fringe_and_the_item_untouched() -> None:
    photo, truth = item_on_ground(ground=(40, 150, 60), noise=0)

    placed = on_white(photo, soft_edge(photo, truth))

    assert np.array_equal(placed[100, 130], photo[100, 130])
    greenish = placed[:, :, 1].astype(int) - placed[:, :, [0, 2]].max(axis=2)
    assert (greenish > 25).mean() < 0.002


def test_the_item_is_centred_with_a_margin_but_not_where_the_frame_cuts_it() -> None:
    photo = np.zeros((100, 120, 3), np.uint8)
    alpha = np.zeros((100, 120), np.float32)
    alpha[50:, 40:80] = 1

    picture, place = centred(photo, alpha)

    assert place == {"left": -32, "top": -42, "cut_off": ["bottom"]}
    assert picture.shape == (58, 56, 3)


def test_a_box_finds_the_item_and_a_stroke_corrects_it() -> None:
    photo, truth = item_on_ground(item=(120, 110, 100))
    photo[80:110, 110:150] = (205, 200, 190)  # a part of the item in the ground's colour
    height, width = truth.shape
    box = Box(left=40, top=20, right=width - 40, bottom=height - 20)
    alone = cut_with_hand(as_image(photo), box)

    helped = cut_with_hand(as_image(photo), box, [Stroke(kind="item", points=((112, 95), (148, 95)))])

    assert overlap(alone > 127, truth) > 0.75
    assert (helped[95, 112:148] == 255).all()
    assert overlap(helped > 127, truth) >= overlap(alone > 127, truth)


@pytest.mark.parametrize(
    ("box", "strokes"),
    [
        (Box(left=10, top=10, right=10, bottom=90), ()),
        (Box(left=-5, top=0, right=90, bottom=90), ()),
        (Box(left=0, top=0, right=900, bottom=90), ()),
        (Box(left=10, top=10, right=90, bottom=90), (Stroke(kind="item", points=()),)),
        (Box(left=10, top=10, right=90, bottom=90), (Stroke(kind="ground", points=((500, 5),)),)),
        (Box(left=10, top=10, right=90, bottom=90), (Stroke(kind="ground", points=((5, 5),)),) * 41),
    ],
)
def test_a_box_or_stroke_that_cannot_be_meant_is_refused(box: Box, strokes: tuple[Stroke, ...]) -> None:
    photo, _ = item_on_ground()

    with pytest.raises(BrokenStroke):
        cut_with_hand(as_image(photo), box, strokes)


def test_what_the_seller_showed_is_put_on_white() -> None:
    photo, truth = item_on_ground()

    result, mask, report = enhance_with_mask(as_image(photo), np.where(truth, 255, 0).astype(np.uint8))

    assert report["published"] and report["candidate_name"] == "hand"
    assert overlap(mask > 127, truth) > 0.97 and result.getpixel((0, 0)) == (255, 255, 255)


def _write_network(folder: Path, *, is_flat: bool = False) -> str:
    """A network of u2netp's signature: how far a pixel is from the frame's mean colour. Returns its SHA-256."""
    shapes = ([1, 3, 320, 320], [1, 1, 320, 320])
    frame = np.zeros((1, 3, 320, 320), np.float32)
    frame[:, :, :8] = 1 / (8 * 320)
    gain = np.array(0.0 if is_flat else 6.0, np.float32)
    constants = {"frame": frame, "gain": gain, "shift": np.array(-3.0, np.float32)}
    nodes = [
        helper.make_node("Mul", ["input", "frame"], ["weighted"]),
        helper.make_node("ReduceSum", ["weighted", "axes"], ["mean"], keepdims=1),
        helper.make_node("Sub", ["input", "mean"], ["apart"]),
        helper.make_node("Abs", ["apart"], ["distance"]),
        helper.make_node("ReduceSum", ["distance", "channels"], ["summed"], keepdims=1),
        helper.make_node("Mul", ["summed", "gain"], ["strong"]),
        helper.make_node("Add", ["strong", "shift"], ["moved"]),
        helper.make_node("Sigmoid", ["moved"], ["output"]),
    ]
    initializers = [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()]
    initializers += [
        onnx.numpy_helper.from_array(np.array([2, 3], np.int64), "axes"),
        onnx.numpy_helper.from_array(np.array([1], np.int64), "channels"),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shapes[0])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, shapes[1])],
        initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    content = model.SerializeToString()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "u2netp.onnx").write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def test_an_operators_own_model_proposes_and_is_published_where_sure(tmp_path: Path) -> None:
    photo, truth = item_on_ground()
    backend = ModelBackend(model="u2netp", folder=tmp_path, sha256=_write_network(tmp_path))

    _, mask, report = enhance(as_image(photo), backend=backend)

    assert mask is not None and report["candidate_name"] == "model" and report["backend"].startswith("u2netp/")
    assert overlap(mask > 127, truth) > 0.95


def test_a_flat_output_proposes_nothing(tmp_path: Path) -> None:
    photo, _ = item_on_ground()
    backend = ModelBackend(model="u2netp", folder=tmp_path, sha256=_write_network(tmp_path, is_flat=True))

    assert backend.propose(working_of(photo)) == {}
    assert enhance(as_image(photo), backend=backend)[2]["candidate_name"] != "model"


def test_the_models_own_folder_is_looked_at_first(tmp_path: Path) -> None:
    sha256 = _write_network(tmp_path / "models" / "u2netp")

    assert ModelBackend(model="u2netp", folder=tmp_path, sha256=sha256).name == f"u2netp/{sha256[:8]}"


@pytest.mark.parametrize(
    ("model", "sha256", "message"),
    [
        ("bria-rmbg", "", "not allowed"),
        ("u2net", "", "put the file there"),
        ("u2netp", "0" * 64, "not the approved"),
    ],
)
def test_another_model_a_missing_file_and_a_changed_one_are_refused(
    tmp_path: Path, model: str, sha256: str, message: str
) -> None:
    _write_network(tmp_path)

    with pytest.raises(BackendUnusable, match=message):
        ModelBackend(model=model, folder=tmp_path, sha256=sha256)
