"""The kernel that other tests run cells in does what a notebook's kernel does."""

from __future__ import annotations

from pathlib import Path

import pytest


def test_a_cell_prints_displays_and_returns_in_order(kernel):
    result = kernel.run("from IPython.display import display\nprint('a')\ndisplay('b')\n'c'").check()
    assert result.outputs == ["stream", "display_data", "execute_result"]
    assert result.stdout == "a\n"
    assert result.displays[0]["text/plain"] == "'b'"
    assert result.results[0]["text/plain"] == "'c'"
    assert result.error is None


def test_an_exception_comes_with_its_traceback(kernel):
    result = kernel.run("1 / 0")
    assert (result.status, result.error.ename, result.error.evalue) == ("error", "ZeroDivisionError", "division by zero")
    assert "1 / 0" in result.error.text
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        result.check()


def test_a_silent_cell_counts_nowhere(kernel):
    before = kernel.run("1").execution_count
    assert kernel.run("x = 41 + 1\nx", silent=True).results == []
    assert kernel.run("1").execution_count == before + 1
    assert kernel.value("x") == 42


def test_a_cell_kept_out_of_the_history(kernel):
    kernel.run("'kept'")
    kernel.run("'forgotten'", store_history=False)
    sources = [source for _, _, source in kernel.history()]
    assert "'kept'" in sources
    assert "'forgotten'" not in sources


def test_input_is_refused(kernel):
    assert kernel.run("input()").error.ename == "StdinNotImplementedError"


def test_the_stop_button(kernel):
    sent = kernel.submit("import time\nprint('ready', flush=True)\ntime.sleep(60)")
    kernel.wait_for(sent, "ready")
    kernel.interrupt()
    assert kernel.collect(sent).error.ename == "KeyboardInterrupt"
    assert kernel.run("1 + 1").results[0]["text/plain"] == "2"


def test_tab_and_shift_tab(kernel):
    kernel.run("number_of_things = 3")
    assert "number_of_things" in kernel.complete("number_of_th")
    assert "Return the absolute value" in kernel.inspect("abs")
    assert kernel.is_complete("for x in y:") == "incomplete"


def test_a_fresh_kernel_has_the_environment_and_configuration_asked_for(kernels, tmp_path: Path):
    kernel = kernels(folder=tmp_path, env={"GREETING": "good day"}, config="c.InteractiveShell.ast_node_interactivity = 'all'")
    assert kernel.value("__import__('os').environ['GREETING']") == "good day"
    assert kernel.value("__import__('os').getcwd()") == str(tmp_path)
    assert len(kernel.run("1\n2").results) == 2


def test_a_cell_that_does_not_end_says_what_it_printed(fresh_kernel):
    sent = fresh_kernel.submit("print('so far', flush=True)\nimport time\ntime.sleep(60)")
    fresh_kernel.wait_for(sent, "so far")
    with pytest.raises(TimeoutError, match="so far"):
        fresh_kernel.collect(sent, timeout=0.1)
    assert fresh_kernel.alive
