import numpy as np
import pytest
from PIL import Image

from avatar.engine.errors import InputError
from avatar.engine.face.detect import find_faces
from avatar.engine.wav2lip.faces import KEPT, Place, Track, find_places, steadied

WIDTH, HEIGHT = 640, 400
FACE_PX = 150


def place_at(x, y=100.0, size=FACE_PX, shot=0):
    rows = np.empty((len(KEPT) + 3, 2), np.float32)
    rows[0], rows[1] = (x, y), (x + size, y + size)
    rows[2:-1] = (x + size / 2, y + size / 2)
    rows[-1] = shot
    return Place(rows)


def tracked(places):
    track = Track()
    for place in places:
        track.append(place)
    return track


def lefts(places):
    return [None if place is None else round(float(place.box[0]), 3) for place in places]


def test_places_are_averaged_over_five_frames_and_fewer_at_the_ends():
    xs = [0.0, 10, 0, 10, 0, 10, 0]
    found = lefts(tracked(map(place_at, xs)).places(0, 7))
    assert found == [0, 3.333, 4, 6, 4, 3.333, 0]


def test_a_steady_movement_is_not_held_back():
    xs = [3.0 * k for k in range(20)]
    assert lefts(tracked(map(place_at, xs)).places(0, 20)) == pytest.approx(xs)


def test_a_blink_of_the_detector_is_bridged():
    places = [place_at(0), place_at(4), None, None, None, place_at(20), place_at(24)]
    track = tracked(places)
    assert track.missing == 3
    found = lefts(track.places(0, 7))
    assert None not in found
    assert found[3] == pytest.approx(12)


def test_frames_that_somebody_has_left_stay_without_a_face():
    places = [*[place_at(0)] * 4, *[None] * 4, *[place_at(40)] * 4]
    assert lefts(tracked(places).places(0, 12)) == [0] * 4 + [None] * 4 + [40] * 4


@pytest.mark.parametrize("after", [place_at(100), place_at(10, shot=1)])
def test_a_jump_or_a_cut_is_not_smoothed(after):
    places = [*[place_at(0)] * 5, *[after] * 5]
    assert set(lefts(tracked(places).places(0, 10))) == {0, float(after.box[0])}


def test_a_part_of_a_film_has_the_places_of_the_whole():
    rng = np.random.default_rng(1)
    places = [place_at(x) for x in rng.uniform(0, 60, 60)]
    for start, length in ((5, 2), (12, 6), (30, 4), (40, 3), (58, 2)):
        places[start : start + length] = [None] * length
    track = tracked(places)
    whole = lefts(track.places(0, 60))
    assert whole.count(None) == 6 + 4 + 2  # the shorter gaps are bridged
    for start in range(0, 60, 7):
        assert lefts(track.places(start, min(60, start + 7))) == whole[start : start + 7]


def test_behind_the_last_frame_the_last_place_goes_on():
    track = tracked([place_at(0), place_at(6)])
    assert lefts(track.places(1, 4)) == [6, 6, 6]
    assert lefts(track.places(5, 7)) == [6, 6]


def test_a_film_without_a_face_has_no_place():
    assert np.isnan(steadied(np.full((3, len(KEPT) + 3, 2), np.nan, np.float32))).all()


@pytest.fixture(scope="module")
def head(hopper):
    """A portrait 240 px wide."""
    return np.array(Image.open(hopper).convert("RGB").resize((240, 281)))


def scene(*heads, background=90):
    """heads: pairs of a portrait and where it stands, x."""
    frame = np.full((HEIGHT, WIDTH, 3), background, np.uint8)
    for head, x in heads:
        frame[60 : 60 + head.shape[0], x : x + head.shape[1]] = head
    return frame


def test_a_face_is_followed_lost_and_found_again(head):
    frames = [scene((head, 20 + 4 * k)) for k in range(4)]
    frames += [scene()] * 2 + [scene((head, 300))]
    places = list(find_places(frames))
    assert [place is None for place in places] == [False] * 4 + [True] * 2 + [False]
    xs = [float(place.box[0]) for place in places if place is not None]
    assert np.diff(xs) == pytest.approx([4, 4, 4, 268], abs=3)


def test_outlines_are_where_the_mesh_has_them(head):
    frame = scene((head, 100))
    place = next(find_places([frame]))
    mesh = find_faces(frame)[0].landmarks[:, :2]
    np.testing.assert_allclose(place.oval[18], mesh[152])  # chin
    np.testing.assert_allclose(place.nose[2], mesh[2])
    np.testing.assert_allclose(place.lips[[0, 10]], mesh[[61, 291]])
    assert (place.lips > place.box[:2]).all()
    assert (place.lips < place.box[2:]).all()


def test_of_several_faces_the_largest_speaks_or_the_one_that_is_asked_for(head):
    small = np.array(Image.fromarray(head).resize((170, 199)))
    frame = scene((small, 20), (head, 300))
    first, second = (next(find_places([frame], index)) for index in (0, 1))
    assert float(first.box[0]) < 190 < 300 < float(second.box[0])
    assert float(next(find_places([frame])).box[0]) == pytest.approx(float(second.box[0]))
    with pytest.raises(InputError, match="There is no face 2: 2 faces can be seen"):
        list(find_places([frame], 2))


def test_a_cut_ends_the_following_of_a_face(head):
    frames = [scene((head, 100)), scene((head, 110), background=200)]
    before, after = find_places(frames)
    assert (before.rows[-1, 0], after.rows[-1, 0]) == (0, 1)
