"""The numbers of a run as a blob, and back; damage is known for what it is."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbperf.store.blobs import Columns, damage, doubles, pack, unpack

KNOWN = [1, 3, 8]
NUMBERS = st.floats(allow_nan=True)
MEASUREMENTS = st.tuples(st.sampled_from(KNOWN), st.tuples(*[NUMBERS] * 4), st.lists(NUMBERS, max_size=4))
RUNS = st.lists(st.lists(MEASUREMENTS, max_size=4), max_size=4)
Measured = tuple[int, tuple[float, ...], list[float]]


def packed(run: list[Measured]) -> bytes:
    return pack((series, statistics, doubles(values)) for series, statistics, values in run)


def rows(found: Columns) -> list[tuple[int, int, int, list[float], list[float]]]:
    """What was unpacked, row by row: the run, its series, how many values, the statistics, the values."""
    return [
        (int(run), KNOWN[series], int(count), statistics.tolist(), values.tolist())
        for run, series, count, statistics, values in zip(
            found.run, found.series, found.count, found.statistics.T, found.values(), strict=True
        )
    ]


def expected(runs: list[list[Measured]], *, without: int | None = None) -> list[tuple[int, int, int, list[float], list[float]]]:
    return [
        (place, series, len(values), list(statistics), values)
        for place, run in enumerate(runs)
        if place != without
        for series, statistics, values in run
    ]


def same(found: object, wanted: object) -> bool:
    return repr(found) == repr(wanted)  # a NaN is not equal to itself


def test_the_layout_is_fixed() -> None:
    blob = packed([(3, (2.0, 2.5, 1.0, 4.0), [1.0, 4.0]), (1, (7.0, 7.0, 7.0, 7.0), [7.0])])
    assert blob == struct.pack("<16d", 2, 3, 2, 2.0, 2.5, 1.0, 4.0, 1, 1, 7.0, 7.0, 7.0, 7.0, 1.0, 4.0, 7.0)
    assert packed([]) == bytes(8)


@given(RUNS)
def test_what_was_packed_comes_back(runs: list[list[Measured]]) -> None:
    found = unpack([packed(run) for run in runs], KNOWN)
    assert same(rows(found), expected(runs))
    assert len(found.damaged) == 0


def test_nothing_is_nothing() -> None:
    assert rows(unpack([], [])) == []
    assert rows(unpack([packed([])], [])) == []


RUN: list[Measured] = [(1, (1.0, 2.0, 0.0, 5.0), [0.0, 1.0, 5.0]), (8, (4.0, 4.0, 4.0, 4.0), [4.0])]
WHOLE = packed(RUN)


def changed(place: int, value: float) -> bytes:
    numbers = list(struct.unpack(f"<{len(WHOLE) // 8}d", WHOLE))
    numbers[place] = value
    return doubles(numbers)


@pytest.mark.parametrize(
    "blob",
    [
        None, 5, "text", b"", b"\0", WHOLE[:-1], WHOLE[:-8], WHOLE[:8], WHOLE[:40], WHOLE + bytes(8), WHOLE + b"\0",
        packed([(2, (0.0,) * 4, [])]),
        *(changed(0, value) for value in (0.0, 1.0, 3.0, 1.5, 2.5, -1.0, 1e300, math.nan, math.inf)),
        *(changed(1, value) for value in (0.0, 2.0, 9.0, 1.5, -1.0, 1e300, math.nan, math.inf)),
        *(changed(2, value) for value in (2.0, 4.0, 2.5, 3.5, -3.0, 1e300, math.nan, -math.inf)),
    ],
)  # fmt: skip
def test_a_damaged_blob_is_left_out_and_the_others_are_read(blob: object) -> None:
    found = unpack([WHOLE, blob, WHOLE], KNOWN)
    assert found.damaged.tolist() == [1]
    assert same(rows(found), expected([RUN] * 3, without=1))


@given(st.lists(st.binary(max_size=80) | st.lists(NUMBERS | st.integers(0, 3).map(float), max_size=20).map(doubles), max_size=3))
def test_whatever_a_file_holds_the_whole_ones_are_read(blobs: list[bytes]) -> None:
    found = unpack([WHOLE, *blobs, WHOLE], KNOWN)
    read = [row for row in rows(found) if row[0] in {0, len(blobs) + 1}]
    assert same(read, expected([RUN, *[[]] * len(blobs), RUN]))
    assert not set(found.run.tolist()) & set(found.damaged.tolist())


def test_damage_is_told_by_its_size_or_kind() -> None:
    assert "3 B" in damage(b"abc")
    assert "NoneType" in damage(None)


def test_some_of_the_measurements() -> None:
    found = unpack([WHOLE, WHOLE], KNOWN).only(np.array([1, 2]))
    assert same(rows(found), [expected([RUN, RUN])[place] for place in (1, 2)])


def test_raw_values_cannot_be_changed_by_mistake() -> None:
    several, one = unpack([WHOLE], KNOWN).values()
    for values in (several, one):
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 0.0
