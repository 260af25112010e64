"""Serving over HTTP with waitress until told to stop."""

from __future__ import annotations

import errno
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from waitress.server import create_server

from index.errors import SettingsError

if TYPE_CHECKING:
    from flask import Flask

# The application refuses large bodies in words; this only bounds what is buffered before it gets to see them.
MAX_BUFFERED_BYTES = 1 << 20
# Even on one core, a health check must not wait behind a question.
LEAST_THREADS = 4


def run_server(
    app: Flask,
    host: str,
    port: int,
    threads: int,
    announce: Callable[[str], None],
    *,
    max_body: int = 0,
) -> None:
    """Serve until SIGINT or SIGTERM, then finish what is being answered and return.

    `port` 0 picks a free one; `threads` 0 takes one a core. `announce` gets the page's real address once
    connections are accepted. `max_body` is the most bytes that any view takes, if that is much: the server keeps
    bodies on disk until they are whole. Raises SettingsError when the address cannot be listened on.
    """
    # It warns of every request that waits for a thread, which under load is every one.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = _listen(app, host, port, max(LEAST_THREADS, threads or os.cpu_count() or 1), MAX_BUFFERED_BYTES + max_body)
    try:
        with _stopping_on_sigterm():
            try:
                announce(_address(server))
                server.run()  # returns on SystemExit and KeyboardInterrupt, its workers stopped
            except (SystemExit, KeyboardInterrupt):
                server.task_dispatcher.shutdown()
    finally:
        server.close()


def _listen(app: Flask, host: str, port: int, threads: int, max_body: int) -> Any:
    try:
        return create_server(
            app,
            host=host,
            port=port,
            threads=threads,
            ident="backissue",
            max_request_body_size=max_body,
            channel_request_lookahead=1,  # else it does not notice while answering that the caller has hung up
        )
    except OSError as error:
        raise _cannot_listen(error, host, port) from error
    except ValueError as error:  # how waitress reports a host name that nothing knows
        raise SettingsError(f"Cannot listen on {host!r}: {error}. Give another --host.", field="host") from error


def _cannot_listen(error: OSError, host: str, port: int) -> SettingsError:
    if error.errno == errno.EADDRINUSE:
        return SettingsError(
            f"Port {port} on {host} is in use. Give another, such as --port {port % 65535 + 1}, "
            "or --port 0 for any free one.",
            field="port",
        )
    if error.errno == errno.EACCES:
        return SettingsError(f"Port {port} on {host} is reserved. Give one above 1023: --port 8000.", field="port")
    return SettingsError(f"Cannot listen on {host}: {error.strerror or error}. Give another --host.", field="host")


def _address(server: Any) -> str:
    listening = getattr(server, "effective_listen", None) or [(server.effective_host, server.effective_port)]
    host, port = listening[0]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


@contextmanager
def _stopping_on_sigterm() -> Iterator[None]:
    """Treat SIGTERM like Ctrl-C. Only the main thread may set signal handlers; elsewhere nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: object) -> None:
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
