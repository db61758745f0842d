from __future__ import annotations

import struct
import sys
import threading
import time
from functools import partial

import numpy as np
import pytest

from nbperf.errors import NBPerfError
from nbperf.panels.base import VIEW, Panel, freeze_all
from nbperf.panels.confusion import ConfusionPanel
from nbperf.quality.confusion import ConfusionMatrix
from nbperf.words import READER


@pytest.fixture
def confusion(make):
    return partial(make, ConfusionPanel)


def sequence(message: bytes) -> int:
    return struct.unpack("<I", message[-4:])[0]


def cells(message: bytes, n: int) -> list[int]:
    return np.frombuffer(message[: n * n * 4], "<u4").tolist()


def settled(panel, comm, name: str, expected) -> None:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if comm.binary(name) and cells(comm.binary(name)[-1], len(panel.labels)) == expected:
            return
        time.sleep(0.01)
    pytest.fail(f"the last message holds {cells(comm.binary(name)[-1], len(panel.labels))}")


def test_it_is_made_of_names_a_number_a_matrix_or_counts(confusion):
    assert confusion(["a", "b"]).labels == ["a", "b"]
    assert confusion(3).labels == ["0", "1", "2"]
    matrix = ConfusionMatrix(["x", "y"])
    assert confusion(matrix).matrix is matrix
    assert confusion([[1, 2], [3, 4]]).to_frame().to_numpy().tolist() == [[1, 2], [3, 4]]
    assert confusion(np.eye(2, dtype=int), names=["p", "q"]).labels == ["p", "q"]
    learned = confusion()
    learned.update(["b", "a"], ["a", "a"])
    assert learned.labels == ["a", "b"]


@pytest.mark.parametrize(("labels", "names"), [(3000, None), (["a"], ["b"]), ([[1, 2], [3]], None)])
def test_what_it_cannot_be_made_of(confusion, labels, names):
    with pytest.raises((NBPerfError, ValueError)):
        confusion(labels, names=names)


def test_a_page_that_opens_gets_all_of_it(confusion):
    panel = confusion(["a", "b"])
    panel.update(["a", "b"], ["a", "a"])
    state = panel.get_state()
    assert cells(state["frame"], 2) == [1, 0, 1, 0]
    assert len(state["strip"]) == 12
    assert state["labels"] == ["a", "b"]
    assert state["pinned"] == state["changes"] == b""


def test_a_thousand_updates_a_second_are_few_messages_and_the_last_state_arrives(confusion):
    panel = confusion(2)
    start = time.monotonic()
    for _ in range(600):
        panel.update([0, 1], [0, 0])
        time.sleep(0.001)
    took = time.monotonic() - start
    settled(panel, panel.comm, "frame", [600, 0, 600, 0])
    frames = panel.comm.binary("frame")[1:]  # the first was there when the comm was opened
    assert len(frames) <= took * 30 + 2
    assert [sequence(each) for each in frames] == sorted(sequence(each) for each in frames)
    assert panel.rate.updates == 600


