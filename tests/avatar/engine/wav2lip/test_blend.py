import cv2
import numpy as np
import pytest
from PIL import Image

from avatar.engine.wav2lip.blend import SIDE, Blend, Box, Shapes, crop_box, cut
from avatar.engine.wav2lip.faces import find_places
from avatar.engine.wav2lip.options import Wav2LipOptions

PLAIN = Wav2LipOptions(sharpen=0.0)


@pytest.fixture(scope="module")
def photo(hopper):
    return np.array(Image.open(hopper).convert("RGB"))


@pytest.fixture(scope="module")
def place(photo):
    return next(find_places([photo]))


@pytest.fixture(scope="module")
def box(place):
    return crop_box(place, PLAIN.pads)


def laid(photo, place, box, drawn, options=PLAIN):
    """The whole frame with that mouth."""
    blend = Blend(photo, place, box, options)
    patch = blend.over(drawn(blend.crop) if callable(drawn) else drawn)
    frame = photo.copy()
    if patch is not None:
        height, width = patch.pixels.shape[:2]
        frame[patch.y : patch.y + height, patch.x : patch.x + width] = patch.pixels
    return frame


def blue(crop):
    return np.full(crop.shape, (0, 0, 255), np.float32)


def mask_of(photo, place, box):
    """(height, width) float: how far each pixel of the frame may change."""
    mask = np.zeros(photo.shape[:2], np.float32)
    size = box.x1 - box.x0, box.y1 - box.y0
    mask[box.y0 : box.y1, box.x0 : box.x1] = cv2.resize(Shapes(place, box).mask(), size)
    return mask


def test_the_crop_is_the_face_padded_below(place, box):
    x0, y0, x1, y1 = (round(float(side)) for side in place.box)
    assert box == (x0, y0, x1, y1 + 10)
    assert crop_box(place, (1, 2, 3, 4)) == (x0 - 3, y0 - 1, x1 + 4, y1 + 2)


def test_a_network_that_draws_what_it_sees_changes_next_to_nothing(photo, place, box):
    """Skin stays as it is; lips, which are always the drawn ones, are softer by 96 px."""
    frame = laid(photo, place, box, lambda crop: crop.astype(np.float32))
    resampled = photo.copy()
    whole = cv2.resize(cut(photo, box), (box.x1 - box.x0, box.y1 - box.y0))
    resampled[box.y0 : box.y1, box.x0 : box.x1] = whole
    error, softened = (np.abs(made.astype(int) - photo) for made in (frame, resampled))
    assert error.max() <= softened.max() + 8
    assert error.mean() < 0.1 * softened.mean()
    away = np.ones(photo.shape[:2], bool)  # further from the lips than they are high
    low, high = place.lips.min(0), place.lips.max(0)
    margin = 0.7 * float(high[1] - low[1])
    x0, y0 = (low - margin).astype(int)
    x1, y1 = (high + margin).astype(int)
    away[y0:y1, x0:x1] = False
    assert error[away].max() <= 1


def test_only_the_lower_face_changes(photo, place, box):
    frame = laid(photo, place, box, blue)
    mask = mask_of(photo, place, box)
    np.testing.assert_array_equal(frame[mask == 0], photo[mask == 0])
    changed = (frame != photo).any(axis=2)
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    middle = (box.y0 + box.y1) / 2
    assert middle - 2 <= rows[0] < place.lips[:, 1].min()
    assert rows[-1] < box.y1
    assert box.x0 < columns[0] < place.lips[:, 0].min()
    assert place.lips[:, 0].max() < columns[-1] < box.x1 - 1
    x, y = place.lips.mean(0).round().astype(int)
    assert frame[y, x, 2] > 200  # where the lips were, all is as it was drawn
    eyes = int(place.oval[:, 1].min() * 0.6 + place.oval[:, 1].max() * 0.4)
    assert not changed[: eyes + 5].any()


