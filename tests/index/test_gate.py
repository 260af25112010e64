import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from index.gate import Gate

PATIENCE = 20


@pytest.fixture
def threads():
    with ThreadPoolExecutor(8) as pool:
        yield pool


def test_nothing_is_seen_half_changed(threads):
    gate, pair, rounds = Gate(), [0, 0], 300

    def write():
        for _ in range(rounds):
            with gate.writing():
                pair[0] += 1
                pair[1] += 1

    def read():
        for _ in range(rounds):
            with gate.reading():
                first = pair[0]
                with gate.reading():
                    assert pair == [first, first]

    for future in [threads.submit(work) for work in (write, read, write, read, read, write)]:
        future.result(PATIENCE)
    assert pair == [3 * rounds, 3 * rounds]


def test_neither_side_starves(threads):
    """A reader waits for a writer that came before it, and then goes before the next one."""
    gate, order = Gate(), []
    inside, leave = threading.Event(), threading.Event()

    def first_reader():
        with gate.reading():
            inside.set()
            leave.wait(PATIENCE)

    def note(name, enter):
        with enter():
            order.append(name)

    holding = threads.submit(first_reader)
    inside.wait(PATIENCE)
    waiting = []
    for name, enter in (("writer", gate.writing), ("reader", gate.reading)):
        waiting.append(threads.submit(note, name, enter))
        _until(lambda: gate._waiting_writers + gate._waiting_readers == len(waiting))
    waiting.append(threads.submit(note, "next writer", gate.writing))
    _until(lambda: gate._waiting_writers == 2)
    leave.set()
    for future in [holding, *waiting]:
        future.result(PATIENCE)
    assert order[1] == "reader"


def test_an_error_within_leaves_the_gate_open(threads):
    gate = Gate()
    for enter in (gate.reading, gate.writing):
        with pytest.raises(ValueError, match="within"), enter():
            raise ValueError("within")
    with gate.writing():
        pass
    assert threads.submit(gate.reading().__enter__).result(PATIENCE) is None


def _until(true):
    deadline = threading.Event()
    for _ in range(PATIENCE * 1000):
        if true():
            return
        deadline.wait(0.001)
    raise AssertionError("it never came")