def test_threads_may_update_at_once(confusion):
    panel = confusion(2)
    threads = [threading.Thread(target=lambda: [panel.update([0, 1], [0, 1]) for _ in range(200)]) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert panel.to_frame().to_numpy().tolist() == [[1200, 0], [0, 1200]]
    settled(panel, panel.comm, "frame", [1200, 0, 0, 1200])


@pytest.mark.parametrize(
    "batch",
    [([0, 1], [0]), ([0, 5], [0, 1]), (["a"], ["b"]), ([0, 1], [0, 1], None, [7]), ([0, 1], [0, 1], None, [0.5, 1.5])],
    ids=["lengths", "range", "names", "index too short", "index no numbers"],
)
def test_an_error_leaves_all_as_it_was(confusion, batch):
    panel = confusion(2, samples=["x", "y", "z"])
    panel.update([0], [1], index=[2])
    before = panel.to_frame(), panel.rate, panel._points(), len(panel._behind)
    with pytest.raises((NBPerfError, ValueError)):
        panel.update(*batch)
    assert panel.to_frame().equals(before[0])
    assert (panel.rate, panel._points(), len(panel._behind)) == before[1:]


def test_of_a_large_matrix_changed_cells_are_sent(confusion):
    panel = confusion(200)
    time.sleep(0.05)
    panel.update([0], [0])
    time.sleep(0.1)
    panel.comm.say(kind="drawn", page="a", at=1.0, seq=1, pictures=1, age=0.01)  # a page follows
    panel.update([3], [4])
    time.sleep(0.1)
    panel.update([3], [5])
    time.sleep(0.1)
    assert len(panel.comm.binary("frame")) == 2
    first, second = panel.comm.binary("changes")[-2:]
    assert np.frombuffer(first[:4], "<u4").tolist() == [3 * 200 + 4]
    assert struct.unpack("<I", second[-16:-12])[0] == sequence(first)  # wire.ts reads the base there
    panel.comm.say(kind="again")
    time.sleep(0.1)
    assert sequence(panel.comm.binary("frame")[-1]) > sequence(second)


def test_until_a_page_has_answered_all_cells_are_sent_now_and_then(confusion, monkeypatch):
    monkeypatch.setattr("nbperf.panels.confusion.REFRESH", 0.1)
    panel = confusion(200)
    for _ in range(8):
        panel.update([0], [1])
        time.sleep(0.04)
    assert len(panel.comm.binary("frame")) >= 3
    assert panel.comm.binary("changes")


def test_what_was_pinned_is_kept_and_sent(confusion):
    panel = confusion(2)
    panel.update([0], [0])
    panel.comm.say(kind="pin")
    panel.update([0], [1])
    assert cells(panel.comm.binary("pinned")[-1], 2) == [1, 0, 0, 0]
    assert panel.pinned_at == 1
    assert cells(panel.get_state()["pinned"], 2) == [1, 0, 0, 0]
    panel.reset()
    assert panel.to_frame().to_numpy().sum() == 0
    assert panel.pinned_at == 1


def test_a_click_lists_the_samples_behind_a_cell(confusion):
    panel = confusion(["cat", "dog"], samples=["miaow", "purr", "<script>", "wuff"])
    panel.update([0, 0, 1, 1], [0, 1, 0, 1])  # all of them, so where they stand is known
    panel.comm.set(selected=[0, 1])
    assert panel.listing["items"] == [{"index": 1, "text": "purr"}]
    assert "cat" in panel.listing["title"]
    panel.comm.set(selected=[])
    assert panel.listing == {}
    panel.comm.set(selected=[9, 9])
    assert panel.listing == {}


def test_why_no_sample_is_listed_is_said(confusion):
    panel = confusion(["cat", "dog"])
    panel.update([0], [1])
    panel.comm.set(selected=[0, 1])
    assert "samples=" in panel.listing["title"]
    known = confusion(["cat", "dog"], samples=list("abc"))
    known.update([0], [1])
    known.comm.set(selected=[0, 1])
    assert "index=" in known.listing["title"]
    known.update([0], [1], index=[2])
    known.comm.set(selected=[1, 1])
    assert "no sample" in known.listing["title"]


def test_exceptions_of_callbacks_and_samples_are_shown_under_the_panel(confusion):
    class Samples:
        def __len__(self) -> int:
            return 2

        def __getitem__(self, index: int) -> str:
            raise OSError("the disk is gone")

    panel = confusion(2, samples=Samples())
    panel.update([0, 1], [0, 1])
    panel.comm.set(selected=[0, 0])
    assert "the disk is gone" in panel.error
    other, seen = confusion(2), []
    other.on_select(lambda *found: seen.append(found))
    other.on_select(lambda *found: 1 / 0)
    other.update([0], [1], index=[4])
    other.comm.set(selected=[0, 1])
    assert seen == [("0", "1", [4])]
    assert "ZeroDivisionError" in other.error
    assert "1 / 0" in other.error


def test_an_exception_while_sending_is_shown_and_the_loop_goes_on(confusion, monkeypatch):
    panel = confusion(2)
    monkeypatch.setattr(panel, "_news", lambda: 1 / 0)
    panel.update([0], [0])
    assert "ZeroDivisionError" in panel.error


def test_what_the_page_drew_is_the_rate(confusion):
    panel = confusion(2)
    for at in range(4):
        panel.comm.say(kind="drawn", page="p", at=100.0 + at, seq=at, pictures=30 * at, age=0.6 * at)
    assert panel.rate.pictures == pytest.approx(30)
    assert panel.rate.latency == pytest.approx(0.02)
    panel.comm.say(kind="hello", asked=5.0)
    assert panel.comm.messages[-1][1]["content"]["kind"] == "clock"
    panel.comm.say(kind="nothing that we know")
    assert panel.error == ""
    panel.comm.say(kind="drawn")
    assert "KeyError" in panel.error


def test_a_message_on_another_thread_shows_that_controls_act_at_once(confusion):
    panel = confusion(2)
    assert not panel.prompt
    thread = threading.Thread(target=lambda: panel.comm.say(kind="hello", asked=1.0))
    thread.start()
    thread.join()
    assert panel.prompt


def test_every_face_is_in_the_mime_bundle(confusion):
    panel = confusion(["a", "b"])
    panel.update([0, 1], [0, 0])
    data, metadata = panel._repr_mimebundle_()
    assert data[VIEW]["model_id"] == panel.model_id
    assert data["image/png"].startswith("iVBOR")
    assert "accuracy 0.500" in data["text/plain"]
    assert metadata["image/png"]["width"] > 100


def test_a_panel_whose_bundle_was_not_built_is_a_picture_and_says_so(confusion, monkeypatch):
    from nbperf.panels import base

    monkeypatch.setattr(Panel, "_esm", base.UNBUILT)
    panel = confusion(2)
    with pytest.warns(match="pip install -e"):
        data, _ = panel._repr_mimebundle_()
    assert VIEW not in data
    assert "image/png" in data


@pytest.mark.parametrize("kind", ["png", "svg", "html", "csv"])
def test_it_is_saved(confusion, tmp_path, kind):
    panel = confusion(["a", "</script><script>alert(1)</script>", "$x^2$"])
    panel.update([0, 1, 1, 2], [0, 1, 0, 2])
    panel.update([0, 1, 1, 2], [0, 1, 0, 2])
    path = panel.save(tmp_path / f"x.{kind}")
    content = path.read_bytes()
    start = {"png": b"\x89PNG", "svg": b"<?xml", "html": b"<!doctype html>", "csv": b"true,a,"}[kind]
    assert content.startswith(start)
    if kind == "html":
        assert b"<script>alert" not in content
    with pytest.raises(ValueError, match=r"x\.pdf"):
        panel.save(tmp_path / "x.pdf")


@pytest.mark.parametrize("n", [0, 1, 2, 10, 100, 1000])
@pytest.mark.parametrize("mode", ["counts", "rows", "columns", "change"])
def test_every_size_has_a_saved_face(confusion, n, mode):
    if n == 1000 and mode != "change":
        pytest.skip("one of them will do")
    panel = confusion(ConfusionMatrix(n or None))
    panel.mode = mode
    rng = np.random.default_rng(0)
    if n:
        panel.update(rng.integers(0, n, 5), rng.integers(0, n, 5))
        panel.pin()
        panel.update(rng.integers(0, n, 50), rng.integers(0, n, 50))
    figure = panel.figure(dark=n == 10)
    assert figure.get_axes()
    assert len(figure._repr_png_()[0]) > 1000
    assert panel._text()


def test_close_frees_it_and_its_record_stays(confusion):
    panel = confusion(2)
    panel.update([0], [0])
    assert panel in Panel.alive
    panel.close()
    panel.close()
    assert panel not in Panel.alive
    assert panel.comm is None
    panel.update([1], [1])
    assert panel.to_frame().to_numpy().trace() == 2
    data, _ = panel._repr_mimebundle_()
    assert VIEW not in data
    assert freeze_all() == 0


def test_the_browser_speaks_the_readers_language(confusion):
    READER.speak("zh_CN")
    try:
        panel = confusion(2)
        assert panel.words["title"] == "混淆矩阵"
        assert "混淆矩阵" in repr(panel)
    finally:
        READER.speak(None)
    assert confusion(2).words["title"] == "Confusion matrix"


def test_the_words_are_those_that_the_browser_part_asks_for():
    import re
    from pathlib import Path

    from nbperf.panels.confusion_words import words

    front = Path(sys.modules["nbperf.panels.base"].__file__).with_name("front") / "src"
    if not front.exists():
        pytest.skip("the TypeScript stays in the checkout")
    source = "\n".join(path.read_text(encoding="utf-8") for path in front.glob("*.ts"))
    asked = {*re.findall(r'words(?:\.(\w+)|\["([\w-]+)"\])', source)}
    named = {a or b for a, b in asked} | set(re.findall(r'say\((?:this\.)?words, "([\w-]+)"', source))
    assert named <= words().keys()


@pytest.mark.parametrize("kind", ["torch", "pandas", "list"])
def test_batches_of_every_kind(confusion, kind):
    panel = confusion(3)
    if kind == "torch":
        torch = pytest.importorskip("torch", reason="torch is not installed")
        panel.update(torch.tensor([0, 1, 2]), torch.tensor([0, 1, 1]))
    elif kind == "pandas":
        import pandas as pd

        panel.update(pd.Series([0, 1, 2], index=[5, 6, 7]), pd.Series([0, 1, 1]))
    else:
        panel.update([0, 1, 2], [0, 1, 1])
    assert panel.to_frame().to_numpy().tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 0]]


def test_after_a_reset_integers_are_the_same_classes():
    panel = ConfusionPanel(ConfusionMatrix([10, 20, 30]))
    panel.update([10, 20, 30], [10, 20, 10])
    panel.reset()
    assert panel.matrix.total == 0
    panel.update([30, 20], [30, 10])
    assert panel.matrix.counts.tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 1]]
    panel.close()
