"""Good photos stay, spoiled ones get nearer to what they were, and wear is never hidden."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from listings.photos.colours import improve_colours
from listings.photos.cutout.working import Mask
from listings.photos.evaluation import wear
from listings.photos.evaluation.colours import SPOILED, difference
from listings.photos.light import Photo, luma_of, noise_of, to_linear, to_photo
from listings.photos.pipeline import enhance_colours
from listings.photos.steps import chroma_denoise, exposure, mid_lift, sharpen, vibrance, white_balance
from tests.unit.listings.photos.scenes import as_image, item_on_ground, textured

pytestmark = pytest.mark.unit


def _cast(photo: Photo, gains: tuple[float, float, float]) -> Photo:
    return to_photo(to_linear(photo) * np.array(gains, np.float32))


def test_linear_light_and_back_is_the_same_photo() -> None:
    photo = textured()

    assert np.array_equal(to_photo(to_linear(photo)), photo)


def test_a_good_photo_is_hardly_moved() -> None:
    photo = textured()

    assert difference(photo, improve_colours(photo)[0]).mean() < 0.8


def test_the_input_stays_as_it_was_and_the_result_is_the_same_twice() -> None:
    photo = SPOILED["mixed"](textured(), np.random.default_rng(1))
    before = photo.copy()

    first, second = improve_colours(photo), improve_colours(photo)

    assert np.array_equal(photo, before)
    assert np.array_equal(first[0], second[0]) and first[1] == second[1]


@pytest.mark.parametrize("label", ["warm", "cool", "-1 EV", "-2 EV", "mixed"])
def test_a_spoiled_photo_gets_nearer_to_what_it_was(label: str) -> None:
    photo = textured()
    spoiled = SPOILED[label](photo, np.random.default_rng(2))

    mended = improve_colours(spoiled)[0]

    assert difference(photo, mended).mean() < difference(photo, spoiled).mean() - 0.5


def test_a_warm_cast_is_weakened_and_luminance_kept() -> None:
    photo = (0.6 * _cast(textured(), (1.2, 1, 0.8))).astype(np.uint8)

    change = white_balance.balance_white(photo)

    assert 0 < change.strength <= 0.7
    before, after = to_linear(photo), to_linear(change.photo)
    weights = np.array([0.2126, 0.7152, 0.0722])
    assert after.mean(axis=(0, 1)) @ weights == pytest.approx(before.mean(axis=(0, 1)) @ weights, rel=0.01)


@pytest.mark.parametrize("gains", [(0.7, 1.2, 0.7), (1.2, 0.75, 1.2)])
def test_a_green_or_magenta_ground_is_no_lamp(gains: tuple[float, float, float]) -> None:
    change = white_balance.balance_white((0.6 * _cast(textured(), gains)).astype(np.uint8))

    assert not change.is_applied and change.offer == "tap_white"


def test_a_strong_cast_is_left_to_the_seller() -> None:
    photo = _cast((0.6 * textured()).astype(np.uint8), (1.6, 1, 0.35))

    change = white_balance.balance_white(photo)

    assert not change.is_applied and change.offer == "tap_white"
    assert change.photo is photo


def test_tapping_something_white_makes_it_grey() -> None:
    photo, _ = item_on_ground(ground=(230, 190, 120), noise=0)

    change = white_balance.white_here(photo, 5, 5)

    assert np.ptp(change.photo[5, 5].astype(int)) <= 2


def test_tapping_outside_the_photo_is_an_error() -> None:
    with pytest.raises(ValueError, match="outside"):
        white_balance.white_here(textured(), 9_999, 0)


def test_a_dim_photo_gets_light_up_to_its_cap_and_nothing_burns_out() -> None:
    dim = (textured() * 0.35).astype(np.uint8)

    change = exposure.lift_exposure(dim)

    assert change.strength == pytest.approx(np.log2(exposure.MOST_GAIN))
    assert (change.photo == 255).mean() < 0.01


def test_exposure_fades_in_below_its_gate() -> None:
    photo = textured()
    levels = [exposure.lift_exposure((photo * scale).astype(np.uint8)).strength for scale in (0.65, 0.64, 0.63, 0.62)]

    assert max(abs(one - other) for one, other in pairwise(levels)) < 0.35


def test_a_dark_item_on_a_lit_ground_is_not_lifted() -> None:
    dark = np.full((64, 64, 3), 40, np.uint8)

    assert not mid_lift.lift_mids(dark, bright_before=0.9).is_applied
    assert 0 < mid_lift.lift_mids(dark, bright_before=0.5).strength <= 0.2


def test_chroma_denoise_leaves_brightness_as_it_is() -> None:
    noisy = SPOILED["noise 8"](np.full((96, 96, 3), 128, np.uint8), np.random.default_rng(4))

    change = chroma_denoise.denoise_chroma(noisy)

    assert change.is_applied
    assert np.abs(luma_of(change.photo) - luma_of(noisy)).mean() < 0.6
    assert change.photo.std(axis=2).mean() < 0.5 * noisy.std(axis=2).mean()


def test_noise_is_measured_within_a_quarter() -> None:
    noisy = np.random.default_rng(6).normal(128, 5, (160, 160)).astype(np.float32)

    assert noise_of(noisy) == pytest.approx(5, rel=0.25)


def test_a_sharp_photo_is_not_sharpened_and_a_soft_one_is() -> None:
    photo = textured()
    soft = SPOILED["blur 2"](photo, np.random.default_rng(7))

    assert not sharpen.sharpen(photo).is_applied
    change = sharpen.sharpen(soft)
    assert change.is_applied
    assert np.abs(luma_of(change.photo) - luma_of(photo)).mean() < np.abs(luma_of(soft) - luma_of(photo)).mean()


def test_vibrance_leaves_greys_grey() -> None:
    grey = np.repeat(np.arange(0, 256, dtype=np.uint8)[None, :, None], 64, axis=0).repeat(3, axis=2)

    assert np.array_equal(vibrance.add_vibrance(grey).photo, grey)


def test_steps_refuse_what_is_no_photo() -> None:
    with pytest.raises(ValueError, match="uint8"):
        improve_colours(np.zeros((8, 8), np.uint8))


def test_the_report_names_every_step_with_its_version() -> None:
    result, mask, report = enhance_colours(as_image(textured()))

    assert [line["step"] for line in report["steps"]] == [
        "white_balance",
        "exposure",
        "mid_lift",
        "chroma_denoise",
        "sharpen",
        "vibrance",
    ]
    assert all(line["version"] == 1 for line in report["steps"])
    assert mask is None and result.size == (256, 192) and not report["published"]


def _worn_scene() -> tuple[Photo, Mask]:
    return item_on_ground(size=(260, 340), item=(90, 110, 150))


def test_no_flaw_is_hidden_or_exaggerated_by_colour_steps() -> None:
    photo, item = _worn_scene()

    for label in ("plain", "noise 8", "-1 EV"):
        worn = photo if label == "plain" else SPOILED[label](photo, np.random.default_rng(8))
        found = wear.summary([wear.retained(worn, item, f"{label}{turn}", is_cut=False) for turn in range(2)])

        assert found["hidden"] == 0, label
        if label != "-1 EV":  # more light makes every difference larger, flaws and all
            assert found["exaggerated"] == 0, label
