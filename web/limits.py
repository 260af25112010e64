"""How much one caller may ask, and how many questions are worked on at a time."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, request
from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

from index.errors import SettingsError
from web.guard import caller
from web.settings import Settings

# Questions that wait for their turn, each in a thread of the server, and how long one does.
WAITING = 16
PATIENCE_SECONDS = 30.0
BUSY_RETRY_SECONDS = 1
# Threads beyond those that questions can hold: health checks, articles and static files never wait behind these.
SPARE_THREADS = 4

View = TypeVar("View", bound=Callable[..., Any])


def asks(view: View) -> View:
    """Marks a view that puts a question to the engine. It goes below the route: `@api.post("/ask")`, `@asks`.

    A GET view counts only when the address has a question (`q`).
    """
    view.__dict__["asks"] = True
    return view


def server_threads(settings: Settings) -> int:
    """How many threads a server needs, so that no question keeps other requests waiting."""
    return _at_a_time(settings) + WAITING + SPARE_THREADS


class Turns:
    """At most `running` questions at a time; `waiting` more stand in line, for `patience` seconds at most."""

    def __init__(self, running: int, waiting: int, patience: float) -> None:
        self._running = threading.BoundedSemaphore(running)
        self._inside = threading.BoundedSemaphore(running + waiting)
        self._patience = patience
        self._counting = threading.Lock()
        self._taken = 0

    def take(self) -> bool:
        """Waits for a turn; False when the line is full or does not move. Each turn taken is to be given back."""
        if not self._inside.acquire(blocking=False):
            return False
        if not self._running.acquire(timeout=self._patience):
            self._inside.release()
            return False
        with self._counting:
            self._taken += 1
        return True

    @property
    def any(self) -> bool:
        """Whether some turn is taken."""
        return self._taken > 0

    def give_back(self) -> None:
        """The next in line may go."""
        with self._counting:
            self._taken -= 1
        self._running.release()
        self._inside.release()


class Limits:
    """The limits of one application, kept in its memory. Raises SettingsError for a `rate_limit` that is none."""

    def __init__(self, settings: Settings) -> None:
        self._rates = _rates(settings.rate_limit)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._turns = Turns(_at_a_time(settings), WAITING, PATIENCE_SECONDS)

    def register(self, app: Flask) -> None:
        """Every view of `app` that is marked with `asks` keeps to the limits."""
        app.before_request(self._take)
        app.after_request(self._give_back)
        app.teardown_request(lambda _: self._release())  # where no response came to be

    def busy(self) -> bool:
        """Whether a question is being answered."""
        return self._turns.any

    def _take(self) -> None:
        view = current_app.view_functions.get(request.endpoint or "")
        if not getattr(view, "asks", False) or (request.method != "POST" and "q" not in request.args):
            return
        for rate in self._rates:
            if not self._limiter.hit(rate, caller()):
                reset = self._limiter.get_window_stats(rate, caller()).reset_time
                seconds = max(1, math.ceil(reset - time.time()))
                raise TooManyRequests(
                    f"More than {rate.amount} questions in {rate.get_expiry()} seconds came from you. "
                    f"Ask again in {seconds} seconds.",
                    retry_after=seconds,
                )
        if not self._turns.take():
            raise TooManyRequests(
                "Too many questions are waiting to be answered. Ask again in a moment.", retry_after=BUSY_RETRY_SECONDS
            )
        g.has_turn = True

    def _give_back(self, response: Response) -> Response:
        if g.get("has_turn") and response.is_streamed:  # it is answered while it is sent
            g.has_turn = False
            response.call_on_close(self._turns.give_back)
        return response

    def _release(self) -> None:
        if g.pop("has_turn", False):
            self._turns.give_back()


def _at_a_time(settings: Settings) -> int:
    return settings.max_concurrent or settings.threads or os.cpu_count() or 1


def _rates(text: str) -> list[RateLimitItem]:
    try:
        rates = parse_many(text) if text else []
    except ValueError:
        rates = None
    if rates is None or any(rate.amount < 1 for rate in rates):
        raise SettingsError(
            f'rate_limit must be like "120 per minute" or "5 per second, 1000 per day", not {text!r}; '
            "empty means no limit.",
            field="rate_limit",
        )
    return rates
