"""A Window drives probes around some code; a Recorder turns the samples of several windows into one Run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import replace
from uuid import uuid4

from nbperf.core.records import Absence, Budget, Environment, Provenance, Reading, Region, Run, Sample, Trace
from nbperf.core.units import Unit
from nbperf.measuring import environment, reference
from nbperf.probes import accelerator, catalog
from nbperf.probes.base import Probe
from nbperf.words import Sentence

OPEN: ContextVar[tuple[Window, ...]] = ContextVar("nbperf_open_windows", default=())
"""The windows open in this context, outermost first."""
PATH: ContextVar[tuple[Entered, ...]] = ContextVar("nbperf_region_path", default=())
"""The regions entered in this context, outermost first."""

Span = tuple[object, object]


class Entered:
    """One entry into a region: what it is called, which region object it is, and where it counts.

    Windows and regions need not end in the order in which they began: generators and tasks take turns. So each takes
    itself out of its context by identity, and none restores what was there before it.
    """

    __slots__ = ("counts", "name", "owner", "stamp", "started")

    def __init__(self, owner: object, name: str) -> None:
        self.owner = owner
        self.name = name
        self.counts: tuple[tuple[Window, tuple[str, ...]], ...] = ()
        self.stamp: object = None
        self.started = 0.0


class Window:
    """The time between `open` and `close`, seen by some probes.

    A probe that fails, in whatever way, becomes an Absence of its quantities; neither end ever raises for it, since
    the code between them is the user's.

    Parameters
    ----------
    probes : sequence of Probe
        In the order in which they start; they stop in reverse, so that the last one sees the least of the others.
    absences : sequence of Absence
        What is known from the start not to be readable.
    owner : object, optional
        Who opened it.
    """

    def __init__(self, probes: Sequence[Probe], absences: Sequence[Absence] = (), *, owner: object = None) -> None:
        self._probes = probes
        self._started: list[Probe] = []
        self._spans: dict[tuple[str, ...], tuple[list[float], list[Span]]] = {}
        self._around: frozenset[Entered] = frozenset()
        self.absences = list(absences)
        self.owner = owner
        self.closed = False
        self.started_at: float | None = None

    def open(self) -> None:
        """Start the probes; what interrupts it leaves none of them running."""
        self._around = frozenset(PATH.get())
        OPEN.set((*(window for window in OPEN.get() if not window.closed), self))
        try:
            for probe in self._probes:
                self._started.append(probe)  # before it starts: an interrupt in the middle must find it here
                try:
                    probe.start()
                except Exception as error:  # noqa: BLE001 - a probe's fault, whatever it is, must not end the user's code
                    self._started.pop()
                    self._lost(probe, error)
            self.started_at = time.time()  # after the probes: the window proper begins here
        except BaseException:
            self.close()
            raise

    def close(self, loops: int = 1) -> Sample:
        """Stop the probes and return what they read.

        An interrupt that arrives meanwhile is raised once every probe has been stopped.
        """
        self.closed = True
        found: list[list[Reading]] = []
        traces: list[Trace] = []
        interrupt: BaseException | None = None
        while self._started:
            try:
                self._stop(self._started[-1], found, traces)
            except BaseException as error:  # noqa: BLE001 - raised below, once all have stopped
                interrupt = error
            finally:
                self._started.pop()
        OPEN.set(tuple(window for window in OPEN.get() if not window.closed))
        if interrupt is not None:
            raise interrupt
        spans, self._spans = self._spans, {}  # a thread that inherited the context may still be in a region
        return Sample(
            readings=tuple(reading for readings in reversed(found) for reading in readings),
            loops=loops,
            traces=tuple(traces),
            regions=tuple(self._region(path, list(times), list(stamps)) for path, (times, stamps) in list(spans.items()) if times),
            started_at=self.started_at,
        )

    def _stop(self, probe: Probe, found: list[list[Reading]], traces: list[Trace]) -> None:
        try:
            answers = list(probe.stop())
            found.append([answer for answer in answers if isinstance(answer, Reading)])
            self.absences += [answer for answer in answers if isinstance(answer, Absence)]
            traces += getattr(probe, "traces", ())
        except Exception as error:  # noqa: BLE001 - as above
            self._lost(probe, error)

    def path(self, entered: Sequence[Entered]) -> tuple[str, ...]:
        """The names of those regions that were entered inside this window."""
        return tuple(each.name for each in entered if each not in self._around)

    def enter(self, path: tuple[str, ...]) -> None:
        """A region begins: regions are listed in the order in which they were first entered."""
        if not self.closed and path not in self._spans:
            self._spans[path] = ([], [])

    def leave(self, path: tuple[str, ...], seconds: float, span: Span) -> None:
        """A region ended after so many seconds; one that outlives the window does not count."""
        spent = None if self.closed else self._spans.get(path)
        if spent is None:
            return
        spent[0].append(seconds)
        if span[0] is not None:
            spent[1].append(span)

    def mark(self, name: str) -> None:
        """A moment was named: it is nothing to a window that keeps no times."""

    def _lost(self, probe: Probe, error: Exception) -> None:
        try:
            said = str(error)
        except Exception:  # noqa: BLE001 - even the message may be broken
            said = "?"
        reason = Sentence("the probe {name} failed: {error}", name=str(probe.name), error=f"{type(error).__name__}: {said}")
        remedy = Sentence("`%nbperf` shows what can be read here")
        self.absences += [Absence(quantity=quantity, reason=reason, remedy=remedy) for quantity in probe.quantities]

    @staticmethod
    def _region(path: tuple[str, ...], times: list[float], spans: list[Span]) -> Region:
        readings = [
            Reading(quantity="time.wall", value=sum(times), unit=Unit.SECOND, provenance=Provenance.MEASURED, source="perf_counter")
        ]
        readings += accelerator.between(spans)
        return Region(path=path, readings=tuple(readings), count=len(times))


class Recorder:
    """Collects the samples of one Run.

    Parameters
    ----------
    label : str
    also : sequence of str
        Optional probes beside the default ones.
    probes : callable, optional
        Gives the probes and absences of a window instead of the catalog; a new set for each.
    warmups : int
        So many samples at the start are kept apart.
    collected : bool
        Whether garbage collection stays on.
    cell : str, optional
        The notebook's id of the cell.
    reference : bool
        Whether the reference operation is timed beside each sample, outside its window.
    budgets : sequence of Budget
        What the run is to keep; the record holds them, and nothing here is raised for them.
    items : float, optional
        Units of work done in one loop.
    """

    def __init__(
        self,
        label: str = "",
        *,
        also: Sequence[str] = (),
        probes: Callable[[], tuple[Sequence[Probe], Sequence[Absence]]] | None = None,
        warmups: int = 0,
        collected: bool = True,
        cell: str | None = None,
        reference: bool = False,
        budgets: Sequence[Budget] = (),
        items: float | None = None,
    ) -> None:
        self.label = label
        self.started_at = time.time()
        self._discover = probes or (lambda: catalog.discover(also=also))
        self._expected = warmups
        self._collected = collected
        self._uid = uuid4().hex
        self._cell = cell
        self._reference = reference
        self._budgets = tuple(budgets)
        self._items = items
        self._samples: list[Sample] = []
        self._warmups: list[Sample] = []
        self._broken: list[Sample] = []
        self._absences: dict[tuple[str, str | None], Absence] = {}
        self._error: str | None = None

    def window(self, owner: object = None) -> Window:
        """A new window; give its sample to `add`."""
        return Window(*self._discover(), owner=owner)

    def add(self, window: Window, sample: Sample, error: type[BaseException] | None = None) -> None:
        """Keep what a closed window read; with an error it is kept apart, since it did not run to its end."""
        for absence in window.absences:
            self._absences.setdefault((absence.quantity, absence.device), absence)
        if error is not None:
            self._broken.append(sample)
            self._error = error.__name__
        elif len(self._warmups) < self._expected:
            self._warmups.append(sample)
        elif self._reference:
            self._samples.append(replace(sample, readings=(*sample.readings, reference.take())))
        else:
            self._samples.append(sample)

    def run(self, machine: Environment | None = None) -> Run:
        """The record of what was added so far."""
        return Run(
            label=self.label,
            started_at=self.started_at,
            samples=tuple(self._samples),
            warmups=tuple(self._warmups),
            broken=tuple(self._broken),
            environment=machine or environment.capture(),
            absences=tuple(self._absences.values()),
            error=self._error,
            collected=self._collected,
            uid=self._uid,
            cell=self._cell,
            items=self._items,
            budgets=self._budgets,
        )
