from __future__ import annotations

import numpy as np
import pytest

from nbperf.panels.history import History


def test_each_update_is_a_point_while_there_are_few():
    history = History()
    history.add(8, 10, 0.8)
    history.add(5, 10, 0.65)
    assert history.points().tolist() == [[10, np.float32(0.8), np.float32(0.8)], [20, np.float32(0.65), 0.5]]


def test_many_updates_stay_few_points_and_the_last_one_is_there():
    history, rng, right = History(most=64), np.random.default_rng(0), 0
    for i in range(10_000):
        hit = int(rng.integers(0, 11))
        right += hit
        history.add(hit, 10, right / (10 * (i + 1)))
        assert len(history.points()) <= 65
    points = history.points()
    assert points[-1, 0] == 100_000
    assert points[-1, 1] == pytest.approx(right / 100_000)
    assert (np.diff(points[:, 0]) > 0).all()
    # What is merged is merged by samples: the points add up to what was right in all.
    spans = np.diff(points[:, 0], prepend=0)
    assert (points[:, 2] * spans).sum() == pytest.approx(right, rel=1e-5)


def test_an_empty_batch_is_no_point():
    history = History()
    history.add(0, 0, float("nan"))
    assert len(history.points()) == 0
