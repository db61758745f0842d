"""What a probe and a gauge are.

A probe reads a window: started, then stopped. A gauge reads an instant. To add a source: one file here, one line in
catalog.py (or an entry point ``nbperf.probes`` in another package), and its mirror test.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from nbperf.core.records import Absence, Reading


@runtime_checkable
class Probe(Protocol):
    """A source that is read at both ends of a window.

    One instance serves one window at a time and may be started again after it was stopped. Probes are started in
    order and stopped in reverse; the clock is the last in and the first out. Whoever drives them turns an exception
    into an Absence of `quantities`, so a probe raises where it cannot read and never answers with a zero.

    Attributes
    ----------
    name : str
        As in the catalog: what ``-p NAME`` and ``discover([...])`` ask for.
    quantities : tuple of str
        What it gives a Reading or an Absence of.
    """

    name: str
    quantities: tuple[str, ...]

    def start(self) -> None:
        """Read the near end. Cheap: the whole window may cost half a millisecond."""
        ...

    def stop(self) -> Sequence[Reading | Absence]:
        """Read the far end and say what lies between."""
        ...


@runtime_checkable
class Gauge(Protocol):
    """A source that has a value at every instant, such as resident memory; read by a Sampler."""

    quantity: str

    def sample(self) -> Reading:
        """The value now."""
        ...
