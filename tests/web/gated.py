"""Engines that stop on the way to an answer, for what is to happen meanwhile."""

import threading
import time

from fake_archive import FakeQA
from flask import request


class GatedQA(FakeQA):
    """Goes on from the passages only while `gate` is set, as it is at first."""

    def __init__(self):
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()

    def steps(self, ask):
        for step in super().steps(ask):
            yield step
            assert self.gate.wait(20)


class LeftQA(FakeQA):
    """Goes on from the passages only once the server knows that the caller has hung up; `given` are the steps given,
    and `closed` is set when no more are wanted."""

    def __init__(self):
        super().__init__()
        self.given, self.closed = [], threading.Event()

    def steps(self, ask):
        try:
            for step in super().steps(ask):
                self.given.append(step.name)
                yield step
                for _ in range(2000):
                    if not request.environ["waitress.client_disconnected"]():
                        time.sleep(0.01)
        finally:
            self.closed.set()
