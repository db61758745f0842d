"""Every cell recorded, long cells, cells that run out of memory, and a cell against its last version: in a real ipykernel."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kernel import Kernel, Result
from tests.magics.test_cell import BODIES, own


@pytest.fixture(scope="module")
def loaded(kernel: Kernel) -> Kernel:
    kernel.run("%load_ext nbperf").check()
    return kernel


@pytest.fixture
def recording(loaded: Kernel) -> Iterator[Kernel]:
    loaded.run("%nbperf auto on").check()
    yield loaded
    loaded.run("%nbperf auto off").check()


def cards(result: Result) -> list[str]:
    found = [*result.displays, *result.results]
    return [bundle["text/plain"].replace("\N{NO-BREAK SPACE}", " ") for bundle in found if "nbperf-" in bundle.get("text/html", "")]


QUIET = set(BODIES) - {"system exit", "nested perf"}


@pytest.mark.parametrize("name", sorted(QUIET))
def test_a_recorded_cell_does_the_same_as_without_us(loaded: Kernel, name: str) -> None:
    body = BODIES[name]
    bare = loaded.run(body)
    loaded.run("%nbperf auto on").check()
    recorded = loaded.run(body)
    loaded.run("%nbperf auto off").check()
    assert own(recorded) == own(bare)
    assert recorded.outputs == bare.outputs
    if bare.error and recorded.error:
        assert recorded.error.text.replace(f"In[{recorded.execution_count}]", "In[]") == bare.error.text.replace(
            f"In[{bare.execution_count}]", "In[]"
        )


def test_cells_are_ranked(recording: Kernel) -> None:
    recording.run("def spin(n):\n    return sum(range(n))").check()
    recording.run("# a comment first\nspin(10)").check()
    recording.run("long = spin(3_000_000)").check()
    recording.run("big = bytearray(60_000_000)").check()
    card = cards(recording.run("%nbperf cells").check())[0]
    assert "spin(10)" in card
    assert card.index("long = spin(3_000_000)") < card.index("spin(10)")
    assert "idle" in card
    by_memory = cards(recording.run("%nbperf cells memory").check())[0]
    table = by_memory[by_memory.index("first line") :]
    assert table.index("big = bytearray") < table.index("long = spin")


def test_a_broken_cell_is_recorded_too(recording: Kernel) -> None:
    recording.run("broken_here = 1 / 0")
    assert "broken_here" in cards(recording.run("%nbperf cells").check())[0]


def test_a_measured_cell_is_recorded_once_and_keeps_its_card(recording: Kernel) -> None:
    result = recording.run("%%perf\nunique_name = 1").check()
    assert len(cards(result)) == 1
    assert cards(recording.run("%nbperf cells").check())[0].count("unique_name") == 1


def test_show_puts_one_line_under_each_cell(loaded: Kernel) -> None:
    loaded.run("%nbperf auto show").check()
    result = loaded.run("print('own')\n5").check()
    loaded.run("%nbperf auto off").check()
    assert result.outputs == ["stream", "execute_result", "display_data"]
    (card,) = cards(result)
    assert len(card.strip().splitlines()) == 1
    assert cards(loaded.run("6").check()) == []


def test_what_was_recorded_stays_after_off_and_begins_anew_with_on(loaded: Kernel) -> None:
    loaded.run("%nbperf auto on").check()
    loaded.run("first_session = 1").check()
    loaded.run("%nbperf auto off").check()
    loaded.run("not_recorded = 1").check()
    card = cards(loaded.run("%nbperf cells").check())[0]
    assert "first_session" in card
    assert "not_recorded" not in card
    loaded.run("%nbperf auto on").check()
    loaded.run("%nbperf auto off").check()
    assert "first_session" not in cards(loaded.run("%nbperf cells").check())[0]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("auto", "on, show or off"),
        ("auto maybe", "not 'maybe'"),
        ("cells size", "by time, memory or energy, not by 'size'"),
        ("x", "unknown 'x'"),
    ],
)
def test_wrong_words_are_named(loaded: Kernel, line: str, words: str) -> None:
    assert words in loaded.run(f"%nbperf {line}").stderr


def test_a_long_cell_has_a_line_that_gives_way(loaded: Kernel) -> None:
    """The seconds are cut short in the kernel, so that nothing waits for them."""
    loaded.run("import time\nfrom nbperf.magics import live\nlive.AFTER, live.EVERY = 0.05, 0.05").check()
    result = loaded.run("%%perf\nend = time.perf_counter() + 0.4\nwhile time.perf_counter() < end: pass\n'value'").check()
    loaded.run("live.AFTER, live.EVERY = 2.0, 1.0").check()
    shown = [content["data"] for kind, content in result.messages if kind == "display_data"]
    updates = [content["data"] for kind, content in result.messages if kind == "update_display_data"]
    assert "running for" in shown[0]["text/plain"]
    assert "memory" in shown[0]["text/plain"]
    assert updates[-1]["text/plain"] == ""
    assert [kind for kind, _ in result.messages if kind in ("execute_result", "display_data")][-2:] == ["execute_result", "display_data"]
    assert result.results[0]["text/plain"] == "'value'"


def test_the_line_can_be_switched_off_and_short_cells_have_none(loaded: Kernel) -> None:
    loaded.run("%config NBPerf.live = False\nlive.AFTER = 0.01").check()
    result = loaded.run("%%perf\nend = time.perf_counter() + 0.2\nwhile time.perf_counter() < end: pass").check()
    loaded.run("%config NBPerf.live = True\nlive.AFTER = 2.0").check()
    assert len(result.displays) == 1
    assert len(loaded.run("%%perf\n1").check().displays) == 1


def test_out_of_memory_names_what_holds_it(loaded: Kernel) -> None:
    pytest.importorskip("numpy")
    loaded.run("import numpy as np\nkept = {'activations': np.zeros(40_000_000)}").check()
    result = loaded.run("%%perf -v broken\nraise MemoryError")
    assert result.error is not None
    assert result.error.ename == "MemoryError"
    (card,) = cards(result)
    assert "kept['activations']" in card
    assert loaded.value("(broken.held[0].name, broken.held[0].bytes)") == ("kept['activations']", 320_000_000)
    assert "activations" not in cards(loaded.run("%%perf\n1 / 0"))[0]


def test_a_librarys_own_out_of_memory_counts(loaded: Kernel) -> None:
    torch = pytest.importorskip("torch", reason="this test raises PyTorch's own exception")
    assert issubclass(torch.OutOfMemoryError, RuntimeError)
    result = loaded.run("import torch\nweights = torch.zeros(30_000_000)\n")
    result = loaded.run("%%perf\nraise torch.OutOfMemoryError('CUDA out of memory')")
    assert "weights" in cards(result)[0]


def test_a_cell_against_its_last_version(loaded: Kernel) -> None:
    loaded.run("data = list(range(3000))").check()
    loaded.run("%%perf\ntotal = 0\nfor value in data:\n    total += value", cell_id="sum").check()
    loaded.run("%%perf\nelsewhere = 1", cell_id="other").check()
    result = loaded.run("%%perf -v verdict vs last\ntotal = sum(data)\nprint('heard once at most')", cell_id="sum").check()
    assert result.stdout == ""
    assert loaded.value("(verdict.verdict, verdict.baseline, verdict.contestant)") == ("faster", "before", "now")
    assert loaded.value("total") == sum(range(3000))
    (card,) = cards(result)
    assert "variables are as the last run of this one left them" in " ".join(card.split())
    again = loaded.run("%%perf -q -v verdict vs last\nimport math\ntotal = math.fsum(data)", cell_id="sum").check()
    assert again.displays == []
    assert loaded.value("verdict.verdict") in ("faster", "slower", "indistinct")


def test_how_often_each_version_ran_is_counted(loaded: Kernel) -> None:
    """A cell that changes what it begins with is said to have been changed so often."""
    loaded.run("%%perf\nran, other = 0, 0", cell_id="counting").check()
    loaded.run("%%perf\nother += 1", cell_id="counting").check()
    loaded.run("ran = other = 0").check()
    (card,) = cards(loaded.run("%%perf -r 10 -n 3 vs last\nran += 1", cell_id="counting").check())
    ran, other = loaded.value("(ran, other)")
    assert f"the version before ran {other} times and this one {ran} times" in " ".join(card.split())
    assert (ran, other) == (1 + 3 + 30 + 1, 1 + 3 + 30)


def test_cells_of_one_label_are_versions_of_one_another(loaded: Kernel) -> None:
    loaded.run("%%perf -q -l adding\ntotal = 0\nfor value in data:\n    total += value", cell_id="first").check()
    loaded.run("%%perf -q -l adding -v verdict vs last\ntotal = sum(data)", cell_id="second").check()
    assert loaded.value("verdict.verdict") == "faster"


def test_against_last_without_a_last_says_what_to_do(loaded: Kernel) -> None:
    loaded.run("1", cell_id="fresh").check()
    said = loaded.run("%%perf vs last\n2", cell_id="fresh").stderr
    assert "what ran without it is not kept: run it under %%perf, change it, then compare" in said
    assert "options stand before vs, as in: %%perf -l foo vs last" in loaded.run("%%perf vs last -l foo\n1").stderr
    assert "options stand before vs, as in: %%perf -r 20 vs" in loaded.run("%%perf vs -r 20\na: 1\nb: 2").stderr
    assert "-l NAME vs last" in loaded.run("%%perf vs last\n1").stderr
    loaded.run("%%perf\nsame = 1", cell_id="same").check()
    assert "no other version" in loaded.run("%%perf vs last\nsame = 1", cell_id="same").stderr


def test_against_last_refuses_await(loaded: Kernel) -> None:
    loaded.run("%%perf\nx = 1", cell_id="waits").check()
    assert "awaits" in loaded.run("%%perf vs last\nimport asyncio\nawait asyncio.sleep(0)", cell_id="waits").stderr


def test_a_cell_has_its_own_number(recording: Kernel) -> None:
    """Newer shells count on before they run a cell, older ones behind it."""
    ran = recording.run("numbered = 1").check()
    recording.run("# ask twice\n%nbperf cells").check()
    card = cards(recording.run("%nbperf cells").check())[0]
    assert "%nbperf" not in card
    assert any(line.split()[:2] == [f"[{ran.execution_count}]", "numbered"] for line in card.splitlines())


def test_what_our_magics_compile_has_the_number_of_its_cell(loaded: Kernel) -> None:
    result = loaded.run("get_ipython().run_cell_magic('perf', '-q', '1 / 0')")
    assert result.error is not None
    assert f"Cell In[{result.execution_count}], line 2\n      1 # %%perf -q\n----> 2 1 / 0" in result.error.text
    for cell in (
        "%memtrace -q 1 / 0",
        "%perf -q 1 / 0",
        "%%perf -q vs\na: 1\nb: 1 / 0",
    ):
        result = loaded.run(cell)
        assert result.error is not None
        assert f"Cell In[{result.execution_count}], line 1\n----> 1 1 / 0" in result.error.text
    for version in ("2", "1 / 0"):
        result = loaded.run(f"%%perf -l versions {'vs last' if '/' in version else ''}\n{version}")
    assert result.error is not None
    assert f"Cell In[{result.execution_count}], line 1\n----> 1 1 / 0" in result.error.text
