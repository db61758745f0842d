"""Memory over time, by its artists."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import combinations

import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from nbperf.core.lines import Band, Mark, MemoryTrace, Moment, Place
from nbperf.core.records import Environment, Provenance, Trace
from nbperf.core.units import Unit
from nbperf.views.series import gaps, series
from nbperf.views.timeline import timeline
from tests.report.traced import BEFORE, MIB, over_time, plain, training, whole


def walk(samples: int, period: float = 0.01, seed: int = 1) -> Trace:
    draw = random.Random(seed)
    values = [400.0]
    for _ in range(samples - 1):
        values.append(max(values[-1] + draw.gauss(0, 4), 100.0))
    times = tuple(i * period for i in range(samples))
    return Trace(
        quantity="memory.rss", unit=Unit.BYTE, provenance=Provenance.SAMPLED, source="statm", times=times,
        values=tuple(value * MIB for value in values), period=period,
    )  # fmt: skip


def main(figure: Figure) -> Axes:
    return next(axes for axes in figure.axes if axes.get_ylabel().startswith(("resident", "(")))


def labels(figure: Figure) -> list[Annotation]:
    """What names a moment: it has a line to it."""
    return [text for text in main(figure).texts if isinstance(text, Annotation) and text.arrow_patch is not None]


def words(figure: Figure) -> str:
    said = [text.get_text() for axes in figure.axes for text in axes.texts] + [text.get_text() for text in figure.texts]
    return "\n".join(said).replace("\N{NO-BREAK SPACE}", " ")


def crowded(samples: int = 1000, steps: int = 12) -> MemoryTrace:
    trace = walk(samples)
    moments = tuple(
        Moment(
            at=trace.times[samples // 2 + 7 * i], value=trace.values[samples // 2 + 7 * i], change=(30 - i) * MIB * (-1) ** i,
            place=Place(file="In [3]", function="<module>", line=12 + i, source=f"模型 = 训练(数据集[{i}], 轮数={i}, 学习率=0.001)"),
        )
        for i in range(steps)
    )  # fmt: skip
    peak = Moment(at=trace.times[samples // 2 + 3], value=max(trace.values) + 80 * MIB, place=moments[0].place)
    return MemoryTrace(
        label="训练 resnet",
        traces=(trace,),
        steps=moments,
        peak=peak,
        readings=whole(samples / 100, after=0, peak=80 * MIB, before=400 * MIB),
    )


@pytest.mark.parametrize("size", [(9, 4.2), (6, 3.2)])
@pytest.mark.parametrize("make", [training, plain, crowded])
def test_labels_neither_overlap_nor_leave_the_axes(make, size) -> None:
    figure = timeline(make(), size=size)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    inside = main(figure).get_window_extent()
    boxes = [super(Annotation, text).get_window_extent(canvas.get_renderer()) for text in labels(figure)]
    assert boxes
    for one, two in combinations(boxes, 2):
        assert not one.overlaps(two)
    for box in boxes:
        assert box.x0 >= inside.x0 - 1
        assert box.x1 <= inside.x1 + 1
        assert box.y0 >= inside.y0 - 2
        assert box.y1 <= inside.y1 + 2


def test_at_most_five_steps_are_named_and_the_largest_are() -> None:
    figure = timeline(crowded())
    named = words(figure)
    assert "+30.0 MiB  In [3]:12" in named
    assert "−29.0 MiB  In [3]:13" in named
    assert sum("In [3]:" in text.get_text() and "peak" not in text.get_text() for text in labels(figure)) <= 5


def test_a_step_too_small_to_be_seen_has_no_name() -> None:
    trace = crowded()
    small = replace(trace.steps[0], change=0.5 * MIB)
    assert "+512 KiB" not in words(timeline(replace(trace, steps=(small,))))


def test_the_exact_peak_stands_above_the_samples() -> None:
    trace = crowded()
    figure = timeline(trace)
    axes = main(figure)
    peak = next(line for line in axes.lines if line.get_label() == "peak")
    sampled = next(line for line in axes.lines if line.get_label() == "resident memory")
    assert peak.get_ydata()[0] > max(sampled.get_ydata())
    assert peak.get_ydata()[0] < axes.get_ylim()[1]
    assert "peak " in words(figure)


def test_a_step_that_led_to_the_peak_is_said_with_it() -> None:
    where = Place(file="In [3]", function="<module>", line=2, source="x = big()")
    trace = replace(
        plain(),
        steps=(Moment(at=0.034, value=339 * MIB, change=38 * MIB, place=where),),
        peak=Moment(at=0.034, value=339.1 * MIB, place=where),
    )
    (label,) = labels(timeline(trace))
    assert label.get_text().replace("\N{NO-BREAK SPACE}", " ") == "peak 339 MiB, +38.0 MiB  In [3]:2  x = big()"


def test_nothing_is_drawn_where_nobody_looked() -> None:
    trace = over_time("memory.rss", lambda t: 400 + t, 10, skip=((4.0, 6.0),))
    assert gaps(trace) == ((4.0, 6.0),)
    figure = timeline(MemoryTrace(traces=(trace,)))
    line = next(line for line in main(figure).lines if line.get_label() == "resident memory")
    assert sum(value != value for value in line.get_ydata()) == 1
    assert "not sampled" in words(figure)
    assert "not sampled" not in words(timeline(MemoryTrace(traces=(walk(100),))))


def test_a_short_distance_is_no_gap() -> None:
    trace = Trace(
        quantity="memory.rss", unit=Unit.BYTE, provenance=Provenance.SAMPLED, source="statm", times=(0.0, 0.001, 0.009),
        values=(1.0, 1.0, 1.0), period=0.001,
    )  # fmt: skip
    assert gaps(trace) == ()


def test_worker_processes_stand_on_top_of_resident_memory() -> None:
    lines = {line.name: line for line in series(training())}
    top, resident = lines["with worker processes"], lines["resident memory"]
    assert len(top.times) == len(resident.times)
    rise = top.values - resident.values
    assert rise[0] == 0
    assert rise[500] == 180 * MIB


def test_what_allocators_hold_has_an_axis_of_its_own_from_zero() -> None:
    figure = timeline(training())
    lower = next(axes for axes in figure.axes if any(line.get_label() == "CUDA memory allocated" for line in axes.lines))
    assert lower is not main(figure)
    assert lower.get_ylim()[0] == 0


def test_the_interpreters_own_memory_does_not_flatten_the_rest() -> None:
    low, high = main(timeline(plain())).get_ylim()
    assert 250 < low < 301.5
    assert high > 339
    assert "302 MiB before" in words(timeline(plain()))


@pytest.mark.parametrize(("limit", "line"), [(2**29, True), (16 * 2**30, False)])
def test_a_limit_is_a_line_where_it_is_in_sight_and_a_note_elsewhere(limit: int, line: bool) -> None:
    machine = Environment(host="", system="", python="", cores=1, cores_allowed=1, memory_limit=limit)
    trace = MemoryTrace(
        traces=(over_time("memory.rss", lambda t: 412 + 60 * t, 1),), environment=machine, readings=whole(1, after=60 * MIB, peak=60 * MIB)
    )
    figure = timeline(trace)
    inside = main(figure).get_ylim()[1] * MIB > limit
    assert bool(inside) is line
    assert ("limit 512 MiB" if line else "limit 16 GiB ↑") in words(figure)


def test_many_repeats_of_a_region_are_named_once() -> None:
    bands = tuple(
        Band(path=(name,), start=i + start, end=i + start + 0.4) for i in range(200) for name, start in (("data", 0.0), ("前向", 0.5))
    )
    figure = timeline(replace(crowded(), bands=bands))
    said = words(figure).split("\n")
    assert said.count("data") == said.count("前向") == 1


def test_a_region_is_named_on_its_strip_where_there_is_room() -> None:
    bands = (Band(path=("load",), start=0, end=4), Band(path=("load", "read"), start=1, end=1.01), Band(path=("fit",), start=5, end=9))
    figure = timeline(replace(crowded(), bands=bands))
    strip = next(axes for axes in figure.axes if any(text.get_text() == "load" for text in axes.texts))
    assert [text.get_text() for text in strip.texts] == ["load", "fit"]
    assert strip.get_ylim()[0] == 2  # a row for each level


def test_names_of_marks_do_not_run_into_each_other() -> None:
    figure = timeline(replace(crowded(), marks=tuple(Mark(name=f"第 {i} 轮", at=i * 0.1) for i in range(90))))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    named = [text for axes in figure.axes for text in axes.texts if text.get_text().startswith("第")]
    assert 5 < len(named) < 60
    boxes = [text.get_window_extent(canvas.get_renderer()) for text in named]
    assert not any(one.overlaps(two) for one, two in combinations(boxes, 2))
    dashed = [line for line in main(figure).lines if line.get_linestyle() == "--" and len(line.get_xdata()) == 2]
    assert len(dashed) >= 90


@pytest.mark.parametrize("samples", [1, 2, 10_000])
def test_any_number_of_samples(samples: int) -> None:
    figure = timeline(MemoryTrace(traces=(walk(samples),)))
    FigureCanvasAgg(figure).draw()
    line = next(line for line in main(figure).lines if line.get_label() == "resident memory")
    assert len(line.get_xdata()) == samples
    if samples < 3:
        assert line.get_marker() == "o"
        assert line.get_markerfacecolor() == "none"  # sampled


def test_nothing_at_all_is_a_picture_too() -> None:
    assert "memory was not sampled" in words(timeline(MemoryTrace()))


@pytest.mark.parametrize(("seconds", "unit"), [(0.002, "ms"), (30.0, "s"), (600.0, "min")])
def test_the_time_is_written_in_its_unit(seconds: float, unit: str) -> None:
    trace = MemoryTrace(
        traces=(over_time("memory.rss", lambda t: 400, seconds, period=seconds / 50),), readings=whole(seconds, after=0, peak=0)
    )
    assert {axes.get_xlabel() for axes in timeline(trace).figure.axes} >= {f"time ({unit})"}


def test_estimated_looks_estimated() -> None:
    trace = replace(walk(50), provenance=Provenance.ESTIMATED)
    line = next(line for line in main(timeline(MemoryTrace(traces=(trace,)))).lines if line.get_label() == "resident memory")
    assert line.get_linestyle() == "--"


@pytest.mark.parametrize("dark", [True, False])
def test_both_themes_leave_the_settings_alone(dark: bool) -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    figure = timeline(training(), dark=dark)
    assert dict(mpl.rcParams) == before
    assert (sum(figure.get_facecolor()[:3]) < 1) is dark


def test_the_same_trace_is_drawn_the_same() -> None:
    one, two = (timeline(crowded()) for _ in range(2))
    assert [(text.get_text(), text.xyann) for text in labels(one)] == [(text.get_text(), text.xyann) for text in labels(two)]


def test_a_title_may_be_left_out() -> None:
    assert "train" in [text.get_text() for text in timeline(training()).texts]
    assert timeline(training(), title="").texts == []


def test_the_level_before_is_a_line() -> None:
    axes = main(timeline(training()))
    assert any(line.get_ydata()[0] == pytest.approx(BEFORE / 2**30) for line in axes.lines if len(line.get_ydata()) == 2)
