"""The options are read; what follows them stays as it was written."""

from __future__ import annotations

import pytest
from IPython.core.error import UsageError

from nbperf.magics.arguments import GRAMMAR, read
from nbperf.words import READER


@pytest.mark.parametrize(
    ("line", "found", "rest"),
    [
        ("", {}, ""),
        ("-r 20 -w 3 -l resnet", {"repeats": 20, "warmups": 3, "label": "resnet"}, ""),
        ("-r20 -n5 f(x)", {"repeats": 20, "loops": 5}, "f(x)"),
        ("--repeats 20 --label=two f(x)", {"repeats": 20, "label": "two"}, "f(x)"),
        ("-oq f(x)", {"output": True, "quiet": True}, "f(x)"),
        ("-oqv run f(x)", {"output": True, "quiet": True, "variable": "run"}, "f(x)"),
        ("-o -q -v NAME", {"output": True, "quiet": True, "variable": "NAME"}, ""),
        ("-l 'two words' f(x)", {"label": "two words"}, "f(x)"),
        ('-l "two  words" f(x)', {"label": "two  words"}, "f(x)"),
        ('--label="two words" f(x)', {"label": "two words"}, "f(x)"),
        ("-l -5 x", {"label": "-5"}, "x"),
        ("-p python -p gpu f(x)", {"probe": ("python", "gpu")}, "f(x)"),
        ("-c 95% -t 2.5 a vs b", {"confidence": 0.95, "seconds": 2.5}, "a vs b"),
        ("-c 99 a vs b", {"confidence": 0.99}, "a vs b"),
        ("-- -x", {}, "-x"),
        ("-r 3 -- -x", {"repeats": 3}, "-x"),
        ("f(x, -r)", {}, "f(x, -r)"),
    ],
)
def test_read(line: str, found: dict[str, object], rest: str) -> None:
    options = read(line)
    assert options.rest == rest
    for name, value in found.items():
        assert getattr(options, name) == value


@pytest.mark.parametrize(
    "statement",
    ["f('a  b')", 'f("a, b")', "f({'k': v})", "f(f'{x:>4}  {y}')", r"f('\n\\')", "{x}", "$x", "f(x)  # -r 3", "f(*args, **kw)", "d['-r']"],
)
def test_the_statement_is_left_alone(statement: str) -> None:
    assert read(f"-r 3 {statement}").rest == statement
    assert read(statement).rest == statement


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--repeat 3", "unknown option --repeat: did you mean --repeats?"),
        ("-x", "unknown option -x"),
        ("-x", "stands behind --"),
        ("-ox f", "unknown option -ox"),
        ("-r", "-r wants a value: -r N"),
        ("-r x f(x)", "at least 1 is wanted, not 'x'"),
        ("-r 0", "at least 1 is wanted, not '0'"),
        ("-w -1", "at least 0 is wanted, not '-1'"),
        ("-r 2.5", "not '2.5'"),
        ("-v 3x", "the name of a variable is wanted, not '3x'"),
        ("-l ''", "-l wants a value"),
        ("-l '  '", "a label cannot be empty"),
        ("--label=", "--label wants a value"),
        ("--quiet=1", "--quiet takes no value"),
        ("-c 2", "a confidence such as 0.99"),
        ("-c 100", "a confidence such as 0.99"),
        ("--help", "`%perf?` alone in a cell shows the help"),
        ("-t -1", "a positive number of seconds"),
        ("-t inf", "a positive number of seconds"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(line: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(line)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("-r x", "%perf: 参数 -r/--repeats：应为不小于 1 的整数，而不是 'x'"),
        ("-c 2", "%perf: 参数 -c/--confidence：应为 0.99 或 99% 这样的置信度，而不是 '2'"),
        ("-l '  '", "%perf: 参数 -l/--label：标签不能为空：请写成 -l NAME 或 -l 'two words'"),
    ],
)
def test_what_is_wrong_is_said_in_the_readers_language_as_a_whole(line: str, said: str) -> None:
    READER.speak("zh_CN")
    try:
        with pytest.raises(UsageError) as caught:
            read(line)
    finally:
        READER.speak(None)
    assert str(caught.value) == said


def test_the_option_that_is_wrong_is_named() -> None:
    with pytest.raises(UsageError, match=r"^%perf: argument -r/--repeats: a whole number"):
        read("-r x")


def test_the_letters_of_timeit_are_there() -> None:
    assert {"-n", "-r", "-o", "-q", "-v", "-l", "-w"} <= set(GRAMMAR.flags)
