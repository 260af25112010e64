"""An address -> its bytes in a file, guarded: which machines, how much, how long. Nothing else here fetches.

What a feed or a page leads to is hostile: it may name this machine's own services, or those of the network it is
in. So a name is resolved here, every address that it has must be a public one, and the connection goes to what was
looked at; a redirect is looked at like any other address. Only the host that a person named may be a private one, at
the addresses that it had then. What is sent is kept as it is sent, and unpacked by whoever reads it, under limits.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.robotparser import RobotFileParser

import httpx

from index.formats.base import RejectedError, Source, printable
from index.formats.public import Address, is_public
from index.formats.unpack import gunzipped

AGENT = "Backissue"
HEADERS = {
    "User-Agent": f"{AGENT} (news archive; fetches what its reader asked for)",
    "Accept": "*/*",
    "Accept-Encoding": "gzip",
}
TIMEOUT = httpx.Timeout(30, connect=10)  # seconds; of silence, not of the whole
MAX_REDIRECTS = 5
# Between two requests to one host: what sites ask of crawlers lies between one and ten seconds.
PAUSE_SECONDS, MAX_PAUSE_SECONDS = 1.0, 10.0
UNSAID = "application/octet-stream"
REMEDY = "Check it in a browser, save the page, and add the file"

Host = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one answer may take: bytes as they are sent, and seconds from the first to the last."""

    size: int
    seconds: float


NAMED = Limits(2 * 1024**3, 600.0)  # it may be a file of a year's articles
LINKED = Limits(20_000_000, 60.0)  # pages, and somebody may wait to cancel
ROBOTS = Limits(512_000, 30.0)  # RFC 9309: at least 500 KiB are to be read; what is over is cut


class _StatusError(RejectedError):
    """An answer of another status than 200."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__("not fetched", f"the server answered {status} {words}".strip() + f". {REMEDY}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address gave: where it was found in the end, what it is said to be, and the file it lies in, as sent."""

    url: str
    media_type: str
    charset: str | None
    path: Path
    gzipped: bool

    def source(self, where: str, name: str) -> Source:
        """It as a file to read, unpacked."""
        sent = Source(where, name, lambda: self.path.open("rb"))
        return gunzipped(sent) if self.gzipped else sent


class Fetcher:
    """Fetches addresses, no host more often than once a second.

    `private` allows a host that a person names to be on a private network or this machine itself.
    """

    def __init__(self, *, private: bool, pause: float = PAUSE_SECONDS) -> None:
        self._private = private
        self._pause = pause
        self._own: dict[Host, frozenset[Address]] = {}
        self._visited: dict[str, float] = {}
        self._robots: dict[str, RobotFileParser] = {}

    @contextmanager
    def named(self, url: str) -> Iterator[Fetched]:
        """What a person's address gives. The file is there within the context. Raises RejectedError."""
        parsed = _parsed(url)
        if self._private and _host(parsed) not in self._own:
            addresses = _resolved(parsed)
            if not all(map(is_public, addresses)):
                self._own[_host(parsed)] = frozenset(addresses)
        with self._fetched(parsed, NAMED) as found:
            yield found

    @contextmanager
    def linked(self, url: str) -> Iterator[Fetched]:
        """What an address gives that stands in a feed: if it is public, or of a host named before, and if the host's
        robots.txt allows it. Raises RejectedError."""
        parsed = _parsed(url)
        if not _allows(self._robots_of(parsed), url):
            raise RejectedError("not fetched", f"robots.txt of {_host(parsed)[0]} asks not to fetch it. {REMEDY}")
        with self._fetched(parsed, LINKED) as found:
            yield found

    @contextmanager
    def _fetched(self, url: httpx.URL, limits: Limits, *, cut: bool = False) -> Iterator[Fetched]:
        """`cut` keeps the beginning of what is too large, instead of refusing it."""
        self._wait(url)
        with TemporaryDirectory(prefix="backissue-") as folder:
            path = Path(folder) / "fetched"
            with _Deadline(limits.seconds) as deadline, self._client() as client:
                try:
                    response, packed = _get(client, url, deadline, path, limits.size, cut)
                    deadline.check()  # an answer of no given length that is cut off looks whole
                except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
                    deadline.check()
                    reason = str(error) or type(error).__name__
                    raise RejectedError("not fetched", f"{printable(reason[:200])}. {REMEDY}") from error
            said = Message()
            said["content-type"] = response.headers.get("content-type", UNSAID)
            yield Fetched(str(response.url), said.get_content_type(), said.get_content_charset(), path, packed)

    def _client(self) -> httpx.Client:
        return httpx.Client(transport=_Guarded(self._own), headers=HEADERS, timeout=TIMEOUT, follow_redirects=False)

    def _wait(self, url: httpx.URL) -> None:
        """Until the host may be asked again."""
        pause = max(self._pause, _delay(self._robots.get(_origin(url))))
        host = _host(url)[0]
        time.sleep(max(0.0, self._visited.get(host, -pause) + pause - time.monotonic()))
        self._visited[host] = time.monotonic()

    def _robots_of(self, url: httpx.URL) -> RobotFileParser:
        origin = _origin(url)
        if origin not in self._robots:
            robots = RobotFileParser()
            robots.parse([])
            try:
                with (
                    self._fetched(url.join("/robots.txt"), ROBOTS, cut=True) as found,
                    found.source(origin, "robots.txt").opener() as file,
                ):
                    robots.parse(file.read(ROBOTS.size).decode("utf-8", "replace").splitlines())
            except _StatusError as error:
                if error.status >= 500:  # RFC 9309: it may forbid what nobody can see now
                    robots.parse(["User-agent: *", "Disallow: /"])
            except (RejectedError, ValueError, OSError, EOFError):
                pass  # nothing that can be read; what is wrong with the host, the page itself will tell
            self._robots[origin] = robots
        return self._robots[origin]


