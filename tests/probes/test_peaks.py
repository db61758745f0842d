import threading

import pytest

from nbperf.probes.peaks import PeakMeter


class Mark:
    """A level, and the highest it has been since the mark was set back."""

    def __init__(self) -> None:
        self.level = self.mark = 0.0
        self.resets = 0

    def to(self, level: float) -> None:
        self.level = level
        self.mark = max(self.mark, level)

    def spike(self, level: float) -> None:
        before = self.level
        self.to(level)
        self.to(before)

    def read(self) -> tuple[float]:
        return (self.mark,)

    def reset(self) -> None:
        self.resets += 1
        self.mark = self.level


@pytest.fixture
def mark() -> Mark:
    return Mark()


@pytest.fixture
def meter(mark: Mark) -> PeakMeter:
    return PeakMeter(mark.read, mark.reset)


def test_sees_a_spike_in_the_window_and_none_before_it(mark: Mark, meter: PeakMeter):
    mark.spike(100)
    peak = meter.open()
    mark.spike(40)
    assert meter.close(peak) == (40,)


def test_a_spike_in_an_inner_window_belongs_to_the_outer_one_as_well(mark: Mark, meter: PeakMeter):
    outer = meter.open()
    inner = meter.open()
    mark.spike(160)
    assert meter.close(inner) == (160,)
    assert meter.close(outer) == (160,)


def test_a_spike_before_the_inner_window_is_only_the_outer_ones(mark: Mark, meter: PeakMeter):
    outer = meter.open()
    mark.spike(160)
    inner = meter.open()
    mark.spike(20)
    assert meter.close(inner) == (20,)
    assert meter.close(outer) == (160,)


def test_windows_need_not_nest(mark: Mark, meter: PeakMeter):
    first = meter.open()
    mark.spike(10)
    second = meter.open()
    mark.spike(30)
    assert meter.close(first) == (30,)
    mark.spike(50)
    assert meter.close(second) == (50,)


def test_renewing_gives_each_part_its_own_peak_and_the_outer_window_all(mark: Mark, meter: PeakMeter):
    outer = meter.open()
    line = meter.open()
    found = []
    for level in (30, 70, 50):
        mark.spike(level)
        found.append(meter.renew(line))
    assert found == [(30,), (70,), (50,)]
    assert meter.close(outer) == (70,)


def test_the_mark_that_was_just_read_is_taken_over(mark: Mark, meter: PeakMeter):
    peak = meter.open()
    assert meter.close(peak, (99,)) == (99,)


def test_a_window_whose_reset_fails_is_not_open(mark: Mark, meter: PeakMeter):
    def refused() -> None:
        raise PermissionError

    failing = PeakMeter(mark.read, refused)
    with pytest.raises(PermissionError):
        failing.open()
    assert len(failing._open) == 0


def test_a_window_that_nobody_closed_is_forgotten(mark: Mark, meter: PeakMeter):
    lost = meter.open()
    del lost
    assert len(meter._open) == 0


def test_several_marks_keep_their_own_peaks():
    marks = iter([(1.0, 9.0), (5.0, 2.0)])
    meter = PeakMeter(lambda: next(marks), lambda: None)
    outer = meter.open()
    meter.open()
    assert meter.close(outer) == (5.0, 9.0)


def test_threads_lose_no_peak():
    # The level is the thread's own spike; the lock around both stands for the kernel, which is one as well.
    kernel = threading.Lock()
    mark = Mark()

    def reset() -> None:
        with kernel:
            mark.reset()

    meter = PeakMeter(mark.read, reset)
    outer = meter.open()
    low = []

    def work(height: float) -> None:
        for _ in range(200):
            peak = meter.open()
            with kernel:
                mark.spike(height)
            (seen,) = meter.close(peak)
            if seen < height:
                low.append((height, seen))

    threads = [threading.Thread(target=work, args=(height,)) for height in (10, 20, 30, 40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert low == []
    assert meter.close(outer) == (40,)


def test_what_another_sets_aside_reaches_the_windows_that_are_open_and_not_the_one_who_did(meter: PeakMeter, mark: Mark) -> None:
    mark.to(100.0)
    reader, window = meter.open(), meter.open()
    meter.aside_of = reader
    mark.spike(500.0)
    meter.aside, mark.mark = max(meter.aside, mark.mark), mark.level  # it reads the mark and sets it back, asking nobody
    late = meter.open()
    assert meter.aside == 0.0
    mark.spike(200.0)
    assert meter.close(window) == (500.0,)
    assert meter.close(late) == (200.0,)
    assert meter.close(reader) == (200.0,)
