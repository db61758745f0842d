"""Every sentence has its Chinese, the catalogue is compiled, and nothing in it is left over."""

from __future__ import annotations

import gettext
from io import BytesIO
from pathlib import Path
from string import Formatter

import pytest

from nbperf.words import READER, Sentence, match, say

words = pytest.importorskip("tests.words", reason="Babel is not installed")


def fields(template: str) -> set[str]:
    """The names in a template: ``{n}`` and ``{text!r}`` are n and text."""
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


@pytest.fixture(scope="module")
def said() -> set[str]:
    """What the code says today."""
    return {message.id for message in words.collect() if message.id}


@pytest.fixture(scope="module")
def catalogue():
    assert words.CATALOGUE.exists(), "there is no catalogue yet: make words"
    return words.read()


def test_every_sentence_has_its_chinese(said, catalogue):
    translated = {message.id for message in catalogue if message.id and message.string and not message.fuzzy}
    assert sorted(said - translated) == []


def test_nothing_is_left_over(said, catalogue):
    assert sorted({message.id for message in catalogue if message.id} - said) == []
    assert not catalogue.obsolete


def test_the_same_values_are_named(catalogue):
    wrong = {m.id: m.string for m in catalogue if m.id and m.string and fields(m.id) != fields(m.string)}
    assert wrong == {}


def test_the_compiled_catalogue_is_this_one(catalogue):
    def sentences(file) -> dict[str, str]:
        return {key: text for key, text in gettext.GNUTranslations(file)._catalog.items() if key}

    with words.CATALOGUE.with_suffix(".mo").open("rb") as file:
        assert sentences(file) == sentences(BytesIO(words.compiled(catalogue)))


def source(folder: Path, text: str) -> Path:
    folder.joinpath("module.py").write_text(text)
    return folder


def test_templates_are_found_wherever_they_are_said(tmp_path):
    package = source(
        tmp_path,
        """
say("plain")
words.say("as an attribute, {n}", n=1)
say("one" if n == 1 else "many")
Sentence(
    "over two "
    "lines"
)
print(say(Sentence("inside", why=say("innermost"))))
_level("time.wall", Unit.SECOND, "wall time", None)
say(variable)
say("")
other("not a sentence")
""",
    )
    assert {message.id for message in words.collect(package) if message.id} == {
        "plain", "as an attribute, {n}", "one", "many", "over two lines", "inside", "innermost", "wall time",
    }  # fmt: skip


def test_a_template_that_is_put_together_is_refused(tmp_path):
    with pytest.raises(SyntaxError, match="put together"):
        words.collect(source(tmp_path, 'say(f"{n} cores")'))


def test_a_renewed_catalogue_keeps_what_is_still_said(tmp_path):
    first = words.renewed(words.collect(source(tmp_path, 'say("a"); say("b")')), None)
    first.get("a").string = "甲"
    first.get("b").string = "乙"
    second = words.renewed(words.collect(source(tmp_path, 'say("a"); say("c")')), first)
    assert {m.id: m.string for m in second if m.id} == {"a": "甲", "c": ""}


@pytest.fixture
def chinese():
    READER.speak("zh_CN")
    yield
    READER.speak(None)


def test_a_reader_of_chinese_reads_chinese(chinese, said, catalogue):
    translated = [message for message in catalogue if message.id and message.string]
    assert translated, "nothing is translated yet"
    assert say(translated[0].id) == translated[0].string


def test_a_sentence_without_translation_is_said_in_english(chinese):
    assert say("a text of nobody, {n}", n=3) == "a text of nobody, 3"


def test_a_stored_sentence_reads_in_either_language():
    sentence = Sentence("{n} apples of {who}", n=3, who=Sentence("{x} and {y}", x="a", y="b"))
    assert sentence == "3 apples of a and b"
    assert say(sentence) == "3 apples of a and b"
    assert sentence.message == "{n} apples of {who}"


@pytest.mark.parametrize(
    ("asked", "ours"),
    [("zh_CN.UTF-8", "zh_CN"), ("zh-Hans", "zh_CN"), ("zh", "zh_CN"), ("de_DE", "en"), ("C.UTF-8", "en"), ("", "en"), (None, "en")],
)
def test_the_language_that_fits_a_locale(asked, ours):
    assert match(asked) == ours