def _get(
    client: httpx.Client, url: httpx.URL, deadline: _Deadline, path: Path, most: int, cut: bool
) -> tuple[httpx.Response, bool]:
    """The answer at the end of all redirects, its body in the file `path`, and whether that is gzipped."""
    request = client.build_request("GET", url, extensions={"trace": deadline.watch})
    for _ in range(MAX_REDIRECTS + 1):
        _parsed(str(request.url))  # a redirect may lead anywhere
        response = client.send(request, stream=True)
        try:
            if response.next_request is None:
                if response.status_code != httpx.codes.OK:
                    raise _StatusError(response.status_code, printable(response.reason_phrase[:60]))
                packed = _is_gzipped(response)
                _save(response, path, most, cut)
                return response, packed
            request = response.next_request  # its body, which may never end, stays unread
            request.extensions = {**request.extensions, "trace": deadline.watch}
        finally:
            response.close()
    raise RejectedError("not fetched", f"redirected over {MAX_REDIRECTS} times. {REMEDY}")


def _save(response: httpx.Response, path: Path, most: int, cut: bool) -> None:
    size = 0
    with path.open("wb") as file:
        for part in response.iter_raw(65536):
            file.write(part[: max(0, most - size)])
            size += len(part)
            if size > most:
                if cut:
                    return
                raise RejectedError("too large", f"over {most:,} bytes. Fetch it yourself, and add the file")


def _is_gzipped(response: httpx.Response) -> bool:
    """Raises RejectedError for another coding, which nobody asked for."""
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip"):
        raise RejectedError("not fetched", f"it was sent in the coding {printable(coding[:40])}. {REMEDY}")
    return coding in ("gzip", "x-gzip")


class _Deadline:
    """Ends every connection that it watches once its time is over, whatever the other side sends."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._seconds = seconds
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def check(self) -> None:
        """Raises RejectedError once the time is over."""
        if self.passed:
            detail = f"it took over {self._seconds:.0f} seconds. Fetch it yourself, and add the file"
            raise RejectedError("not fetched", detail)

    def watch(self, event: str, info: dict[str, Any]) -> None:
        """Called by httpcore with what it does."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._sockets.append(info["return_value"].get_extra_info("socket"))
            if self.passed:
                self._end()

    def _end(self) -> None:
        self.passed = True
        for one in self._sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:  # closed by now, or wrapped in another
                continue


class _Guarded(httpx.HTTPTransport):
    """Connects to public addresses and to those in `own`, under the address that was looked at."""

    def __init__(self, own: dict[Host, frozenset[Address]]) -> None:
        # A connection kept for one name would serve another of the same address, whose certificate nobody looked at.
        super().__init__(limits=httpx.Limits(max_keepalive_connections=0))
        self._own = own

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Raises RejectedError for an address that is not to be fetched."""
        addresses = _resolved(request.url)
        own = self._own.get(_host(request.url), frozenset())
        if not all(is_public(address) or address in own for address in addresses):
            host = printable(_host(request.url)[0])
            detail = f"{host} is on this machine or a private network. Fetch it yourself, and add the file"
            raise RejectedError("not a public address", detail)
        for address in addresses[:-1]:
            try:
                return super().handle_request(_to(request, address))
            except httpx.ConnectError:
                continue
        return super().handle_request(_to(request, addresses[-1]))


def _parsed(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
        host = parsed.host  # which reads its letters, if it is in another script
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        detail = f"{printable(str(error)[:200])}. Give one that begins with https://"
        raise RejectedError("not an address", detail) from error
    if parsed.scheme not in ("http", "https") or not host:
        raise RejectedError("not an address", "only http:// and https:// addresses with a host are fetched")
    if parsed.userinfo:
        raise RejectedError("not an address", "it has a name or password in it. Save the page and add the file")
    return parsed


def _host(url: httpx.URL) -> Host:
    return url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80)


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _resolved(url: httpx.URL) -> list[Address]:
    host, port = _host(url)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = dict.fromkeys(str(place[0]).partition("%")[0] for *_, place in found)
        return [ipaddress.ip_address(address) for address in addresses]
    except (OSError, ValueError, OverflowError) as error:
        raise RejectedError("not fetched", f"there is no host {printable(host)}. Check the address") from error


def _to(request: httpx.Request, address: Address) -> httpx.Request:
    """The request to one address of its host; its certificate is still to be the host's."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=str(address)),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": _host(request.url)[0]},
    )


def _allows(robots: RobotFileParser, url: str) -> bool:
    try:
        return robots.can_fetch(AGENT, url)
    except ValueError:  # of an address that only robotparser cannot read
        return True


def _delay(robots: RobotFileParser | None) -> float:
    """The seconds that a host asks to be left in peace, as far as they are heeded."""
    try:
        asked = robots.crawl_delay(AGENT) if robots else None
        return float(min(int(asked or 0), int(MAX_PAUSE_SECONDS)))
    except ValueError:
        return MAX_PAUSE_SECONDS
