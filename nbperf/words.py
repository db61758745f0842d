"""Every sentence a person sees, in the reader's language.

English stands in the code and is the key; ``locale/<language>/LC_MESSAGES/nbperf.mo`` holds the others and is read by
the standard library's gettext. Two words are enough:

- ``Sentence("{n} cores busy", n=2)`` is data: a string that remembers its template and values, so that a record
  stored today reads in either language tomorrow;
- ``say(...)`` turns a template or a Sentence into the reader's language, now.

``make words`` collects the templates from the code; tests/test_words.py fails while one has no Chinese.
"""

from __future__ import annotations

import gettext
import os
from pathlib import Path
from typing import Any, Self

DOMAIN = "nbperf"
LOCALE = Path(__file__).with_name("locale")
LANGUAGES = ("en", "zh_CN")


class Sentence(str):
    """A string in English that knows how to be said in another language.

    Parameters
    ----------
    message : str
        The template, as in `str.format`; the key of the catalogue.
    **values
        What goes into it: text, numbers already formatted with their unit, or other Sentences.
    """

    __slots__ = ("message", "values")
    message: str
    values: dict[str, Any]

    def __new__(cls, message: str, /, **values: Any) -> Self:
        """Write it in English."""
        self = super().__new__(cls, message.format(**values) if values else message)
        self.message = message
        self.values = values
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.message, self.values)


def _rebuild(message: str, values: dict[str, Any]) -> Sentence:
    return Sentence(message, **values)


def match(asked: str | None) -> str:
    """The language of ours that fits a locale name such as ``zh_CN.UTF-8``, ``zh-Hans`` or ``de_DE``: else English."""
    code = (asked or "").replace("-", "_").split(".")[0].lower()
    return "zh_CN" if code == "zh" or code.startswith("zh_") else "en"


def from_environment() -> str:
    """The language that the environment asks for (``LANGUAGE``, ``LC_ALL``, ``LC_MESSAGES``, ``LANG``, in this order)."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name, "").split(":")[0]:
            return match(value)
    return "en"


class Reader:
    """Who is being spoken to: one per process, set by ``%config NBPerf.language`` and read by `say`."""

    def __init__(self) -> None:
        self._catalogue: gettext.NullTranslations | None = None
        self._language = ""

    @property
    def language(self) -> str:
        """The language spoken now, ``"en"`` or ``"zh_CN"``."""
        return self._language or from_environment()

    def speak(self, language: str | None) -> None:
        """Speak this language from now on; None or "" follows the environment."""
        self._language = match(language) if language else ""
        self._catalogue = None

    def translate(self, message: str) -> str:
        """The template in the reader's language, itself where the catalogue has none."""
        if self._catalogue is None:
            self._catalogue = (
                gettext.NullTranslations() if self.language == "en" else gettext.translation(DOMAIN, LOCALE, [self.language], fallback=True)
            )
        return self._catalogue.gettext(message) if message else ""


READER = Reader()


def say(message: str, /, **values: Any) -> str:
    """A template or a Sentence, in the reader's language.

    Parameters
    ----------
    message : str or Sentence
        A Sentence brings its own values; a plain string is looked up as a template and filled with `values`.

    Returns
    -------
    str
    """
    if isinstance(message, Sentence):
        values = message.values
        message = message.message
    text = READER.translate(message)
    if not values:
        return text
    return text.format(**{key: say(value) if isinstance(value, Sentence) else value for key, value in values.items()})
