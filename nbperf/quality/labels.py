"""The classes of a matrix: what they are called, in which order, and which number a label of the data has among them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from itertools import chain
from typing import Self

import numpy as np

from nbperf.errors import DataError
from nbperf.quality.inputs import Array, Column, named, text
from nbperf.words import say

NOT_FOUND = -1
MOST = 20_000
"""Classes whose matrix, 3 GB, can still be held; more of them are no classes but identifiers, or measured values."""


class Labels:
    """An ordered set of classes; it never changes, a larger one is made instead.

    A class is known by its text. An integer in the data is the class of that value where the classes are integers, and
    a position where they have names.

    Parameters
    ----------
    texts : tuple of str
        In order.
    fixed : bool
        They were given, and no other is accepted; else they are learned from the data and kept sorted.
    integers : bool
        Every class is an integer.
    """

    __slots__ = ("_index", "_order", "_sorted", "fixed", "integers", "texts")

    def __init__(self, texts: tuple[str, ...], *, fixed: bool, integers: bool) -> None:
        if len(texts) > MOST:
            raise DataError(
                say("{found} different labels, such as {some}, are too many for a matrix: are they classes?",
                    found=f"{len(texts):,}", some=named(texts, 3))
            )  # fmt: skip
        self.texts = texts
        self.fixed = fixed
        self.integers = integers
        self._index = {label: place for place, label in enumerate(texts)}
        self._order: Array | None = None
        self._sorted: Array | None = None
        if integers:
            values = np.array([int(label) for label in texts], dtype=np.int64)
            if not np.array_equal(values, np.arange(len(texts))):  # 0, 1, 2, … are their own positions
                self._order = np.argsort(values)
                self._sorted = values[self._order]

    @classmethod
    def given(cls, labels: Iterable[Hashable] | int | None) -> Self:
        """The classes as a user names them; None for those that the data will bring.

        Raises
        ------
        DataError
            If there is none, or one twice.
        """
        if labels is None:
            return cls((), fixed=False, integers=True)
        if isinstance(labels, int):
            labels = range(labels)
        if isinstance(labels, str | bytes | dict) or not isinstance(labels, Iterable):
            raise DataError(say("labels are a list such as ['cat', 'dog'], or how many classes there are, not {found!r}", found=labels))
        listed = list(labels)
        texts = tuple(text(label) for label in listed)
        if not texts:
            raise DataError(say("there is no class in labels: name them, or leave labels out to learn them from the data"))
        if len(set(texts)) < len(texts):
            twice = [label for place, label in enumerate(texts) if label in texts[:place]]
            raise DataError(say("labels name {twice} more than once", twice=named(dict.fromkeys(twice))))
        return cls(texts, fixed=True, integers=all(_is_integer(label) for label in listed))

    def __len__(self) -> int:
        """How many classes."""
        return len(self.texts)

    def grown(self, *columns: Column) -> Labels:
        """With the classes that are new in these columns; itself where none is."""
        if self.fixed:
            return self
        integers = all(column.integers is not None for column in columns)
        if self.texts and integers != self.integers and any(len(column) for column in columns):
            raise DataError(
                say("the classes so far are {known}, and now the labels are {kind}: name all classes with labels=",
                    known=named(self.texts), kind=say("integers") if integers else say("texts"))
            )  # fmt: skip
        found: set[str] = set(self.texts)
        for column in columns:
            found.update(column.texts if column.integers is None else map(str, np.unique(column.integers).tolist()))
            if not integers and column.integers is not None and len(column):
                raise DataError(say("of y_true and y_pred one has texts and the other integers: name all classes with labels="))
        if len(found) == len(self.texts):
            return self
        return Labels(tuple(sorted(found, key=int if integers else None)), fixed=False, integers=integers)

    def positions(self, column: Column, name: str) -> Array | None:
        """The position of each label; None where one is new and may be learned.

        Raises
        ------
        DataError
            If a label is unknown and the classes were given.
        """
        if column.integers is None:
            listed = [self._index.get(label, NOT_FOUND) for label in column.texts]
            places = np.array(listed, dtype=np.int64)
            if NOT_FOUND not in listed:
                return places
        elif not self.integers and not self.fixed:
            return None
        else:
            if self._sorted is None or not self.integers:
                places = column.integers
            else:
                assert self._order is not None
                near = np.minimum(np.searchsorted(self._sorted, column.integers), len(self._sorted) - 1)
                places = np.where(self._sorted[near] == column.integers, self._order[near], NOT_FOUND)
            # As unsigned numbers the negative ones are the largest: one look at the maximum finds both ends.
            if not len(places) or places.view(np.uint64).max() < len(self.texts):
                return places
        if not self.fixed:
            return None
        self._refuse(column, places, name)
        return None  # never reached: it raises

    def united(self, other: Labels) -> Labels:
        """The classes of both: those given keep their order and those that are new follow, learned ones are sorted."""
        if self.texts == other.texts:
            return self if self.fixed or not other.fixed else other
        integers = self.integers and other.integers
        every = tuple(dict.fromkeys(chain(self.texts, other.texts)))
        fixed = self.fixed or other.fixed
        if not fixed:
            every = tuple(sorted(every, key=int if integers else None))
        return Labels(every, fixed=fixed, integers=integers)

    def places_in(self, larger: Labels) -> Array:
        """Where each of these classes stands in a larger set."""
        return np.array([larger._index[label] for label in self.texts], dtype=np.int64)

    def _refuse(self, column: Column, places: Array, name: str) -> None:
        wrong = np.flatnonzero((places < 0) | (places >= len(self.texts)))
        if column.integers is None:
            found = named(dict.fromkeys(column.texts[place] for place in wrong))
        else:
            found = named(np.unique(column.integers[wrong]).tolist())
        if column.integers is not None and not self.integers:
            raise DataError(
                say("{name} has {found}: as the {count} classes have names, integers are positions from 0 to {last}",
                    name=name, found=found, count=len(self), last=len(self) - 1)
            )  # fmt: skip
        raise DataError(
            say("{name} has {found}, and the classes are {known}: name all of them in labels=",
                name=name, found=found, known=named(self.texts))
        )  # fmt: skip


def _is_integer(label: object) -> bool:
    return isinstance(label, int | np.integer) and not isinstance(label, bool)
