from __future__ import annotations

import pytest

from nbperf.panels.rate import Reports


def report(at: float, pictures: int, age: float, page: str = "a") -> dict[str, object]:
    return {"page": page, "at": at, "pictures": pictures, "age": age}


def test_nothing_was_drawn():
    rate = Reports().rate(10, 4)
    assert (rate.pictures, rate.latency, rate.dropped) == (0.0, None, 10)


def test_pictures_a_second_and_their_age_are_of_the_last_seconds():
    reports = Reports()
    for tenth in range(100):  # a slow beginning of pictures half a second old, then thirty a second of 20 ms
        pictures = tenth if tenth < 50 else 50 + (tenth - 50) * 3
        age = min(tenth, 50) * 0.5 + max(tenth - 50, 0) * 3 * 0.02
        reports.add(report(tenth / 10, pictures, age))
    rate = reports.rate(1000, 250)
    assert rate.pictures == pytest.approx(30, rel=0.05)
    assert rate.latency == pytest.approx(0.02)
    assert (rate.updates, rate.sent, rate.drawn, rate.dropped) == (1000, 250, 197, 803)


def test_the_page_that_reported_last_speaks():
    reports = Reports()
    for at in range(3):
        reports.add(report(at, 10 * at, at, "a"))
        reports.add(report(at, 20 * at, at, "b"))
    assert reports.rate(0, 0).pictures == pytest.approx(20)
    for page in range(50):  # pages come and go
        reports.add(report(0, 0, 0, str(page)))
    assert len(reports._pages) <= 10
