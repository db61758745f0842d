from __future__ import annotations

import threading
import time

import pytest

from nbperf.panels.pace import Alarm, Pace


class Time:
    """A clock that stands until it is moved, and the tasks that wait for it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.tasks: list[tuple[float, object]] = []

    def clock(self) -> float:
        return self.now

    def later(self, delay, task) -> None:
        assert delay > 0
        self.tasks.append((self.now + delay, task))

    def go(self, to: float) -> None:
        while due := sorted((task for task in self.tasks if task[0] <= to), key=lambda task: task[0]):
            self.tasks.remove(due[0])
            self.now = due[0][0]
            due[0][1]()
        self.now = to


def paced(**options) -> tuple[Time, Pace, list[tuple[float, int]], list[int]]:
    world, state, sent = Time(), [0], []
    pace = Pace(lambda: sent.append((world.now, state[0])), later=world.later, clock=world.clock, **options)
    return world, pace, sent, state


def test_the_first_is_sent_at_once_and_the_last_one_always():
    world, pace, sent, state = paced()
    pace.touch()
    assert sent == [(0.0, 0)]
    for state[0] in (1, 2, 3):
        pace.touch()
    assert len(sent) == 1
    world.go(1.0)
    assert sent == [(0.0, 0), (pytest.approx(1 / 30), 3)]
    assert world.tasks == []  # nothing new, nothing sent


def test_a_thousand_updates_a_second_are_thirty_messages_and_the_last_state_arrives():
    world, pace, sent, state = paced()
    for i in range(3000):
        world.go(i / 1000)
        state[0] = i
        pace.touch()
    world.go(10)
    assert sent[-1][1] == 2999
    assert sent[-1][0] <= 3.0 + 1 / 30
    for second in range(3):
        assert sum(second <= at < second + 1 for at, _ in sent) <= 31
    gaps = [b[0] - a[0] for a, b in zip(sent, sent[1:], strict=False)]  # noqa: RUF007
    assert min(gaps) >= 1 / 30 - 1e-9
    assert len(sent) >= 85


def test_slow_updates_wait_for_nobody():
    world, pace, sent, _ = paced()
    for i in range(5):
        world.go(i / 10)
        pace.touch()
    assert [at for at, _ in sent] == [0.0, 0.1, 0.2, 0.3, 0.4]


def test_flush_sends_what_waits_and_only_that():
    world, pace, sent, state = paced()
    pace.touch()
    pace.flush()
    assert len(sent) == 1
    state[0] = 1
    pace.touch()
    pace.flush()
    assert sent[-1] == (0.0, 1)
    world.go(1)
    assert len(sent) == 2


def test_nothing_is_sent_when_closed():
    world, pace, sent, _ = paced()
    pace.touch()
    pace.touch()
    pace.close()
    pace.touch()
    world.go(1)
    assert len(sent) == 1


def test_many_threads_with_a_real_clock():
    inside, most, sent, state = [0], [0], [], [0]
    lock = threading.Lock()

    def send() -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        sent.append(state[0])
        time.sleep(0.001)
        inside[0] -= 1

    pace = Pace(send)

    def work() -> None:
        for _ in range(400):
            with lock:
                state[0] += 1
            pace.touch()
            time.sleep(0.0005)

    start = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - start
    deadline = time.monotonic() + 5
    while sent[-1] != 3200 and time.monotonic() < deadline:
        time.sleep(0.01)
    pace.close()
    assert sent[-1] == 3200
    assert most == [1]  # never two at once
    assert sent == sorted(sent)
    assert len(sent) <= took * 30 + 3


def test_the_thread_of_an_alarm_ends_when_it_is_closed():
    rang = threading.Event()
    alarm = Alarm()
    alarm.set(0.01, rang.set)
    assert rang.wait(5)
    alarm.close()
    deadline = time.monotonic() + 5
    while alarm._running and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not alarm._running
    alarm.set(0.0, lambda: pytest.fail("it was closed"))
