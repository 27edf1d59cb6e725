"""What was learned once and is kept with the code."""

import numpy as np

from avatar.engine import lessons
from avatar.engine.align import unknown
from avatar.engine.align.features import BANDS_HZ
from avatar.engine.lips import opening


def test_the_kept_files_are_what_learning_again_gives(tmp_path, monkeypatch):
    monkeypatch.setattr(unknown, "WARPS", unknown.WARPS[1:2])  # of many cases one
    monkeypatch.setattr(lessons, "BANDS_HZ", BANDS_HZ[-1:])
    shapes, ear = tmp_path / "shapes.npz", tmp_path / "ear.npz"
    lessons.keep(shapes, ear)
    with np.load(shapes) as again, np.load(unknown.LEARNED) as kept:
        assert set(again) == set(kept)
        for name in kept:
            np.testing.assert_allclose(again[name][0, 0], kept[name][-1, 1], rtol=0.01, atol=0.01)
    with np.load(ear) as again, np.load(opening.LEARNED) as kept:
        assert set(again) == set(kept)
        np.testing.assert_allclose(again["unit_gains"][0], kept["unit_gains"][-1], rtol=1e-3)
        np.testing.assert_allclose(again["weights"][0], kept["weights"][-1], atol=0.01)
