import gc
import threading

from nbperf.probes.watch import Watch
from nbperf.testing import FakeClock


class Window:
    def __init__(self, period: float, clock: FakeClock | None = None) -> None:
        self.period = period
        self.background = False
        self.clock = clock
        self.seen: list[float] = []
        self.thrice = threading.Event()

    def look(self) -> None:
        self.seen.append(self.clock.now if self.clock else 0.0)
        if len(self.seen) == 3:
            self.thrice.set()


def test_each_is_looked_at_in_its_own_period_and_what_was_missed_is_not_made_up():
    clock = FakeClock()
    watch = Watch(clock, threaded=False)
    quick, slow = Window(1.0, clock), Window(3.0, clock)
    watch.add(quick)
    watch.add(slow)
    for at in (0.5, 1.0, 2.1, 3.0, 7.5, 8.0):
        clock.now = at
        watch.look()
    assert quick.seen == [1.0, 2.1, 3.0, 7.5, 8.0]
    assert slow.seen == [3.0, 7.5]
    assert watch.look() == 1.0


def test_one_that_was_removed_or_forgotten_is_let_go():
    watch = Watch(FakeClock(10.0), threaded=False)
    kept, lost = Window(0.0), Window(0.0)
    watch.add(kept)
    watch.add(lost)
    del lost
    gc.collect()
    watch.remove(kept)
    assert watch.idle
    assert watch.look() is None
    assert kept.seen == []


def test_chores_do_not_wait_for_a_window_that_is_open_all_the_session():
    watch = Watch(FakeClock(), threaded=False)
    session, cell = Window(1.0), Window(1.0)
    session.background = True
    done: list[bool] = []
    watch.add(session)
    watch.add(cell)
    watch.when_idle(lambda stop: done.append(stop()))
    watch.tidy()
    assert done == []
    watch.remove(cell)
    watch.tidy()
    assert done == [False]


def test_chores_wait_until_no_window_is_open():
    watch = Watch(FakeClock(), threaded=False)
    done: list[bool] = []
    window = Window(1.0)
    watch.add(window)
    watch.when_idle(lambda stop: done.append(stop()))
    watch.tidy()
    assert done == []
    watch.remove(window)
    watch.tidy()
    watch.tidy()
    assert done == [False]


def test_a_thread_does_it_and_ends_when_it_is_closed():
    watch = Watch()
    window, tidied = Window(1e-3), threading.Event()
    watch.add(window)
    assert window.thrice.wait(10)
    watch.remove(window)
    count = len(window.seen)
    watch.when_idle(lambda _: tidied.set())
    assert tidied.wait(10)
    assert len(window.seen) == count
    thread = watch._thread
    assert thread is not None
    watch.close()
    assert not thread.is_alive()
    again = Window(1e-3)
    watch.add(again)
    assert again.thrice.wait(10)
    watch.close()