def test_the_edge_is_soft_all_round(place, box):
    mask = Shapes(place, box).mask()
    assert mask.shape == (SIDE, SIDE)
    assert mask.max() > 0.99
    for border in (mask[0], mask[-1], mask[:, 0], mask[:, -1], mask[: SIDE // 2 - 1]):
        assert not border.any()
    steps = max(np.abs(np.diff(mask, axis=axis)).max() for axis in (0, 1))
    assert steps < 0.25  # of a pixel of the crop to the next


@pytest.mark.parametrize(("strength", "blueness"), [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)])
def test_strength_says_how_much_of_the_new_mouth_is_seen(photo, place, box, strength, blueness):
    full = laid(photo, place, box, blue).astype(float) - photo
    part = laid(photo, place, box, blue, Wav2LipOptions(strength=strength, sharpen=0))
    np.testing.assert_allclose(part.astype(float) - photo, blueness * full, atol=1)


def test_a_tint_of_the_network_does_not_show_as_a_patch(photo, place, box):
    """It draws the same face, but darker and warmer: as if it had not."""
    plain, tinted = (
        laid(photo, place, box, lambda crop, by=by, add=add: (crop * by + add).clip(0, 255))
        for by, add in (
            (np.float32(1), np.float32(0)),
            (np.float32(0.94), np.float32([12, 4, -6])),
        )
    )
    error = np.abs(tinted.astype(float) - plain)[box.y0 : box.y1, box.x0 : box.x1]
    assert np.percentile(error, 99) <= 6  # a box would be off by 12
    assert error.mean() < 0.8


def test_where_the_light_differs_from_side_to_side_both_seams_agree(photo, place, box):
    ramp = np.linspace(-12, 12, SIDE, dtype=np.float32)[None, :, None]
    frame = laid(photo, place, box, lambda crop: crop + ramp)
    error = np.abs(frame.astype(float) - photo)[box.y0 : box.y1, box.x0 : box.x1]
    assert error.mean() < 0.8


def test_a_drawn_point_lands_where_the_crop_has_it(photo, place, box):
    """The centre of the lips, drawn white, is white in the frame at the same place."""
    blend = Blend(photo, place, box, PLAIN)
    scale = np.array([box.x1 - box.x0, box.y1 - box.y0]) / SIDE
    at = (place.lips.mean(0) - np.array(box[:2])) / scale - 0.5
    ys, xs = np.mgrid[:SIDE, :SIDE]
    spot = 200 * np.exp(-((xs - at[0]) ** 2 + (ys - at[1]) ** 2) / (2 * 2.0**2))
    drawn = (blend.crop * 0.3 + spot[..., None]).astype(np.float32)
    frame = laid(photo, place, box, drawn).astype(float).mean(2)
    x, y = place.lips.mean(0)
    window = frame[int(y) - 12 : int(y) + 13, int(x) - 12 : int(x) + 13]
    weight = np.maximum(0, window - 150)
    yy, xx = np.mgrid[-12:13, -12:13]
    assert float((weight * yy).sum() / weight.sum()) + int(y) == pytest.approx(y, abs=1)
    assert float((weight * xx).sum() / weight.sum()) + int(x) == pytest.approx(x, abs=1)


def test_sharpening_gives_a_drawn_edge_more_contrast(photo, place, box):
    stripes = np.where(np.arange(SIDE) // 3 % 2, 180, 80)[None, :, None]
    drawn = np.broadcast_to(stripes, (SIDE, SIDE, 3)).astype(np.float32)
    x, y = place.lips.mean(0).round().astype(int)
    soft, sharp = (
        laid(photo, place, box, drawn, Wav2LipOptions(sharpen=amount))[y, x - 20 : x + 20]
        for amount in (0.0, 1.0)
    )
    assert np.ptp(sharp.astype(int)) > 1.1 * np.ptp(soft.astype(int))


def test_a_face_that_the_frame_cuts_off_keeps_to_the_frame(photo, place):
    x = int(place.lips[:, 0].mean())
    part = np.ascontiguousarray(photo[:, x:])
    moved = type(place)(place.rows - np.float32([x, 0]))
    box = crop_box(moved, PLAIN.pads)
    assert box.x0 < 0
    frame = laid(part, moved, box, blue)
    assert (frame[:, 0] != part[:, 0]).any()
    assert cut(part, box).shape == (SIDE, SIDE, 3)


def test_a_face_beyond_the_frame_changes_nothing(photo, place, box):
    far = Box(*(side + 5000 for side in box))
    moved = type(place)(place.rows + 5000)
    blend = Blend(photo, moved, far, PLAIN)
    assert blend.over(blue(blend.crop)) is None


def test_a_small_face_is_shrunk_and_enlarged_alike(photo, place):
    """Below 96 px the crop is enlarged, and what comes back must still fit."""
    small = cv2.resize(photo, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    there = type(place)(place.rows * 0.25)
    box = crop_box(there, (0, 2, 0, 0))
    assert box.x1 - box.x0 < SIDE
    frame = laid(small, there, box, lambda crop: crop.astype(np.float32))
    assert np.abs(frame.astype(int) - small).max() <= 4
