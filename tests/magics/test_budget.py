"""``--budget`` and ``--items`` in a real ipykernel: a broken budget ends a cell after all that it shows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.kernel import Kernel, Result

SMALL, LARGE = "'time.wall < 1 ns'", "'time.wall < 1 h'"


@pytest.fixture(scope="module")
def loaded(kernel: Kernel) -> Kernel:
    kernel.run("%load_ext nbperf\nimport nbperf").check()
    return kernel


def plain(text: object) -> str:
    return str(text).replace("\N{NO-BREAK SPACE}", " ")


def broken(result: Result) -> str:
    """What the error of a broken budget says; it has no frames and is the same on both channels."""
    assert result.status == "error"
    assert result.error is not None
    assert result.error.ename == result.reply["ename"] == "BudgetExceeded"
    assert result.error.evalue == result.reply["evalue"]
    assert result.error.text == f"BudgetExceeded: {result.error.evalue}"
    return plain(result.error.evalue)


def test_a_kept_budget_changes_nothing_and_stands_on_the_card(loaded: Kernel) -> None:
    result = loaded.run(f"%%perf -b {LARGE} --budget='memory.rss.peak < 1 TB'\n41 + 1").check()
    assert result.outputs == ["execute_result", "display_data"]
    card = plain(result.displays[0]["text/plain"])
    assert card.count("✓") == 2
    assert "time.wall < 1 h" in card


def test_value_card_and_then_the_error(loaded: Kernel) -> None:
    loaded.run(
        "states = []\ndef note(result):\n    states.append((result.success, get_ipython().last_execution_succeeded))\n"
        "get_ipython().events.register('post_run_cell', note)"
    ).check()
    result = loaded.run(f"%%perf -v kept_run -b {SMALL} -b {LARGE}\nprint('ran')\n41 + 1")
    assert result.outputs == ["stream", "execute_result", "display_data", "error"]
    said = broken(result)
    assert said.startswith("time.wall < 1 ns: median is ")
    assert "\n" not in said
    assert "1 h" not in said
    card = plain(result.displays[0]["text/plain"])
    assert card.count("✓") == card.count("✕") == 1
    assert loaded.value(f"Out[{result.execution_count}]") == 42
    assert loaded.value("[budget.text for budget in kept_run.budgets]") == ["time.wall < 1 ns", "time.wall < 1 h"]
    assert loaded.value("[(b.budget.text, b.found > 0) for b in nbperf.check(kept_run)]") == [("time.wall < 1 ns", True)]
    assert loaded.value("states[-1]") == (False, False)
    loaded.run("get_ipython().events.unregister('post_run_cell', note)").check()
    assert loaded.value("__import__('sys').last_value.run is kept_run")


def test_quiet_hides_the_card_and_not_the_error(loaded: Kernel) -> None:
    result = loaded.run(f"%%perf -q -b {SMALL}\n'value'")
    assert result.outputs == ["execute_result", "error"]
    broken(result)


def test_the_run_as_value_is_kept(loaded: Kernel) -> None:
    result = loaded.run(f"%%perf -o -b {SMALL}\n'value'")
    assert result.outputs == ["display_data", "execute_result", "error"]
    broken(result)
    assert loaded.value(f"type(Out[{result.execution_count}]).__name__") == "Run"


def test_an_exception_of_the_cell_is_the_only_one(loaded: Kernel) -> None:
    result = loaded.run(f"%%perf -b {SMALL}\n1 / 0")
    assert result.error is not None
    assert result.error.ename == "ZeroDivisionError"
    assert result.outputs == ["error", "display_data"]
    assert "ZeroDivisionError ended the run" in plain(result.displays[0]["text/plain"])
    loaded.run("'nothing is left over'").check()


def test_a_percentile_says_how_many_repeats_it_needs(loaded: Kernel) -> None:
    said = broken(loaded.run("%%perf -r 3 -b 'time.wall p95 < 1 h'\n1"))
    assert said == "time.wall p95 < 1 h: not known. p95 needs 59 repeats, there are 3: measure with -r 59"
    loaded.run("%%perf -q -r 59 -b 'time.wall p95 < 1 h'\n1").check()


def test_what_was_not_read_says_why(loaded: Kernel) -> None:
    assert "time.cuda < 1 h: not known. PyTorch" in broken(loaded.run("%%perf -b 'time.cuda < 1 h'\n1"))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("-b 'time.wal < 1 s'", "argument -b/--budget: there is no quantity 'time.wal': did you mean time.wall?"),
        ("--budget 'time.wall < 1 MB'", "time.wall is in s, min, ms, h, d, us, µs, ns, and '1 MB' is not"),
        ("-b", "-b wants a value: -b BUDGET"),
        ("-b fast", "a budget reads like time.wall p95 < 5 ms"),
        ("-b 'items.rate > 10 items/s'", "perf: items.rate needs to know the work of one run: --items N"),
        ("-i 0", "a positive number of items is wanted, not '0'"),
        ("--items many", "a positive number of items is wanted, not 'many'"),
    ],
)
def test_a_bad_option_is_one_line_and_nothing_runs(loaded: Kernel, line: str, words: str) -> None:
    for cell in (f"%%perf {line}\nprint('ran')", f"%perf {line} print('ran')" if line != "-b" else "%perf -b"):
        result = loaded.run(cell)
        assert result.status == "error"
        assert result.stdout == ""
        assert words in result.stderr
        assert result.stderr.strip().count("\n") == 0


def test_a_statement_ends_its_cell(loaded: Kernel) -> None:
    result = loaded.run(f"%perf -r 5 -n 1 -b {SMALL} sum(range(100))\nprint('the rest runs')")
    assert result.outputs == ["display_data", "stream", "error"]
    broken(result)
    result = loaded.run(f"run = %perf -o -r 5 -n 1 -b {SMALL} sum(range(100))")
    assert result.outputs == ["error"]
    broken(result)
    assert loaded.value("(len(run.samples), len(nbperf.check(run)))") == (5, 1)


def test_two_statements_end_it_once(loaded: Kernel) -> None:
    said = broken(loaded.run(f"%perf -q -r 5 -n 1 -b {SMALL} 1 + 1\n%perf -q -r 5 -n 1 -b 'time.wall < 2 ns' 1 + 1"))
    assert [line[: len("time.wall < 1 ns")] for line in said.splitlines()] == ["time.wall < 1 ns", "time.wall < 2 ns"]


def test_a_contest_takes_neither(loaded: Kernel) -> None:
    assert "-b is not for vs" in loaded.run(f"%perf -b {LARGE} 1 vs 2").stderr
    assert "-i is not for vs" in loaded.run("%%perf -i 3 vs\na: 1\nb: 2").stderr
    assert "-b is not for vs" in loaded.run(f"%%perf -b {LARGE} vs last\n1").stderr


def test_called_from_python_it_is_raised(loaded: Kernel) -> None:
    result = loaded.run(
        "from nbperf.errors import BudgetExceeded\n"
        "try:\n    get_ipython().run_cell_magic('perf', \"-b 'time.wall < 1 ns'\", '5')\n"
        "except BudgetExceeded as error:\n    print(len(error.breaches), error.run.budgets[0].text)"
    ).check()
    assert result.stdout == "1 time.wall < 1 ns\n"


def test_check_raises_nothing(loaded: Kernel) -> None:
    loaded.run("run = nbperf.measure(lambda: 1, repeats=5, budgets=['time.wall < 1 ns'], items=10)").check()
    assert loaded.value("(len(nbperf.check(run)), len(nbperf.check(run, 'time.wall < 1 h')), run.items)") == (1, 0, 10.0)
    card = plain(loaded.run("run").check().results[0]["text/plain"])
    assert "✕" in card
    loaded.run("with nbperf.perf('block', budgets=['time.wall < 1 h'], items=3) as run:\n    pass").check()
    assert loaded.value("(nbperf.check(run), run.items, run.budgets[0].limit)") == ((), 3.0, 3600.0)


def test_items_make_a_throughput(loaded: Kernel) -> None:
    card = plain(loaded.run("%%perf -v run --items 1,797\nsum(range(1000))").check().displays[0]["text/plain"])
    assert "throughput" in card
    assert "1,797 items" in card
    assert loaded.value("(run.items, 1797 / run.measurement('time.wall').median == run.per().items_per_second.median)") == (1797.0, True)


def test_throughput_is_held_to_a_budget(loaded: Kernel) -> None:
    card = plain(loaded.run("%%perf -i 1000 -b 'items.rate > 1 items/s'\n1").check().displays[0]["text/plain"])
    assert "items.rate > 1 items/s" in card
    assert card.count("✓") == 1
    assert broken(loaded.run("%%perf -i 1 -b 'items.rate > 1e12 items/s'\n1")).startswith("items.rate > 1e12 items/s: median is ")


def test_the_error_names_every_broken_budget_where_no_card_is_shown(loaded: Kernel) -> None:
    said = broken(loaded.run(f"%%perf -q -b {SMALL} -b {LARGE} -b 'memory.rss.peak < 1 B'\n1"))
    assert [line.split(":")[0] for line in said.splitlines()] == ["time.wall < 1 ns", "memory.rss.peak < 1 B"]


def test_run_all_stops_there(loaded: Kernel) -> None:
    client = loaded.client
    sent = [client.execute(code) for code in (f"%%perf -q -b {SMALL}\n1", "reached = True")]
    replies = {}
    while set(sent) - replies.keys():
        message = client.get_shell_msg(timeout=60)
        replies[message["parent_header"]["msg_id"]] = message["content"]["status"]
    assert [replies[each] for each in sent] == ["error", "aborted"]
    loaded.run("'the kernel goes on'").check()
    assert loaded.value("'reached' in globals()") is False


def test_with_the_debugger_on_there_is_nothing_to_debug(loaded: Kernel) -> None:
    loaded.run("%pdb on").check()
    broken(loaded.run(f"%%perf -q -b {SMALL}\n1"))
    assert loaded.value("get_ipython().call_pdb") is True
    loaded.run("%pdb off").check()


def test_nbconvert_execute_fails_with_the_message(tmp_path: Path) -> None:
    cells = ["%load_ext nbperf", f"%%perf -b {SMALL}\n1", "print('not reached')"]
    path = tmp_path / "n.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells]), path)
    environment = {"IPYTHONDIR": str(tmp_path / "ipython"), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LANGUAGE": "en"}
    command = [sys.executable, "-m", "nbconvert", str(path), "--to", "notebook", "--execute", "--output", "done"]
    done = subprocess.run(command, check=False, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode != 0
    assert "BudgetExceeded: time.wall < 1 ns: median is" in plain(done.stderr)
