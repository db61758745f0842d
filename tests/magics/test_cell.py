"""What a cell must not notice of ``%%perf``: each in a real ipykernel, most of them beside the bare cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from tests.kernel import Kernel, Result


@pytest.fixture(scope="module")
def loaded(kernel: Kernel) -> Kernel:
    kernel.run("%load_ext nbperf").check()
    return kernel


@pytest.fixture(autouse=True)
def english_and_last_expression(loaded: Kernel) -> Iterator[None]:
    yield
    loaded.run("get_ipython().ast_node_interactivity = 'last_expr'").check()


def is_card(bundle: dict[str, str]) -> bool:
    return "nbperf-" in bundle.get("text/html", "")


def cards(result: Result) -> list[dict[str, str]]:
    return [bundle for bundle in result.displays if is_card(bundle)]


def own(result: Result) -> tuple[object, ...]:
    """All that the cell itself showed, without our card."""
    shown: list[tuple[str, str]] = []
    for kind, content in result.messages:
        if kind == "stream":
            if shown and shown[-1][0] == content["name"]:
                shown[-1] = (content["name"], shown[-1][1] + content["text"])
            else:
                shown.append((content["name"], content["text"]))
        elif kind in ("display_data", "execute_result") and not is_card(content["data"]):
            text = re.sub(r"0x[0-9a-f]+", "0x", content["data"].get("text/plain", ""))
            shown.append((kind, text))
        elif kind == "error":
            shown.append((content["ename"], re.sub(r"\w+\.py", "file", content["evalue"])))
    return tuple((kind, re.sub(r"ipykernel_\d+/\d+\.py", "file", text)) for kind, text in shown if "To exit: use" not in text)  # said once


BODIES = {
    "expression": "1 + 1",
    "semicolon": "1 + 1;",
    "assignment": "kept = 41 + 1",
    "print and value": "print('a')\n'b'",
    "none": "None",
    "empty": "",
    "blank lines": "\n\n1\n\n",
    "comment only": "# nothing",
    "display": "from IPython.display import display\ndisplay('x')\n'y'",
    "multi-line string": "text = '''a\n   b\n\tc\n'''\ntext",
    "string first": "'looks like a docstring'\n3",
    "odd indentation": "if True:\n   x = '''\n a\n      b'''\n   y = 1\nx",
    "future": "from __future__ import annotations\ndef f(x: NotDefined): pass\nf.__annotations__",
    "future and await": "from __future__ import annotations\nimport asyncio\nawait asyncio.sleep(0.001, 7)",
    "await": "import asyncio\nawait asyncio.sleep(0)\n'slept'",
    "async for": "async def g():\n    yield 1\n    yield 2\n[x async for x in g()]",
    "async with": "import contextlib\n@contextlib.asynccontextmanager\nasync def c():\n    yield 5\nasync with c() as v:\n    pass\nv",
    "line magic": "%pwd\n'after'",
    "magic value": "here = %pwd\nlen(here) > 0",
    "last is magic": "x = 1\n%precision %.3f",
    "shell": "!echo hello\nout = !echo there\nout[0]",
    "help": "len?",
    "cell magic below": "%%capture cap\nprint('inside')",
    "html below": "%%html\n<b>x</b>",
    "semicolon in string": "'a;'",
    "trailing comment": "3  # three",
    "loop and value": "for i in range(2):\n    print(i)\ni",
    "class": "class A:\n    def f(self):\n        return __class__.__name__\nA().f()",
    "function": "def f():\n    import inspect\n    return inspect.getsource(f)\nprint(f())",
    "global": "def f():\n    global made\n    made = 3\nf()\nmade",
    "comprehension": "n = 3\n[n * i for i in range(n)]",
    "walrus": "(w := 5)",
    "lambda": "k = 2\n(lambda: k)()",
    "delete": "d = 1\ndel d\n'd' in globals()",
    "star import": "from math import *\nfloor(2.5)",
    "try": "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    print(error)",
    "with": "import contextlib\nwith contextlib.suppress(ValueError):\n    int('x')\n'on'",
    "match": "match 3:\n    case 3:\n        r = 'three'\nr",
    "unicode": "Größe = '米'\nGröße",
    "stderr": "import sys\nprint('e', file=sys.stderr)\n1",
    "underscore": "_ = 9\nkept = _\ndel _\nkept",
    "name error": "undefined_name",
    "division": "x = 1\nx / 0",
    "nested division": "def f(x):\n    return g(x)\ndef g(x):\n    return 1 / x\nf(0)",
    "syntax error": "x = = 1",
    "indentation error": "x = 1\n  y = 2",
    "break": "break",
    "continue": "x = 1\ncontinue",
    "return": "return 3",
    "yield": "yield 3",
    "await in lambda": "lambda: await x",
    "nonlocal": "nonlocal x",
    "bad future": "x = 1\nfrom __future__ import annotations",
    "usage error": "%nosuchmagic",
    "system exit": "import sys\nsys.exit(3)",
    "keyboard interrupt": "raise KeyboardInterrupt('mine')",
    "base exception": "class Odd(BaseException): pass\nraise Odd('odd')",
    "exception group": "raise ExceptionGroup('g', [ValueError(1), TypeError(2)])",
    "exception chain": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('v') from e",
    "assertion": "assert 1 == 2, 'no'",
    "nested perf": "from IPython import get_ipython\nget_ipython().run_cell('1 + 2').result",
    "locals is globals": "locals() is globals()",
    "name": "__name__",
    "dunder annotations": "a: int = 3\n__annotations__.get('a')",
    "indented throughout": "    v = 1\n    v + 1",
    "blank line above another magic": "\n%%bash\necho below",
    "warns when compiled": "x = 5\nx is 5",
    "eighteen loops deep": "".join(f"{'    ' * i}for i{i} in (0,):\n" for i in range(18)) + "    " * 18 + "x = 'deep'\nx",
    "decorated": "import functools\n@functools.cache\ndef f(x):\n    return x\nf(3)",
    "conditional expression": "1 if True else 2",
    "star": "a, *b = 1, 2, 3\nb",
    "future in the middle": "x = 1\nfrom __future__ import annotations\nx",
    "debugger-like": "import inspect\ninspect.currentframe().f_code.co_name",
}


@pytest.mark.parametrize("name", BODIES)
def test_a_cell_does_the_same_as_without_us(loaded: Kernel, name: str) -> None:
    body = BODIES[name]
    alone = body.lstrip().startswith("%%") or body.startswith(" ")  # else a comment above it, for the same line numbers
    bare = loaded.run(body if alone else "# bare\n" + body)
    ours = loaded.run("%%perf\n" + body)
    assert own(ours) == own(bare)
    assert ours.status == bare.status
    assert (bare.error and bare.error.ename) == (ours.error and ours.error.ename)


@pytest.mark.parametrize("name", ["division", "nested division", "name error", "exception chain", "assertion", "syntax error", "break"])
def test_a_traceback_is_the_same_to_the_letter(loaded: Kernel, name: str) -> None:
    def lines(result: Result) -> str:
        assert result.error is not None
        text = re.sub(r"Cell In\[\d+\]", "Cell In[]", result.error.text)
        text = re.sub(r"ipykernel_\d+/\d+\.py", "file", text)
        # The first line of the source is shown as context, and is what differs.
        return text.replace("# bare", "# %%perf")

    bare, ours = loaded.run("# bare\n" + BODIES[name]), loaded.run("%%perf\n" + BODIES[name])
    assert lines(ours) == lines(bare)
    assert "nbperf" not in lines(ours)


def test_variables_are_kept(loaded: Kernel) -> None:
    loaded.run("%%perf\nkept = [1, 2]\n").check()
    assert loaded.value("kept") == [1, 2]


def test_no_name_of_ours_is_left_behind(loaded: Kernel) -> None:
    before = loaded.value("sorted(k for k in globals() if not k.startswith('_'))")
    loaded.run("%%perf\n3\n").check()
    assert loaded.value("sorted(k for k in globals() if not k.startswith('_'))") == before
    assert loaded.value("[k for k in globals() if 'nbperf' in k]") == []


def test_the_card_comes_after_the_cells_own_output(loaded: Kernel) -> None:
    result = loaded.run("%%perf\nprint('first')\n'second'").check()
    assert result.outputs == ["stream", "execute_result", "display_data"]
    assert len(cards(result)) == 1


def test_the_card_follows_the_traceback(loaded: Kernel) -> None:
    result = loaded.run("%%perf\n1 / 0")
    assert result.outputs == ["error", "display_data"]
    assert "ZeroDivisionError" in cards(result)[0]["text/plain"]


def test_the_window_is_closed_before_the_traceback_is_drawn(loaded: Kernel) -> None:
    loaded.run(
        "shell, states = get_ipython(), []\noriginal = type(shell).showtraceback\n"
        "def watching(self, *a, **k):\n"
        "    states.append(len(__nbperf__.open))\n    return original(self, *a, **k)\n"
        "type(shell).showtraceback = watching"
    ).check()
    loaded.run("%%perf -v broken\n1 / 0")
    loaded.run("type(shell).showtraceback = original").check()
    assert loaded.value("states") == [0]
    assert loaded.value("(broken.samples, broken.error)") == ((), "ZeroDivisionError")


def test_the_last_expression_is_shown_once_in_every_interactivity(loaded: Kernel) -> None:
    for mode in ("all", "last", "last_expr", "none", "last_expr_or_assign"):
        for body in ("1\n2", "x = 5", "x = 1\nx += 1", "y: int = 4", "for i in (1, 2):\n    i", "1;\n2;", "a = b = 3"):
            loaded.run(f"get_ipython().ast_node_interactivity = {mode!r}").check()
            bare, ours = loaded.run("# bare\n" + body), loaded.run("%%perf\n" + body)
            assert own(ours) == own(bare), (mode, body)


def test_out_and_underscore_are_the_cells_own(loaded: Kernel) -> None:
    first = loaded.run("%%perf\n6 * 7").check()
    assert first.results[0]["text/plain"] == "42"
    assert loaded.run(f"(_, Out[{first.execution_count}])").results[0]["text/plain"] == "(42, 42)"


def test_counting_and_history_are_the_cells_own(loaded: Kernel) -> None:
    before = loaded.run("1").execution_count
    source = "%%perf -r 2\nz = 1\n"
    assert before is not None
    assert loaded.run(source).execution_count == before + 1
    assert loaded.history()[-1][2].strip() == source.strip()
    assert loaded.run(f"In[{before + 1}]").results[0]["text/plain"].count("z = 1") == 1
    rerun = loaded.run(f"%rerun {before + 1}")
    assert len(cards(rerun)) == 1


def test_an_interrupted_cell_leaves_no_window_and_no_region_open(loaded: Kernel) -> None:
    loaded.run("import nbperf\nfrom nbperf.measuring.recorder import OPEN, PATH").check()
    torn = "nbperf.perf().__enter__(); nbperf.region('torn').__enter__(); raise KeyboardInterrupt"
    loaded.run(torn)
    assert loaded.run("(OPEN.get(), PATH.get())").check().results[0]["text/plain"] == "((), ())"
    loaded.run("%%perf -q -v run\nwith nbperf.region('whole'): pass").check()
    assert loaded.value("[path for path, _, _ in run.regions()]") == [("whole",)]


def test_what_ran_can_be_run_again_from_the_history(loaded: Kernel) -> None:
    number = loaded.run("%%perf -l again\nfresh = 5\n").execution_count
    parsed = loaded.value(f"In[{number}]")
    assert parsed == "get_ipython().run_cell_magic('perf', '-l again', 'fresh = 5')\n"
    loaded.run("del fresh").check()
    loaded.run(f"exec(In[{number}])").check()
    assert loaded.value("fresh") == 5
    assert loaded.run(f"%macro again {number}\nagain").check()


def test_unloading_and_reloading_within_a_measured_cell(fresh_kernel: Kernel) -> None:
    for options in ("", "-r 2"):
        fresh_kernel.run("%load_ext nbperf").check()
        assert fresh_kernel.run(f"%%perf {options}\n%reload_ext nbperf\n'kept'").check().results[0]["text/plain"] == "'kept'"
        assert fresh_kernel.run(f"%%perf {options}\n%unload_ext nbperf\n'kept'").check().results[0]["text/plain"] == "'kept'"
        assert fresh_kernel.value("hasattr(__import__('builtins'), '__nbperf__')") is False


def test_a_folder_that_is_gone(fresh_kernel: Kernel) -> None:
    fresh_kernel.run("%load_ext nbperf\nimport os, tempfile\nfolder = tempfile.mkdtemp()\nos.chdir(folder)\nos.rmdir(folder)").check()
    assert len(cards(fresh_kernel.run("%%perf\n1").check())) == 1
    fresh_kernel.run("%nbperf").check()


def test_two_cells_that_take_turns_keep_their_values(loaded: Kernel) -> None:
    loaded.run(
        "import asyncio\nip = get_ipython()\ndef turns(n, first):\n"
        "    cell = f'{first}\\nimport asyncio\\nfor _ in range({n}): await asyncio.sleep(0)\\n{n}'\n"
        "    return ip.run_cell_async(cell, transformed_cell=ip.transform_cell(cell), store_history=False)"
    ).check()
    shown = []
    for first in ("# bare", "%%perf -q"):
        result = loaded.run(f"x, y = await asyncio.gather(turns(9, {first!r}), turns(2, {first!r}))\n(x.result, y.result)").check()
        shown.append([bundle["text/plain"] for bundle in result.results])
    assert shown[0] == shown[1]


def test_a_magic_that_runs_cells_by_itself_is_told_of(loaded: Kernel) -> None:
    assert "was not applied" in loaded.run("%%prun -q\n%%perf -r 3\nx = 1").stderr


def test_a_semicolon_keeps_the_value_and_not_the_record(loaded: Kernel) -> None:
    result = loaded.run("%%perf -o\n12345;").check()
    assert result.results == []
    assert len(cards(result)) == 1
    assert "12345" not in result.displays[0]["text/plain"]
    assert loaded.value(f"type(Out[{result.execution_count}]).__name__") == "Run"


def test_blank_lines_above_are_allowed(loaded: Kernel) -> None:
    result = loaded.run("\n\n%%perf\n5").check()
    assert result.results[0]["text/plain"] == "5"
    assert len(cards(result)) == 1


@pytest.mark.parametrize("source", ["%%perf", "%%perf\n", "%%perf -r 3\n\n"])
def test_an_empty_cell(loaded: Kernel, source: str) -> None:
    result = loaded.run(source).check()
    assert len(cards(result)) == 1


def test_repeats_run_the_cell_so_often_and_show_its_value_once(loaded: Kernel) -> None:
    loaded.run("count = 0").check()
    result = loaded.run("%%perf -r 4 -w 2 -v run\ncount += 1\nprint(count)\ncount").check()
    assert result.stdout.split() == ["1", "2", "3", "4", "5", "6"]
    assert [bundle["text/plain"] for bundle in result.results] == ["6"]
    assert loaded.value("(len(run.samples), len(run.warmups))") == (4, 2)


def test_repeats_may_await(loaded: Kernel) -> None:
    result = loaded.run("%%perf -r 3 -v run\nimport asyncio\nawait asyncio.sleep(0)\n'ok'").check()
    assert result.results[0]["text/plain"] == "'ok'"
    assert loaded.value("len(run.samples)") == 3


def test_a_repeat_that_an_exception_broke_is_no_sample(loaded: Kernel) -> None:
    loaded.run("left = 3").check()
    result = loaded.run("%%perf -r 5 -v run\nleft -= 1\n1 / left")
    assert result.error is not None
    assert result.error.ename == "ZeroDivisionError"
    assert loaded.value("(len(run.samples), len(run.broken), run.error)") == (2, 1, "ZeroDivisionError")


def test_a_kept_value_does_not_count_as_memory_of_the_next_repeat(loaded: Kernel) -> None:
    loaded.run("%%perf -r 3 -v run\nb'x' * (100 * 2**20)\n;").check()
    peaks = loaded.value(
        "[s.reading('memory.rss.peak').value - s.reading('memory.rss.before').value for s in run.samples]"
        if loaded.value("run.find('memory.rss.peak') is not None")
        else "[]"
    )
    assert peaks, "this machine gives no peak"
    assert all(90 * 2**20 < peak < 130 * 2**20 for peak in peaks)


def test_output_quiet_and_variable(loaded: Kernel) -> None:
    result = loaded.run("%%perf -o\n'value'").check()
    assert [bundle["text/plain"] for bundle in result.displays] == ["'value'"]
    assert is_card(result.results[0])
    quiet = loaded.run("%%perf -q -v mine\n'value'").check()
    assert (quiet.displays, quiet.results[0]["text/plain"]) == ([], "'value'")
    assert loaded.value("type(mine).__name__") == "Run"
    both = loaded.run("%%perf -o -q\n3").check()
    assert is_card(both.results[0])


def test_assigning_from_run_cell_magic(loaded: Kernel) -> None:
    result = loaded.run("run = get_ipython().run_cell_magic('perf', '-o -q', 'total = sum(range(10))')").check()
    assert result.outputs == []
    assert loaded.value("(type(run).__name__, total)") == ("Run", 45)


def test_run_cell_magic_shows_its_card_at_once(loaded: Kernel) -> None:
    result = loaded.run("get_ipython().run_cell_magic('perf', '', 'print(1)')\nprint(2)").check()
    assert result.outputs == ["stream", "display_data", "stream"]
    assert len(cards(result)) == 1


def test_run_cell_magic_refuses_await_in_one_line(loaded: Kernel) -> None:
    result = loaded.run("get_ipython().run_cell_magic('perf', '', 'import asyncio\\nawait asyncio.sleep(0)')")
    assert result.status == "error" or "await" in result.stderr
    assert "%%perf" in (result.stderr + (result.error.text if result.error else ""))


def test_time_above_perf(loaded: Kernel) -> None:
    result = loaded.run("%%time\n%%perf\nx = 3\nx").check()
    assert "Wall time" in result.stdout
    assert result.results[0]["text/plain"] == "3"


def test_perf_above_time(loaded: Kernel) -> None:
    result = loaded.run("%%perf\n%%time\nx = 4\nx").check()
    assert "Wall time" in result.stdout
    assert len(cards(result)) == 1
    assert result.results[0]["text/plain"] == "4"


def test_perf_above_another_language(loaded: Kernel) -> None:
    result = loaded.run("%%perf\n%%bash\necho from bash").check()
    assert result.stdout.strip() == "from bash"
    assert len(cards(result)) == 1


def test_nested_windows_keep_their_peaks(loaded: Kernel) -> None:
    loaded.run(
        "%%perf -v outer\nimport nbperf\nwith nbperf.perf() as first:\n    big = bytearray(160 * 2**20)\n"
        "    big[:] = b'x' * len(big)\n    del big\nwith nbperf.perf() as second:\n    pass"
    ).check()
    grown = "(lambda r: r.measurement('memory.rss.peak').median - r.measurement('memory.rss.before').median)"
    assert loaded.value(f"{grown}(outer)") > 150 * 2**20
    assert loaded.value(f"{grown}(second)") < 50 * 2**20


def test_perf_within_a_cell_that_perf_runs(loaded: Kernel) -> None:
    result = loaded.run("%%perf -l outer\nget_ipython().run_cell('%%perf -l inner\\n1')\nNone").check()
    assert [re.search(r"outer|inner", card["text/plain"])[0] for card in cards(result)] == ["inner", "outer"]  # type: ignore[index]


def test_a_silent_execution_draws_nothing_now_or_later(loaded: Kernel) -> None:
    assert loaded.run("%%perf\n1", silent=True).messages == []
    assert loaded.run("2").displays == []


def test_an_interrupt_is_the_users_own(loaded: Kernel) -> None:
    sent = loaded.submit("%%perf -v cut\nprint('running', flush=True)\nimport time\nfor _ in range(300):\n    time.sleep(0.1)")
    loaded.wait_for(sent, "running")
    loaded.interrupt()
    result = loaded.collect(sent)
    assert result.error is not None
    assert result.error.ename == "KeyboardInterrupt"
    assert "nbperf" not in result.error.text.replace("%%perf", "")
    assert loaded.value("(cut.error, len(cut.broken), len(cut.samples))") == ("KeyboardInterrupt", 1, 0)
    assert loaded.run("%%perf\n1").check().results[0]["text/plain"] == "1"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("%%perf --repeat 3\n1", "did you mean --repeats?"),
        ("%%perf -x\n1", "unknown option -x"),
        ("%%perf -r\n1", "-r wants a value"),
        ("%%perf f(x)\n1", "nothing but options or vs may follow"),
        ("%%perf -n 3\n1", "-n is not for a cell"),
        ("%%perf -c 0.9\n1", "-c is not for a cell"),
        ("%%perf -p nonsense\n1", "nonsense"),
        ("%%perf vs\na: 1\n", "two or more labelled lines"),
        ("%%perf vs\na: 1\nb\n", "line 2 has no label"),
        ("%%perf vs -x\na: 1\nb: 2\n", "nothing but options or vs"),
        ("%%perf vs\nfp-32: 1\nb: 2\n", "the label 'fp-32' is no name"),
        ('%%perf vs\n"my label": 1\nb: 2\n', "is no name"),
        ("%%perf vs\nclass: 1\nb: 2\n", "the label 'class' is no name"),
        ("%%perf -v class\n1", "the name of a variable is wanted, not 'class'"),
        ("%%perf -l 'x\n1", "is not closed"),
        ("%perf 1 vs; print(2)", "cannot begin with"),
        ("%perf len('a') -r 3", "options stand before the statement"),
        ("%%perf -l name vs\na: 1\nb: 2\n", "-l is not for vs"),
        ("%perf", "a statement is wanted"),
        ("%perf 1 vs", "both sides of vs"),
        ("%perf await x", "cannot await"),
        ("%perf -l '' 1", "-l wants a value"),
        ("%perf -r 3 1 vs 2", "at least 8 pairs"),
        ("%perf -p nonsense 1", "nonsense"),
        ("%nbperf nonsense", "nonsense"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_and_nothing_runs(loaded: Kernel, source: str, words: str) -> None:
    result = loaded.run(source)
    said = result.stderr + (result.error.evalue if result.error else "")
    assert words in said
    assert len(said.strip().splitlines()) == 1
    assert result.results == []
    assert cards(result) == []


def test_unload_takes_everything_back_and_reload_brings_it_again(loaded: Kernel) -> None:
    state = (
        "(lambda ip: (len(ip.ast_transformers), len(ip.input_transformers_cleanup), len(ip.Completer.custom_matchers),"
        " sorted((e, len(c)) for e, c in ip.events.callbacks.items()), len(ip.configurables),"
        " [len(f.type_printers) for f in ip.display_formatter.formatters.values()],"
        " 'perf' in ip.magics_manager.magics['cell'], hasattr(__import__('builtins'), '__nbperf__'),"
        " __import__('threading').active_count()))(get_ipython())"
    )
    descriptors = "sorted(os.readlink(f'/proc/self/fd/{d}') for d in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{d}'))"
    loaded.run("import os").check()
    loaded.run("%%perf\n1").check()
    with_us = loaded.value(state)
    loaded.run("%unload_ext nbperf").check()
    bare = loaded.value(state)
    assert bare[6:] == (False, False, with_us[8] - 1), "the thread of the live line is gone"
    assert [path for path in loaded.value(descriptors) if path.startswith(("/proc/", "/sys/"))] in ([], [f"/proc/{loaded.pid}/fd"])
    assert "UsageError" in loaded.run("%%perf\n1").stderr
    for _ in range(3):
        loaded.run("%load_ext nbperf\n%reload_ext nbperf").check()
    loaded.run("%%perf\n1").check()
    assert loaded.value(state) == with_us
    assert len(cards(loaded.run("%%perf\n1").check())) == 1


def test_loading_twice_shows_one_card(loaded: Kernel) -> None:
    loaded.run("import nbperf\nnbperf.load_ipython_extension(get_ipython())").check()
    assert len(cards(loaded.run("%%perf\n1").check())) == 1


def test_reset_does_not_break_it(fresh_kernel: Kernel) -> None:
    fresh_kernel.run("%load_ext nbperf").check()
    fresh_kernel.run("%reset -f").check()
    assert len(cards(fresh_kernel.run("%%perf\n1").check())) == 1
    inside = fresh_kernel.run("%%perf\nx = 1\n%reset -f\n2").check()
    assert inside.results[0]["text/plain"] == "2"


def test_autoreload_goes_on(fresh_kernel: Kernel) -> None:
    fresh_kernel.run("%load_ext nbperf\n%load_ext autoreload\n%autoreload 2\nopen('mine.py', 'w').write('x = 1')\nimport mine").check()
    fresh_kernel.run("import os\nopen('mine.py', 'w').write('x = 22')\nos.utime('mine.py', (9e9, 9e9))").check()
    result = fresh_kernel.run("%%perf\nmine.x").check()
    assert result.results[0]["text/plain"] == "22"


def test_tab_offers_the_options_and_nothing_else(loaded: Kernel) -> None:
    assert set(loaded.complete("%%perf --re")) == {"--repeats"}
    offered = loaded.complete("%perf -r 3 -")
    assert {"-w", "--label", "-o"} <= set(offered)
    assert all(option.startswith("-") for option in offered)
    assert loaded.complete("%perf le") == loaded.complete("%prun le")


def test_question_mark_shows_every_option(loaded: Kernel) -> None:
    for source in ("%%perf", "%perf"):
        text = loaded.inspect(source)
        for flag in ("--repeats", "--warmups", "--loops", "--label", "--variable", "--output", "--quiet", "--probe"):
            assert flag in text, source
        assert "vs" in text
    shown = loaded.run("%%perf?").check()
    assert "--repeats" in str(shown.reply.get("payload"))


def test_a_terminal_waits_for_the_rest_of_the_cell(loaded: Kernel) -> None:
    assert loaded.is_complete("%%perf\nx = 1") == "incomplete"
    assert loaded.is_complete("%%perf\nx = 1\n\n") == "complete"


@pytest.fixture
def configured(kernels: Callable[..., Kernel]) -> Kernel:
    return kernels(config="c.NBPerf.repeats = 3\nc.NBPerf.language = 'zh_CN'\nc.InteractiveShellApp.extensions = ['nbperf']")


def test_settings_come_from_a_profile_and_from_config(configured: Kernel) -> None:
    configured.run("%%perf -v run\n1").check()
    assert configured.value("len(run.samples)") == 3
    configured.run("%config NBPerf.repeats = 2").check()
    configured.run("%%perf -v run\n1").check()
    assert configured.value("len(run.samples)") == 2
    assert "NBPerf" in configured.run("%config").check().stdout
    assert "language" in configured.run("%config NBPerf").check().stdout
    assert "should not be less than 1" in configured.run("%config NBPerf.repeats = 0").stderr
    assert "'nonsense'" in configured.run("%config NBPerf.probes = ['nonsense']").stderr
    configured.run("%config NBPerf.card = False").check()
    assert configured.run("%%perf\n1").check().displays == []


def test_ten_thousand_runs_leak_nothing(fresh_kernel: Kernel) -> None:
    fresh_kernel.run(
        "import nbperf, gc, os, threading\n"
        "def many(n):\n    for _ in range(n):\n        with nbperf.perf(), nbperf.region('a'):\n            pass\n"
        "many(500)"
    ).check()
    measure = "(gc.collect(), len(gc.get_objects()), len(os.listdir('/proc/self/fd')), threading.active_count())[1:]"
    before = fresh_kernel.value(measure)
    fresh_kernel.run("many(10_000)", timeout=110).check()
    after = fresh_kernel.value(measure)
    assert after[0] - before[0] < 500
    assert after[1:] == before[1:]


def test_a_thousand_cells_leave_nothing_of_ours_behind(fresh_kernel: Kernel) -> None:
    fresh_kernel.run(
        "import gc, os, threading\n%load_ext nbperf\nip = get_ipython()\n"
        "def ours():\n"
        "    gc.collect()\n"
        "    alive = sum(str(type(o).__module__).startswith('nbperf') for o in gc.get_objects())\n"
        "    return alive, len(os.listdir('/proc/self/fd')), threading.active_count()\n"
        "def many(n):\n"
        "    for i in range(n):\n"
        '        ip.run_cell(\'%%perf -q -l leak\\nwith __import__("nbperf").region("a"): x = [1]\', store_history=False)\n'
        "many(100)\nbefore = ours()\nmany(1000)\nafter = ours()",
        timeout=110,
    ).check()
    before, after = fresh_kernel.value("before"), fresh_kernel.value("after")
    assert after[0] - before[0] < 50
    assert after[1:] == before[1:]
