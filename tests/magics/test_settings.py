"""``%config NBPerf`` in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from nbperf.magics.settings import NBPerf
from nbperf.words import READER, Sentence
from tests.kernel import Kernel

CHINESE = re.compile("[\u4e00-\u9fff]")
SETTINGS = sorted(NBPerf.class_trait_names(config=True))


@pytest.fixture(params=["en", "zh_CN"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    READER.speak(request.param)
    yield request.param
    READER.speak(None)


@pytest.mark.parametrize("name", SETTINGS)
def test_what_a_setting_does_is_said_in_the_readers_language(language: str, name: str) -> None:
    trait = NBPerf.class_traits()[name]
    assert isinstance(trait.help, Sentence)
    said = " ".join(NBPerf.class_get_trait_help(trait, NBPerf()).split())
    assert said.startswith(f"--NBPerf.{name}=")
    assert bool(CHINESE.search(said)) == (language == "zh_CN")
    assert (trait.help in said) == (language == "en")


def test_a_text_that_is_given_is_taken_as_it_is(language: str) -> None:
    assert "of mine" in NBPerf.class_get_trait_help(NBPerf.class_traits()["card"], None, "of mine")


def test_config_speaks_chinese_as_soon_as_it_is_asked_to(kernels: Callable[..., Kernel]) -> None:
    kernel = kernels()
    kernel.run("%load_ext nbperf").check()
    english = kernel.run("%config NBPerf").check().stdout
    assert not CHINESE.search(english)
    kernel.run("%config NBPerf.language = 'zh_CN'").check()
    chinese = kernel.run("%config NBPerf").check().stdout
    for name in SETTINGS:
        assert f"NBPerf.{name}=" in english
        (text,) = re.findall(rf"^NBPerf\.{name}=.*\n((?:    .*\n?)+)", chinese, re.MULTILINE)
        assert CHINESE.search(text), name
