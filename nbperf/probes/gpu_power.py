"""Energy and power of the GPUs that a window may use, with what explains them, by NVIDIA's management library."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from time import perf_counter

from nbperf.core.records import Absence, Reading
from nbperf.probes import accelerator, gpu_state
from nbperf.probes.gpu_state import Looks
from nbperf.probes.joules import CounterTally, PowerTally, Spent, find_tick, untailed
from nbperf.probes.meters import Meter, Refusal, answers, too_short
from nbperf.probes.nvml import NVML, Card, Nvml, said, watt_limit
from nbperf.words import Sentence

LOOK = 1.0
"""Seconds from one look at a window to the next, where the counter does the adding up."""
SHORT = 0.2
"""Seconds of the shortest window in which the card is asked what it is busy with: the driver averages over as long, and
to ask it may take a millisecond."""
ALIGNED = 50
"""Ticks in a window from which on it does not matter how long a tick is."""
UNSEEN = 0.6
"""Seconds that a tick is looked for; one that is too slow to be seen in them is taken to be as long."""
SPAN = 1.0
"""Seconds that the driver averages the power over, where that is all it gives."""

ENERGY = ("energy.gpu", "power.gpu")
_BRIEF = Refusal(
    reason=Sentence("the window is too short for what the driver reports, which is an average over {seconds}", seconds="0.2 s"),
    remedy=Sentence("a longer window has it: a loop in the cell, or `%perf -n`"),
)


def capture_tail(on: bool = True) -> None:
    """Integrate cards that only report an average over one second, by following it for 1.1 s after each window.

    Only such cards are followed, and only their windows take longer to read; the time that is measured does not change.
    """
    NVML.close()
    NVML.tail = on


def close() -> None:
    """End the thread and give the library back; both come back when they are needed."""
    NVML.watch.close()
    NVML.close()


class _Open:
    """A card in an open window."""

    def __init__(self, nvml: Nvml, card: Card, meter: Meter | Refusal, clock: Callable[[], float]) -> None:
        self.card = card
        self.meter = meter
        self.error = ""
        self.looks = Looks(nvml.binding, card)
        self.first = self.last = 0.0
        self._clock = clock
        self.tally: CounterTally | PowerTally | None = meter.tally() if isinstance(meter, Meter) else None

    def read(self) -> None:
        """Read the energy or the power once more. Never raises."""
        if not isinstance(self.meter, Meter) or self.tally is None:
            return
        try:
            value = self.meter.read()
        except Exception as error:  # noqa: BLE001 - a card that is lost; what was read before stays
            self.error = said(error)
            self.tally.lost(self._clock())
            return
        now = self._clock()
        self.last = value
        self.tally.add(now, value)


class GpuPower:
    """Energy, mean power and limit of each GPU; its use, clock, temperature and slow-downs; memory of ours and others.

    The GPUs are those that PyTorch uses, where it does, and otherwise those that CUDA_VISIBLE_DEVICES leaves. The energy
    is that between the ends of the window, with the work that the clock waits for, of the whole card and of whoever uses
    it. A thread looks at it every second, so that a counter that is reset in a long window costs one second and not all.

    Parameters
    ----------
    nvml : Nvml, optional
    clock, wait : callable
        Seconds from any origin, and ``wait(seconds)``.
    """

    name = "gpu"
    quantities: tuple[str, ...] = (*ENERGY, *gpu_state.QUANTITIES)

    def __init__(
        self, nvml: Nvml | None = None, *, clock: Callable[[], float] = perf_counter, wait: Callable[[float], object] = time.sleep
    ) -> None:
        self._nvml = nvml or NVML
        self._clock = clock
        self._wait = wait
        self._open: list[_Open] = []
        self._refusal = self._refused()
        self._began = 0.0
        self._next = 0.0
        self.period = LOOK
        self.background = False

    def start(self) -> None:
        """Wait until the devices have nothing left to do, and read every card."""
        if self._refusal is not None:
            return
        used = self._nvml.used()
        cards = [card for card, _ in used.values()] or self._nvml.visible()
        if isinstance(cards, Refusal):
            self._refusal = cards
            return
        if used:
            _settle()  # else what was ordered before the window would be paid for inside it
        self._open = [_Open(self._nvml, card, self._metered(card), self._clock) for card in cards]
        sampled = any(isinstance(each.meter, Meter) and not each.meter.counts for each in self._open)
        self.period = min((each.meter.tick for each in self._open if isinstance(each.meter, Meter)), default=LOOK) if sampled else LOOK
        self._began = self._clock()
        self._next = self._began + LOOK
        for each in self._open:
            each.read()
            each.first = each.last
        self._nvml.watch.add(self)

    def look(self) -> None:
        """In the middle of a window, on the watch's thread."""
        now = self._clock()
        full = now >= self._next
        if full:
            self._next = now + LOOK
        for each in self._open:
            each.read()
            if full:
                each.looks.look()

    def stop(self) -> Sequence[Reading | Absence]:
        """Read every card again."""
        if self._refusal is not None:
            return _constant(self._refusal)
        self._nvml.watch.remove(self)
        opened, self._open = self._open, []
        for each in opened:
            each.read()
        length = self._clock() - self._began
        spent = {each.card.index: self._spent(each, length, opened) for each in opened}
        used = self._nvml.used()
        found: list[Reading | Absence] = []
        for each in opened:
            device = used[each.card.index][1] if each.card.index in used else f"gpu:{each.card.index}"
            found += self._energy(each, spent[each.card.index], length, device)
            if length < SHORT:
                found += _BRIEF.absences(gpu_state.QUANTITIES, device)
            else:
                each.looks.look()
                found += each.looks.answers(device)
        return found

    def _refused(self) -> Refusal | None:
        cards = self._nvml.visible()
        return cards if isinstance(cards, Refusal) else None

    def _metered(self, card: Card) -> Meter | Refusal:
        meter = self._nvml.meter(card)
        if isinstance(meter, Refusal):
            return meter
        tick = self._nvml.ticks.get(card.index) if meter.counts else None
        # Whoever may set the limit can do so at any time.
        return replace(meter, tick=tick or meter.tick, limit=watt_limit(self._nvml.binding, card))

    def _energy(self, each: _Open, spent: Spent | None, length: float, device: str) -> list[Reading | Absence]:
        meter = each.meter
        if isinstance(meter, Refusal) or spent is None:
            return [*(meter if isinstance(meter, Refusal) else too_short(meter)).absences(ENERGY, device)]
        unknown = each.card.index not in self._nvml.ticks and each.card.index not in self._nvml.learning
        if meter.counts and unknown and length < ALIGNED * meter.tick:
            self._nvml.learning.add(each.card.index)
            self._nvml.watch.when_idle(lambda stop: self._learn(each.card, meter, stop))
        return answers(meter, spent, device=device, error=each.error)

    def _learn(self, card: Card, meter: Meter, stop: Callable[[], bool]) -> None:
        """See how long a tick is, once, on the watch's thread and while no window is open; a window that opens ends it."""
        try:
            tick = find_tick(meter.read, clock=self._clock, pause=self._wait, stop=stop, most=UNSEEN)
        except Exception:  # noqa: BLE001 - a card that is lost; the assumed tick stands
            tick = None
        self._nvml.learning.discard(card.index)
        if tick is not None or not stop():
            self._nvml.ticks[card.index] = max(tick or UNSEEN, 1e-3)

    def _spent(self, each: _Open, length: float, opened: Sequence[_Open]) -> Spent | None:
        if each.tally is None or not isinstance(each.meter, Meter):
            return None
        if "tail captured" not in each.meter.source:
            return each.tally.spent()
        # An average that lags: it is followed until it has forgotten the window, together with those of other cards.
        while self._clock() < self._began + length + SPAN:
            self._wait(each.meter.tick)
            for other in opened:
                if isinstance(other.meter, Meter) and "tail captured" in other.meter.source:
                    other.read()
        return untailed(each.tally.spent(), length=length, before=each.first, after=each.last, span=SPAN)


@functools.lru_cache(maxsize=16)
def _constant(refusal: Refusal) -> tuple[Absence, ...]:
    """The same objects every time: where there is no GPU, a window costs nothing for it."""
    return refusal.absences(GpuPower.quantities)


def _settle() -> None:
    try:
        accelerator.synchronise()
    except Exception:  # noqa: BLE001 - the device's error belongs to the user's code, whose next call raises it again
        pass
